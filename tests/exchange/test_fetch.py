"""Fetching a list or a directory of keys: over TLS, from the public internet, and not more than was asked for."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from noscrape.errors import FetchError
from noscrape.exchange import fetch, public
from tests.probe.world import HOLD, Serve, http, serving

Serving = Callable[[Serve], str]


def anywhere(place: str) -> bool:
    """Tests are served on the loopback."""
    return True


@pytest.mark.parametrize(
    ("place", "taken"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_what_is_of_the_public_internet(place: str, taken: bool) -> None:
    """Nothing that leads into the house, in whatever form it is written."""
    assert taken == public(place)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/list",
        "https://localhost/list",
        "https://[::1]/list",
        "https://[::ffff:10.0.0.1]/list",
        "https://2130706433/list",
        "https://0x7f.1/list",
    ],
)
def test_nothing_is_asked_inside_the_house(url: str) -> None:
    """However it is spelled; no connection is made."""
    with pytest.raises(FetchError, match="not on the public internet"):
        fetch(url, most_bytes=100, seconds=5)


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to both is no operator's."""
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 443)) for place in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    with pytest.raises(FetchError, match=r"bots\.example leads to 10\.0\.0\.1"):
        fetch("https://bots.example/list", most_bytes=100, seconds=5)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://bots.example/list", "is not https"),
        ("https://user:word@bots.example/", "user name or a password"),
        ("ftp://bots.example/", "begins with http"),
        ("https://bots.example:0/", "port"),
        ("https://bots .example/", "a space"),
        ("https:///list", "no name of a host"),
    ],
)
def test_what_cannot_be_asked(url: str, why: str) -> None:
    """With the URL and the reason."""
    with pytest.raises(FetchError, match=why) as caught:
        fetch(url, most_bytes=100, seconds=5)
    assert str(caught.value).startswith(f"{url} cannot be fetched: ")


class TestOverTls:
    """A real server, with a certificate made for the test."""

    @pytest.fixture
    def served(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
        pytest.importorskip("cryptography", reason="the tests make a certificate with it")
        from contextlib import ExitStack

        from tests.probe import signing

        signing.write(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        with ExitStack() as stack:
            yield lambda serve: f"https://127.0.0.1:{stack.enter_context(serving(serve, context=context))}/list"

    def test_a_list(self, served: Serving) -> None:
        """What was asked, and what came."""
        asked: list[bytes] = []

        def serve(head: bytes) -> list[bytes]:
            asked.append(head)
            return [http("200 OK", "ETag: x", "Content-Length: 5", body=b"hello")]

        url = served(serve)
        found = fetch(url, most_bytes=5, seconds=5, headers=[("If-None-Match", '"y"')], vet=anywhere)
        assert (200, b"hello", "x", url) == (found.status, found.body, found.headers["etag"], found.url)
        assert b'If-None-Match: "y"' in asked[0]
        assert b"GET /list HTTP/1.1" in asked[0]

    def test_any_status_is_an_answer(self, served: Serving) -> None:
        """Also "not changed", which has no body."""
        url = served(lambda head: [http("304 Not Modified", "ETag: x")])
        assert 304 == fetch(url, most_bytes=100, seconds=5, vet=anywhere).status

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            ([http("200 OK", "Content-Length: 6", body=b"hello!")], "it is longer than 5 bytes"),
            ([http("200 OK", body=b"x" * 1_000_000)], "it is longer than 5 bytes"),
            ([http("200 OK", "Content-Length: 5", body=b"he")], "ended before all of it had come"),
            ([b"hello"], "no HTTP"),
            ([b""], "closed without an answer"),
            ([http("200 OK", "Content-Length: 5"), HOLD], "did not come to an end in time"),
        ],
        ids=["too long", "far too long", "half", "no HTTP", "nothing", "slow"],
    )
    def test_what_is_no_whole_answer(self, served: Serving, sent: list[bytes | None], why: str) -> None:
        """Half a list is none."""
        with pytest.raises(FetchError, match=why):
            fetch(served(lambda head: sent), most_bytes=5, seconds=0.5, vet=anywhere)

    def test_redirects_are_answers_where_nobody_wants_them_followed(self, served: Serving) -> None:
        """As a directory of keys has it."""
        url = served(lambda head: [http("302 Found", "Location: /other", "Content-Length: 0")])
        assert 302 == fetch(url, most_bytes=5, seconds=5, vet=anywhere).status

    def test_redirects_are_followed_a_few_times(self, served: Serving) -> None:
        """On the same terms, and not for ever."""

        def serve(head: bytes) -> list[bytes]:
            if head.startswith(b"GET /list "):
                return [http("302 Found", "Location: /other", "Content-Length: 0")]
            return [http("200 OK", "Content-Length: 5", body=b"hello")]

        assert b"hello" == fetch(served(serve), most_bytes=5, seconds=5, redirects=1, vet=anywhere).body
        around = served(lambda head: [http("302 Found", "Location: /list", "Content-Length: 0")])
        with pytest.raises(FetchError, match="it leads on more than 2 times"):
            fetch(around, most_bytes=5, seconds=5, redirects=2, vet=anywhere)

    @pytest.mark.parametrize(
        ("where", "why"),
        [("http://bots.example/", "is not https"), ("https://10.0.0.1/", "not on the public internet")],
    )
    def test_no_redirect_leads_inside_or_out_of_tls(self, served: Serving, where: str, why: str) -> None:
        """Each place is vetted anew."""
        url = served(lambda head: [http("302 Found", f"Location: {where}", "Content-Length: 0")])
        with pytest.raises(FetchError, match=why):
            fetch(url, most_bytes=5, seconds=5, redirects=3, vet=lambda place: place == "127.0.0.1")
