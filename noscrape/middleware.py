"""The ASGI shell: requests come in, answers go out, nothing is decided here.

What cannot be avoided on every request is look-ups. A response is touched only in its `http.response.start`, where
signals are appended; all other messages pass as they are, known or not. A body is never held.
"""

import atexit
import logging
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from hashlib import sha256
from inspect import isawaitable
from os import PathLike
from random import getrandbits
from typing import Any, Final

from noscrape.config import Config, Loaded, Reloader, load
from noscrape.crawlers import CAP_BYTES
from noscrape.decision import Decision
from noscrape.errors import ConfigError
from noscrape.log import Event, LogWriter
from noscrape.readers import CallableReader, ReadReservation
from noscrape.request import Facts, new_tuple
from noscrape.reservation import Reservation
from noscrape.signals import SIGNALLED, Refusal, add, concerned, refusal, reserved_by_app
from noscrape.site import Judgement, Sent, Site, builtin_catalog, terms_words, waits_for_restart
from noscrape.tracks import UNJUDGEABLE, Place, origin_document, place_of
from noscrape.words import Action

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
TrackOf = Callable[[Scope], Any]

logger = logging.getLogger("noscrape")

#: Under this key of the scope an app finds the middleware that let the request through: `forget()`, `counters`.
SCOPE_KEY: Final = "noscrape"


class _StoppedError(OSError):
    """Raised to an app that goes on sending what has been refused, as a server does when a client is gone."""


