"""What a detector is shown of a request, and what a detector is."""

from typing import NamedTuple, Protocol

from noscrape.decision import Finding
from noscrape.request import Facts
from noscrape.tracks import Place


class Visit(NamedTuple):
    """One request that no rule above has ended, seen as one step of a client's behaviour."""

    client: str
    place: Place
    facts: Facts


class Detector(Protocol):
    """Watches visits go by. State in memory that is bounded, time as an argument, and no other source of either."""

    name: str

    def observe(self, visit: Visit, now: float) -> Finding | None:
        """Count a visit, and say what it crossed; `now` is in epoch seconds."""
