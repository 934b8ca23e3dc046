"""Counts in memory: sliding windows and fixed ones, bounded, by a clock that is handed in."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from noscrape.stores import BoundedMemory, MemoryCounts

TEN_A_MINUTE = parse("10/minute")
START = 1_800_000_000.0  # a full minute

#: Times that go on, and now and then a little back, as the lines of a log do.
moments = st.lists(st.floats(-2.0, 40.0, allow_nan=False), max_size=120)


def elapsed(steps: list[float]) -> list[float]:
    times, now = [], START
    for step in steps:
        now += step
        times.append(now)
    return times


class Slow:
    """What a sliding window counter is, kept as a list of everything that was let through."""

    def __init__(self, limit: int, expiry: int) -> None:
        self.limit, self.expiry = limit, expiry
        self.slots: dict[int, int] = defaultdict(int)
        self.newest = 0

    def hit(self, now: float) -> bool:
        self.newest = max(self.newest, int(now // self.expiry))
        left = min(1.0, max(0.0, (self.newest + 1) * self.expiry - now) / self.expiry)
        weighted = self.slots[self.newest - 1] * left + self.slots[self.newest]
        if weighted + 1 > self.limit:
            return False
        self.slots[self.newest] += 1
        return True


class TestSlidingWindow:
    """The quota's own kind of window."""

    @given(moments, st.integers(1, 12), st.sampled_from((1, 7, 60)))
    def test_it_agrees_with_a_list(self, steps: list[float], limit: int, seconds: int) -> None:
        """The same hits are let through as by one that forgets nothing."""
        item = parse(f"{limit}/{seconds} seconds")
        counts, slow = MemoryCounts(bound=10), Slow(limit, seconds)
        for now in elapsed(steps):
            assert slow.hit(now) is (counts.hit(item, "client", now) == 0)

    @given(moments, st.integers(1, 12))
    def test_never_more_than_the_limit(self, steps: list[float], limit: int) -> None:
        """No clock minute lets more through than the limit, and no 60 seconds more than twice of it."""
        item, counts = parse(f"{limit}/minute"), MemoryCounts(bound=10)
        passed = [now for now in elapsed(steps) if counts.hit(item, "client", now) == 0]
        newest, slots = 0, defaultdict[int, int](int)
        for now in passed:
            newest = max(newest, int(now // 60))
            slots[newest] += 1
        assert all(count <= limit for count in slots.values())
        assert all(sum(now <= other < now + 60 for other in passed) <= 2 * limit for now in passed)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 30, allow_nan=False)), max_size=120))
    def test_clients_do_not_affect_each_other(self, hits: list[tuple[str, float]]) -> None:
        """What each client is told is what it would be told alone."""
        together = MemoryCounts(bound=10)
        alone = {name: MemoryCounts(bound=10) for name in "abc"}
        now = START
        for name, step in hits:
            now += step
            assert alone[name].hit(TEN_A_MINUTE, name, now) == together.hit(TEN_A_MINUTE, name, now)

    @given(moments, st.integers(1, 12))
    def test_waiting_as_told_is_enough(self, steps: list[float], limit: int) -> None:
        """Who comes back after `Retry-After`, and not before, is let in."""
        item, counts = parse(f"{limit}/minute"), MemoryCounts(bound=10)
        now = START
        for step in steps:
            now += abs(step)
            wait = counts.hit(item, "client", now)
            assert 0 <= wait <= 120
            if wait:
                now += wait
                assert counts.hit(item, "client", now) == 0

    def test_waiting_less_is_not_enough(self) -> None:
        """The time told is not much too long."""
        counts = MemoryCounts(bound=10)
        for _ in range(10):
            assert counts.hit(TEN_A_MINUTE, "client", START) == 0
        assert counts.hit(TEN_A_MINUTE, "client", START) == 66
        assert counts.hit(TEN_A_MINUTE, "client", START + 64) > 0
        assert counts.hit(TEN_A_MINUTE, "client", START + 66) == 0

    def test_a_refused_hit_is_not_counted(self) -> None:
        """Trying again and again does not put the end off."""
        counts = MemoryCounts(bound=10)
        for _ in range(1000):
            counts.hit(TEN_A_MINUTE, "client", START)
        assert counts.hit(TEN_A_MINUTE, "client", START + 66) == 0

    def test_a_line_of_a_log_that_comes_late(self) -> None:
        """It counts in the window that has begun, and the one before weighs no more than it holds."""
        item, counts = parse("8/minute"), MemoryCounts(bound=10)
        hits = [*[START + 30] * 6, START + 60, START + 58]
        assert not any(counts.hit(item, "client", now) for now in hits)
        assert counts.hit(item, "client", START + 58) > 0

    def test_limits_are_kept_apart(self) -> None:
        """The same client under another limit is another count."""
        counts = MemoryCounts(bound=10)
        for _ in range(10):
            counts.hit(TEN_A_MINUTE, "client", START)
        assert counts.hit(TEN_A_MINUTE, "client", START) > 0
        assert counts.hit(parse("11/minute"), "client", START) == 0


