"""Which client a request comes from, directly and behind proxies."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.clients import CACHE_ENTRIES, UNKNOWN, Client, Clients
from noscrape.networks import Address, ordinary
from tests.clients.requests import facts, line

PROXIES = tuple(map(ip_network, ("10.0.0.5/32", "10.1.0.0/16", "fd00::/8", "203.0.113.5/32")))
PARTNERS = tuple(map(ip_network, ("198.51.100.0/24", "2001:db8:9::/48", "10.9.0.0/16")))


class TestDirect:
    """Without trusted proxies the peer is the client, whatever the headers say."""

    @pytest.mark.parametrize(
        ("peer", "key"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("8.8.4.4", "8.8.4.4"),
            ("20.0.0.7", "20.0.0.7"),
            ("223.255.255.255", "223.255.255.255"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
            ("2003:1:2:3::4", "2003:1:2:3::/64"),
            pytest.param(None, "", id="a unix socket"),
            pytest.param("", "", id="a unix socket as granian tells it"),
            pytest.param("testclient", "", id="a name, as Starlette's test client has it"),
            pytest.param("unix:/run/app.sock", "", id="a path"),
        ],
    )
    def test_peer(self, peer: str | None, key: str) -> None:
        """IPv4 is kept by address, IPv6 by prefix, and what is no address not at all."""
        clients = Clients()
        assert key == clients.client(facts(peer, "203.0.113.9")).key == clients.key(facts(peer, "203.0.113.9"))

    @pytest.mark.parametrize(
        "peer",
        "10.0.0.1 127.0.0.1 192.168.1.1 172.31.0.1 100.64.0.1 169.254.1.1 198.18.0.1 224.0.0.1 0.0.0.0 "
        "255.255.255.255 ::1 :: fe80::1%eth0 fc00::1 ff02::1 ::ffff:10.0.0.1".split(),
    )
    def test_what_is_not_of_the_internet_is_not_counted(self, peer: str) -> None:
        """Many may stand behind such an address, and nobody can be told by it; the address itself stays known."""
        clients = Clients()
        client = clients.client(facts(peer))
        expected = ip_address(peer.partition("%")[0].removeprefix("::ffff:"))
        assert Client(key="", address=expected, ordinary=False) == client
        assert clients.key(facts(peer)) == ""

    @pytest.mark.parametrize("peer", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"])
    def test_documentation_is_ordinary(self, peer: str) -> None:
        """A choice of ours: nothing comes from these networks but in tests, and those want to be counted."""
        assert Clients().client(facts(peer)).ordinary

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
        assert UNKNOWN == Clients(partners=PARTNERS).client(facts(None))
        assert not Clients(partners=PARTNERS).client(facts(None, "198.51.100.7")).partner

    @given(st.ip_addresses() | st.ip_addresses(v=4).map(lambda found: IPv6Address(f"::ffff:{found}")))
    def test_the_key_alone_is_the_same(self, peer: Address) -> None:
        """The quick way and the whole one agree."""
        clients = Clients()
        assert clients.client(facts(str(peer))).key == clients.key(facts(str(peer))) == clients.key(facts(str(peer)))

    @pytest.mark.parametrize("first", range(256))
    def test_the_key_alone_is_the_same_in_each_network(self, first: int) -> None:
        """No first number of IPv4 is taken for ordinary where a part of it is not."""
        clients = Clients()
        for second in range(256):
            peer = f"{first}.{second}.0.8"
            assert (peer if ordinary(ip_address(peer)) else "") == clients.key(facts(peer))

    @given(st.ip_addresses(v=6, network="2000::/3"), st.integers(32, 128))
    def test_neighbours_share_a_key(self, peer: Address, prefix: int) -> None:
        """Two addresses have one key where they share the prefix, and only there."""
        clients = Clients(ipv6_prefix=prefix)
        neighbour = IPv6Address(int(peer) ^ 1)
        same = clients.key(facts(str(peer))) == clients.key(facts(str(neighbour)))
        assert same is (prefix < 128 or not ordinary(peer))


class TestForwarded:
    """Behind trusted proxies the client is the address that the outermost of them saw."""

    @pytest.mark.parametrize(
        ("peer", "forwarded", "found"),
        [
            pytest.param("10.0.0.5", ["192.0.2.1"], "192.0.2.1", id="one proxy"),
            pytest.param("10.0.0.5", ["192.0.2.1:51000"], "192.0.2.1", id="with a port"),
            pytest.param("10.0.0.5", ["[2001:db8:1:2::9]:51000"], "2001:db8:1:2::9", id="IPv6 with a port"),
            pytest.param("10.0.0.5", ["::ffff:192.0.2.1"], "192.0.2.1", id="a client in mapped form"),
            pytest.param("10.0.0.5", ["192.0.2.1, 10.1.2.3"], "192.0.2.1", id="two proxies"),
            pytest.param("10.0.0.5", ["192.0.2.1", "10.1.2.3"], "192.0.2.1", id="two lines"),
            pytest.param("203.0.113.5", ["192.0.2.1"], "192.0.2.1", id="a proxy on the internet"),
            pytest.param("fd00::1", ["192.0.2.1"], "192.0.2.1", id="an IPv6 proxy"),
            pytest.param("::ffff:10.0.0.5", ["192.0.2.1"], "192.0.2.1", id="a proxy in mapped form"),
            pytest.param(None, ["192.0.2.1"], "192.0.2.1", id="a proxy on a unix socket"),
            pytest.param("", ["192.0.2.1"], "192.0.2.1", id="a proxy on a unix socket of granian"),
            pytest.param("10.0.0.5", ["198.51.100.7, 192.0.2.1"], "192.0.2.1", id="the client's words are left out"),
            pytest.param("10.0.0.5", ["10.1.2.3, 192.0.2.1"], "192.0.2.1", id="even where they name a proxy"),
            pytest.param("192.0.2.66", ["192.0.2.1"], "192.0.2.66", id="a peer that is no proxy"),
        ],
    )
    def test_client(self, peer: str | None, forwarded: list[str], found: str) -> None:
        """Headers are read from the right, and only as far as every hop is trusted."""
        clients = Clients(trusted_proxies=PROXIES)
        client = clients.client(facts(peer, *forwarded))
        assert (ip_address(found), True) == (client.address, client.ordinary)
        assert client.key == clients.key(facts(peer, *forwarded)) != ""

    @pytest.mark.parametrize(
        ("peer", "forwarded", "found"),
        [
            pytest.param("10.0.0.5", [], "10.0.0.5", id="no header"),
            pytest.param("10.0.0.5", [""], "10.0.0.5", id="an empty header"),
            pytest.param("203.0.113.5", [], "203.0.113.5", id="a proxy on the internet"),
            pytest.param("10.0.0.5", ["garbage"], "10.0.0.5", id="garbage"),
            pytest.param("10.0.0.5", ["192.0.2.1:http"], "10.0.0.5", id="no port"),
            pytest.param("10.0.0.5", ["192.0.2.1, unknown, 10.1.2.3"], "10.1.2.3", id="nothing left of what is none"),
            pytest.param("10.0.0.5", ["192.0.2.1, , 10.1.2.3"], "10.1.2.3", id="nothing left of an empty entry"),
            pytest.param("10.0.0.5", ["192.0.2.1", "", "10.1.2.3"], "10.1.2.3", id="nothing before an empty line"),
            pytest.param("10.0.0.5", ["10.1.2.3"], "10.1.2.3", id="a proxy asks for itself"),
            pytest.param("10.0.0.5", ["10.200.0.1"], "10.200.0.1", id="a client of the private network"),
            pytest.param("10.0.0.6", ["192.0.2.1"], "10.0.0.6", id="a neighbour of the proxy"),
        ],
    )
    def test_a_proxy_is_not_counted(self, peer: str, forwarded: list[str], found: str) -> None:
        """Where the client is not known the address is a proxy's, or a private one, and everybody's."""
        clients = Clients(trusted_proxies=PROXIES)
        client = clients.client(facts(peer, *forwarded))
        assert (ip_address(found), "", False) == (client.address, client.key, client.ordinary)
        assert clients.key(facts(peer, *forwarded)) == ""

    def test_a_name_is_not_trusted(self) -> None:
        """A peer that has a name in place of an address is not the proxy on a unix socket."""
        assert Clients(trusted_proxies=PROXIES).client(facts("testclient", "192.0.2.1")).address is None

    def test_headers_that_were_not_recorded(self) -> None:
        """A log without the header leaves its peer, which is what the log calls the client."""
        clients = Clients(trusted_proxies=PROXIES)
        assert ip_address("10.0.0.5") == clients.client(facts("10.0.0.5", headers=None)).address
        assert clients.key(facts("192.0.2.1", headers=None)) == "192.0.2.1"

    def test_a_long_chain(self) -> None:
        """Only the end of a long header is read: the client that the proxy saw is there."""
        clients = Clients(trusted_proxies=PROXIES)
        assert clients.key(facts("10.0.0.5", "1.1.1.1, " * 10_000 + "192.0.2.1")) == "192.0.2.1"

    def test_a_chain_without_end(self) -> None:
        """As many proxies as that are no chain: the walk ends at one of them, which is not counted."""
        clients = Clients(trusted_proxies=PROXIES)
        assert ip_address("10.1.2.3") == clients.client(facts("10.0.0.5", "192.0.2.1" + ", 10.1.2.3" * 10_000)).address

    def test_no_proxy_is_trusted_unless_named(self) -> None:
        """A proxy on this machine is a peer like any other: nobody has said that it writes the field."""
        assert ip_address("127.0.0.1") == Clients().client(facts("127.0.0.1", "192.0.2.1")).address


class TestField:
    """One field is read: the one that the operator's proxies write."""

    @pytest.mark.parametrize(
        ("header", "lines", "key"),
        [
            pytest.param("X-Real-IP", [("X-Real-IP", "192.0.2.1")], "192.0.2.1", id="one address"),
            pytest.param("x-real-ip", [("X-Real-IP", "192.0.2.1:80")], "192.0.2.1", id="any case"),
            pytest.param("True-Client-IP", [("True-Client-IP", "2001:db8::1")], "2001:db8::/64", id="any name"),
            pytest.param(
                "X-Real-IP", [("X-Forwarded-For", "198.51.100.7"), ("X-Real-IP", "192.0.2.1")], "192.0.2.1", id="alone"
            ),
            pytest.param("X-Real-IP", [("X-Forwarded-For", "198.51.100.7")], "", id="absent"),
            pytest.param("X-Real-IP", [("Forwarded", "for=198.51.100.7")], "", id="not Forwarded"),
            pytest.param("X-Real-IP", [("CF-Connecting-IP", "198.51.100.7")], "", id="not a provider's"),
            pytest.param(
                "X-Real-IP",
                [("X-Real-IP", "198.51.100.7"), ("X-Real-IP", "192.0.2.1")],
                "192.0.2.1",
                id="the line that came last",
            ),
            pytest.param("X-Real-IP", [("X-Real-IP", "198.51.100.7, 10.0.0.5")], "", id="it holds no chain"),
            pytest.param("X-Forwarded-For", [("Forwarded", "for=198.51.100.7")], "", id="one or the other"),
            pytest.param("Forwarded", [("X-Forwarded-For", "198.51.100.7")], "", id="the other or the one"),
            pytest.param("Forwarded", [("Forwarded", "for=192.0.2.1;proto=https")], "192.0.2.1", id="Forwarded"),
            pytest.param("Forwarded", [("Forwarded", 'For="[2001:db8::9]:47"')], "2001:db8::/64", id="quoted"),
            pytest.param("Forwarded", [("Forwarded", "for=192.0.2.1, for=10.1.2.3")], "192.0.2.1", id="a chain"),
            pytest.param("Forwarded", [("Forwarded", "for=unknown")], "", id="unknown"),
            pytest.param("Forwarded", [("Forwarded", "for=192.0.2.1, for=_hidden")], "", id="obfuscated"),
            pytest.param("Forwarded", [("Forwarded", "for=192.0.2.1, proto=https")], "", id="not said"),
            pytest.param("Forwarded", [("Forwarded", 'for=198.51.100.7, for="192.0.2.1')], "", id="half a quotation"),
        ],
    )
    def test_client(self, header: str, lines: list[tuple[str, str]], key: str) -> None:
        """A proxy passes on what it does not write, so the other fields may be the client's own words."""
        asked = facts("10.0.0.5", headers=[line(*pair) for pair in lines])
        assert key == Clients(trusted_proxies=PROXIES, header=header).key(asked)


