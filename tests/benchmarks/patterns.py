"""What watching behaviour costs: `python -m tests.benchmarks.patterns`.

Prints microseconds for each request of the simulated trace, with patterns and without; then the memory of 100,000
active clients, and of as many again and again: a spray of 1,000,000 addresses, each of which comes twice.
"""

import copy
import gc
import time
import tracemalloc
from collections.abc import Iterator

from noscrape.patterns import Settings, Visit, Watch
from noscrape.request import Facts
from noscrape.tracks import Place
from noscrape.words import Serves
from tests.traffic.driver import SETTINGS, drive
from tests.traffic.headers import BROWSERS
from tests.traffic.trace import trace

_ACTIVE = 100_000
_SPRAY = 1_000_000
_ROUNDS = 3


def main() -> None:
    """Measure, and print."""
    events = list(trace(1, scale=0.5, instances=1))
    best = {True: float("inf"), False: float("inf")}
    for _ in range(_ROUNDS):
        for enabled, before in best.items():
            settings = copy.deepcopy(SETTINGS)
            settings["patterns"]["enabled"] = enabled
            driven = drive(events, settings=settings)
            best[enabled] = min(before, 1e6 * driven.seconds / driven.requests)
    whole, bare = best[True], best[False]
    print(f"{len(events):,} requests of the trace: {whole:.1f} µs each, {whole - bare:.1f} of them patterns")
    del events
    gc.collect()
    tracemalloc.start()
    watch = Watch(Settings())
    print(f"empty: {_megabytes()}")
    _visit(watch, _ACTIVE)
    print(f"{_ACTIVE:,} active clients: {_megabytes()} for {_kept(watch)}")
    tracemalloc.stop()
    begin = time.perf_counter()
    _visit(watch, _SPRAY)
    spent = time.perf_counter() - begin
    tracemalloc.start()
    print(f"{_SPRAY:,} addresses more: {_kept(watch)}, {1e6 * spent / _SPRAY / 4:.1f} µs a request")
    watch = Watch(Settings())
    _visit(watch, 3 * _ACTIVE)
    print(f"{3 * _ACTIVE:,} addresses from the first: {_megabytes()}")


def _visit(watch: Watch, count: int) -> None:
    for visit, now in _visits(count):
        for _ in range(4):
            watch.observe(visit, now)
            watch.delivered(visit, now, status=200, sent=10_000)


def _visits(count: int) -> Iterator[tuple[Visit, float]]:
    headers = [[(k.encode(), v.encode()) for k, v in program.navigation()] for program, _ in BROWSERS]
    agents = [program.user_agent.encode() for program, _ in BROWSERS]
    for number in range(count):
        address = f"{number % 200 + 20}.{number // 200 % 250}.{number // 50_000}.7"
        place = Place((f"track-{number % 5_000}",), Serves.PAGE, routed=True)
        which = number % len(agents)
        facts = Facts("GET", "/r/x", "", b"", agents[which], headers[which], address)
        yield Visit(address, place, facts, None, address), 1_790_000_000.0 + number / 100


def _megabytes() -> str:
    return f"{tracemalloc.get_traced_memory()[0] / 1e6:.0f} MB"


def _kept(watch: Watch) -> str:
    return f"{len(watch.clients):,} clients, {len(watch.networks):,} networks, {len(watch.orders):,} orders"


if __name__ == "__main__":
    main()
