"""The scheme and the host by which a client reached the site."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.clients import Clients, Origin
from noscrape.clients.origin import authority, scheme
from tests.clients.requests import facts, line

PROXIES = tuple(map(ip_network, ("10.0.0.5/32", "10.1.0.0/16")))
HOST = line("Host", "inner.example:8000")


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        pytest.param("192.0.2.1", [], ("http", "inner.example:8000"), id="direct"),
        pytest.param(
            "192.0.2.1",
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "music.example")],
            ("http", "inner.example:8000"),
            id="a stranger's word",
        ),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "Music.Example:8443")],
            ("https", "music.example:8443"),
            id="a proxy's word",
        ),
        pytest.param(None, [("X-Forwarded-Proto", "https")], ("https", "inner.example:8000"), id="on a unix socket"),
        pytest.param("10.0.0.5", [("X-Forwarded-Proto", "wss")], ("https", "inner.example:8000"), id="WebSocket"),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "music.example/path")],
            ("http", "inner.example:8000"),
            id="garbage",
        ),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-Host", "evil.example, music.example")],
            ("http", "music.example"),
            id="a proxy that appends",
        ),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-For", "192.0.2.1, 10.1.2.3"), ("X-Forwarded-Host", "evil.example, music.example, b")],
            ("http", "music.example"),
            id="the outermost of two that append",
        ),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-For", "192.0.2.1, 10.1.2.3"), ("X-Forwarded-Host", "music.example")],
            ("http", "music.example"),
            id="two of which one replaces",
        ),
        pytest.param(
            "10.0.0.5",
            [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Host", "music.example")],
            ("http", "music.example"),
            id="two lines",
        ),
        pytest.param(
            "10.0.0.5", [("Forwarded", "proto=https;host=a.example")], ("http", "inner.example:8000"), id="Forwarded"
        ),
    ],
)
def test_origin(peer: str | None, lines: list[tuple[str, str]], expected: tuple[str, str]) -> None:
    """Only trusted proxies are believed, and of those the outermost."""
    clients = Clients(trusted_proxies=PROXIES)
    asked = facts(peer, headers=[HOST, *(line(*pair) for pair in lines)])
    assert Origin(*expected) == clients.origin(asked)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['for=192.0.2.1;proto=https;host="music.example:443"'], ("https", "music.example:443")),
        (["for=198.51.100.7;host=evil.example, for=192.0.2.1;host=music.example"], ("http", "music.example")),
        (["for=192.0.2.1;proto=https;host=a.example, for=10.1.2.3;proto=http;host=b"], ("https", "a.example")),
        (["for=unknown;proto=https"], ("https", "inner.example:8000")),
        (["for=192.0.2.1"], ("http", "inner.example:8000")),
        (["garbage"], ("http", "inner.example:8000")),
    ],
    ids=["both", "a forged one", "the outermost", "a client that is hidden", "neither", "garbage"],
)
def test_forwarded(lines: list[str], expected: tuple[str, str]) -> None:
    """RFC 7239, sections 5.3 and 5.4: what the proxy that saw the client wrote; other fields are not read."""
    clients = Clients(trusted_proxies=PROXIES, header="Forwarded")
    forged = [HOST, line("X-Forwarded-Proto", "https"), line("X-Forwarded-Host", "evil.example")]
    asked = facts("10.0.0.5", *lines, headers=forged, name="forwarded")
    assert Origin(*expected) == clients.origin(asked)


def test_proxies_that_leave_host_alone() -> None:
    """They do not write X-Forwarded-Host, so what stands there is the client's word."""
    clients = Clients(trusted_proxies=PROXIES, host_header="")
    asked = facts("10.0.0.5", headers=[HOST, line("X-Forwarded-Host", "evil.example")])
    assert Origin("http", "inner.example:8000") == clients.origin(asked)


@pytest.mark.parametrize("headers", [None, (), [line("Host", "a b")], [line("Host", "\xe9.example")]])
def test_no_host(headers: list[tuple[bytes, bytes]] | None) -> None:
    """Where no host is told, or what is told is none, it is not known."""
    assert Origin("https", "") == Clients().origin(facts("192.0.2.1", headers=headers, scheme="https"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("music.example", "music.example"),
        (" Music.Example:443 ", "music.example:443"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[2001:DB8::1]:80", "[2001:db8::1]:80"),
        ("a" * 253, "a" * 253),
        ("a" * 254, ""),
        ("user@music.example", ""),
        ("music.example/a", ""),
        ("music.example:800000", ""),
        ("music.example\n", "music.example"),
        ("mus\nic.example", ""),
        ("2001:db8::1", ""),
        ("", ""),
    ],
)
def test_authority(text: str, expected: str) -> None:
    """A host with a port, as RFC 3986 writes it, and nothing that could stand for more."""
    assert expected == authority(text)


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_any_text(text: str) -> None:
    """What comes out is short, printable and in ASCII, whatever goes in."""
    found = authority(text)
    assert found.isascii()
    assert found.isprintable()
    assert len(found) <= 259
    assert scheme(text) in ("", "http", "https")
