"""What processes tell each other of scrapers, through a real Redis."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from noscrape.errors import StoreError
from noscrape.patterns import Stop
from noscrape.patterns.written import as_dict
from noscrape.shared import RedisBoard, lift_in, stops_in
from noscrape.shared.client import CHANGES, STOPS, SUMS, connected
from tests.patterns.test_stops import STOP
from tests.shared.server import Redis

pytestmark = pytest.mark.redis

NOW = 1_800_000_000.0


class Process:
    """One worker, whose board looks when it is told to."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.stops: list[Stop] = []
        self.lifts: list[str] = []
        self.sums: dict[str, Sequence[float]] = {}
        self.told: list[str] = []
        self.counters = Counter[str]()
        self.board = RedisBoard(
            url,
            on_stop=self.stops.append,
            on_lift=self.lifts.append,
            on_sums=self.sums.__setitem__,
            clock=lambda: self.now,
            counters=self.counters,
            warn=self.told.append,
            width=3,
        )


def test_a_stop_reaches_all(redis: Redis) -> None:
    """Those that look later too; and each takes it once."""
    one, two = Process(redis.url), Process(redis.url)
    two.board.look()
    one.board.publish(STOP)
    one.board.look()
    late = Process(redis.url)
    for process in (two, late):
        process.board.look()
        process.board.look()
    assert ([STOP], [STOP]) == (two.stops, late.stops)


def test_a_lift_reaches_all(redis: Redis) -> None:
    """From the command line; one who comes later does not take the stop again."""
    one = Process(redis.url)
    one.board.publish(STOP)
    one.board.look()
    assert [STOP] == stops_in(redis.url, NOW)
    lift_in(redis.url, STOP.id, NOW + 1)
    one.board.look()
    late = Process(redis.url)
    late.board.look()
    assert ([STOP.id], [], []) == (one.lifts, late.stops, stops_in(redis.url, NOW))


def test_sums_are_added_up(redis: Redis) -> None:
    """Of a suspect, over all processes."""
    one, two = Process(redis.url), Process(redis.url)
    one.board.suspect("aa", [1.0, 0.0, 2.5])
    one.board.look()
    two.board.suspect("aa", [1.0, 1.0, 0.0])
    two.board.look()
    assert [2.0, 1.0, 2.5] == two.sums["aa"]


def test_what_has_ended_is_removed(redis: Redis) -> None:
    """So that the hash does not grow for ever."""
    process = Process(redis.url)
    process.board.publish(STOP)
    process.board.look()
    assert [] == stops_in(redis.url, STOP.until)
    assert 0 == connected(redis.url).hlen(STOPS)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"[",
        b"5",
        b"{}",
        json.dumps({**as_dict(STOP), "until": "never"}).encode(),
        json.dumps({**as_dict(STOP), "kind": "all"}).encode(),
        b"[" * 100_000,
    ],
)
def test_garbage_convicts_nobody(redis: Redis, text: bytes) -> None:
    """It is counted and told, and the others are taken."""
    client = connected(redis.url)
    client.hset(STOPS, "zz", text)
    process = Process(redis.url)
    process.board.publish(STOP)
    process.board.look()
    assert ([STOP], 1) == (process.stops, process.counters["board_refused"])
    assert "no stop of ours" in process.told[0]


def test_a_stop_for_ever_lasts_as_long_as_a_stop(redis: Redis) -> None:
    """What is read from a store convicts nobody by itself for longer."""
    client = connected(redis.url)
    client.hset(STOPS, STOP.key, json.dumps(as_dict(replace(STOP, until=NOW + 1e9))))
    client.incr(CHANGES)
    process = Process(redis.url)
    process.board.look()
    assert [NOW + 900] == [stop.until for stop in process.stops]


def test_sums_of_another_form(redis: Redis) -> None:
    """Are passed over."""
    client = connected(redis.url)
    client.hset(SUMS + "aa", mapping={"1": "nan", "x": "y"})
    process = Process(redis.url)
    process.board.suspect("aa", [1.0, 0.0, 0.0])
    process.board.look()
    assert {} == process.sums


@pytest.mark.parametrize("key", [STOPS, CHANGES])
def test_another_programs_key(redis: Redis, key: str) -> None:
    """Of another type under our name: told once, and nothing is raised."""
    client = connected(redis.url)
    client.lpush(key, "theirs")
    process = Process(redis.url)
    process.board.publish(STOP)
    for _ in range(3):
        process.board.look()
    assert (1, 1) == (len(process.told), process.counters["store_failures"])


def test_killed_and_back(redis: Redis) -> None:
    """What waited meanwhile is written then; the operator is told of both."""
    process = Process(redis.url)
    process.board.look()
    redis.kill()
    process.board.publish(STOP)
    process.board.look()
    redis.start()
    process.board.look()
    assert [] == stops_in(redis.url, NOW)
    process.now += 6
    process.board.look()
    assert [STOP] == stops_in(redis.url, NOW)
    assert 2 == len(process.told)


def test_frozen(redis: Redis) -> None:
    """Requests never wait for it: they only hand over."""
    process = Process(redis.url)
    process.board.start()
    redis.freeze()
    begin = time.perf_counter()
    for number in range(5_000):
        process.board.suspect(f"{number}", [1.0, 0.0, 0.0])
        process.board.publish(STOP)
    took = time.perf_counter() - begin
    redis.thaw()
    process.board.stop()
    assert took < 0.5
    assert process.counters["board_dropped"] >= 5_000


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+sentinel://127.0.0.1:1"])
def test_a_store_that_is_not_there(url: str) -> None:
    """Is told in words, to the command line too."""
    process = Process(url)
    process.board.look()
    assert 1 == len(process.told)
    with pytest.raises(StoreError, match="the store"):
        stops_in(url, NOW)
