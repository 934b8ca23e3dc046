"""Proxies of others: the built-in list, and whom they say that they saw."""

from importlib.resources import files
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.clients import Clients, Origin, Provider, providers
from noscrape.networks import ordinary
from tests.clients.requests import facts, line

BUILTIN = providers((files("noscrape.clients") / "providers.toml").read_bytes())
OWN = tuple(map(ip_network, ("10.0.0.5/32", "10.1.0.0/16")))

CLOUDFLARE, FASTLY, BALANCER = "172.64.0.9", "151.101.0.9", "35.191.0.9"


class TestList:
    """The list that comes with the package."""

    def test_names(self) -> None:
        """These can be named in place of networks."""
        assert ["cloudflare", "fastly", "google-cloud", "private"] == sorted(BUILTIN)

    @pytest.mark.parametrize("provider", BUILTIN.values(), ids=BUILTIN)
    def test_every_entry_cites_its_operator(self, provider: Provider) -> None:
        """Facts have a source and a date."""
        assert provider.page.startswith("https://")
        assert provider.checked is not None

    @pytest.mark.parametrize("provider", BUILTIN.values(), ids=BUILTIN)
    def test_networks(self, provider: Provider) -> None:
        """Those of others are of the internet and not absurdly large, and one's own are private."""
        assert all(ordinary(network[0]) is (provider.name != "private") for network in provider.networks)
        assert all(network.prefixlen >= (8 if network.version == 4 else 7) for network in provider.networks)
        assert len(provider.networks) == len(set(provider.networks))

    def test_no_network_stands_twice(self) -> None:
        """No address is of two providers, so that their order says nothing."""
        named = [(provider.name, network) for provider in BUILTIN.values() for network in provider.networks]
        clashes = [
            (name, other)
            for name, network in named
            for other, theirs in named
            if name < other and network.version == theirs.version and network.overlaps(theirs)
        ]
        assert [] == clashes

    @pytest.mark.parametrize("provider", BUILTIN.values(), ids=BUILTIN)
    def test_what_others_write_is_known(self, provider: Provider) -> None:
        """Only one's own proxies write what the configuration says."""
        assert bool(provider.writes) is (provider.name != "private")

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("[[provider]]\nnetworks = ['192.0.2.0/24']", "has no name"),
            ("[[provider]]\nname = 'a'", "has no networks"),
            ("[[provider]]\nname = 'a'\nnetworks = ['192.0.2.0']\nheaders = 'b'", "unknown keys"),
            ("[[provider]]\nname = 'a'\nnetworks = ['192.0.2.1/24']", "has host bits set"),
            ("[[provider]]\nname = 'a'\nnetworks = ['192.0.2.0']\nappends = 0", "wanted 1 or more"),
            ("[[provider]]\nname = 'a'\nnetworks = ['192.0.2.0']\n" * 2, "twice"),
            ("[[provider]", "Expected"),
        ],
    )
    def test_faults(self, text: str, problem: str) -> None:
        """A list that is none is told."""
        with pytest.raises(ValueError, match=problem):
            providers(text.encode())


