"""Which client a request comes from, directly and behind proxies."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.clients import CACHE_ENTRIES, UNKNOWN, Client, Clients
from noscrape.networks import Address
from noscrape.request import Facts, Headers

PROXIES = tuple(map(ip_network, ("10.0.0.5/32", "10.1.0.0/16", "fd00::/8")))
PARTNERS = tuple(map(ip_network, ("198.51.100.0/24", "2001:db8:9::/48")))


def facts(peer: str | None, *forwarded: str, headers: Headers | None = ()) -> Facts:
    """A request from a peer, with `X-Forwarded-For` lines."""
    lines = [(b"x-forwarded-for", text.encode("latin-1")) for text in forwarded]
    return Facts("GET", "/", "", b"", None, [*headers, *lines] if headers is not None else None, peer)


class TestDirect:
    """Without trusted proxies the peer is the client, whatever the headers say."""

    @pytest.mark.parametrize(
        ("peer", "key"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            (None, ""),
            ("", ""),
        ],
    )
    def test_peer(self, peer: str | None, key: str) -> None:
        """IPv4 is kept by address, IPv6 by prefix."""
        clients = Clients()
        assert key == clients.client(facts(peer, "203.0.113.9")).key == clients.key(facts(peer, "203.0.113.9"))

    @pytest.mark.parametrize(
        ("prefix", "key"),
        [(32, "2001:db8::/32"), (48, "2001:db8:1::/48"), (56, "2001:db8:1:200::/56"), (128, "2001:db8:1:2ff::1/128")],
    )
    def test_prefix(self, prefix: int, key: str) -> None:
        """How much of an IPv6 address counts is the operator's choice."""
        assert key == Clients(ipv6_prefix=prefix).key(facts("2001:db8:1:2ff::1"))

    def test_headers_are_the_client_s_own_words(self) -> None:
        """Nobody borrows a partner's address by writing it into a header."""
        clients = Clients(partners=PARTNERS)
        assert not clients.client(facts("192.0.2.1", "198.51.100.7")).partner

    def test_a_unix_socket_has_no_address(self) -> None:
        """Without a peer and without a proxy nothing is known, and nobody is a partner."""
        assert UNKNOWN == Clients(partners=PARTNERS).client(facts(None, "198.51.100.7"))

    @given(st.ip_addresses() | st.ip_addresses(v=4).map(lambda found: IPv6Address(f"::ffff:{found}")))
    def test_the_key_alone_is_the_same(self, peer: Address) -> None:
        """The quick way and the whole one agree."""
        clients = Clients()
        assert clients.client(facts(str(peer))).key == clients.key(facts(str(peer))) == clients.key(facts(str(peer)))

    @given(st.ip_addresses(v=6), st.integers(32, 128))
    def test_neighbours_share_a_key(self, peer: Address, prefix: int) -> None:
        """Two addresses have one key where they share the prefix, and only there."""
        clients = Clients(ipv6_prefix=prefix)
        neighbour = IPv6Address(int(peer) ^ 1)
        mapped = isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None
        same = clients.key(facts(str(peer))) == clients.key(facts(str(neighbour)))
        assert same is (prefix < 128 and not mapped)


