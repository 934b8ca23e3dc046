"""Stops lengthen, release by themselves, and can be lifted."""

from dataclasses import replace

from noscrape.patterns.stop import LASTS_SECONDS, Kind, Stop
from noscrape.patterns.stops import Stops, lasts
from noscrape.words import Action

NOW = 1_800_000_000.0
STOP = Stop(
    id="00000000000000aa",
    kind=Kind.CLIENT,
    key="0000000000000001",
    address="0000000000000002",
    client="192.0.2.0/24",
    user_agent="x",
    since=NOW,
    until=NOW + 900.0,
    strikes=1,
    action=Action.REFUSE,
    score=9.5,
    words="catalogue 6.0; headers 3.5",
)


def test_it_ends_by_itself() -> None:
    """At its time, to the second."""
    stops = Stops()
    stops.add(STOP, enforced=True)
    assert (STOP, None, 0) == (stops.find(1, NOW + 899), stops.find(1, NOW + 900), len(stops))


def test_the_longer_one_holds() -> None:
    """Two processes may find the same one."""
    stops = Stops()
    longer = replace(STOP, until=NOW + 3600)
    for stop in (STOP, longer, STOP):
        stops.add(stop, enforced=True)
    assert longer == stops.find(1, NOW)


def test_one_that_is_enforced_holds_over_one_that_is_watched() -> None:
    """But not the other way round."""
    stops = Stops()
    stops.add(STOP, enforced=False)
    assert not stops.enforced(1)
    stops.add(STOP, enforced=True)
    stops.add(STOP, enforced=False)
    assert stops.enforced(1)


def test_each_is_longer_than_the_last() -> None:
    """Up to a day; and a week without one begins anew."""
    assert [*LASTS_SECONDS, LASTS_SECONDS[-1]] == [lasts(strikes) for strikes in range(1, 7)]
    stops = Stops()
    stops.add(replace(STOP, strikes=3), enforced=True)
    assert (3, 0) == (stops.strikes(1, NOW + 86_400), stops.strikes(1, NOW + 8 * 86_400))


def test_lifted_by_id_key_or_address() -> None:
    """And then it is forgotten that there was one."""
    for target in (STOP.id, STOP.key, STOP.address):
        stops = Stops()
        stops.add(replace(STOP, strikes=3), enforced=True)
        assert [] == stops.lift("")
        assert [replace(STOP, strikes=3)] == stops.lift(target)
        assert (None, 0) == (stops.find(1, NOW), stops.strikes(1, NOW))


def test_newcomers_share_a_budget() -> None:
    """Which fills again in an hour, and never holds more than an hour's worth."""
    stops = Stops()
    stops.add(STOP, enforced=True, budget=2.0)
    spent = [stops.spend(1, NOW, an_hour=30) for _ in range(3)]
    assert [True, True, False] == spent
    assert [True, False] == [stops.spend(1, NOW + 120, an_hour=30) for _ in range(2)]
    assert 30 == sum(stops.spend(1, NOW + 100_000, an_hour=30) for _ in range(50))


def test_the_first_that_is_told_of_one() -> None:
    """Its line in the log says what was taken until then."""
    stops = Stops()
    stops.add(STOP, enforced=True)
    assert [True, False, False] == [stops.first(1), stops.first(1), stops.first(2)]


def test_a_spray_of_stops_keeps_to_the_bound() -> None:
    """The oldest go."""
    stops = Stops(bound=100)
    for number in range(1, 1_001):
        stops.add(replace(STOP, key=f"{number:016x}"), enforced=True)
    assert (100, 100) == (len(stops), len(stops._strikes))
    assert stops.find(1_000, NOW) is not None


def test_a_clock_that_jumps_back_frees() -> None:
    """A stop from the far future holds nobody for ever."""
    stops = Stops()
    stops.add(replace(STOP, since=NOW + 1e7, until=NOW + 1e7 + 900), enforced=True)
    assert stops.find(1, NOW) is None
