"""The time of a log never runs backwards for those who count, and a log that goes back for good begins anew."""

from hypothesis import given
from hypothesis import strategies as st

from noscrape.replay import Timeline
from noscrape.replay.timeline import LATE_SECONDS, TURNING_SECONDS

DAY = 86_400
YEAR = 366 * DAY


def test_in_order() -> None:
    """While a log goes on, its time is what it says."""
    timeline = Timeline()
    assert [timeline.now(time) for time in (100, 101, 5000)] == [100, 101, 5000]


def test_a_little_late() -> None:
    """A line that comes late counts as made now."""
    timeline = Timeline()
    assert [timeline.now(time) for time in (100, 101, 100, 99, 102)] == [100, 101, 101, 101, 102]


def test_downloads_that_end_late() -> None:
    """Single lines that are hours late, as of long downloads, do not turn the time back."""
    timeline = Timeline()
    found = [timeline.now(time) for number in range(100) for time in (50_000 + number, 40_000 + number)]
    assert found == [50_000 + number for number in range(100) for _ in range(2)]
    assert timeline.turns == 0


def test_goes_back_for_good() -> None:
    """Many late seconds in a row are an older log: its time runs on from there, beyond the reach of any window."""
    timeline = Timeline()
    timeline.now(10 * DAY)
    found = [timeline.now(5 * DAY + second) for second in range(TURNING_SECONDS + 3)]
    assert found[: TURNING_SECONDS - 1] == [10 * DAY] * (TURNING_SECONDS - 1)
    turned = found[TURNING_SECONDS - 1 :]
    assert turned == [turned[0] + second for second in range(4)]
    assert turned[0] - 10 * DAY > 2 * YEAR
    assert turned[0] % DAY == TURNING_SECONDS - 1
    assert timeline.turns == 1


def test_next_file_is_older() -> None:
    """The first line of a file that is older turns the time at once."""
    timeline = Timeline()
    timeline.begin_file()
    timeline.now(10 * DAY)
    timeline.begin_file()
    assert timeline.now(9 * DAY) > 10 * DAY + 2 * YEAR
    assert timeline.turns == 1


def test_next_file_goes_on() -> None:
    """Files in order are one log."""
    timeline = Timeline()
    timeline.begin_file()
    timeline.now(100)
    timeline.begin_file()
    assert timeline.now(100 - LATE_SECONDS) == 100
    assert timeline.turns == 0


def test_a_wrong_clock() -> None:
    """One line from the far future does not stop time for the rest of the log."""
    timeline = Timeline()
    timeline.now(4_000_000_000)
    found = [timeline.now(1_700_000_000 + second) for second in range(100)]
    assert found[-1] - found[-2] == 1


def test_span() -> None:
    """What the log covers is told in its own time."""
    timeline = Timeline()
    for time in (500, 100, 900, 200):
        timeline.now(time)
    assert (timeline.first, timeline.last) == (100, 900)


@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), st.booleans()), max_size=200))
def test_never_backwards(times: list[tuple[int, bool]]) -> None:
    """Whatever a log says, time only grows."""
    timeline = Timeline()
    before = float("-inf")
    for time, new_file in times:
        if new_file:
            timeline.begin_file()
        now = timeline.now(time)
        assert now >= before
        before = now