#: What clients send to be taken for another, or to make a proxy's words unreadable.
FORGED = st.sampled_from(
    [
        *("198.51.100.7", "10.1.2.3", "fd00::1", "[::1]:80", "unknown", "", " ", ",", ";", "=", "%", '"', "\\", '\\"'),
        *("for=198.51.100.7", "for=10.1.2.3", "for=_a", 'for="', 'for="198.51.100.7', 'for="[2001:db8::7]"'),
        'for=1.1.1.1;host="',
    ]
) | st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
WORDS = st.lists(FORGED, max_size=6).map("".join) | st.lists(FORGED, max_size=6).map(", ".join)
NAMES = st.sampled_from(["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip", "host"])
CHAINS = st.lists(st.sampled_from(["10.0.0.5", "10.1.2.3", "fd00::1", "203.0.113.5"]), min_size=1, max_size=4)
CLIENTS = st.sampled_from(["192.0.2.1", "2001:db8:1:2::3", "8.8.4.4", "192.168.1.7", "::ffff:192.0.2.9"])


class TestForgery:
    """Whatever a client writes, the client found is the one that the outermost trusted proxy saw."""

    @given(
        header=st.sampled_from(["X-Forwarded-For", "Forwarded"]),
        words=st.lists(st.tuples(NAMES, WORDS), max_size=5),
        client=CLIENTS,
        chain=CHAINS,
        joined=st.lists(st.booleans(), min_size=4, max_size=4),
    )
    def test_proxies_that_append(
        self, header: str, words: list[tuple[str, str]], client: str, chain: list[str], joined: list[bool]
    ) -> None:
        """Each proxy appends the address that it saw, to the last line or as a line of its own."""
        name = header.lower().encode()
        sent = [(field.encode(), text.encode("latin-1")) for field, text in words]
        for seen, join in zip([client, *chain[:-1]], joined, strict=False):  # the last of the chain is the peer
            node = f'for="[{seen}]:80"' if ":" in seen else f"for={seen}"
            entry = (node if header == "Forwarded" else seen).encode()
            found = [number for number, (field, _) in enumerate(sent) if field == name]
            if found and join:
                sent[found[-1]] = (name, sent[found[-1]][1] + b", " + entry)
            else:
                sent.append((name, entry))
        direct = Clients(trusted_proxies=PROXIES).client(facts(client))
        clients = Clients(trusted_proxies=PROXIES, header=header)
        asked = facts(chain[-1], headers=sent)
        assert direct == clients.client(asked)
        assert direct.key == clients.key(asked)

    @given(words=st.lists(st.tuples(NAMES.filter(lambda name: name != "x-real-ip"), WORDS), max_size=5), client=CLIENTS)
    def test_a_proxy_that_replaces(self, words: list[tuple[str, str]], client: str) -> None:
        """A field with one address is the proxy's, however many others there are."""
        sent = [(field.encode(), text.encode("latin-1")) for field, text in words]
        asked = facts("10.0.0.5", client, headers=sent, name="x-real-ip")
        direct = Clients(trusted_proxies=PROXIES).client(facts(client))
        assert direct == Clients(trusted_proxies=PROXIES, header="X-Real-IP").client(asked)

    @given(words=st.lists(st.tuples(NAMES, WORDS), max_size=5), client=CLIENTS)
    def test_no_proxy_at_all(self, words: list[tuple[str, str]], client: str) -> None:
        """Who reaches the site past the proxies has the address that it has."""
        sent = [(field.encode(), text.encode("latin-1")) for field, text in words]
        clients = Clients(trusted_proxies=PROXIES)
        assert clients.key(facts(client)) == clients.key(facts(client, headers=sent))

    @given(st.sampled_from(["X-Forwarded-For", "Forwarded", "X-Real-IP"]), st.binary(max_size=200))
    def test_any_header_is_read(self, header: str, value: bytes) -> None:
        """Bytes that nobody expected are no error."""
        clients = Clients(trusted_proxies=PROXIES, header=header)
        asked = facts("10.0.0.5", headers=[(header.lower().encode(), value)])
        client, steps = clients.reached(asked)
        assert client == clients.client(asked)
        assert all(step.isascii() and step.isprintable() for step in steps)


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
            ("10.9.0.1", True),
        ],
    )
    def test_by_address(self, peer: str, partner: bool) -> None:
        """A partner is told by its whole address, not by its prefix, and may be in a private network."""
        client = Clients(partners=PARTNERS).client(facts(peer))
        assert partner is client.partner

    def test_behind_a_proxy(self) -> None:
        """The partner is who the proxy saw."""
        clients = Clients(partners=PARTNERS, trusted_proxies=PROXIES)
        assert Client("198.51.100.7", ip_address("198.51.100.7"), partner=True) == clients.client(
            facts("10.0.0.5", "198.51.100.7")
        )
        assert not clients.client(facts("10.0.0.5", "198.51.100.7, 192.0.2.1")).partner

    def test_whether_there_are_any(self) -> None:
        """Where there are none, nobody needs to be looked at."""
        assert Clients(partners=PARTNERS).partnered
        assert not Clients(trusted_proxies=PROXIES).partnered


