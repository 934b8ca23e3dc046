"""What good visitors do tells what evidence is worth on this site."""

import json
from typing import Any

import pytest

from noscrape.patterns import NAMES, Trust
from noscrape.patterns.trust import UNCALIBRATED, WARM

NOW = 1_800_000_000.0
TRAITS = ("hints", "trap")


def trust(*, absolute: frozenset[str] = frozenset({"trap"})) -> Trust:
    return Trust(TRAITS, absolute=absolute)


def admitted(found: Trust, count: int, *, network: int = 0, order: int = 0, engine: int = 0) -> int:
    """How many of so many good visitors are counted; each of a network of its own, unless one is named."""
    return sum(found.admit(network or number + 1, order, engine, NOW) for number in range(count))


class TestFactors:
    """What points are multiplied by."""

    def test_what_is_not_known_weighs_little(self) -> None:
        """But for what says enough by itself."""
        assert [pytest.approx(UNCALIBRATED), 1.0] == trust().factors

    def test_what_good_visitors_never_show_counts_nearly_in_full(self) -> None:
        """Once enough of them could have shown it."""
        found = trust()
        for _ in range(200):
            found.saw(0)
        assert found.factors[0] > 0.95

    @pytest.mark.parametrize(("of_100", "most"), [(90, 0.05), (50, 0.17), (10, 0.5)])
    def test_what_they_show_counts_less(self, of_100: int, most: float) -> None:
        """A site behind a network that strips headers makes whole families meaningless."""
        found = trust()
        for number in range(100):
            found.saw(0)
            if number < of_100:
                found.shows(0)
        assert found.factors[0] < most

    def test_it_says_why(self) -> None:
        """For `noscrape patterns status`."""
        found = trust()
        assert ("no good visitor yet who could show it", "trusted from the first") == (found.why(0), found.why(1))
        found.saw(0)
        assert "0 of 1 good visitors show it" == found.why(0)


class TestTools:
    """An HTTP library by which good visitors come is this site's own app."""

    def test_at_home(self) -> None:
        """From some good visitors on, and a share of all; then it makes no other library harmless."""
        found = Trust((*TRAITS, "tool"), absolute=frozenset({"tool"}))
        for _ in range(100):
            found.saw(2)
        for _ in range(4):
            found.uses("okhttp")
        assert (frozenset(), 4.0) == (found.at_home, found.showing[2])
        weak = found.factors[2]
        found.uses("okhttp")
        assert (frozenset({"okhttp"}), 0.0) == (found.at_home, found.showing[2])
        assert found.factors[2] > weak

    def test_not_of_a_large_site(self) -> None:
        """Five of a thousand are no app of anybody's."""
        found = Trust(TRAITS)
        admitted(found, 1_000)
        for _ in range(5):
            found.uses("python-requests")
        assert frozenset() == found.at_home

    def test_nobody_is_at_home(self) -> None:
        """Who gives no name has none that could be known, and the names that are kept have a bound."""
        found = Trust(TRAITS)
        for _ in range(50):
            found.uses("")
        for number in range(5_000):
            found.uses(f"tool-{number}")
        assert (frozenset(), 500) == (found.at_home, len(found.as_dict()["tools"]))

    def test_kept(self) -> None:
        """Across a restart."""
        found = Trust(TRAITS)
        for _ in range(9):
            found.uses("okhttp")
        assert frozenset({"okhttp"}) == Trust(TRAITS).adopt(json.loads(json.dumps(found.as_dict()))).at_home


class TestLinks:
    """Whether silence about a link says anything here."""

    @pytest.mark.parametrize(("telling", "referring"), [(0, False), (4, False), (5, True), (20, True)])
    def test_a_share_tells(self, telling: int, referring: bool) -> None:
        """A quarter of good visitors; a site that forbids referers has none."""
        found = trust()
        for number in range(20):
            found.linked(referring=number < telling)
        assert referring is found.referring
        assert referring is trust().adopt(json.loads(json.dumps(found.as_dict()))).referring


