"""A trace through a site, as requests would meet it."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from noscrape.config import load
from noscrape.request import Facts
from noscrape.site import Site, builtin_catalog
from tests.traffic.event import Event, Session
from tests.traffic.people import TRAP
from tests.traffic.score import Score

#: The shop's routes, as its developer would write them.
SETTINGS: dict[str, Any] = {
    "tracks": {
        "routes": [
            {"path": "/r/{track_id}", "serves": "page"},
            {"path": "/song/{track_id}", "serves": "page"},
            {"path": "/api/v2/heartbeat", "serves": "asset"},
            {"path": "/api/v2/releases/{track_id}", "serves": "data"},
            {"path": "/api/v2/releases/{track_id}/statistics", "serves": "data"},
            {"path": "/m/{track_id}/{file}", "serves": "media"},
            {"path": "/d/{file}", "serves": "download"},
            {"path": "/img/{file}", "serves": "artwork"},
            {"path": "/assets/{file:path}", "serves": "asset"},
            {"path": "/feed.atom", "serves": "feed"},
        ]
    },
    "patterns": {"trap_path": TRAP},
    "log": {"path": ""},
}

_BY_PATTERNS = ("pattern", "quota")


@dataclass(slots=True)
class Drive:
    """What came of it: the score, requests, and seconds of judging alone."""

    score: Score
    site: Site
    requests: int = 0
    seconds: float = 0.0


def drive(events: Iterable[tuple[Event, Session]], *, settings: Mapping[str, Any] | None = None) -> Drive:
    """Judge a trace, in its own time."""
    site = Site(load(dict(settings or SETTINGS)), clock=lambda: 0.0, catalog=builtin_catalog())
    drive = Drive(Score(), site)
    encoded: dict[tuple[tuple[str, str], ...], list[tuple[bytes, bytes]]] = {}
    with asyncio.Runner() as runner:
        for event, session in events:
            facts = _facts(event, encoded)
            begin = time.perf_counter()
            place = site.place(facts)
            said = site.said(place, event.t)
            if said is None:
                said = runner.run(site.read(place, {}))
                begin = time.perf_counter()
            judgement = site.judge(facts, place, said, event.t)
            stopped = judgement.decision.stops
            if not stopped:
                site.delivered(judgement, event.t, status=event.status, sent=event.bytes, seconds=event.seconds)
            drive.seconds += time.perf_counter() - begin
            drive.requests += 1
            by_patterns = stopped and judgement.decision.rule.startswith(_BY_PATTERNS)
            drive.score.add(event, session, stopped=by_patterns, why=judgement.decision.reason if stopped else "")
    return drive


def _facts(event: Event, encoded: dict[tuple[tuple[str, str], ...], list[tuple[bytes, bytes]]]) -> Facts:
    key = tuple(event.headers)
    headers = encoded.get(key)
    if headers is None:
        if len(encoded) > 20_000:
            encoded.clear()
        headers = encoded[key] = [(name.encode(), value.encode()) for name, value in event.headers]
    agent = next((value for name, value in headers if name == b"user-agent"), b"")
    path, _, query = event.path.partition("?")
    return Facts("GET", path, "", query.encode(), agent, headers, event.ip)