class NoScrape:
    """Refuses AI crawlers what its owner has reserved, and says in headers what is reserved.

    `config` is a path, a mapping, a `Config`, or None for the defaults. `reader` answers `(track_id, scope)` with what
    is said of a track; `track_of` answers `(scope)` with the track's id, several, or None. Either may be async.
    `on_event` is handed each event that is recorded, on the event loop (that of a reload, in a thread), and must not
    block. `clock` gives epoch seconds.

    Raises ConfigError, at once, for a configuration that is missing or wrong.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        config: str | PathLike[str] | Mapping[str, Any] | Config | None = None,
        reader: ReadReservation | None = None,
        track_of: TrackOf | None = None,
        on_event: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        for name, given in (("reader", reader), ("track_of", track_of), ("on_event", on_event), ("clock", clock)):
            if given is not None and not callable(given):
                raise TypeError(f"{name}: got {type(given).__name__}, wanted a callable")
        self.app = app
        root_path = getattr(app, "root_path", "")  # FastAPI sets its own over the server's, when we have looked already
        self._root_path = root_path if isinstance(root_path, str) else ""
        self._clock = clock
        self._on_event = on_event
        self._track_of = track_of
        self._reader = CallableReader(reader) if reader is not None else None
        self._catalog = builtin_catalog()
        self._told: set[str] = set()
        loaded = load(config, tokens=self._catalog.tokens)
        self._site = self._build(loaded, None)
        self._log = log_of(loaded)
        self._remembering = self._log is not None or on_event is not None
        self._recorded = frozenset(loaded.config.log.record)
        self._reloader: Reloader | None = None
        self._started = False
        self._file = loaded.file

    @property
    def site(self) -> Site:
        """The configuration at work now."""
        return self._site

    @property
    def counters(self) -> Mapping[str, int]:
        """What has been counted since the start: refusals, failures, evictions, lines of the log dropped."""
        log = {"log_written": self._log.written, "log_dropped": self._log.dropped} if self._log else {}
        return dict(self._site.counters) | log

    def forget(self, track: str | int | None = None) -> None:
        """Drop what is remembered of a track, or of all of them: its next request asks the reader again."""
        self._site.reservations.forget(None if track is None else str(track))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            if kind == "lifespan":
                await self._lifespan(scope, receive, send)
            else:
                await self.app(scope, receive, send)
            return
        site = self._site  # one snapshot for the whole request, whatever is reloaded meanwhile
        try:
            if not self._started:
                self._start(scope)
            now = site.clock()
            facts = facts_of(scope, self._root_path)
            place = site.place(facts) if self._track_of is None else await self._hooked(site, facts, scope)
            said = site.said(place, now)
            if said is None:
                said = await site.read(place, scope)
            judgement = site.judge(facts, place, said, now)
        except Exception as error:  # our own failure, or a hook's: the operator has said what it means for a request
            self._failed(error)
            if site.loaded.config.on_error == "allow" or site.observing or origin_document(scope["path"]):
                await self.app(scope, receive, send)
            else:
                await self._send_refusal(scope, receive, send, _failure_refusal())
            return
        if judgement.decision.stops:
            await self._refuse(site, facts, judgement, scope, receive, send)
            return
        scope[SCOPE_KEY] = self
        recorded = self._remembering and self._records(judgement)
        if kind == "websocket":
            if recorded:
                self._record(site, facts, judgement, now, sent=Sent())
            await self.app(scope, receive, send)
        elif recorded:
            await _Recorded(self, site, facts, judgement, scope, receive, send).run()
        elif judgement.ruling.signals or site.listening:
            await _Signalled(self, site, facts, judgement, scope, receive, send).run()
        else:
            await self.app(scope, receive, send)

    async def _hooked(self, site: Site, facts: Facts, scope: Scope) -> Place:
        """The place that the app's hook names; the route table's where it names none."""
        by_route = site.place(facts)
        try:
            answer = self._track_of(scope) if self._track_of is not None else None
            if isawaitable(answer):
                answer = await answer
            place = place_of(answer, by_route.serves)
        except (
            Exception
        ) as error:  # the app's own code; of a path that nobody can tell, the most protected answer holds
            self._failed(error, "track_of failed; such paths get the most protected answer")
            return by_route if by_route.own else UNJUDGEABLE
        return place if place.routed else by_route

    def _records(self, judgement: Judgement) -> bool:
        """Whether the operator wants this request in the log."""
        wanted, decision, claim = self._recorded, judgement.decision, judgement.claim
        if "all" in wanted:
            return True
        if claim is not None and claim.crawler.bot and "crawlers" in wanted:
            return True
        if decision.action is not Action.ALLOW:
            return "refused" in wanted or ("findings" in wanted and decision.rule.startswith("quota:"))
        fetched = judgement.own_document and judgement.place.own  # a preflight is open too, and is none
        return fetched and "own-documents" in wanted

    async def _refuse(
        self, site: Site, facts: Facts, judgement: Judgement, scope: Scope, receive: Receive, send: Send
    ) -> None:
        support_id = _new_id()
        answer = site.refusal(facts, judgement, support_id=support_id)
        site.counters["refused" if judgement.decision.action is Action.REFUSE else "throttled"] += 1
        if self._remembering and self._records(judgement):
            self._record(site, facts, judgement, site.clock(), support_id=support_id, sent=Sent(answer.status))
        await self._send_refusal(scope, receive, send, answer)

    async def _send_refusal(self, scope: Scope, receive: Receive, send: Send, answer: Refusal) -> None:
        if scope["type"] == "websocket":
            await receive()  # websocket.connect
            if "websocket.http.response" not in (scope.get("extensions") or {}):
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
                return
            start, body = "websocket.http.response.start", "websocket.http.response.body"
        else:
            start, body = "http.response.start", "http.response.body"
        await send({"type": start, "status": answer.status, "headers": answer.headers})
        head = scope.get("method") == "HEAD"
        await send({"type": body, "body": b"" if head else answer.body})

    def _record(
        self,
        site: Site,
        facts: Facts,
        judgement: Judgement,
        now: float,
        *,
        sent: Sent,
        support_id: str = "",
    ) -> None:
        self._emit(site.event(facts, judgement, now, support_id=support_id or _new_id(), sent=sent))

    def _emit(self, event: Event) -> None:
        if self._log is not None:
            self._log.record(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception as error:  # the app's own callable: its failure is not the request's
                self._failed(error, "on_event failed; the request is not affected")

    def _failed(self, error: Exception, what: str = "noscrape failed; [on_error] decides about such requests") -> None:
        self._site.counters["failures"] += 1
        cause = f"{type(error).__name__} {_where(error)}"
        if cause not in self._told and len(self._told) < 100:
            self._told.add(cause)
            logger.error("%s: %r", what, error, exc_info=error)

    def warn_once(self, text: str) -> None:
        """Tell the operator something once in the life of the process."""
        if text not in self._told:
            self._told.add(text)
            logger.warning("%s", text)

    def _changed(self, track: str, before: Reservation, after: Reservation, now: float) -> None:
        if self._remembering and self._recorded & {"reservations", "all"}:
            self._emit(
                Event(
                    kind="reservation",
                    time=now,
                    tracks=(track,),
                    reservation=terms_words(after.terms),
                    reservation_source=after.source,
                    reservation_by=after.by.value,
                    detail={"before": terms_words(before.terms), "before_source": before.source},
                    catalog=self._site.catalog.version,
                    config=self._site.loaded.digest,
                )
            )

    def _build(self, loaded: Loaded, previous: Site | None) -> Site:
        return Site(
            loaded,
            clock=self._clock,
            reader=self._reader,
            catalog=self._catalog,
            previous=previous,
            on_change=self._changed,
        )

    def _start(self, scope: Scope) -> None:
        """Threads start with the first request, since workers fork after the constructor."""
        self._started = True
        if prefix := scope.get("root_path"):
            self.warn_once(
                f"noscrape stands under {prefix!r}: robots.txt and /.well-known/ of the whole origin are not its to "
                "guard or serve; see to them where the origin is served"
            )
        if self._file is not None:
            self._reloader = Reloader(
                self._file, self._site.loaded, self._swap, self._keep, tokens=self._catalog.tokens
            )
            self._reloader.start()
        atexit.register(self.close)

    def _swap(self, loaded: Loaded) -> None:
        if waiting := waits_for_restart(self._site.loaded.config, loaded.config):
            logger.warning("%s reloaded; these changes wait for a restart: %s", loaded.name, ", ".join(waiting))
        self._site = self._build(loaded, self._site)
        self._recorded = frozenset(loaded.config.log.record)
        self._emit(Event(kind="reloaded", time=self._clock(), config=loaded.digest, catalog=self._site.catalog.version))

    def _keep(self, error: ConfigError) -> None:
        logger.error("the configuration was not reloaded, the last good one stays: %s", error)

    def close(self) -> None:
        """Flush the log and end the threads. A later request starts them again."""
        self._started = False
        atexit.unregister(self.close)
        if self._reloader is not None:
            self._reloader.stop()
        if self._log is not None:
            self._log.close()

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                try:
                    await self._site.reservations.close()
                except Exception as error:  # a database that is gone must not keep the server from ending
                    self._failed(error)
                await to_thread(self.close)
            await send(message)

        await self.app(scope, receive, closing)


class _Signalled:
    """One request that goes on to the app: its response start listened to, and signals added where due.

    `watched` is the `send` that the app gets. It is no coroutine function itself, but hands on what the server's `send`
    returns, which saves every message a frame.
    """

    __slots__ = ("door", "facts", "judgement", "receive", "refused", "scope", "send", "site")

    def __init__(
        self, door: NoScrape, site: Site, facts: Facts, judgement: Judgement, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.door = door
        self.site = site
        self.facts = facts
        self.judgement = judgement
        self.scope = scope
        self.receive = receive
        self.send = send
        self.refused = False

    async def run(self) -> None:
        try:
            await self.door.app(self.scope, self.receive, self.watched)
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
        if status not in SIGNALLED or self.judgement.own_document:
            return self.send(message)
        headers = list(message.get("headers") or ())
        own = concerned(headers)
        if own and status != 304 and self.site.listening and (heard := reserved_by_app(own)):
            self.judgement = self.site.answered(self.judgement, *heard, self.site.clock())
            if self.judgement.decision.stops:
                self.refused = True
                return self.door._refuse(self.site, self.facts, self.judgement, self.scope, self.receive, self.send)
            self.noticed(status)
        lines = self.judgement.ruling.signals
        if not lines:
            return self.send(message)
        if not own:
            headers += lines
        elif warning := add(headers, lines, own):
            self.door.warn_once(warning)
        return self.send({**message, "headers": headers})

    def noticed(self, status: int) -> None:
        """The app's own answer has made this a request to record, which nobody knew when it began."""
        door = self.door
        if door._remembering and door._records(self.judgement):
            door._record(self.site, self.facts, self.judgement, self.site.clock(), sent=Sent(status))

    async def stop(self, message: Message) -> None:
        """What follows an answer that was refused is thrown away; a stream is told that nobody listens."""
        if message.get("more_body"):
            raise _StoppedError("this answer was refused by noscrape")


