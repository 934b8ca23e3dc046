"""One question over a real connection: what is sent, what is understood, and that nothing can hold it up."""

import socket
import ssl
from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.probe import Address, Answer, Asker, Question, ask
from noscrape.probe.exchange import received
from tests.probe.world import HOLD, Serve, http, serving

LARGE = 512_001


def question(port: int, most_bytes: int = 0, *, asker: Asker = Asker.CRAWLER, target: str = "/x") -> Question:
    return Question(Address("http", "127.0.0.1", port, target), asker, "Bot/1.0", most_bytes)


def from_server(serve: Serve, most_bytes: int = 0) -> Answer:
    with serving(serve) as port:
        return ask(question(port, most_bytes))


class Bytes:
    """A connection that gives so many bytes at a time; at the end it stays silent, or is closed."""

    def __init__(self, data: bytes, *, at_once: int = 65_536) -> None:
        self._data = data
        self._at_once = at_once

    def settimeout(self, value: float | None, /) -> None:
        """It never waits."""

    def recv_into(self, buffer: Any, /) -> int:
        size = min(len(buffer), self._at_once)
        part, self._data = self._data[:size], self._data[size:]
        buffer[: len(part)] = part
        return len(part)


def read(data: bytes, most_bytes: int = 100, *, at_once: int = 65_536, seconds: int = 1_000_000) -> Answer:
    """What comes of these bytes; each look at the clock takes a second."""
    left = iter(range(seconds, -1, -1))

    def remaining() -> float:
        if not (now := next(left)):
            raise TimeoutError
        return now

    return received(question(80, most_bytes), Bytes(data, at_once=at_once), remaining)


class Ticking:
    """A clock that goes on by a second whenever somebody looks."""

    def __init__(self) -> None:
        self._seconds = count()

    def __call__(self) -> float:
        return next(self._seconds)


@pytest.mark.parametrize("asker", list(Asker))
def test_what_is_sent(asker: Asker) -> None:
    """A plain GET as of a browser or a crawler; no packing is asked for."""
    heads: list[bytes] = []

    def serve(head: bytes) -> list[bytes]:
        heads.append(head)
        return [http()]

    with serving(serve) as port:
        ask(question(port, asker=asker, target="/tracks/42?a=1"))
    language = "Accept-Language: en-US,en;q=0.5\r\n" if asker is Asker.LISTENER else ""
    accepted = {
        Asker.LISTENER: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        Asker.CRAWLER: "*/*",
    }
    assert heads == [
        f"GET /tracks/42?a=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Bot/1.0\r\n"
        f"Accept: {accepted[asker]}\r\n{language}Accept-Encoding: identity\r\nConnection: close\r\n\r\n".encode()
    ]


def test_a_name_cannot_bring_in_a_header() -> None:
    """A crawler's example in a configuration is somebody's text."""
    heads: list[bytes] = []

    def serve(head: bytes) -> list[bytes]:
        heads.append(head)
        return [http()]

    with serving(serve) as port:
        ask(Question(Address("http", "127.0.0.1", port), Asker.CRAWLER, "A\r\nX: y\xfc\u2603"))
    assert b"User-Agent: A??X: y??\r\n" in heads[0]


def test_an_answer() -> None:
    """Each header line by itself, in its order, and all of the body."""
    sent = http("200 Fine", "A: 1", "b:2", "a:  3 ", "Content-Length: 5", body=b"hello")
    with serving(lambda head: [sent]) as port:
        asked = question(port, 100)
        assert ask(asked) == Answer(
            asked, 200, "Fine", (("a", "1"), ("b", "2"), ("a", "3"), ("content-length", "5")), b"hello", True
        )


