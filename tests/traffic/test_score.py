"""What the scorer counts, by examples that are worked out by hand."""

import pytest

from tests.traffic.event import Event, Session
from tests.traffic.headers import LYNX
from tests.traffic.score import Score, upper_bound

SCRAPER = Session("s 1", "walk", "scraper", iter(()))
PERSON = Session("p 1", "listener", "person", iter(()))


def event(work: str) -> Event:
    return Event(0.0, "192.0.2.1", f"/r/{work}", LYNX.navigation(), work=work)


def test_what_a_scraper_had() -> None:
    """Distinct tracks until the first stop, and in all; what is stopped delivers nothing."""
    score = Score()
    for work, stopped in (("a", False), ("a", False), ("b", False), ("c", True), ("d", True), ("e", False)):
        score.add(event(work), SCRAPER, stopped=stopped)
    (row,) = score.scrapers
    assert (1, 1, 3, 2, 3 / 5) == (row.instances, row.stopped, row.requests_before, row.tracks_before, row.share)


def test_one_that_was_never_stopped() -> None:
    """Had all that it got."""
    score = Score()
    for work in "abc":
        score.add(event(work), SCRAPER, stopped=False)
    (row,) = score.scrapers
    assert (0, 3, 1.0) == (row.stopped, row.tracks_before, row.share)


def test_people() -> None:
    """A session with any stop is one, however many it had; and all of them together."""
    score = Score()
    score.add(event("a"), PERSON, stopped=True, why="because")
    score.add(event("b"), PERSON, stopped=True)
    for number in range(3):
        score.add(event("a"), Session(f"p {number + 2}", "listener", "person", iter(())), stopped=False)
    kind, everybody = score.people
    assert (4, 1, 250.0) == (kind.sessions, kind.stopped, kind.per_thousand)
    assert (4, 1) == (everybody.sessions, everybody.stopped)
    assert [("p 1", "because")] == score.reasons


@pytest.mark.parametrize(
    ("hits", "of", "bound"),
    [(0, 1_000, 0.002991), (0, 30_000, 0.00009986), (1, 1_000, 0.004735), (5, 100, 0.102259), (3, 3, 1.0)],
)
def test_the_bound(hits: int, of: int, bound: float) -> None:
    """One-sided, 95 %, as tables of Clopper and Pearson have it: 1 - 0.05 ** (1 / n) for none of n."""
    assert bound == pytest.approx(upper_bound(hits, of), rel=2e-3)