class _Recorded(_Signalled):
    """The same, with what goes out counted for the log."""

    __slots__ = ("bytes", "delivery", "digest", "status")

    async def run(self) -> None:
        self.status: int | None = None
        self.bytes = 0
        self.delivery = "body"
        self.digest = sha256() if self.judgement.place.own else None
        try:
            await super().run()
        finally:
            if not self.refused:
                digest = self.digest.hexdigest()[:16] if self.digest else None
                sent = Sent(self.status, self.bytes, self.delivery, digest)
                self.door._record(self.site, self.facts, self.judgement, self.site.clock(), sent=sent)

    def noticed(self, status: int) -> None:
        """It is recorded anyhow, once all is sent."""

    def watched(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "http.response.start":
            self.status = message["status"]
        elif kind == "http.response.body":
            body = message.get("body", b"")
            self.bytes += len(body)
            if self.digest is not None:
                self.digest.update(body)
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self.delivery = kind.rpartition(".")[2]
        return super().watched(message)


def facts_of(scope: Scope, root_path: str = "") -> Facts:
    """What a server tells of a request. `root_path` is the app's own, where it has one."""
    headers = scope["headers"]
    agents = [value[:CAP_BYTES] for name, value in headers if name == b"user-agent"]
    agent = agents[0] if len(agents) == 1 else b"\n".join(agents)
    client = scope.get("client")
    websocket = scope["type"] == "websocket"
    return new_tuple(
        Facts,
        (
            "GET" if websocket else scope["method"],
            scope["path"],
            root_path or scope.get("root_path") or "",
            scope.get("query_string") or b"",
            agent,
            headers,
            client[0] if client else None,
            websocket,
        ),
    )


def log_of(loaded: Loaded) -> LogWriter | None:
    """The log that the configuration asks for."""
    log = loaded.config.log
    if not log.path:
        return None
    return LogWriter(
        log.path,
        max_bytes=log.max_bytes,
        keep=log.keep,
        queue_size=log.queue,
        addresses=log.addresses,
        refused_addresses=log.refused_addresses,
        key=log.key,
    )


def _failure_refusal() -> Refusal:
    decision = Decision(Action.REFUSE, "failure", "noscrape failed, and on_error is 'refuse'", setting="on_error")
    return refusal(decision, support_id=_new_id())


def _new_id() -> str:
    """An id to find a line of the log by. It is no secret, and the generator seeds itself anew after a fork."""
    return f"{getrandbits(64):016x}"


def _where(error: Exception) -> str:
    """The line that raised, which with the type tells one cause from another."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
