"""What a defence did: how much scrapers had before they were stopped, and how many people were."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from tests.traffic.event import Event, Session


@dataclass(slots=True)
class _Tally:
    """One session as it goes on."""

    kind: str
    group: str
    requests: int = 0
    wanted: set[str] = field(default_factory=set)
    had: set[str] = field(default_factory=set)
    requests_before: int = 0
    had_before: int = 0
    stops: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class ScraperRow:
    """One kind of scraper: medians and the worst of its instances; `share` is what it got in all of what it wanted."""

    kind: str
    instances: int
    stopped: int
    requests_before: float
    tracks_before: float
    worst_before: float
    share: float
    worst_share: float


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One kind of person, or all: sessions with any stop, and the upper bound (95 %, one-sided) per 1,000."""

    kind: str
    sessions: int
    stopped: int
    per_thousand: float
    bound: float


class Score:
    """Keeps account of a trace."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    def add(self, event: Event, session: Session, *, stopped: bool, why: str = "") -> None:
        """One request, in the order of time. What is stopped delivers nothing."""
        tally = self._tallies.get(session.who)
        if tally is None:
            tally = self._tallies[session.who] = _Tally(session.kind, session.group)
        tally.requests += 1
        if event.work:
            tally.wanted.add(event.work)
        if stopped:
            if not tally.stops:
                tally.requests_before, tally.had_before, tally.why = tally.requests - 1, len(tally.had), why
            tally.stops += 1
        elif event.work:
            tally.had.add(event.work)

    @property
    def scrapers(self) -> list[ScraperRow]:
        """Each kind of scraper. One that was never stopped had all that it got."""
        return [_scraper(kind, tallies) for kind, tallies in self._of("scraper")]

    @property
    def people(self) -> list[PersonRow]:
        """Each kind of person, and all of them."""
        rows = [_person(kind, tallies) for kind, tallies in self._of("person")]
        everybody = [tally for tally in self._tallies.values() if tally.group == "person"]
        return [*rows, _person("all people", everybody)] if everybody else []

    @property
    def bots(self) -> list[PersonRow]:
        """Each kind of robot that is welcome."""
        return [_person(kind, tallies) for kind, tallies in self._of("bot")]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Why people and welcome robots were stopped."""
        return [(who, tally.why) for who, tally in self._tallies.items() if tally.group != "scraper" and tally.stops]

    def _of(self, group: str) -> Iterable[tuple[str, list[_Tally]]]:
        kinds: dict[str, list[_Tally]] = {}
        for tally in self._tallies.values():
            if tally.group == group:
                kinds.setdefault(tally.kind, []).append(tally)
        return sorted(kinds.items())


def _scraper(kind: str, tallies: list[_Tally]) -> ScraperRow:
    before = [tally.had_before if tally.stops else len(tally.had) for tally in tallies]
    shares = [len(tally.had) / max(1, len(tally.wanted)) for tally in tallies]
    return ScraperRow(
        kind,
        len(tallies),
        sum(tally.stops > 0 for tally in tallies),
        median(tally.requests_before if tally.stops else tally.requests for tally in tallies),
        median(before),
        max(before),
        median(shares),
        max(shares),
    )


def _person(kind: str, tallies: list[_Tally]) -> PersonRow:
    stopped = sum(tally.stops > 0 for tally in tallies)
    return PersonRow(
        kind, len(tallies), stopped, 1_000 * stopped / len(tallies), 1_000 * upper_bound(stopped, len(tallies))
    )


def upper_bound(hits: int, of: int, *, confidence: float = 0.95) -> float:
    """The exact one-sided upper bound of a share (Clopper and Pearson): the largest that leaves `hits` likely."""
    if hits >= of:
        return 1.0
    low, high = hits / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(hits, of, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, of: int, share: float) -> float:
    """The probability of so many or fewer."""
    if share >= 1.0:
        return 0.0
    total, term = 0.0, (1.0 - share) ** of
    for number in range(hits + 1):
        if number:
            term *= (of - number + 1) / number * share / (1.0 - share)
        total += term
    return total