class TestStrangers:
    """Forwarded headers from a peer that is not trusted."""

    @pytest.mark.parametrize(
        ("header", "name", "told"),
        [
            ("X-Forwarded-For", "x-forwarded-for", True),
            ("X-Forwarded-For", "forwarded", True),
            ("X-Forwarded-For", "x-real-ip", True),
            ("X-Forwarded-For", "cf-connecting-ip", True),
            ("X-Client", "x-client", True),
            ("X-Forwarded-For", "x-client", False),
            ("X-Forwarded-For", "accept", False),
        ],
    )
    def test_told(self, header: str, name: str, told: bool) -> None:
        """The operator has forgotten to name a proxy, or somebody tries."""
        clients = Clients(trusted_proxies=PROXIES, header=header)
        assert told is clients.client(facts("192.0.2.66", "192.0.2.1", name=name)).forwarded_by_stranger
        assert told is clients.forwarded(facts("192.0.2.66", "192.0.2.1", name=name))

    @pytest.mark.parametrize("peer", [None, "192.0.2.66", "127.0.0.1", "testclient"])
    def test_without_any_proxy(self, peer: str | None) -> None:
        """Where no proxy is named, everybody is a stranger, on a unix socket too."""
        assert Clients().client(facts(peer, "192.0.2.1")).forwarded_by_stranger

    @pytest.mark.parametrize("peer", [None, "10.0.0.5"])
    def test_a_proxy_is_none(self, peer: str | None) -> None:
        """A proxy that was named is trusted, whoever it speaks for."""
        assert not Clients(trusted_proxies=PROXIES).client(facts(peer, "192.0.2.1")).forwarded_by_stranger


