"""Works are told apart by the ids that an app knows them by."""

import pytest

from noscrape.patterns.works import NO_WORK, Works
from noscrape.tracks import Place
from noscrape.words import Serves


@pytest.mark.parametrize(
    ("place", "by_path", "number"),
    [
        (Place(("42",), Serves.PAGE, routed=True), False, 42),
        (Place(("album/42",), Serves.DATA, routed=True), False, 42),
        (Place(("c0ffee",), Serves.MEDIA, routed=True), False, 0),
        (Place(("9" * 16,), Serves.PAGE, routed=True), False, 0),
        (Place((), Serves.PAGE, routed=False), True, 7),
    ],
    ids=["a number", "at the end", "opaque", "no count of anything", "by its path"],
)
def test_a_work(place: Place, by_path: bool, number: int) -> None:
    """By its track, with its number where it has one; by its path where the site names none."""
    works = Works()
    work = works.work(place, place.serves, "/song/7", by_path=by_path)
    assert (4, number) == (len(work.hash), work.number)
    assert works.name(work.hash) == (place.tracks[0] if place.tracks else "/song/7")


@pytest.mark.parametrize(
    ("place", "by_path"),
    [
        (Place(("42",), Serves.SEARCH, routed=True), True),
        (Place((), Serves.PAGE, routed=True), True),
        (Place((), Serves.PAGE, routed=False), False),
    ],
    ids=["a search", "a route without a track", "no route"],
)
def test_no_work(place: Place, by_path: bool) -> None:
    """What shows no work takes none."""
    assert NO_WORK is Works().work(place, place.serves, "/x", by_path=by_path)


def test_names_have_a_bound() -> None:
    """Older ones are forgotten, and a hash is told then; what one chooses to ask for is cut."""
    works = Works()
    first = works.work(Place(("x" * 10_000,), Serves.PAGE, routed=True), Serves.PAGE, "/", by_path=False)
    assert 120 == len(works.name(first.hash))
    for number in range(70_000):
        works.work(Place((f"id-{number}",), Serves.PAGE, routed=True), Serves.PAGE, "/", by_path=False)
    assert f"#{first.hash.hex()}" == works.name(first.hash)
    assert len(works._works) <= 32_768
