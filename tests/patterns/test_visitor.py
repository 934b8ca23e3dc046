"""Who a visitor is: by address and user agent, or by account."""

from ipaddress import ip_network

from noscrape.patterns import Visit
from noscrape.patterns.visitor import Visitors
from noscrape.request import Facts
from noscrape.tracks import Place
from noscrape.words import Serves


def visit(client: str, *, address: str = "", agent: bytes = b"x") -> Visit:
    facts = Facts("GET", "/", "", b"", agent, None, client)
    return Visit(client, Place((), Serves.PAGE, routed=False), facts, address=address or client)


def visitors() -> Visitors:
    return Visitors(exempt=((ip_network("192.0.2.0/24"), 7.0),), unlisted=lambda text: None)


def key(known: Visitors, one: Visit) -> int:
    return known.who(one).key(known.agent(one)[1])


def test_a_client() -> None:
    """Two programs at one address are two."""
    known = visitors()
    assert key(known, visit("203.0.113.1")) == key(known, visit("203.0.113.1"))
    assert key(known, visit("203.0.113.1")) != key(known, visit("203.0.113.1", agent=b"y"))
    assert known.who(visit("203.0.113.1")).address != known.who(visit("203.0.113.2")).address


def test_an_account() -> None:
    """Is one, from wherever and with whatever it comes; its address is counted all the same."""
    known = visitors()
    home = visit("account ada", address="203.0.113.1")
    away = visit("account ada", address="203.0.113.2", agent=b"y")
    assert key(known, home) == key(known, away)
    assert known.who(home).address == known.who(visit("203.0.113.1")).address


def test_networks() -> None:
    """Of IPv6 the network is what an address is counted by: whoever has one /64 has many."""
    known = visitors()
    one, other = (known.who(visit(f"2001:db8:7:{n}::/64")) for n in (1, 2))
    assert (one.address, one.around) == (other.address, other.around)
    assert one.client != other.client


def test_exempt() -> None:
    """Until its time."""
    known = visitors()
    assert (7.0, 0.0) == tuple(known.who(visit(client)).exempt for client in ("192.0.2.9", "203.0.113.9"))


def test_bounds() -> None:
    """What clients choose is kept within bounds."""
    known = visitors()
    for number in range(40_000):
        known.who(visit(f"account {number}", address="203.0.113.1"))
        known.agent(visit("203.0.113.1", agent=b"%d" % number))
    assert max(len(known._who), len(known._agents)) <= 16_384
