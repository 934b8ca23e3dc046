"""The middleware under real servers, over loopback, with a real HTTP client."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import pytest

from noscrape.standards import robots_txt, tdmrep
from tests.asgi import FIREFOX, GPTBOT
from tests.servers.app import FOREVER, MEDIA

ROOT = Path(__file__).parent.parent.parent
APP = "tests.servers.app:app"

COMMANDS = {
    "uvicorn-h11": ["-m", "uvicorn", "--http", "h11", "--port", "{port}", "--log-level", "warning", APP],
    "uvicorn-httptools": ["-m", "uvicorn", "--http", "httptools", "--port", "{port}", "--log-level", "warning", APP],
    "hypercorn": ["-m", "hypercorn", "--bind", "127.0.0.1:{port}", APP],
    "granian": ["-m", "granian", "--interface", "asgi", "--no-log", "--port", "{port}", APP],
    "daphne": ["-m", "daphne", "--bind", "127.0.0.1", "--port", "{port}", "--verbosity", "0", APP],
}

#: What each needs, beside itself.
NEEDED = {"uvicorn-h11": ("uvicorn", "h11"), "uvicorn-httptools": ("uvicorn", "httptools")}

SIGNALS = {"x-robots-tag": "noai, noimageai", "tdm-reservation": "1", "content-usage": "train-ai=n"}


@contextmanager
def running(name: str, **environment: str) -> Iterator[int]:
    """The site under a server; its port. Ended as an operator ends it."""
    for module in NEEDED.get(name, (name,)):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *(part.format(port=port) for part in COMMANDS[name])]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _await(server, port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.communicate(timeout=20)
        except subprocess.TimeoutExpired:  # a server that waits for a stream that has no end
            server.kill()
            server.communicate()


def _await(server: "subprocess.Popen[bytes]", port: int) -> None:
    never = Event()
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the server did not start: {server.communicate()[0].decode()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            never.wait(0.05)
        else:
            return
    pytest.fail("the server did not start in 30 s")


@pytest.fixture(scope="module", params=COMMANDS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each server in its turn: its name and port."""
    with running(request.param) as port:
        yield f"{request.param}:{port}"


