"""Quotas that several workers and hosts share: one script call in Redis for each, and counted here while it is gone."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import ceil
from typing import Any, Final, Protocol

from limits import RateLimitItem
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from noscrape.shared.breaker import Breaker

#: The most that a request waits for the store, in seconds, whatever the number of its quotas.
_PATIENCE: Final = 0.1

_PREFIX: Final = "noscrape:{quotas}"


class Counts(Protocol):
    """Counts of this process, for the time that the store is gone."""

    def hit(self, item: RateLimitItem, key: str, now: float) -> int:
        """Count one. Returns 0 where it was within the limit, else the seconds until it will be again."""


class RemoteCounts:
    """Sliding window counters in Redis, Valkey, a cluster or behind Sentinel, by the URLs of `limits`.

    `local` counts while the store is gone; `warn` is told once for each outage, and once when it is over.
    """

    def __init__(
        self,
        url: str,
        *,
        local: Counts,
        counters: Counter[str],
        warn: Callable[[str], None],
        patience: float = _PATIENCE,
    ) -> None:
        self._url = url
        self._local = local
        self._counters = counters
        self._warn = warn
        self._patience = patience
        self._breaker = Breaker()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._storage: Any = None
        self._limiter: SlidingWindowCounterRateLimiter | None = None

    async def hit(self, hits: Sequence[tuple[RateLimitItem, str]], now: float) -> tuple[int, ...]:
        """Count each. Returns for each 0 where it was within its limit, else the seconds until it will be again."""
        if self._breaker.open(now):
            return self._here(hits, now)
        try:
            async with asyncio.timeout(self._patience):
                limiter = self._ready()
                found = await asyncio.gather(*(_hit(limiter, item, hashed(key), now) for item, key in hits))
        except Exception as error:  # whatever a store that is gone, frozen, full or another's raises
            self._counters["store_failures"] += 1
            if self._breaker.failed(now):
                what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
                self._warn(
                    f"the store of [patterns] does not answer ({what}); until it is back each process counts itself"
                )
            return self._here(hits, now)
        if self._breaker.worked():
            self._warn("the store of [patterns] is back, and counts for all processes again")
        return tuple(found)

    def _here(self, hits: Sequence[tuple[RateLimitItem, str]], now: float) -> tuple[int, ...]:
        return tuple(self._local.hit(item, key, now) for item, key in hits)

    def _ready(self) -> SlidingWindowCounterRateLimiter:
        """The limiter of the running loop: connections belong to one."""
        loop = asyncio.get_running_loop()
        if self._limiter is None or self._loop is not loop:
            self._storage = storage_from_string(
                f"async+{self._url}",
                implementation="redispy",
                wrap_exceptions=True,
                key_prefix=_PREFIX,
                socket_timeout=self._patience,
                socket_connect_timeout=self._patience,
            )
            self._limiter, self._loop = SlidingWindowCounterRateLimiter(self._storage), loop
        return self._limiter

    async def close(self) -> None:
        """End the connections of the running loop."""
        storage, self._storage, self._limiter = self._storage, None, None
        if storage is not None and self._loop is asyncio.get_running_loop():
            await storage.bridge.get_connection().aclose()


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, key: str, now: float) -> int:
    if await limiter.hit(item, key):
        return 0
    stats = await limiter.get_window_stats(item, key)
    return max(1, ceil(min(stats.reset_time - now, item.get_expiry())))


def hashed(key: str) -> str:
    """A key of known length and letters: clients choose parts of it, and the library escapes nothing."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
