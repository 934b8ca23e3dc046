"""One request of a trace, with the labels that only the scorer reads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.traffic.headers import Pairs


class Event(NamedTuple):
    """A request and its answer: `t` in epoch seconds, `seconds` of audio, `work` the track or release asked for."""

    t: float
    ip: str
    path: str
    headers: Pairs
    status: int = 200
    bytes: int = 0
    seconds: float | None = None
    work: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One visitor, or one campaign. `kind` is what it is, `group` "person", "scraper" or "bot"."""

    who: str
    kind: str
    group: str
    events: Iterator[Event]


def line(event: Event, session: Session) -> str:
    """As `noscrape replay` reads it; the labels are nothing to it."""
    told: dict[str, Any] = {
        "t": round(event.t, 3),
        "ip": event.ip,
        "method": "GET",
        "path": event.path,
        "headers": event.headers,
        "status": event.status,
        "bytes": event.bytes,
    }
    if event.seconds is not None:
        told["seconds"] = round(event.seconds, 2)
    return json.dumps(told | {"who": session.who, "kind": session.kind, "class": session.group})