NOT_COUNTED = (
    "10.0.0.5 is a proxy's own or not of the public internet, so it is never verified, never contradicted and never "
    "counted"
)


@pytest.mark.parametrize(
    ("peer", "lines", "steps"),
    [
        (
            "192.0.2.66",
            [],
            ["the peer of the connection is '192.0.2.66', which is not a trusted proxy"],
        ),
        (
            "10.0.0.5",
            [("x-forwarded-for", "192.0.2.1, 10.1.2.3")],
            [
                "the peer of the connection is '10.0.0.5', a trusted proxy",
                "X-Forwarded-For says '10.1.2.3', a trusted proxy",
                "X-Forwarded-For says '192.0.2.1', which is not a trusted proxy",
            ],
        ),
        (
            None,
            [("x-forwarded-for", "\x1b[2J\xe9" + "x" * 200)],
            [
                "the peer of the connection is a unix socket, a trusted proxy",
                "X-Forwarded-For says '\\x1b[2J\\xe9" + "x" * 55 + "', which is no address",
                "no address is known, so it is never counted",
            ],
        ),
        (
            "10.0.0.5",
            [],
            [
                "the peer of the connection is '10.0.0.5', a trusted proxy",
                "X-Forwarded-For says nothing more",
                NOT_COUNTED,
            ],
        ),
        (
            "198.51.100.7",
            [("x-forwarded-for", "192.0.2.1")],
            [
                "the peer of the connection is '198.51.100.7', which is not a trusted proxy",
                "it sends forwarded headers, which are not believed: it is not in [clients] trusted_proxies",
                "it is a partner",
            ],
        ),
    ],
    ids=["direct", "two proxies", "garbage", "nothing said", "a stranger"],
)
def test_how_a_client_was_reached(peer: str | None, lines: list[tuple[str, str]], steps: list[str]) -> None:
    """Each hop is told, with what it said, cut and escaped, and what follows from it."""
    clients = Clients(trusted_proxies=PROXIES, partners=PARTNERS)
    asked = facts(peer, headers=[line(*pair) for pair in lines])
    assert (clients.client(asked), tuple(steps)) == clients.reached(asked)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("for=192.0.2.1", "Forwarded says '192.0.2.1', which is not a trusted proxy"),
        ("for=192.0.2.1;for=1.1.1.1", "Forwarded is malformed (RFC 7239, section 4), so that it is read no further"),
        ('for="192.0.2.1', "Forwarded is malformed (RFC 7239, section 4), so that it is read no further"),
        ("for=unknown", "Forwarded says 'unknown', which is no address"),
        ("proto=https", "Forwarded says nothing more"),
    ],
)
def test_a_malformed_field_is_told_as_such(sent: str, said: str) -> None:
    """Another fault than a proxy that says nothing."""
    clients = Clients(trusted_proxies=PROXIES, header="Forwarded")
    _, steps = clients.reached(facts("10.0.0.5", sent, name="forwarded"))
    assert said == steps[1]