@pytest.fixture
def connection(server: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", int(server.rpartition(":")[2]), timeout=20)
    yield connection
    connection.close()


def ask(connection: HTTPConnection, path: str, *agents: bytes, method: str = "GET", **headers: str) -> HTTPResponse:
    """One request, with the path as it is, and a user-agent header for each agent."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    for agent in agents:
        connection.putheader("User-Agent", agent)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return connection.getresponse()


def signals(response: HTTPResponse) -> dict[str, str]:
    return {name: value for name in SIGNALS if (value := response.headers.get(name)) is not None}


def test_a_crawler_is_refused(connection: HTTPConnection) -> None:
    """403 with a body, its length, and no-store."""
    response = ask(connection, "/tracks/42", GPTBOT)
    body = response.read()
    assert (response.status, response.headers["cache-control"]) == (403, "no-store")
    assert response.headers["x-support-id"].encode() in body
    assert int(response.headers["content-length"]) == len(body)


def test_a_browser_gets_the_page_with_the_signals(connection: HTTPConnection) -> None:
    """Each of them once."""
    response = ask(connection, "/tracks/42", FIREFOX)
    assert (response.status, response.read(), signals(response)) == (200, b"track 42", SIGNALS)
    assert [len(response.headers.get_all(name, [])) for name in SIGNALS] == [1, 1, 1]


def test_an_open_track_is_open(connection: HTTPConnection) -> None:
    """To a crawler, and without a signal."""
    response = ask(connection, "/tracks/7", GPTBOT)
    assert (response.status, response.read(), signals(response)) == (200, b"track 7", {})


def test_robots_txt_is_open(connection: HTTPConnection) -> None:
    """To everyone, with the app's own in it; HEAD and a second fetch work as HTTP has them."""
    response = ask(connection, "/robots.txt", GPTBOT)
    text, etag = response.read(), response.headers["etag"]
    read = robots_txt.parse(text)
    allowed = read.allows("GPTBot", "/tracks/42"), read.allows("Googlebot", "/tracks/42")
    assert (response.status, *allowed) == (200, False, True)
    assert text.endswith(b"Allow: /\n")
    response = ask(connection, "/robots.txt", GPTBOT, method="HEAD")
    assert (response.status, response.read(), response.headers["etag"]) == (200, b"", etag)
    response = ask(connection, "/robots.txt", GPTBOT, If_None_Match=etag)
    assert (response.status, response.read()) == (304, b"")


def test_tdmrep_is_served(connection: HTTPConnection) -> None:
    """Where the app has none."""
    response = ask(connection, "/.well-known/tdmrep.json", GPTBOT)
    rules = tdmrep.parse(response.read())
    assert (response.status, tdmrep.statement(rules, "/tracks/42").reservation) == (200, 1)


def test_one_connection_carries_it_all(connection: HTTPConnection) -> None:
    """Refused or not, with a body or without: the next answer begins where the last one ended."""
    for method, path, agent, status, body in (
        ("GET", "/tracks/42", GPTBOT, 403, None),
        ("HEAD", "/tracks/42", GPTBOT, 403, b""),
        ("GET", "/tracks/42", FIREFOX, 200, b"track 42"),
        ("HEAD", "/tracks/42", FIREFOX, 200, b""),
        ("HEAD", "/media/42", FIREFOX, 200, b""),
        ("GET", "/media/42", GPTBOT, 403, None),
        ("POST", "/tracks/42", GPTBOT, 403, None),
        ("GET", "/tracks/7", GPTBOT, 200, b"track 7"),
    ):
        response = ask(connection, path, agent, method=method)
        found = response.read()
        assert (response.status, found if body is not None else body) == (status, body), (method, path)
        assert response.headers.get("connection", "keep-alive").lower() == "keep-alive", (method, path)


def test_a_file_and_its_ranges(connection: HTTPConnection) -> None:
    """As players fetch it, by Starlette's FileResponse; granian sends the file by itself."""
    content = MEDIA.read_bytes()
    whole = ask(connection, "/media/42", FIREFOX)
    assert (whole.status, whole.read(), signals(whole)) == (200, content, SIGNALS)
    part = ask(connection, "/media/42", FIREFOX, Range="bytes=10-19")
    assert (part.status, part.read(), signals(part)) == (206, content[10:20], SIGNALS)
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    beyond = ask(connection, "/media/42", FIREFOX, Range="bytes=9999999-")
    beyond.read()
    assert (beyond.status, signals(beyond)) == (416, {})


def test_a_stream_without_end_streams(connection: HTTPConnection) -> None:
    """Nothing is held back, and the server goes on when the listener leaves."""
    response = ask(connection, "/radio/42", FIREFOX)
    assert (response.status, response.read(3 * len(FOREVER)), signals(response)) == (200, 3 * FOREVER, SIGNALS)
    connection.close()
    assert ask(connection, "/tracks/7", FIREFOX).read() == b"track 7"


def test_a_stream_that_only_the_app_knows_to_be_reserved(connection: HTTPConnection) -> None:
    """It is refused before its first byte, and ends."""
    listener = ask(connection, "/tagged/8", FIREFOX)
    assert (listener.status, listener.read(len(FOREVER))) == (200, FOREVER)
    connection.close()
    for _ in range(2):  # at first by the answer itself, then by what is remembered
        crawler = ask(connection, "/tagged/9", GPTBOT)
        body = crawler.read()
        assert (crawler.status, FOREVER in body) == (403, False)


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/../tracks/42",
        "/robots.txt/../tracks/42",
        "//tracks/42",
        "/tracks/%34%32",
        "/tracks/042",
        "/tracks/42/",
        "/tracks//42",
        "/./tracks/42",
        "/tracks/42;x=1",
        "/tracks/42%00",
        "/tracks/42?id=7",
        "/tracks/../tracks/42",
        "http://music.example/tracks/42",
    ],
)
def test_no_spelling_gets_past_the_route(connection: HTTPConnection, path: str) -> None:
    """What a crawler gets there is never the track, whatever the server makes of the path."""
    response = ask(connection, path, GPTBOT)
    assert b"track 42" not in response.read()
    assert response.status >= 300


