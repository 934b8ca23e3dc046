"""The site's own documents, as an ASGI app: the app's, ours where it has none, or both in one.

The app is asked for the whole text, once and without conditions, whatever the client asked for; what it answers goes
out as it is, unless it has nothing to say or its robots.txt is to be merged with ours.
"""

from asyncio import to_thread
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from noscrape.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from noscrape.signals import RawHeaders
from noscrape.signals.robots import has_groups
from noscrape.site import Document, Robots
from noscrape.standards.robots_txt import LARGEST_BYTES

#: Answers by which an app says that it has no such document. A crawler takes 401 and 403 for "nothing is forbidden".
_NONE: Final = frozenset({401, 403, 404, 405, 410, 501})

#: What would make an app answer with less than its whole text, or with a packed one.
_CONDITIONS: Final = frozenset(
    {b"accept-encoding", b"if-match", b"if-modified-since", b"if-none-match", b"if-range", b"if-unmodified-since"}
    | {b"range"}
)

#: Ways of sending that go past us.
_BYPASSES: Final = frozenset({"http.response.pathsend", "http.response.zerocopysend"})

#: Headers of the app's that describe the text that it sent, and not the one that goes out.
_OF_THE_TEXT: Final = frozenset(
    {b"content-length", b"content-type", b"etag", b"last-modified", b"accept-ranges", b"content-md5", b"digest"}
    | {b"content-digest", b"repr-digest", b"transfer-encoding"}
)


class OwnDocument:
    """Answers GET and HEAD for one document. `warn` is told what the operator should know."""

    def __init__(self, app: ASGIApp, document: Document | Robots, *, warn: Callable[[str], None]) -> None:
        self._app = app
        self._robots = document if isinstance(document, Robots) else None
        self._ours = document.document if isinstance(document, Robots) else document
        self._warn = warn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(scope, send)
        if self._robots is not None and not self._robots.asking:
            await reply.document(self._ours)
            return
        answer = _Answer(reply, send, robots=self._robots, ours=self._ours, warn=self._warn)
        await self._app(_plainly(scope), receive, answer.send)
        await answer.end()


def _plainly(scope: Scope) -> Scope:
    """The request as the app is to see it."""
    extensions = {name: value for name, value in (scope.get("extensions") or {}).items() if name not in _BYPASSES}
    headers = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
    return {**scope, "method": "GET", "headers": headers, "extensions": extensions}


class _State(Enum):
    """How far an answer has come: nothing yet, held back, passed on as it is, or answered by us."""

    WAITING = "waiting"
    HELD = "held"
    PASSED = "passed"
    ANSWERED = "answered"


class _Answer:
    """What the app sends, and what goes out for it, as soon as that is known: whatever the app does later is its own.

    A text that may be merged, or may be a page that stands in for everything, is held as far as crawlers read.
    """

    def __init__(
        self, reply: "_Reply", send: Send, *, robots: Robots | None, ours: Document, warn: Callable[[str], None]
    ) -> None:
        self._reply = reply
        self._send = send
        self._robots = robots
        self._ours = ours
        self._warn = warn
        self._start: Message = {}
        self._held = bytearray()
        self._state = _State.WAITING

    async def send(self, message: Message) -> None:
        """Stands in for the server's `send`."""
        kind = message["type"]
        if self._state is _State.ANSWERED:
            return
        if kind == "http.response.start":
            self._start = message
            await self._started()
        elif self._state is not _State.HELD:
            await self._pass(message)
        elif kind == "http.response.body":
            self._held += message.get("body", b"")
            if len(self._held) > LARGEST_BYTES:
                self._left_alone(f"has more than {LARGEST_BYTES:_} bytes")
                await self._release(more_body=message.get("more_body", False))
            elif not message.get("more_body"):
                await self._complete()

    async def end(self) -> None:
        """The app has returned. An answer that it did not finish goes out as it is: it is no sign of absence."""
        if self._state is _State.HELD:
            await self._release(more_body=True)

    async def _started(self) -> None:
        status = self._start["status"]
        if status in _NONE:
            await self._answer(self._ours)
        elif status == 200 and (self._is_html or self._merging) and not self._is_packed:
            self._state = _State.HELD
        else:
            if status == 200 and self._is_packed:
                self._left_alone("is sent packed, though nobody asked for that")
            elif 300 <= status < 400:
                self._left_alone("is a redirect")
            await self._release(more_body=True)

    async def _complete(self) -> None:
        """All of the text is here."""
        text = bytes(self._held)
        robots = self._robots
        if self._is_html and not (robots is not None and has_groups(text.decode("utf-8", "surrogateescape"))):
            await self._answer(self._ours)
        elif robots is None or not robots.merging:
            await self._release(more_body=False)
        else:
            made = robots.known(text)
            if made is None:
                made = await to_thread(robots.merged, text)
                for note in made[1]:
                    self._warn(f"robots.txt: {note}")
            await self._answer(made[0], self._true_headers)

    async def _answer(self, document: Document, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._state = _State.ANSWERED
        await self._reply.document(document, headers)

    async def _release(self, *, more_body: bool) -> None:
        """What was held back goes out as the app sent it, and the rest after it."""
        self._state = _State.PASSED
        await self._send(self._start)
        if self._held or not more_body:
            await self._pass({"type": "http.response.body", "body": bytes(self._held), "more_body": more_body})

    async def _pass(self, message: Message) -> None:
        if self._reply.head and message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {**message, "body": b""}
        await self._send(message)

    def _left_alone(self, why: str) -> None:
        """Tell that a crawler which is refused is not told so."""
        if self._merging:
            self._warn(
                f"robots.txt: the app's own {why}, so nothing is added to it, and crawlers that are refused are not "
                "told; [documents] robots_file names a file to merge in its place"
            )

    @property
    def _merging(self) -> bool:
        return self._robots is not None and self._robots.merging

    @property
    def _is_html(self) -> bool:
        return b"html" in self._value(b"content-type")

    @property
    def _is_packed(self) -> bool:
        return self._value(b"content-encoding") not in (b"", b"identity")

    @property
    def _true_headers(self) -> RawHeaders:
        """Those that stay true of a merged text."""
        return [(name, value) for name, value in self._headers if name.lower() not in _OF_THE_TEXT]

    @property
    def _headers(self) -> Iterable[tuple[bytes, bytes]]:
        return self._start.get("headers") or ()

    def _value(self, name: bytes) -> bytes:
        return next((value.lower() for key, value in self._headers if key.lower() == name), b"")


class _Reply:
    """A finished document for one request: whole, as headers alone, or as "not changed"."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.head = scope["method"] == "HEAD"
        self._tags = b",".join(value for name, value in scope["headers"] if name == b"if-none-match")
        self._send = send

    async def document(self, document: Document, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Send it. `headers` are the app's own, which go before ours."""
        sent = list(headers)
        etag = document.etag.encode("ascii")
        if not any(name.lower() == b"cache-control" for name, _ in sent):
            sent.append((b"cache-control", b"public, max-age=%d" % document.max_age_seconds))
        sent.append((b"etag", etag))
        unchanged = self._knows(etag)
        if not unchanged:
            sent.append((b"content-type", document.media_type.encode("ascii")))
            sent.append((b"content-length", b"%d" % len(document.body)))
        await self._send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": sent})
        await self._send({"type": "http.response.body", "body": b"" if unchanged or self.head else document.body})

    def _knows(self, etag: bytes) -> bool:
        """Whether the client has this text, by the weak comparison of RFC 9110 section 13.1.2."""
        return any(tag.strip().removeprefix(b"W/") in (etag, b"*") for tag in self._tags.split(b",") if tag)