@pytest.mark.parametrize(
    ("peer", "lines", "unsaid"),
    [
        ("192.0.2.66", [], ""),
        ("10.0.0.5", ["192.0.2.1"], ""),
        ("10.0.0.5", ["10.9.9.9"], ""),
        ("10.0.0.5", [], "X-Forwarded-For"),
        (None, [], "X-Forwarded-For"),
        ("10.0.0.5", ["10.1.2.3"], "X-Forwarded-For"),
        ("10.0.0.5", ["unknown, 10.1.2.3"], "X-Forwarded-For"),
        ("10.0.0.5", ["nonsense"], "X-Forwarded-For"),
    ],
    ids=[
        "no proxy",
        "told",
        "told, of a private network",
        "nothing",
        "nothing on a unix socket",
        "a proxy alone",
        "hidden",
        "garbage",
    ],
)
def test_the_field_that_a_proxy_left_unsaid(peer: str | None, lines: list[str], unsaid: str) -> None:
    """Where the last proxy that is trusted does not say whom it speaks for, its visitors are not to be told apart."""
    clients = Clients(trusted_proxies=PROXIES)
    assert unsaid == clients.unsaid(facts(peer, *lines))
    assert unsaid == "" or clients.client(facts(peer, *lines)).key == ""


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("64:ff9b::808:808", "8.8.8.8"),
        ("64:ff9b::198.51.100.7", "198.51.100.7"),
        ("64:ff9b:0:0:1::808:808", None),
        ("64:ff9b:1::808:808", None),
        ("64:ff9b::10.0.0.5", None),
        ("64:ff9b::127.0.0.1", None),
    ],
)
def test_an_address_that_was_translated(peer: str, client: str | None) -> None:
    """NAT64 writes IPv4 into 64:ff9b::/96 (RFC 6052, 2.1), and none but addresses of the public internet (3.1)."""
    clients = Clients(trusted_proxies=PROXIES, partners=PARTNERS)
    found = clients.client(facts(peer))
    assert (client or "", client is not None) == (found.key, found.ordinary)
    assert ip_address(client or peer) == found.address
    assert (client == "198.51.100.7") is found.partner


def test_a_proxy_may_be_named_by_its_translated_address() -> None:
    """As the operator sees it."""
    clients = Clients(trusted_proxies=[ip_network("64:ff9b::203.0.113.9/128")])
    assert "192.0.2.1" == clients.key(facts("64:ff9b::203.0.113.9", "192.0.2.1"))


@pytest.mark.parametrize("trusted", [(), PROXIES], ids=["peers", "forwarded addresses"])
def test_the_cache_is_bounded(trusted: tuple[object, ...]) -> None:
    """A /32 holds more prefixes than anybody can keep, and long texts are not kept at all."""
    clients = Clients(trusted_proxies=trusted)  # type: ignore[arg-type]  # networks, or none
    for number in range(2 * CACHE_ENTRIES + 10):
        expected = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64"
        peer = str(ip_network(expected)[1])
        assert ip_network(expected) == ip_network(clients.key(facts(*(("10.0.0.5", peer) if trusted else (peer,)))))
    assert 0 < len(clients._known) <= CACHE_ENTRIES
    clients.key(facts("fe80::1%" + "x" * 100))
    assert max(map(len, clients._known)) < 64