class TestWalk:
    """Hops that are a provider's."""

    @pytest.mark.parametrize(
        ("peer", "lines", "found"),
        [
            pytest.param(CLOUDFLARE, [("CF-Connecting-IP", "192.0.2.1")], "192.0.2.1", id="its own header"),
            pytest.param(
                CLOUDFLARE,
                [("X-Forwarded-For", "198.51.100.7"), ("CF-Connecting-IP", "192.0.2.1")],
                "192.0.2.1",
                id="which ends the walk",
            ),
            pytest.param(
                CLOUDFLARE,
                [("X-Forwarded-For", "198.51.100.7, 10.1.2.3"), ("CF-Connecting-IP", "10.1.2.3")],
                "10.1.2.3",
                id="even at a proxy",
            ),
            pytest.param(CLOUDFLARE, [("X-Forwarded-For", "198.51.100.7")], CLOUDFLARE, id="no header of its own"),
            pytest.param(CLOUDFLARE, [("CF-Connecting-IP", "garbage")], CLOUDFLARE, id="garbage in it"),
            pytest.param(
                "10.0.0.5",
                [("X-Forwarded-For", f"198.51.100.7, {CLOUDFLARE}"), ("CF-Connecting-IP", "192.0.2.1")],
                "192.0.2.1",
                id="behind a proxy of one's own",
            ),
            pytest.param(
                "10.0.0.5",
                [("X-Forwarded-For", "192.0.2.1"), ("CF-Connecting-IP", "198.51.100.7")],
                "192.0.2.1",
                id="who comes past the provider writes its header in vain",
            ),
            pytest.param(
                "10.0.0.5",
                [("X-Forwarded-For", f"{CLOUDFLARE}, 192.0.2.1"), ("CF-Connecting-IP", "198.51.100.7")],
                "192.0.2.1",
                id="and names it in vain",
            ),
            pytest.param(
                "192.0.2.66", [("CF-Connecting-IP", "198.51.100.7")], "192.0.2.66", id="and reaches nobody without one"
            ),
            pytest.param(
                FASTLY,
                [("X-Forwarded-For", "198.51.100.7, 192.0.2.1"), ("Fastly-Client-IP", "198.51.100.7")],
                "192.0.2.1",
                id="a header that clients may write is not read",
            ),
            pytest.param(
                BALANCER,
                [("X-Forwarded-For", "198.51.100.7, 192.0.2.1, 203.0.113.80")],
                "192.0.2.1",
                id="a balancer that adds its own address",
            ),
            pytest.param(
                "10.0.0.5",
                [("X-Forwarded-For", f"198.51.100.7, 192.0.2.1, 203.0.113.80, {BALANCER}")],
                "192.0.2.1",
                id="and stands behind a proxy",
            ),
            pytest.param(BALANCER, [("X-Forwarded-For", "203.0.113.80")], BALANCER, id="and adds nothing else"),
            pytest.param(BALANCER, [], BALANCER, id="or nothing at all, as for its health checks"),
            pytest.param("192.168.1.2", [("X-Forwarded-For", "192.0.2.1")], "192.0.2.1", id="a private network"),
        ],
    )
    def test_client(self, peer: str, lines: list[tuple[str, str]], found: str) -> None:
        """What a provider writes itself is believed, where it is the one who asks."""
        clients = Clients(trusted_proxies=OWN, providers=BUILTIN.values())
        client = clients.client(facts(peer, headers=[line(*pair) for pair in lines]))
        assert ip_address(found) == client.address
        assert client.ordinary is (found in ("192.0.2.1", "192.0.2.66"))
        assert bool(client.key) is client.ordinary

    @pytest.mark.parametrize("header", ["Forwarded", "X-Real-IP"])
    def test_a_field_that_a_provider_does_not_write(self, header: str) -> None:
        """It passes on what the client wrote there, so the walk ends at the provider."""
        clients = Clients(providers=BUILTIN.values(), header=header)
        words = "for=198.51.100.7" if header == "Forwarded" else "198.51.100.7"
        asked = facts(FASTLY, words, name=header.lower())
        assert ip_address(FASTLY) == clients.client(asked).address
        assert f"fastly does not write {header}, so nothing is read there" in clients.reached(asked)[1]

    def test_a_provider_that_is_named_as_a_proxy_too(self) -> None:
        """What is known of it is not lost by trusting its networks."""
        clients = Clients(trusted_proxies=BUILTIN["cloudflare"].networks, providers=[BUILTIN["cloudflare"]])
        asked = facts(CLOUDFLARE, "198.51.100.7", headers=[line("CF-Connecting-IP", "192.0.2.1")])
        assert clients.key(asked) == "192.0.2.1"

    def test_how_it_was_reached(self) -> None:
        """A provider is told by its name, its field by its own."""
        clients = Clients(trusted_proxies=OWN, providers=[BUILTIN["cloudflare"]])
        asked = facts("10.0.0.5", CLOUDFLARE, headers=[line("CF-Connecting-IP", "192.0.2.1")])
        assert clients.reached(asked)[1] == (
            "the peer of the connection is '10.0.0.5', a trusted proxy",
            f"X-Forwarded-For says '{CLOUDFLARE}', a trusted proxy (cloudflare)",
            "CF-Connecting-IP says '192.0.2.1', which is not a trusted proxy",
        )

    @given(
        st.sampled_from(["192.0.2.1", "2001:db8:1:2::3"]),
        st.lists(
            st.tuples(
                st.sampled_from(["x-forwarded-for", "x-real-ip", "true-client-ip", "forwarded", "cf-connecting-ip"]),
                st.binary(max_size=60) | st.sampled_from([b"198.51.100.7", b"10.1.2.3", CLOUDFLARE.encode()]),
            ),
            max_size=5,
        ),
    )
    def test_a_client_cannot_choose_its_address(self, client: str, words: list[tuple[str, bytes]]) -> None:
        """Cloudflare replaces its own field and passes on the others, and a proxy of one's own appends."""
        sent = [(name.encode(), value) for name, value in words if name != "cf-connecting-ip"]
        sent += [line("CF-Connecting-IP", client), line("X-Forwarded-For", CLOUDFLARE)]
        clients = Clients(trusted_proxies=OWN, providers=BUILTIN.values())
        assert ip_address(client) == clients.client(facts("10.0.0.5", headers=sent)).address
        past = [*((name.encode(), value) for name, value in words), line("X-Forwarded-For", client)]
        assert ip_address(client) == clients.client(facts("10.0.0.5", headers=past)).address


class TestOrigin:
    """The scheme and the host behind a provider."""

    HOST = line("Host", "music.example")

    @pytest.mark.parametrize(
        ("peer", "lines", "expected"),
        [
            pytest.param(CLOUDFLARE, [("X-Forwarded-Proto", "https")], ("https", "music.example"), id="what it writes"),
            pytest.param(
                CLOUDFLARE, [("X-Forwarded-Host", "evil.example")], ("http", "music.example"), id="what it passes on"
            ),
            pytest.param(
                FASTLY, [("X-Forwarded-Proto", "https")], ("http", "music.example"), id="what Fastly passes on"
            ),
            pytest.param(
                "10.0.0.5",
                [("X-Forwarded-For", CLOUDFLARE), ("X-Forwarded-Host", "evil.example, www.music.example")],
                ("http", "www.music.example"),
                id="what a proxy of one's own appends to it",
            ),
        ],
    )
    def test_origin(self, peer: str, lines: list[tuple[str, str]], expected: tuple[str, str]) -> None:
        """A field that a provider does not write is the client's own word there."""
        clients = Clients(trusted_proxies=OWN, providers=BUILTIN.values())
        headers = [self.HOST, *(line(*pair) for pair in [*lines, ("CF-Connecting-IP", "192.0.2.1")])]
        assert Origin(*expected) == clients.origin(facts(peer, headers=headers))
