"""Packed records, and who gets one."""

from hypothesis import given
from hypothesis import strategies as st

from noscrape.patterns.ledger import TOUCHED_KEPT, Doorkeeper, Ledger

NOW = 1_800_000_000.0


def work(number: int) -> bytes:
    return number.to_bytes(4)


class TestRows:
    """Rows by key."""

    def test_a_new_row_is_empty(self) -> None:
        """Also when another key had it before."""
        ledger = Ledger(width=3, bound=1)
        row = ledger.opened(7, NOW)
        ledger.numbers[0], ledger.marks[row], ledger.number[row] = 5.0, 9, 3
        ledger.touches(row, work(1))
        ledger.in_view(row, work(1), NOW, 10.0)
        again = ledger.opened(8, NOW + 1)
        assert ([0.0] * 3, 0, 0) == (list(ledger.numbers), ledger.marks[again], ledger.number[again])
        assert ([], -1) == (ledger.touched(again), ledger.playing(again, work(1), NOW, 10.0))
        assert (1, {8: 0}) == (ledger.evicted, ledger.rows)

    def test_a_spray_of_keys_keeps_to_the_bound(self) -> None:
        """And the busiest stays: of a few rows the least recently used goes."""
        ledger = Ledger(width=2, bound=500)
        busy = ledger.opened(1, NOW)
        for number in range(20_000):
            ledger.opened(number + 2, NOW + number)
            if 1 in ledger.rows:
                ledger.seen[ledger.rows[1]] = NOW + number
        assert (500, 500, 19_501) == (len(ledger), len(ledger.keys), ledger.evicted)
        assert busy == ledger.rows.get(1)

    def test_a_closed_row_counts_nothing(self) -> None:
        """What led to a stop that was lifted is forgotten."""
        ledger = Ledger(width=2, bound=5)
        row = ledger.opened(1, NOW)
        ledger.numbers[row * 2] = 3.0
        ledger.marks[row] = 1
        ledger.closed(1)
        ledger.closed(99)
        assert ([0.0, 0.0], 0) == (list(ledger.numbers), ledger.marks[row])


class TestWorks:
    """What a row has touched."""

    @given(st.lists(st.integers(1, 40), max_size=60))
    def test_each_is_new_once(self, numbers: list[int]) -> None:
        """As long as the row remembers them all."""
        ledger = Ledger(width=1, bound=2)
        ledger.opened(1, NOW)
        row = ledger.opened(2, NOW)
        news = [ledger.touches(row, work(number)) for number in numbers]
        assert len(set(numbers)) == sum(news)
        assert [work(number) for number in dict.fromkeys(numbers)] == ledger.touched(row)

    def test_only_whole_hashes_are_found(self) -> None:
        """Bytes of two neighbours make no work."""
        ledger = Ledger(width=1, bound=1)
        row = ledger.opened(1, NOW)
        ledger.touches(row, b"abcd")
        ledger.touches(row, b"efgh")
        assert ledger.touches(row, b"cdef")

    def test_the_oldest_go(self) -> None:
        """A row remembers so many."""
        ledger = Ledger(width=1, bound=1)
        row = ledger.opened(1, NOW)
        for number in range(1, TOUCHED_KEPT + 2):
            ledger.touches(row, work(number))
        assert (TOUCHED_KEPT, False, True) == (
            len(ledger.touched(row)),
            ledger.holds(row, work(1)),
            ledger.holds(row, work(2)),
        )


class TestMedia:
    """What a row is playing."""

    def test_an_access_ends_after_a_pause(self) -> None:
        """The same track later is another access, with nothing sent of it yet."""
        ledger = Ledger(width=1, bound=1)
        row = ledger.opened(1, NOW)
        at = ledger.in_view(row, work(1), NOW, 10.0)
        ledger.media_sent[at], ledger.media_time[at] = 5.0, NOW
        assert at == ledger.in_view(row, work(1), NOW + 9, 10.0)
        assert -1 == ledger.playing(row, work(1), NOW + 11, 10.0)
        assert 0.0 == ledger.media_sent[ledger.in_view(row, work(1), NOW + 11, 10.0)]


class TestDoorkeeper:
    """A record from the second request on."""

    def test_the_second_time(self) -> None:
        """The first is remembered in a table of a known size."""
        door = Doorkeeper(slots=64)
        assert [False, True, True] == [door.knows(12345 << 40) for _ in range(3)]

    def test_a_spray_takes_no_memory(self) -> None:
        """And lets hardly anybody in who comes once."""
        door = Doorkeeper(slots=1 << 12)
        let_in = sum(door.knows(number * 0x9E37_79B9_7F4A_7C15 % (1 << 64)) for number in range(50_000))
        assert let_in < 500
