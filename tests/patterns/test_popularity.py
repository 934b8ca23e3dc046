"""What good visitors touch."""

from noscrape.patterns.popularity import WORKS_KEPT, Popularity


def hash_of(number: int) -> bytes:
    return number.to_bytes(4)


def test_hardly_wanted() -> None:
    """Less than a part of what the average has."""
    found = Popularity()
    for number in range(1_000):
        found.touched(hash_of(number % 50))
    found.touched(hash_of(99))
    assert (True, False, True, True) == (
        found.known,
        found.cold(hash_of(1)),
        found.cold(hash_of(99)),
        found.cold(hash_of(100)),
    )


def test_not_known_while_everything_is_new() -> None:
    """Where most touches go to works never touched before, nobody can say what is hardly wanted."""
    found = Popularity()
    for number in range(1_000):
        found.touched(hash_of(number))
    assert not found.known
    for number in range(1_000):
        found.touched(hash_of(number))
    assert found.known


def test_the_table_is_bounded() -> None:
    """However large the catalogue."""
    found = Popularity()
    for number in range(3 * WORKS_KEPT):
        found.touched(hash_of(number))
    assert len(found.works) <= WORKS_KEPT


def test_halved() -> None:
    """What was touched once is forgotten."""
    found = Popularity()
    for number in (1, 1, 1, 2):
        found.touched(hash_of(number))
    found.halve()
    assert {hash_of(1): 1.5} == found.works
