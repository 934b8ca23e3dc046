"""Lists of networks that operators publish: which are read, which are refused, and what they say of an address."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import Crawler, Kind, Proof
from noscrape.errors import RangesError
from noscrape.networks import NetworkTable
from noscrape.verify.ranges import RangeLists, parse
from noscrape.verify.snapshots import Snapshot, Snapshots
from noscrape.words import Verification

URL = "https://bots.example/ranges.json"
NOW = 1_795_000_000.0
DAY = 86_400.0


def listed(*prefixes: str, **more: object) -> bytes:
    """The shape that Google, OpenAI, Bing and others share."""
    entries = [{"ipv6Prefix" if ":" in prefix else "ipv4Prefix": prefix} for prefix in prefixes]
    return json.dumps({"creationTime": "2026-11-20T10:00:00", "prefixes": entries} | more).encode()


class TestReading:
    """One file."""

    @pytest.mark.parametrize(
        "data",
        [
            listed("66.249.64.0/27", "2001:4860:4801:10::/64"),
            b"\xef\xbb\xbf" + listed("66.249.64.0/27", "2001:4860:4801:10::/64"),
            listed("66.249.64.0/27", "2001:4860:4801:10::/64").replace(b"66.249", "66\u200b.249".encode()),
            listed("66.249.64.0/27", "2001:4860:4801:10::/64").replace(b"66.249", b"66\xa0.249"),
            listed("66.249.64.0/27", "2001:4860:4801:10::/64", syncToken="x", service={"a": 1}),
            listed("66.249.64.5/27", "2001:4860:4801:10::/64", "66.249.64.0/27"),
            json.dumps({"prefixes": ["66.249.64.0/27", "2001:4860:4801:10::/64"]}).encode(),
            json.dumps(["66.249.64.0/27", "2001:4860:4801:10::/64"]).encode(),
            json.dumps(
                {
                    "prefixes": [{"ip_prefix": "66.249.64.0/27"}],
                    "ipv6_prefixes": [{"ipv6_prefix": "2001:4860:4801:10::/64"}],
                }
            ).encode(),
            b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27", "ipv6Prefix": null}, "2001:4860:4801:10::/64"]}',
            b"# ours\r\n66.249.64.0/27\r\n\r\n2001:4860:4801:10::/64 # v6\r\n",
            b"66.249.64.0/27,US,US-CA,Somewhere,\n2001:4860:4801:10::/64,IE,,Dublin,\n",
        ],
        ids=[
            "json",
            "BOM",
            "unprintable",
            "no UTF-8",
            "unknown members",
            "host bits",
            "texts",
            "array",
            "members of IPv6",
            "null",
            "lines",
            "geofeed",
        ],
    )
    def test_what_operators_publish(self, data: bytes) -> None:
        """Each form gives the same networks, once each."""
        networks = (ip_network("66.249.64.0/27"), ip_network("2001:4860:4801:10::/64"))
        assert networks == parse(data, url=URL).networks

    def test_when_it_was_made_is_kept(self) -> None:
        """In the operator's words."""
        assert "2026-11-20T10:00:00" == parse(listed("66.249.64.0/27"), url=URL).created

    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            (b"<!doctype html><p>66.249.64.0/27", "is a page of HTML"),
            (b"\n  <html>", "is a page of HTML"),
            (b'{"prefixes": [{"ipv4Prefix": "66.249', "is no JSON, or only half of it"),
            (b"[" * 100_000, "is no JSON"),
            (b'{"networks": []}', "has no list of 'prefixes'"),
            (b'{"prefixes": {}}', "has no list of 'prefixes'"),
            (listed(), "holds no network"),
            (b"", "holds no network"),
            (b"# nothing\n", "holds no network"),
            (listed("0.0.0.0/0"), "0.0.0.0/0 is too wide to be a crawler's: wanted /8 or narrower"),
            (listed("66.0.0.0/7"), "too wide"),
            (listed("::/0"), "::/0 is too wide to be a crawler's: wanted /16 or narrower"),
            (listed("2000::/15"), "too wide"),
            (listed("66.249.64.0/27", "10.0.0.0/8"), "10.0.0.0/8 is not of the public internet"),
            (listed("127.0.0.1/32"), "not of the public internet"),
            (listed("fd00::/32"), "not of the public internet"),
            (listed("1/2"), "'1/2' is no network"),
            (listed("1736/1736"), "'1736/1736' is no network"),
            (listed("66.249.64.0/27", "66.249.64.0/33"), "'66.249.64.0/33' is no network"),
            (b'{"prefixes": [7]}', "'7' is no network"),
            (b'{"prefixes": [{"ipv4Prefix": null}]}', "is no network"),
            (b'{"prefixes": [{"comment": "none"}]}', "is no network"),
            (b"see https://bots.example\n", "is no network"),
            (listed(*(f"{n}.0.0.0/8" for n in (11, 12, 13))), "50,331,648 addresses, more than any crawler has"),
            (bytes(range(128, 256)), "is no text"),
            (listed("172.0.0.0/8"), "172.0.0.0/8 is not of the public internet"),
        ],
    )
    def test_what_is_no_list_is_refused_as_a_whole(self, data: bytes, problem: str) -> None:
        """With the URL and the reason: half a list would contradict the rest of the crawlers."""
        with pytest.raises(RangesError) as caught:
            parse(data, url=URL)
        assert str(caught.value).startswith(f"{URL}: ")
        assert problem in str(caught.value)

    @pytest.mark.parametrize(("prefix", "taken"), [("66.0.0.0/8", True), ("2600::/16", True)])
    def test_the_widest_that_is_taken(self, prefix: str, taken: bool) -> None:
        """One step from what is refused."""
        assert taken == bool(parse(listed(prefix), url=URL).networks)

    def test_too_many_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No more are read than the bound."""
        monkeypatch.setattr("noscrape.verify.ranges.MOST_NETWORKS", 3)
        assert 3 == len(parse(listed(*(f"66.249.{n}.0/24" for n in range(3))), url=URL).networks)
        with pytest.raises(RangesError, match="more than 3 networks"):
            parse(listed(*(f"66.249.{n}.0/24" for n in range(4))), url=URL)
        with pytest.raises(RangesError, match="more than 3 networks"):
            parse(listed(*["66.249.0.0/24"] * 4), url=URL)

    @given(
        st.binary()
        | st.text().map(str.encode)
        | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode)
    )
    def test_no_bytes_raise_anything_else(self, data: bytes) -> None:
        """A list, or a RangesError."""
        with suppress(RangesError):
            assert parse(data, url=URL).networks


COMMON, SPECIAL = "https://google.example/common.json", "https://google.example/special.json"
BOT = Crawler(
    "Bot",
    "Google",
    Kind.SEARCH,
    verify=(Proof.IP_RANGES,),
    ranges=(COMMON,),
    decisive=(Proof.IP_RANGES,),
    match=("bot",),
)
TWO = replace(BOT, token="Two", operator="Two", ranges=(COMMON, SPECIAL))
ADS = Crawler("Ads", "Google", Kind.ADVERTISING, verify=(Proof.IP_RANGES,), ranges=(SPECIAL,), match=("ads",))
OPEN = Crawler("GPT", "OpenAI", Kind.SEARCH, verify=(Proof.IP_RANGES,), ranges=(URL,), match=("gpt",))
INSIDE, ELSEWHERE = ip_address("66.249.64.7"), ip_address("8.8.8.8")


def snapshot(url: str, *networks: str, age_days: float = 0) -> Snapshot:
    return Snapshot(url, tuple(map(ip_network, networks)), NOW - age_days * DAY)


def lists(*snapshots: Snapshot, crawlers: Iterable[Crawler] = (BOT, ADS, OPEN)) -> RangeLists:
    return RangeLists(crawlers, Snapshots({one.url: one for one in snapshots}))


class TestChecking:
    """What lists say of an address."""

    def test_inside_is_verified(self) -> None:
        """Also by a list that is old; how says which, and its age."""
        for age, words in ((0, "fetched today"), (1, "1 day old"), (400, "400 days old")):
            found = lists(snapshot(COMMON, "66.249.64.0/27", age_days=age)).check(BOT, INSIDE, NOW)
            assert found is not None
            assert (Verification.VERIFIED, f"ip-ranges: its address is in google.example/common.json, {words}") == (
                found.status,
                found.how,
            )

    def test_outside_of_a_complete_list_is_contradicted(self) -> None:
        """Where all lists of the operator are here, and fresh."""
        found = lists(snapshot(COMMON, "66.249.64.0/27"), snapshot(SPECIAL, "66.102.0.0/24")).check(BOT, ELSEWHERE, NOW)
        assert found is not None
        assert Verification.CONTRADICTED is found.status

    @pytest.mark.parametrize(
        ("crawler", "snapshots", "why"),
        [
            (BOT, [], "no list of its operator's is here"),
            (OPEN, [snapshot(URL, "66.1.0.0/16")], "which may lack some"),
            (
                BOT,
                [snapshot(COMMON, "66.1.0.0/16", age_days=7.1), snapshot(SPECIAL, "66.2.0.0/16")],
                "too old to tell",
            ),
            (
                BOT,
                [snapshot(COMMON, "66.1.0.0/16", age_days=-7.1), snapshot(SPECIAL, "66.2.0.0/16")],
                "on a day that is yet to come, so its age cannot be told",
            ),
            (
                BOT,
                [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "66.2.0.0/16", age_days=-0.1)],
                "special.json, fetched on a day that is yet to come",
            ),
            (
                BOT,
                [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "66.2.0.0/16", age_days=7.1)],
                "special.json, 7 days old, too old to tell",
            ),
            (TWO, [snapshot(COMMON, "66.1.0.0/16"), snapshot(URL, "66.2.0.0/16")], "others are not here"),
            (BOT, [snapshot(COMMON, "66.1.0.0/16")], "others are not here"),
            (BOT, [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "8.8.8.0/24")], "another's list"),
        ],
        ids=[
            "no list",
            "not complete",
            "old",
            "of the future",
            "another list is of the future",
            "another list is old",
            "half of its own",
            "another list is missing",
            "another list of the operator",
        ],
    )
    def test_everything_else_is_unknown(self, crawler: Crawler, snapshots: list[Snapshot], why: str) -> None:
        """Outside of a list proves little: operators move before their lists do."""
        found = lists(*snapshots).check(crawler, ELSEWHERE, NOW)
        assert found is not None
        assert (Verification.UNKNOWN, True) == (found.status, why in found.how)

    def test_a_crawler_without_lists(self) -> None:
        """Nothing is said."""
        assert lists().check(Crawler("X", "Y", Kind.SEARCH), INSIDE, NOW) is None

    def test_the_ages_of_all(self) -> None:
        """Of those that are here, and of those that are not."""
        assert {COMMON: DAY, SPECIAL: None, URL: None} == lists(snapshot(COMMON, "66.1.0.0/16", age_days=1)).ages(NOW)

    @pytest.mark.parametrize(
        ("snapshots", "telling", "told"),
        [
            ([], False, "missing or too old for: Google"),
            ([snapshot(COMMON, "66.1.0.0/16")], False, "missing or too old for: Google"),
            (
                [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "66.2.0.0/16", age_days=7.1)],
                False,
                "missing or too old for: Google",
            ),
            (
                [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "66.2.0.0/16", age_days=-1)],
                False,
                "missing or too old for: Google",
            ),
            (
                [snapshot(COMMON, "66.1.0.0/16"), snapshot(SPECIAL, "66.2.0.0/16", age_days=7)],
                True,
                "lists suffice to tell false ones of: Google",
            ),
        ],
        ids=["none", "half", "old", "of the future", "all"],
    )
    def test_whose_false_ones_can_be_told(self, snapshots: list[Snapshot], telling: bool, told: str) -> None:
        """Where contradiction is possible at all: the same answer as a look-up gives. OpenAI calls no list complete."""
        found = lists(*snapshots)
        assert {"Google": telling} == found.telling(NOW)
        assert told == found.told(NOW)
        checked = found.check(BOT, ELSEWHERE, NOW)
        assert checked is not None
        assert telling is (checked.status is Verification.CONTRADICTED)

    def test_of_several_operators(self) -> None:
        """In one line, by name."""
        other = replace(BOT, token="Other", operator="Bing", ranges=(URL,))
        found = lists(snapshot(URL, "66.1.0.0/16"), crawlers=(TWO, BOT, ADS, other))
        assert "lists suffice to tell false ones of: Bing; missing or too old for: Google, Two" == found.told(NOW)
        assert "" == lists(crawlers=(OPEN,)).told(NOW)


FOLDER = Path("ranges")


class TestDamage:
    """Lists that were read before, and cannot be read any more."""

    @staticmethod
    def good() -> Snapshots:
        both = (snapshot(COMMON, "66.249.64.0/27"), snapshot(SPECIAL, "66.102.0.0/24"))
        return Snapshots({one.url: one for one in both}, folder=FOLDER)

    @pytest.mark.parametrize(
        ("harmed", "kept"),
        [
            ({"damaged": frozenset({COMMON})}, {COMMON}),
            ({"indexed": False}, {COMMON, SPECIAL}),
            ({}, set()),
            ({"indexed": False, "folder": Path("elsewhere")}, set()),
            ({"indexed": False, "folder": None}, set()),
        ],
        ids=["one list", "the index", "taken out", "another folder", "no folder"],
    )
    def test_what_stays(self, harmed: dict[str, Any], kept: set[str]) -> None:
        """What is damaged stays as it was; what the operator took out of the index, or of the settings, is gone."""
        crawlers = (BOT, ADS)
        before = RangeLists(crawlers, self.good())
        after = RangeLists(crawlers, Snapshots(**{"folder": FOLDER, **harmed}), previous=before)
        assert kept == {url for url, age in after.ages(NOW).items() if age is not None}
        assert bool(kept) is any("stays in use" in problem for problem in after.problems)
        again = RangeLists(crawlers, Snapshots(**{"folder": FOLDER, **harmed}), previous=after)
        assert after.ages(NOW) == again.ages(NOW)

    def test_a_good_list_takes_the_place_of_what_stayed(self) -> None:
        """It is the newer one."""
        before = RangeLists((BOT,), self.good())
        newer = Snapshots({COMMON: snapshot(COMMON, "8.8.8.0/24")}, folder=FOLDER, damaged=frozenset({SPECIAL}))
        found = RangeLists((BOT,), newer, previous=before).check(BOT, ELSEWHERE, NOW)
        assert found is not None
        assert Verification.VERIFIED is found.status


class TestTable:
    """Looking an address up."""

    @given(
        st.lists(
            st.ip_addresses(v=4).flatmap(lambda a: st.integers(8, 32).map(lambda n: ip_network((a, n), strict=False)))
        ),
        st.ip_addresses(v=4),
    )
    def test_it_agrees_with_a_search_of_them_all(self, networks: list, wanted: object) -> None:  # type: ignore[type-arg]
        """Overlapping, adjacent, or one inside another."""
        table = NetworkTable(networks)
        for address in [
            wanted,
            *(one.network_address for one in networks),
            *(one.broadcast_address for one in networks),
        ]:
            assert any(address in network for network in networks) == (address in table)

    def test_the_ends_of_the_space(self) -> None:
        """The first and the last address of each kind."""
        table = NetworkTable(map(ip_network, ("0.0.0.0/32", "255.255.255.255/32", "::/128", "ffff::/16")))
        inside = ("0.0.0.0", "255.255.255.255", "::", "ffff:" + ":".join(["ffff"] * 7))
        assert all(ip_address(text) in table for text in inside)
        assert not any(ip_address(text) in table for text in ("0.0.0.1", "255.255.255.254", "::1", "fffe::"))

    def test_its_size(self) -> None:
        """Addresses of IPv4 and networks /64 of IPv6, each counted once."""
        networks = ("66.0.0.0/24", "66.0.0.0/25", "66.0.1.0/24", "2001:db8::/62")
        assert 512 + 4 == NetworkTable(map(ip_network, networks)).addresses
