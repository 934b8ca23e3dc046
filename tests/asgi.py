"""The two ends of ASGI that tests fake: a server with its client, and an app; and the clock."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

GPTBOT = b"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
OAI_SEARCHBOT = b"Mozilla/5.0 (compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)"
FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

#: The signals of a reserved track under the default configuration.
SIGNALS: Headers = (
    (b"x-robots-tag", b"noai, noimageai"),
    (b"tdm-reservation", b"1"),
    (b"content-usage", b"train-ai=n"),
)

PAGE: Headers = ((b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"11"))


class Clock:
    """Epoch seconds that pass when a test says so."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class Answers:
    """An app that sends the same messages to everybody, and keeps the scopes that it was called with."""

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self.scopes: list[Scope] = []

    @property
    def calls(self) -> int:
        return len(self.scopes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        for message in self.messages:
            await send(message)


def answering(status: int = 200, headers: Headers = PAGE, body: bytes = b"hello there") -> Answers:
    """An app with one answer."""
    return Answers(
        {"type": "http.response.start", "status": status, "headers": list(headers)},
        {"type": "http.response.body", "body": body},
    )


def scope_of(
    path: str = "/tracks/42",
    *,
    agent: bytes | None = FIREFOX,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (),
    client: object = ("198.51.100.7", 40_000),
    query: bytes = b"",
    **more: Any,
) -> dict[str, Any]:
    """One HTTP request, as uvicorn tells of it."""
    agents = [(b"user-agent", agent)] if agent is not None else []
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"music.example"), *agents, *headers],
        "client": client,
        "server": ("127.0.0.1", 8000),
        **more,
    }


def websocket_scope(path: str = "/tracks/42", *, agent: bytes = FIREFOX, offers: bool = True) -> dict[str, Any]:
    """One WebSocket that asks to be accepted; the server `offers` an HTTP answer instead of a bare close, or not."""
    scope = scope_of(path, agent=agent) | {"type": "websocket", "scheme": "ws", "subprotocols": []}
    del scope["method"]
    return scope | ({"extensions": {"websocket.http.response": {}}} if offers else {})


@dataclass(frozen=True, slots=True)
class Answer:
    """All messages that a server was sent for one request."""

    messages: list[Message]

    @property
    def start(self) -> Message:
        return next(message for message in self.messages if message["type"].endswith("response.start"))

    @property
    def status(self) -> int:
        return int(self.start["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.start["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages if message["type"].endswith("response.body"))

    def values(self, name: bytes) -> list[bytes]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def value(self, name: bytes) -> bytes:
        """The value of a header that is there exactly once."""
        (value,) = self.values(name)
        return value


async def ask(app: App, scope: Scope, *messages: Message) -> Answer:
    """Make one request, with `messages` for the app to receive, and collect what is sent."""
    first: Message = {"type": "http.request", "body": b"", "more_body": False}
    if scope["type"] == "websocket":
        first = {"type": "websocket.connect"}
    coming = list(messages or (first,))
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent)
