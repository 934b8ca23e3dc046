"""Where counts live. Here: in this process, bounded, behind the interface of `limits`.

The library's own memory storages walk every key on a hit or on a timer, which stalls an event loop at 100,000 clients;
this one decides expiry when a key is read, and lets the least recently used go.
"""

from collections import OrderedDict
from math import ceil
from typing import Final

from limits import RateLimitItem
from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport

_EMPTY: Final = (-1, 0, 0)


class BoundedMemory(Storage, SlidingWindowCounterSupport):
    """A storage of `limits` for fixed windows and sliding window counters, with a bound on its keys.

    `now`, in epoch seconds, is set by whoever counts: the strategies take no time, and replay has its own.
    """

    STORAGE_SCHEME = ["noscrape+memory"]  # noqa: RUF012  # the library's own declaration

    def __init__(self, uri: str | None = None, *, bound: int = 100_000, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=False, **options)
        self.now = 0.0
        self.evicted = 0
        self._bound = bound
        self._windows: OrderedDict[str, tuple[float, int, int]] = OrderedDict()
        self._fixed: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows) + len(self._fixed)

    @property
    def base_exceptions(self) -> type[Exception]:
        """Memory fails in no way of its own."""
        return MemoryError

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` if the weighted count of this window and the one before stays within the limit."""
        return self.count(key, limit, expiry, amount)

    def count(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """The same, without what the library wraps around each method of a storage."""
        windows = self._windows
        slot, current, previous = self._window(key, expiry)
        counted = current + amount
        if counted > limit:
            return False
        if previous:
            weight = 1.0 - (self.now - slot * expiry) / expiry
            if previous * min(1.0, weight) + counted > limit:
                return False
        windows[key] = (slot, counted, previous)
        windows.move_to_end(key)
        if len(windows) > self._bound:
            self._shrink(windows)
        return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """The previous window's count and the seconds that it still weighs, then the same of the current one."""
        slot, current, previous = self._window(key, expiry)
        left = max(0.0, (slot + 1) * expiry - self.now)
        return previous, left, current, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key."""
        self._windows.pop(key, None)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a fixed window that begins with its first hit."""
        end, count = self._fixed.get(key, (0.0, 0))
        if end <= self.now:
            end, count = self.now + expiry, 0
        self._fixed[key] = (end, count + amount)
        self._fixed.move_to_end(key)
        self._shrink(self._fixed)
        return count + amount

    def get(self, key: str) -> int:
        """The count of a fixed window, 0 where it has ended."""
        end, count = self._fixed.get(key, (0.0, 0))
        return count if end > self.now else 0

    def get_expiry(self, key: str) -> float:
        """When a fixed window ends, in epoch seconds."""
        return self._fixed.get(key, (self.now, 0))[0]

    def check(self) -> bool:
        """Memory is there."""
        return True

    def reset(self) -> int:
        """Forget everything; the number of keys forgotten."""
        count = len(self)
        self._windows.clear()
        self._fixed.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._fixed.pop(key, None)

    def _window(self, key: str, expiry: int) -> tuple[float, int, int]:
        slot = self.now // expiry
        known, current, previous = self._windows.get(key, _EMPTY)
        if known >= slot:  # the same window, or a line of a log that comes a little late
            return known, current, previous
        return slot, 0, current if known == slot - 1 else 0

    def _shrink(self, table: OrderedDict[str, tuple[float, int, int]] | OrderedDict[str, tuple[float, int]]) -> None:
        while len(table) > self._bound:
            table.popitem(last=False)
            self.evicted += 1


class MemoryCounts:
    """Sliding window counters of this process, kept for at most `bound` keys.

    They ask the storage themselves: a strategy of the library would give the same answer in twice the time.
    """

    def __init__(self, *, bound: int) -> None:
        self.storage = BoundedMemory(bound=bound)

    def hit(self, item: RateLimitItem, key: str, now: float) -> int:
        """Count one. Returns 0 where it was within the limit, else the seconds until it will be again."""
        storage, amount, expiry = self.storage, item.amount, item.get_expiry()
        storage.now = now
        if storage.count(key, amount, expiry):
            return 0
        previous, left, current, _ = storage.get_sliding_window(key, expiry)
        return max(1, ceil(_wait(amount, expiry, previous, left, current)))


def _wait(limit: int, expiry: int, previous: int, left: float, current: int) -> float:
    """Seconds until a window counter has room for one more, if nothing else is counted meanwhile."""
    room = limit - 1 - current
    if room >= 0 and previous:
        return left - room / previous * expiry
    room = limit - 1
    return left + (expiry - room / current * expiry if current else 0)
