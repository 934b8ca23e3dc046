"""The site's own documents, as an ASGI app: the app's, ours where it has none, or both in one.

The app is asked for the whole text, once and without conditions, whatever the client asked for; what it answers goes
out as it is, unless it has nothing to say or its robots.txt is to be merged with ours.
"""

from asyncio import to_thread
from collections.abc import Callable, Iterable
from typing import Final

from noscrape.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
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

RawHeaders = list[tuple[bytes, bytes]]


class OwnDocument:
    """Answers GET and HEAD for one document. `warn` is told what the operator should know."""

    def __init__(self, app: ASGIApp, document: Document | Robots, *, warn: Callable[[str], None]) -> None:
        self._app = app
        self._robots = document if isinstance(document, Robots) else None
        self._ours = document.document if isinstance(document, Robots) else document
        self._warn = warn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        robots, reply = self._robots, _Reply(scope, send)
        if robots is not None and not robots.asking:
            await reply.document(self._ours)
            return
        answer = _AppsAnswer(send, head=reply.head, merging=robots is not None and robots.merging)
        await self._app(_plainly(scope), receive, answer.send)
        if answer.passed:
            return
        if answer.text is None or robots is None:
            await reply.document(self._ours)
            return
        made = robots.known(answer.text)
        if made is None:
            made = await to_thread(robots.merged, answer.text)
            for note in made[1]:
                self._warn(f"robots.txt: {note}")
        await reply.document(made[0], answer.headers)


def _plainly(scope: Scope) -> Scope:
    """The request as the app is to see it."""
    extensions = {name: value for name, value in (scope.get("extensions") or {}).items() if name not in _BYPASSES}
    headers = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
    return {**scope, "method": "GET", "headers": headers, "extensions": extensions}


class _AppsAnswer:
    """What the app sends: passed on, or held back where there is nothing in it for the client.

    `text` is the text to merge, None where the app has none. It is held as far as crawlers read, and a longer one is
    passed on as it is.
    """

    def __init__(self, send: Send, *, head: bool, merging: bool) -> None:
        self._send = send
        self._head = head
        self._merging = merging
        self._start: Message = {}
        self._missing = False
        self._held = bytearray()
        self._complete = False
        self.passed = False

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if self.passed:
            await self._pass(message)
        elif kind == "http.response.start":
            self._start = message
            self._missing = self._no_document()
            if not self._missing and not (self._merging and self._can_be_merged):
                self.passed = True
                await self._pass(message)
        elif self._missing:
            return
        elif kind == "http.response.body":
            self._held += message.get("body", b"")
            if len(self._held) > LARGEST_BYTES:
                self.passed = True
                await self._pass(self._start)
                await self._pass({**message, "body": bytes(self._held)})
            else:
                self._complete = self._complete or not message.get("more_body")

    async def _pass(self, message: Message) -> None:
        if self._head and message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {**message, "body": b""}
        await self._send(message)

    @property
    def text(self) -> bytes | None:
        return bytes(self._held) if self._complete else None

    @property
    def headers(self) -> RawHeaders:
        """Those that stay true of a merged text."""
        return [(name, value) for name, value in self._raw if name.lower() not in _OF_THE_TEXT]

    @property
    def _raw(self) -> RawHeaders:
        return list(self._start.get("headers") or ())

    def _no_document(self) -> bool:
        """No document, be it told in a status, or by a page that stands in for everything."""
        return self._start["status"] in _NONE or (
            self._start["status"] == 200 and b"html" in self._value(b"content-type")
        )

    @property
    def _can_be_merged(self) -> bool:
        packed = self._value(b"content-encoding") not in (b"", b"identity")
        return self._start["status"] == 200 and not packed

    def _value(self, name: bytes) -> bytes:
        return next((value.lower() for key, value in self._raw if key.lower() == name), b"")


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