def test_every_user_agent_header_counts(connection: HTTPConnection) -> None:
    """Servers pass duplicates on, or join them."""
    for agents in ((FIREFOX, GPTBOT), (GPTBOT, FIREFOX)):
        response = ask(connection, "/tracks/42", *agents)
        response.read()
        assert response.status == 403


@pytest.mark.parametrize("agents", [(), (b"",), (b"\xff\xfe",), (b"caf\xc3\xa9/1 \x1b[2J",)])
def test_a_strange_user_agent_is_no_reason_to_refuse(connection: HTTPConnection, agents: tuple[bytes, ...]) -> None:
    """None, empty, bytes that are no text. Some servers themselves object to control characters."""
    response = ask(connection, "/tracks/42", *agents)
    response.read()
    assert response.status in ((200, 400) if b"\x1b" in b"".join(agents) else (200,))


def test_a_user_agent_of_200_kb(connection: HTTPConnection) -> None:
    """Refused by us, or by the server before; and the next one is served."""
    try:
        response = ask(connection, "/tracks/42", b"GPTBot " + b"A" * 200_000)
        response.read()
        assert response.status in (400, 403, 431)
    except (OSError, HTTPException):  # the server hung up
        pass
    connection.close()
    assert ask(connection, "/tracks/7", FIREFOX).read() == b"track 7"


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PROPFIND"])
def test_an_unknown_method_serves_no_crawler(connection: HTTPConnection, method: str) -> None:
    """403 from us, or a refusal of the server's own."""
    response = ask(connection, "/tracks/42", GPTBOT, method=method)
    assert b"track 42" not in response.read()
    assert response.status >= 400


def shake(connection: HTTPConnection, path: str, agent: bytes) -> HTTPResponse:
    """Ask for a WebSocket (RFC 6455 section 4.1)."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(b"0123456789abcdef").decode(),
    }
    return ask(connection, path, agent, **headers)


def test_a_websocket_is_refused_before_it_is_accepted(connection: HTTPConnection, server: str) -> None:
    """With our answer where the server can send one, else by a bare refusal."""
    response = shake(connection, "/chat/42", GPTBOT)
    body = response.read()
    assert response.status == 403
    if not server.startswith("daphne"):
        assert response.headers["x-support-id"].encode() in body


def test_a_websocket_of_a_browser_is_accepted(connection: HTTPConnection) -> None:
    """101, and the app's own end of it."""
    assert shake(connection, "/chat/42", FIREFOX).status == 101


@pytest.mark.parametrize("name", COMMANDS)
def test_the_log_is_whole_when_the_server_has_ended(name: str, tmp_path: Path) -> None:
    """By its lifespan, or by `atexit` where it has none; each request is there, with what was sent."""
    with running(name, NOSCRAPE_TEST_LOG=str(tmp_path / "noscrape.jsonl")) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        for agent, path in ((GPTBOT, "/tracks/42"), (FIREFOX, "/media/42"), (GPTBOT, "/robots.txt")):
            ask(connection, path, agent).read()
        connection.close()
    (file,) = tmp_path.glob("*.jsonl")
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    served = [event for event in events if event["kind"] == "served"]
    events = [event for event in events if event["kind"] != "served"]
    events.sort(key=lambda event: event["path"])  # a client may be ahead of the end of the request before
    assert [(event["path"], event["action"], event["status"]) for event in events] == [
        ("/media/42", "allow", 200),
        ("/robots.txt", "allow", 200),
        ("/tracks/42", "refuse", 403),
    ]
    assert {event["client"] for event in events} == {"127.0.0.0/24"}
    assert events[0]["delivery"] in ("body", "pathsend")
    assert [events[1]["served_hash"]] == [event["served_hash"] for event in served]
    assert "User-agent: GPTBot" in served[0]["detail"]["text"]