class TestStorage:
    """The interface of `limits`, as its own strategies use it."""

    @pytest.mark.parametrize("kind", [SlidingWindowCounterRateLimiter, FixedWindowRateLimiter])
    def test_the_library_s_strategies(
        self, kind: type[SlidingWindowCounterRateLimiter] | type[FixedWindowRateLimiter]
    ) -> None:
        """They count on it, test, tell and clear."""
        storage = BoundedMemory(bound=10)
        storage.now = START
        limiter = kind(storage)
        item: RateLimitItem = parse("2/minute")
        assert [True, True, False] == [limiter.hit(item, "client") for _ in range(3)]
        assert not limiter.test(item, "client")
        assert limiter.get_window_stats(item, "client").remaining == 0
        limiter.clear(item, "client")
        assert limiter.test(item, "client")
        storage.now += 600
        assert limiter.get_window_stats(item, "client").remaining == 2

    def test_a_fixed_window_ends(self) -> None:
        """It begins with its first hit, and what comes after its end begins another."""
        storage = BoundedMemory()
        storage.now = START
        assert [1, 3] == [storage.incr("client", 10), storage.incr("client", 10, amount=2)]
        assert (storage.get("client"), storage.get_expiry("client")) == (3, START + 10)
        storage.now = START + 10
        assert (storage.get("client"), storage.incr("client", 10)) == (0, 1)

    def test_reset(self) -> None:
        """Everything can be forgotten, and it tells how much."""
        storage = BoundedMemory()
        storage.incr("client", 10)
        storage.acquire_sliding_window_entry("client", 5, 10)
        assert storage.check()
        assert (storage.reset(), len(storage)) == (2, 0)

    def test_the_interface_is_whole(self) -> None:
        """What the library's own storage offers for these windows, ours does."""
        wanted = {"incr", "get", "get_expiry", "check", "reset", "clear", "acquire_sliding_window_entry"}
        assert all(hasattr(MemoryStorage, name) and hasattr(BoundedMemory, name) for name in wanted)


class TestBounds:
    """Keys come from clients, so their number is bounded."""

    def test_sliding_windows(self) -> None:
        """The least recently used goes, and is counted; who goes on coming is kept."""
        storage = BoundedMemory(bound=100)
        storage.now = START
        for number in range(1000):
            storage.acquire_sliding_window_entry(f"client {number}", 10, 60)
            storage.acquire_sliding_window_entry("regular", 5000, 60)
        assert (len(storage), storage.evicted) == (100, 901)
        assert storage.get_sliding_window("regular", 60)[2] == 1000

    def test_fixed_windows(self) -> None:
        """The same for these."""
        storage = BoundedMemory(bound=100)
        for number in range(1000):
            storage.incr(f"client {number}", 60)
        assert (len(storage), storage.evicted) == (100, 900)

    def test_counts_of_a_site(self) -> None:
        """Asking for what is not there keeps nothing."""
        counts = MemoryCounts(bound=50)
        for number in range(500):
            counts.hit(TEN_A_MINUTE, f"client {number}", START)
        assert len(counts.storage) == 50