class TestForwarded:
    """Behind trusted proxies the client is the last address that a proxy saw."""

    @pytest.mark.parametrize(
        ("peer", "forwarded", "key"),
        [
            pytest.param("10.0.0.5", ["192.0.2.1"], "192.0.2.1", id="one proxy"),
            pytest.param("10.0.0.5", ["192.0.2.1:51000"], "192.0.2.1", id="with a port"),
            pytest.param("10.0.0.5", ["[2001:db8:1:2::9]:51000"], "2001:db8:1:2::/64", id="IPv6 with a port"),
            pytest.param("10.0.0.5", ["192.0.2.1, 10.1.2.3"], "192.0.2.1", id="two proxies"),
            pytest.param("10.0.0.5", ["192.0.2.1", "10.1.2.3"], "192.0.2.1", id="two lines"),
            pytest.param("fd00::1", ["192.0.2.1"], "192.0.2.1", id="an IPv6 proxy"),
            pytest.param("::ffff:10.0.0.5", ["192.0.2.1"], "192.0.2.1", id="a proxy in mapped form"),
            pytest.param(None, ["192.0.2.1"], "192.0.2.1", id="a proxy on a unix socket"),
            pytest.param(
                "10.0.0.5", ["198.51.100.7, 192.0.2.1"], "192.0.2.1", id="the client's own words are left out"
            ),
            pytest.param("10.0.0.5", ["10.1.2.3, 192.0.2.1"], "192.0.2.1", id="even where it names a proxy"),
            pytest.param(
                "10.0.0.5", ["192.0.2.1, unknown, 10.1.2.3"], "10.1.2.3", id="nothing left of what is no address"
            ),
            pytest.param("10.0.0.5", [], "10.0.0.5", id="no header"),
            pytest.param("10.0.0.5", [""], "10.0.0.5", id="an empty header"),
            pytest.param("10.0.0.5", ["garbage"], "10.0.0.5", id="garbage"),
            pytest.param("10.0.0.5", ["10.1.2.3"], "10.1.2.3", id="a proxy asks for itself"),
            pytest.param("192.0.2.66", ["192.0.2.1"], "192.0.2.66", id="a peer that is no proxy"),
            pytest.param("10.0.0.6", ["192.0.2.1"], "10.0.0.6", id="a neighbour of the proxy"),
        ],
    )
    def test_client(self, peer: str | None, forwarded: list[str], key: str) -> None:
        """Headers are read from the right, and only as far as every hop is trusted."""
        clients = Clients(trusted_proxies=PROXIES)
        assert key == clients.client(facts(peer, *forwarded)).key == clients.key(facts(peer, *forwarded))

    def test_headers_that_were_not_recorded(self) -> None:
        """A log without the header leaves its peer, which is what the log calls the client."""
        clients = Clients(trusted_proxies=PROXIES)
        assert clients.client(facts("10.0.0.5", headers=None)).key == "10.0.0.5"

    @given(st.lists(st.text(alphabet=st.characters(max_codepoint=255), max_size=30), max_size=4))
    def test_a_client_cannot_choose_its_key(self, words: list[str]) -> None:
        """Whatever a client writes, the address that the proxy appends is the one that counts."""
        clients = Clients(trusted_proxies=PROXIES)
        line = ", ".join([*words, "192.0.2.1"])
        assert clients.key(facts("10.0.0.5", line)) == "192.0.2.1"

    @given(st.binary(max_size=100))
    def test_any_header_is_read(self, value: bytes) -> None:
        """Bytes that nobody expected are no error."""
        asked = facts("10.0.0.5", headers=[(b"x-forwarded-for", value)])
        assert isinstance(Clients(trusted_proxies=PROXIES).client(asked), Client)

    def test_a_long_chain(self) -> None:
        """Only the end of a long header is read: the client that the proxy saw is there."""
        clients = Clients(trusted_proxies=PROXIES)
        assert clients.key(facts("10.0.0.5", "1.1.1.1, " * 10_000 + "192.0.2.1")) == "192.0.2.1"


class TestPartners:
    """The operator's partners, by network."""

    @pytest.mark.parametrize(
        ("peer", "partner"),
        [
            ("198.51.100.0", True),
            ("198.51.100.255", True),
            ("198.51.101.0", False),
            ("2001:db8:9:ffff::1", True),
            ("::ffff:198.51.100.7", True),
            ("2001:db8:a::1", False),
        ],
    )
    def test_by_address(self, peer: str, partner: bool) -> None:
        """A partner is told by its whole address, not by its prefix."""
        client = Clients(partners=PARTNERS).client(facts(peer))
        assert partner is client.partner

    def test_behind_a_proxy(self) -> None:
        """The partner is who the proxy saw."""
        clients = Clients(partners=PARTNERS, trusted_proxies=PROXIES)
        assert Client("198.51.100.7", ip_address("198.51.100.7"), partner=True) == clients.client(
            facts("10.0.0.5", "198.51.100.7")
        )
        assert not clients.client(facts("10.0.0.5", "198.51.100.7, 192.0.2.1")).partner

    def test_plain(self) -> None:
        """Where there are neither proxies nor partners, the key is all there is to know."""
        assert Clients().plain
        assert not Clients(partners=PARTNERS).plain
        assert not Clients(trusted_proxies=PROXIES).plain


def test_the_cache_is_bounded() -> None:
    """A /32 holds more prefixes than anybody can keep."""
    clients = Clients()
    for number in range(2 * CACHE_ENTRIES + 10):
        expected = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64"
        assert ip_network(expected) == ip_network(clients.key(facts(str(ip_network(expected)[1]))))
    assert len(clients._keys) <= CACHE_ENTRIES
