"""Quotas that several processes share, in a real Redis that is killed, frozen and full."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from limits import parse

from noscrape.shared import RemoteCounts
from noscrape.stores import MemoryCounts
from tests.shared.server import Redis

pytestmark = pytest.mark.redis

LIMIT = parse("3/hour")


class Process:
    """One worker."""

    def __init__(self, url: str) -> None:
        self.told: list[str] = []
        self.counters = Counter[str]()
        self.counts = RemoteCounts(
            url, local=MemoryCounts(bound=100), counters=self.counters, warn=self.told.append, patience=0.2
        )

    async def hit(self, key: str = "k", times: int = 1, now: float | None = None) -> list[bool]:
        """Which of so many were within the limit."""
        at = time.time() if now is None else now
        return [not (await self.counts.hit([(LIMIT, key)], at))[0] for _ in range(times)]


@pytest.fixture
async def process(redis: Redis) -> AsyncIterator[Process]:
    found = Process(redis.url)
    yield found
    await found.counts.close()


async def test_two_processes_count_together(redis: Redis, process: Process) -> None:
    """Three of both are within the limit, and the wait is told."""
    other = Process(redis.url)
    assert [True, True] == await process.hit(times=2)
    assert [True, False] == await other.hit(times=2)
    (wait,) = await process.counts.hit([(LIMIT, "k")], time.time())
    assert 0 < wait <= 3_600
    await other.counts.close()


async def test_several_at_once(process: Process) -> None:
    """One round trip for all of them."""
    assert (0, 0) == await process.counts.hit([(LIMIT, "a"), (LIMIT, "b")], time.time())


async def test_keys_of_any_text(process: Process) -> None:
    """Clients choose parts of them: they are hashed, so none is long and none is taken for another."""
    for key in ("a/b", "a", "\ud800", "x" * 10_000, "k\n*"):
        assert [True] == await process.hit(key)


async def test_killed(redis: Redis, process: Process) -> None:
    """Each counts for itself until it is back; the operator is told of both, once."""
    await process.hit()
    redis.kill()
    now = time.time()
    assert [True, True, True, False] == await process.hit(times=4, now=now)
    assert 1 == len(process.told)
    redis.start()
    assert [True] == await process.hit("other", now=now + 6)
    first, second = process.told
    assert "does not answer" in first
    assert "is back, and counts for all" in second


async def test_frozen(redis: Redis, process: Process) -> None:
    """No request waits longer than it may, and the loop goes on meanwhile."""
    await process.hit()
    redis.freeze()
    longest, last, running = 0.0, time.perf_counter(), True

    async def watch() -> None:
        nonlocal longest, last
        while running:
            await asyncio.sleep(0.001)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()

    watching = asyncio.create_task(watch())
    begin, now = time.perf_counter(), time.time()
    assert [True] == await process.hit(now=now)
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    await process.hit(times=50, now=now)
    running = False
    await watching
    redis.thaw()
    assert first < 1.0
    assert time.perf_counter() - begin < 0.5
    assert longest < 0.1


@pytest.mark.parametrize("trouble", ["full", "another program's key", "flushed"])
async def test_what_a_server_does(redis: Redis, process: Process, trouble: str) -> None:
    """Nobody is stopped for it."""
    import redis as client  # the extra

    server = client.Redis(port=redis.port)
    await process.hit()
    if trouble == "full":
        server.config_set("maxmemory", "1mb")
        server.config_set("maxmemory-policy", "noeviction")
    elif trouble == "flushed":
        server.flushall()
        server.script_flush()
    else:
        for key in list(server.scan_iter("*")):
            server.delete(key)
            server.lpush(key, "theirs")
    assert [True] == await process.hit()
    server.close()


async def test_a_store_that_was_never_there() -> None:
    """Is told, and counted here."""
    process = Process("redis://127.0.0.1:1/0")
    assert [True, True, True, False] == await process.hit(times=4, now=1_000.0)
    assert (1, 1) == (len(process.told), process.counters["store_failures"])
    await process.counts.close()