@pytest.mark.parametrize(
    ("sent", "body", "whole", "problem"),
    [
        (http("200 OK", body=b"to the end"), b"to the end", True, ""),
        (http("200 OK", "Content-Length: 3", body=b"abcdef"), b"abc", True, ""),
        (http("200 OK", "Content-Length: 9", body=b"abc"), b"abc", False, "it ended before all of it had come"),
        (
            http("200 OK", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
            b"abcde",
            True,
            "",
        ),
        (
            http("200 OK", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n9\r\nde"),
            b"abc",
            False,
            "it ended before all of it had come",
        ),
        (
            http("200 OK", "Transfer-Encoding: chunked", body=b"hello\r\n"),
            b"",
            False,
            "it ended before all of it had come",
        ),
        (http("200 OK", body=b"x" * 101), b"x" * 100, False, ""),
        (http("200 OK", body=b"x" * 100), b"x" * 100, True, ""),
        (http("204 No Content", body=b"x"), b"", True, ""),
        (http("200 OK", "Content-Length: many", body=b"abc"), b"abc", True, ""),
        (http("200 OK", "Content-Length: " + "9" * 5000, body=b"abc"), b"abc", True, ""),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old", True, ""),
    ],
)
def test_bodies(sent: bytes, body: bytes, whole: bool, problem: str) -> None:
    """As much of it as is wanted; what is missing is told."""
    answer = read(sent)
    assert (200 if b" 200 " in sent else 204, body, whole, problem) == (
        answer.status,
        answer.body,
        answer.whole,
        answer.problem,
    )


def test_a_page_is_left_when_its_headers_have_come() -> None:
    """The rest of a stream is nobody's business; the server is not kept."""

    def serve(head: bytes) -> Iterator[bytes]:
        yield http("200 OK", "Content-Type: audio/mpeg")
        yield from repeat(b"x" * 1000)

    answer = from_server(serve)
    assert (200, b"", "audio/mpeg", "") == (answer.status, answer.body, answer.media_type, answer.problem)


@pytest.mark.parametrize("interim", ["100 Continue", "103 Early Hints", "102 Processing"])
def test_interim_answers_are_passed_over(interim: str) -> None:
    """Their headers are not those of the answer."""
    answer = read(http(interim, "X: hint") * 2 + http("403 Forbidden", "X: y", "Content-Length: 0"))
    assert (403, ("y",)) == (answer.status, answer.values("x"))


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"", "the connection was closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "what came is no HTTP: 'SSH-2.0-OpenSSH_9.6'"),
        (b"HTTP/1.1 999999 OK\r\n\r\n", "what came is no HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "what came is no HTTP"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "HTTP/9.9"),
        (b"\x15\x03\x01\x00\x02\x02\x50", "what came is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n", "more than 100 headers"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "its headers are longer than 64 KiB"),
        (b"HTTP/1.1 200 " + b"y" * 70_000, "its headers are longer than 64 KiB"),
        (http("102 Processing") * 11, "more than 10 interim answers, and no final one"),
        (http("100 Continue") * 10_000, "its headers are longer than 64 KiB"),
    ],
)
def test_what_is_no_answer(sent: bytes, problem: str) -> None:
    """It says in words what came."""
    answer = read(sent)
    assert (None, ()) == (answer.status, answer.headers)
    assert problem in answer.problem


def test_a_malformed_header_hides_what_follows() -> None:
    """That is told, since a header that does not arrive is what this is about."""
    answer = read(b"HTTP/1.1 200 OK\r\nA: 1\r\nnonsense\r\nX-Robots-Tag: noai\r\n\r\n")
    assert (200, (("a", "1"),)) == (answer.status, answer.headers)
    assert "a malformed line stands among its headers: what follows it was not read" == answer.problem


def test_a_type_of_many_parts_is_no_fault() -> None:
    """http.client reads headers as those of a mail."""
    answer = read(http("200 OK", "Content-Type: multipart/x-mixed-replace", "X: y"))
    assert (("y",), "") == (answer.values("x"), answer.problem)


@pytest.mark.parametrize(
    ("piece", "most_bytes", "length", "problem"),
    [
        (b"X: " + b"y" * 900 + b"\r\n", 0, 0, "its headers are longer than 64 KiB"),
        (b"\r\n" + b"x" * 900, LARGE, LARGE, ""),
    ],
    ids=["headers", "body"],
)
def test_an_answer_without_end(piece: bytes, most_bytes: int, length: int, problem: str) -> None:
    """A bounded part of it is taken."""

    def serve(head: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        yield from repeat(piece)

    answer = from_server(serve, most_bytes)
    assert (length, False, problem) == (len(answer.body), answer.whole, answer.problem)


def test_chunks_of_one_byte_without_end() -> None:
    """What frames them is counted, too."""

    def serve(head: bytes) -> Iterator[bytes]:
        yield http("200 OK", "Transfer-Encoding: chunked")
        yield from repeat(b"1;" + b"x" * 500 + b"\r\ny\r\n")

    answer = from_server(serve, LARGE)
    assert "it is sent in so many chunks that it was not read to its end" == answer.problem


def test_what_is_packed_stays_packed() -> None:
    """However much it would be."""
    answer = read(http("200 OK", "Content-Encoding: gzip", body=b"\x1f\x8b..."))
    assert (True, b"\x1f\x8b...") == (answer.is_packed, answer.body)


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (http("200 OK", "X: y"), None, "its headers did not come to an end in time"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50, 200, "it did not come to an end in time"),
    ],
    ids=["headers", "body"],
)
def test_byte_by_byte(sent: bytes, status: int | None, problem: str) -> None:
    """The limit is for all of it, and does not begin again with every byte."""
    answer = read(sent, at_once=1, seconds=22)
    assert (status, problem) == (answer.status, answer.problem)


