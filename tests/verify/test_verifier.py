"""All ways together: what proves, what disproves, and what is only not known."""

from ipaddress import ip_address
from typing import Any

import pytest

from noscrape.crawlers import Crawler, Kind, Proof
from noscrape.decision import UNCHECKED
from noscrape.verify import RangeLists, ReverseDns, Verifier
from noscrape.verify.reverse import Answer
from noscrape.verify.snapshots import Snapshot, Snapshots
from noscrape.words import Verification
from tests.verify.test_ranges import COMMON, NOW, snapshot

INSIDE, OUTSIDE = ip_address("66.249.64.7"), ip_address("8.8.8.8")
BOTH = (Proof.IP_RANGES, Proof.REVERSE_DNS)
BOT = Crawler(
    "Bot", "Google", Kind.SEARCH, verify=BOTH, ranges=(COMMON,), dns_suffixes=(".bot.example",), decisive=BOTH
)
PLAIN = Crawler("Plain", "Nobody", Kind.SEARCH)
VERIFIED, CONTRADICTED, UNKNOWN = Verification.VERIFIED, Verification.CONTRADICTED, Verification.UNKNOWN


class Names:
    """Name servers: each address has a name, and each name an address."""

    def __init__(self, name: str, address: str) -> None:
        self._answers = {"PTR": Answer((name,)), "A": Answer((address,)), "AAAA": Answer(())}

    async def ask(self, name: str, kind: str) -> Answer:
        return self._answers[kind]

    def cancel(self) -> None:
        """Nothing is under way."""

    async def close(self) -> None:
        """Nothing is open."""


SISTER = Crawler("Sister", "Google", Kind.SEARCH, verify=BOTH, dns_suffixes=(".sister.example",))


def verifier(*snapshots: Snapshot, names: Names | None = None) -> Verifier:
    dns = ReverseDns(clock=lambda: 0.0, resolver=lambda: names) if names is not None else None
    lists = RangeLists([BOT], Snapshots({one.url: one for one in snapshots}))
    return Verifier(ranges=lists, dns=dns, crawlers=(BOT, SISTER, PLAIN))


def test_a_false_one_is_known_on_its_first_request_by_a_list() -> None:
    """And a true one too: a list is looked up, and nothing is asked."""
    found = verifier(snapshot(COMMON, "66.249.64.0/27"))
    assert (CONTRADICTED, VERIFIED) == (
        found.check((BOT,), OUTSIDE, NOW).status,
        found.check((BOT,), INSIDE, NOW).status,
    )


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [
        ("crawl-1.bot.example", "8.8.8.8", VERIFIED),
        ("crawl-1.bot.example", "8.8.4.4", CONTRADICTED),
        ("cloud.somebody.example", "8.8.8.8", CONTRADICTED),
        ("evilbot.example", "8.8.8.8", CONTRADICTED),
    ],
    ids=["true", "the name leads elsewhere", "somebody else's", "no dot"],
)
async def test_by_names_alone_on_its_second(name: str, address: str, status: Verification) -> None:
    """The first request waits for nothing, and is not known."""
    found = verifier(names=Names(name, address))
    first = found.check((BOT,), OUTSIDE, NOW)
    await found.settled()
    assert (UNKNOWN, status) == (first.status, found.check((BOT,), OUTSIDE, NOW).status)
    await found.close()


async def test_a_name_of_the_same_operators_contradicts_nobody() -> None:
    """Operators move their crawlers among their own machines: not known, and nobody's impostor."""
    found = verifier(names=Names("fetch-1.sister.example", "8.8.8.8"))
    found.check((BOT,), OUTSIDE, NOW)
    await found.settled()
    checked = found.check((BOT,), OUTSIDE, NOW)
    assert UNKNOWN is checked.status
    assert checked.how.endswith("but it is a name of the same operator's")
    await found.close()


async def test_a_name_saves_whom_a_list_has_not_got_yet() -> None:
    """Operators move before their lists do: one way that proves it true ends the matter."""
    found = verifier(snapshot(COMMON, "66.249.64.0/27"), names=Names("crawl-1.bot.example", "8.8.8.8"))
    found.check((BOT,), OUTSIDE, NOW)
    await found.settled()
    assert VERIFIED is found.check((BOT,), OUTSIDE, NOW).status
    await found.close()


def test_an_address_that_is_not_of_the_public_internet() -> None:
    """Is never verified and never contradicted."""
    found = verifier(snapshot(COMMON, "66.249.64.0/27")).check((BOT,), None, NOW)
    assert (UNKNOWN, "the client's address is not one of the public internet") == (found.status, found.how)


def test_nothing_is_known_of_those_whose_operator_says_nothing() -> None:
    """And nothing is looked at."""
    found = verifier().check((PLAIN,), INSIDE, NOW)
    assert (UNKNOWN, "it names a crawler that cannot be verified") == (found.status, found.how)


def test_nobody_is_nobody() -> None:
    """Without a name there is no claim."""
    assert UNCHECKED is verifier().check((), INSIDE, NOW)


def test_several_names_are_as_true_as_the_least_of_them() -> None:
    """Who adds another crawler's name to a true one's gains nothing, and who adds a false one loses."""
    found = verifier(snapshot(COMMON, "66.249.64.0/27"))
    assert UNKNOWN is found.check((BOT, PLAIN), INSIDE, NOW).status
    assert CONTRADICTED is found.check((PLAIN, BOT), OUTSIDE, NOW).status


def test_true_visits_of_an_operator_are_remembered() -> None:
    """Until one was seen, the proof may be a proxy's fault; a new configuration does not forget."""
    found = verifier(snapshot(COMMON, "66.249.64.0/27"))
    found.check((BOT,), OUTSIDE, NOW)
    before = found.has_seen((BOT,))
    found.check((BOT,), INSIDE, NOW)
    later: Any = Verifier(ranges=found.ranges, seen=found.seen)
    assert (False, True, True) == (before, found.has_seen((BOT,)), later.has_seen((BOT,)))
