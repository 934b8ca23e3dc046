"""A trace: all sessions merged by time, made as it is read, so that a large one needs no more memory."""

import heapq
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.traffic.catalogue import Catalogue
from tests.traffic.deployment import DEPLOYMENTS
from tests.traffic.event import Event, Session
from tests.traffic.people import BEGINS, LASTS, PEOPLE
from tests.traffic.scrapers import BOTS, SCRAPERS

#: People at scale 1, and instances of each kind of scraper and robot.
SESSIONS = 1_500

#: Events of one session that are looked ahead at, to bring them into order.
_AHEAD = 200
INSTANCES = 2


class _Addresses:
    """Addresses that nobody has had yet, spread over networks as people are."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._given: set[str] = set()

    def fresh(self) -> str:
        while True:
            draw = self._draw
            if draw.random() < 0.3:
                found = (
                    f"2a0{draw.randint(0, 9)}:{draw.getrandbits(16):x}:{draw.getrandbits(16):x}:1::{draw.randint(1, 9)}"
                )
            else:
                found = (
                    f"{draw.choice((24, 62, 77, 81, 90, 109, 151, 188))}.{draw.getrandbits(8)}.{draw.getrandbits(8)}.7"
                )
            if found not in self._given:
                self._given.add(found)
                return found


def sessions(seed: int, *, scale: float = 1.0, instances: int = INSTANCES) -> list[tuple[float, Session]]:
    """All sessions with their beginnings. Each draws its own numbers, so that none depends on another."""
    catalogue = Catalogue(seed)
    draw = Random(f"trace {seed}")
    addresses = _Addresses(draw)
    found: list[tuple[float, Session]] = []
    for kind, (visit, share, together) in PEOPLE.items():
        count = max(1, round(share * SESSIONS * scale))
        shared = ""
        for number in range(count):
            if number % together == 0:
                shared = addresses.fresh()
            if kind == "release night":
                begins = BEGINS + 0.5 * LASTS + draw.uniform(-120.0, 600.0)
            else:
                begins = BEGINS + draw.uniform(0.0, 0.97) * LASTS
            if kind == "school":
                begins = BEGINS  # each of a class waits for its lesson
            own = Random(f"{seed} {kind} {number}")
            events = visit(catalogue, own, begins, shared)
            found.append((begins, Session(f"{kind} {number}", kind, "person", events)))
    for kind, (scrape, several) in SCRAPERS.items():
        for number in range(instances):
            begins = BEGINS + draw.uniform(0.1, 0.5) * LASTS
            own = Random(f"{seed} {kind} {number}")
            ips = [addresses.fresh() for _ in range(several)]
            found.append((begins, Session(f"{kind} {number}", kind, "scraper", scrape(catalogue, own, begins, ips))))
    for kind, bot in BOTS.items():
        for number in range(instances):
            begins = BEGINS + draw.uniform(0.0, 0.4) * LASTS
            own = Random(f"{seed} {kind} {number}")
            events = bot(catalogue, own, begins, [addresses.fresh()])
            found.append((begins, Session(f"{kind} {number}", kind, "bot", events)))
    return sorted(found, key=lambda pair: (pair[0], pair[1].who))


def trace(
    seed: int, *, scale: float = 1.0, deployment: str = "app", instances: int = INSTANCES
) -> Iterator[tuple[Event, Session]]:
    """All requests in the order of time, as the app sees them."""
    seen = DEPLOYMENTS[deployment]
    waiting = sessions(seed, scale=scale, instances=instances)[::-1]
    ready: list[tuple[float, int, Event, Session]] = []
    order = 0
    while waiting or ready:
        while waiting and (not ready or waiting[-1][0] <= ready[0][0]):
            _, session = waiting.pop()
            order = _push(ready, replace(session, events=_in_order(session.events)), order)
        _, _, event, session = heapq.heappop(ready)
        order = _push(ready, session, order)
        if (shown := seen(event)) is not None:
            yield shown, session


def _in_order(events: Iterator[Event]) -> Iterator[Event]:
    """The events of one session in the order of time: several things of it go on at once."""
    held: list[tuple[float, int, Event]] = []
    for number, event in enumerate(events):
        heapq.heappush(held, (event.t, number, event))
        if len(held) > _AHEAD:
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]


def _push(ready: list[tuple[float, int, Event, Session]], session: Session, order: int) -> int:
    event = next(session.events, None)
    if event is not None:
        heapq.heappush(ready, (event.t, order, event, session))
    return order + 1