class Broken(Bytes):
    """A connection that is reset after its bytes."""

    def recv_into(self, buffer: Any, /) -> int:
        if not (size := super().recv_into(buffer)):
            raise ConnectionResetError(104, "Connection reset by peer")
        return size


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\n", None, "the connection was broken off"),
        (http("200 OK", "Content-Length: 9", body=b"abc"), 200, "it broke off: Connection reset by peer"),
    ],
    ids=["headers", "body"],
)
def test_broken_off_in_the_midst(sent: bytes, status: int | None, problem: str) -> None:
    """What had come of the headers until then is no answer; of a body it is told."""
    answer = received(question(80, 100), Broken(sent), lambda: 1.0)
    assert (status, problem) == (answer.status, answer.problem)


def test_a_server_that_says_nothing() -> None:
    """It is not waited for any longer."""
    with serving(lambda head: [HOLD]) as port:
        answer = ask(question(port), seconds=3, clock=Ticking())
    assert (None, "no answer within 3 seconds") == (answer.status, answer.problem)


def test_nobody_listens() -> None:
    """The port was free a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert f"nothing listens on port {port}" == ask(question(port)).problem


def test_a_name_that_is_not_there() -> None:
    """By RFC 2606, nobody has it."""
    address = Address("http", "no-such-name.invalid", 80)
    assert "the name no-such-name.invalid was not found" == ask(Question(address, Asker.LISTENER, "")).problem


def test_a_connection_that_is_broken_off() -> None:
    """As some guards do with crawlers."""

    def serve(head: bytes) -> Iterator[bytes]:
        raise ConnectionResetError
        yield b""

    with serving(serve) as port:
        assert ask(question(port)).problem in (
            "the connection was closed without an answer",
            "the connection was broken off",
        )


class TestTls:
    """https, with certificates made for the tests."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        pytest.importorskip("cryptography", reason="the tests make a certificate with it")
        from tests.probe import signing

        signing.write(tmp_path)
        return tmp_path

    def answer(self, folder: Path, host: str = "127.0.0.1") -> Answer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        with serving(lambda head: [http(body=b"hello")], context=context) as port:
            return ask(Question(Address("https", host, port), Asker.LISTENER, "", 10))

    def test_a_good_certificate(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of an authority that is trusted here."""
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
        answer = self.answer(folder)
        assert (200, b"hello", "") == (answer.status, answer.body, answer.problem)

    def test_an_authority_that_nobody_knows(self, folder: Path) -> None:
        """Nothing is asked there; how to have it trusted is told."""
        assert self.answer(folder).problem == (
            "its certificate is not good: self-signed certificate; "
            "SSL_CERT_FILE names a file of authorities of your own"
        )

    def test_a_certificate_for_somebody_else(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is good, and not for this host."""
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
        assert "its certificate is not good: Hostname mismatch" in self.answer(folder, "localhost").problem

    def test_a_port_without_tls(self) -> None:
        """http where https was asked for."""
        with serving(lambda head: [http()]) as port:
            answer = ask(Question(Address("https", "127.0.0.1", port), Asker.LISTENER, ""))
        assert "no TLS connection: wrong version number" == answer.problem


@given(
    st.binary(max_size=300)
    | st.binary(max_size=200).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail)
    | st.binary(max_size=200).map(lambda tail: http("200 OK", "Transfer-Encoding: chunked", body=tail)),
    st.integers(1, 40),
    st.sampled_from([0, 50]),
)
def test_no_bytes_bring_it_down(sent: bytes, at_once: int, most_bytes: int) -> None:
    """There is an answer, or words for why there is none."""
    answer = read(sent, most_bytes, at_once=at_once)
    assert (answer.status is None) <= bool(answer.problem)
    assert len(answer.body) <= most_bytes