class TestSources:
    """Nobody makes up more than a share of what calibrates the site."""

    def test_one_network(self) -> None:
        """A campaign from one place cannot teach a site."""
        found = trust()
        assert 3 == admitted(found, 500, network=7)
        admitted(found, 500)
        assert 500 < found.good < 520
        assert admitted(found, 500, network=7) < 12

    def test_one_order_of_headers(self) -> None:
        """Nor one tool from many places."""
        found = trust()
        assert 60 == admitted(found, 500, order=7)
        found = trust()
        for number in range(500):
            found.admit(number, number % 5 + 10, 0, NOW)
        assert found.good == 500

    def test_the_tables_are_bounded(self) -> None:
        """However many networks and orders come."""
        found = trust()
        for number in range(60_000):
            found.admit(number, number + 1, 0, NOW)
        assert max(len(found._networks), len(found._by_order)) <= 20_000
        assert found.good < 4_000

    def test_after_a_week_it_counts_half(self) -> None:
        """What has changed on a site shows."""
        found = trust()
        admitted(found, 100)
        found.admit(1_000, 0, 0, NOW + 8 * 86_400)
        assert 51 == found.good


class TestOrders:
    """Orders of headers say nothing where two engines share one."""

    def test_what_several_good_visitors_have_is_nobody_s_mark(self) -> None:
        """Three of them; one may be a scraper that has played something."""
        found = trust()
        for _ in range(2):
            found.sends(7, 1)
        assert not found.common(7)
        found.sends(7, 1)
        assert (True, False) == (found.common(7), found.common(8))

    def test_a_network_that_sorts_headers(self) -> None:
        """Then all browsers look alike."""
        found = trust()
        for number in range(20):
            found.admit(number, 5, number % 2 + 1, NOW)
        assert not found.orders

    def test_one_person_with_another_name(self) -> None:
        """Is not enough."""
        found = trust()
        for number in range(50):
            found.admit(number, 5, 2 if number == 7 else 1, NOW)
        assert found.orders


class TestPlayback:
    """Not playing says something where people play."""

    @pytest.mark.parametrize(("active", "playing", "visible"), [(19, 19, False), (40, 9, False), (40, 10, True)])
    def test_a_quarter_of_them(self, active: int, playing: int, visible: bool) -> None:
        """Of the active ones, and enough of those."""
        found = trust()
        for _ in range(active):
            found.came(plays=False)
        for _ in range(playing):
            found.came(plays=True)
        assert visible is found.playback


class TestCuriosity:
    """What those touch who look furthest."""

    def test_the_most_curious(self) -> None:
        """Not the average: a listener who digs in crates is no scraper."""
        found = trust()
        for number in range(100):
            found.curiosity(0.82 if number % 20 == 0 else 0.1)
        assert 0.85 < found.curious < 0.95


class TestKept:
    """Across restarts."""

    def test_there_and_back(self) -> None:
        """As JSON has it."""
        found = Trust(NAMES)
        for number in range(80):
            found.admit(number, number % 4 + 1, 1, NOW)
            found.saw(0)
            found.documents.touched(number.to_bytes(4))
            found.came(plays=False)
            found.came(plays=True)
            found.curiosity(0.3)
        found.shows(0)
        again = Trust(NAMES).adopt(json.loads(json.dumps(found.as_dict())))
        assert found.as_dict() == again.as_dict()
        assert (found.factors, found.curious, found.playback, True) == (
            again.factors,
            again.curious,
            again.playback,
            again.warm,
        )
        assert found.good >= WARM

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 1},
            {"good": -1},
            {"good": float("nan")},
            {"good": "many"},
            {"good": True},
            {"traits": []},
            {"traits": {"hints": [1]}},
            {"traits": {"hints": [1, "x"]}},
            {"documents": {"zz": 1}},
            {"media": {"00": 1}},
            {"networks": {"x y": 1}},
            {"by_order": {"01": [1, 2]}},
            {"curiosity": [1] * 3},
            {"curiosity": None},
        ],
        ids=str,
    )
    def test_another_form_is_refused(self, change: dict[str, Any]) -> None:
        """And nothing of it is taken."""
        found = trust()
        with pytest.raises(ValueError, match=r"."):
            found.adopt(trust().as_dict() | change)
        assert trust().as_dict() == found.as_dict()

    def test_detectors_of_another_version_are_passed_over(self) -> None:
        """Those that are known are taken."""
        kept = trust().as_dict()
        kept["traits"] = {"hints": [10, 5], "gone": [1, 1]}
        assert [10.0, 0.0] == trust().adopt(kept).counted
