"""A request that goes on to the app, and what becomes of the answer."""

import logging
from collections.abc import Awaitable, Sequence
from hashlib import sha256
from typing import Final

from noscrape.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from noscrape.middleware.audio import audio_of
from noscrape.middleware.record import Recorder
from noscrape.middleware.refusing import refuse
from noscrape.policy import OWN_DOCUMENTS
from noscrape.request import Facts
from noscrape.signals import SIGNALLED, add, concerned, reserved_by_app
from noscrape.site import ROBOTS_TXT, Judgement, Sent, Site

logger = logging.getLogger("noscrape")

#: A longer robots.txt is not kept in the log.
_TEXT_KEPT_BYTES: Final = 100_000


class _StoppedError(OSError):
    """Raised to an app that goes on sending what has been refused, as a server does when a client is gone."""


class Signalled:
    """One request that goes on to the app: its response start listened to, and signals added where due.

    `watched` is the `send` that the app gets. It is no coroutine function itself, but hands on what the server's `send`
    returns, which saves every message a frame.
    """

    __slots__ = ("app", "facts", "judgement", "receive", "recorder", "refused", "scope", "send", "site")

    def __init__(
        self,
        app: ASGIApp,
        recorder: Recorder,
        site: Site,
        facts: Facts,
        judgement: Judgement,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self.app = app
        self.recorder = recorder
        self.site = site
        self.facts = facts
        self.judgement = judgement
        self.scope = scope
        self.receive = receive
        self.send = send
        self.refused = False

    async def run(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.watched)
        except Exception:
            if not self.refused:
                raise
            logger.debug("the app ended a refused answer with an exception, as it may", exc_info=True)

    def watched(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            return self.start(message)
        return self.send(message) if not self.refused else self.stop(message)

    def start(self, message: Message) -> Awaitable[None]:
        status = message["status"]
        if status not in SIGNALLED or self.judgement.decision.rule == OWN_DOCUMENTS:
            return self.send(message)
        headers = list(message.get("headers") or ())
        own = concerned(headers, self.site.concerned)
        if own and status != 304 and self.site.listening and (heard := reserved_by_app(own)):
            self.judgement = self.site.answered(self.judgement, *heard, self.site.clock())
            if self.judgement.decision.stops:
                self.refused = True
                return refuse(self.site, self.recorder, self.facts, self.judgement, self.scope, self.receive, self.send)
            self.noticed(status)
        lines = self.judgement.ruling.signals
        if not lines:
            return self.send(message)
        if not own:
            headers += lines
        else:
            for warning in add(headers, lines, own):
                self.recorder.warn_once(warning)
        return self.send({**message, "headers": headers})

    def noticed(self, status: int) -> None:
        """The app's own answer has made this a request to record, which nobody knew when it began."""
        if self.recorder.records(self.judgement):
            self.recorder.request(self.site, self.facts, self.judgement, self.site.clock(), sent=Sent(status))

    async def stop(self, message: Message) -> None:
        """What follows an answer that was refused is thrown away; a stream is told that nobody listens."""
        if message.get("more_body"):
            raise _StoppedError("this answer was refused by noscrape")


class Counted(Signalled):
    """The same, with what goes out counted for those who watch behaviour."""

    __slots__ = ("bytes", "delivery", "headers", "status")

    async def run(self) -> None:
        self.status: int | None = None
        self.bytes = 0
        self.delivery = "body"
        self.headers: Sequence[tuple[bytes, bytes]] = ()
        try:
            await super().run()
        finally:
            if not self.refused:
                self.finished()

    def finished(self) -> None:
        """All has been sent."""
        now = self.site.clock()
        audio = audio_of(self.headers, self.status, self.bytes if self.delivery == "body" else None)
        self.site.delivered(
            self.judgement, now, status=self.status, sent=audio.sent, seconds=audio.seconds, whole=audio.whole
        )

    def watched(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "http.response.body":
            self.bytes += len(message.get("body", b""))
        elif kind == "http.response.start":
            self.status = message["status"]
            self.headers = message.get("headers") or ()
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self.delivery = kind.rpartition(".")[2]
        return super().watched(message)


class Recorded(Counted):
    """The same, for the log. Of robots.txt the text is kept, so that it can be told."""

    __slots__ = ("digest", "text")

    async def run(self) -> None:
        self.digest = sha256() if self.judgement.place.own else None
        self.text: bytearray | None = bytearray() if self.digest and self.facts.path == ROBOTS_TXT else None
        await super().run()

    def finished(self) -> None:
        """All has been sent."""
        super().finished()
        now = self.site.clock()
        digest = self.digest.hexdigest()[:16] if self.digest else None
        sent = Sent(self.status, self.bytes, self.delivery, digest)
        self.recorder.request(self.site, self.facts, self.judgement, now, sent=sent)
        if self.facts.path == ROBOTS_TXT and self.bytes and self.status == 200:
            text = bytes(self.text) if self.text is not None else None
            self.recorder.served(self.site, ROBOTS_TXT, now, sent=sent, text=text)

    def noticed(self, status: int) -> None:
        """It is recorded anyhow, once all is sent."""

    def watched(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "http.response.start" and self.text is not None:
            if any(name.lower() == b"content-encoding" for name, _ in message.get("headers") or ()):
                self.text = None
        elif kind == "http.response.body" and self.digest is not None:
            body = message.get("body", b"")
            self.digest.update(body)
            if self.text is not None:
                self.text = None if self.bytes + len(body) > _TEXT_KEPT_BYTES else self.text + body
        return super().watched(message)
