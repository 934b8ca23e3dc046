"""The middleware itself: each request is placed, judged, and refused or sent on.

What cannot be avoided on every request is look-ups. A response is touched only in its `http.response.start`, where
signals are appended; all other messages pass as they are, known or not. A body is never held, but for the app's own
robots.txt where it is merged with ours.
"""

import atexit
import logging
import time
from asyncio import to_thread, wait_for
from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable
from os import PathLike
from threading import Thread
from typing import Any, Final

from noscrape.config import Config, Loaded, Reloader, load
from noscrape.crawlers import CAP_BYTES
from noscrape.decision import Decision
from noscrape.errors import ConfigError
from noscrape.identity import SCOPE_KEY as IDENTITY_KEY
from noscrape.identity import Identity
from noscrape.log import Event, LogWriter
from noscrape.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from noscrape.middleware.keeping import Keeping
from noscrape.middleware.own import OwnDocument
from noscrape.middleware.record import Recorder, new_id
from noscrape.middleware.refusing import refuse, send_refusal
from noscrape.middleware.responses import Counted, Recorded, Signalled
from noscrape.readers import CallableReader, FilesOf, ReadReservation
from noscrape.request import Facts, new_tuple
from noscrape.reservation import Reservation
from noscrape.signals import Html, Refusal, refusal
from noscrape.site import Sent, Site, builtin_catalog, files_beside, review, waits_for_restart
from noscrape.tracks import UNJUDGEABLE, Place, origin_document, place_of
from noscrape.words import Action, Serves

TrackOf = Callable[[Scope], Any]
IdentityOf = Callable[[Scope], Any]

logger = logging.getLogger("noscrape")

#: Under this key of the scope an app finds the middleware that let the request through: `forget()`, `counters`.
SCOPE_KEY: Final = "noscrape"

#: And under this one what the request is for, as noscrape understood it.
PLACE_KEY: Final = "noscrape.place"


#: How long a disk may take to tell what an update has changed, before it is left behind at the end.
_REVIEW_SECONDS: Final = 5.0

#: Requests whose way here is looked at for what the operator should see to.
_LOOKED_AT: Final = 1000


class NoScrape:
    """Refuses AI crawlers what its owner has reserved, and says in headers what is reserved.

    `config` is a path, a mapping, a `Config`, or None for the defaults. `reader` answers `(track_id, scope)` with what
    is said of a track, and may be several; `track_of` answers `(scope)` with the track's id, several, or None;
    `identity` answers `(scope)` with a `Partner`, an `Account` or None. All may be async. `file_of` answers
    `(track_id)` with the audio file, several, or None, for `[tracks.files]`; it runs in a thread. `on_event` is handed
    each event that is recorded, on the event loop (that of a reload, in a thread), and must not block. `clock` gives
    epoch seconds.

    Raises ConfigError, at once, for a configuration that is missing or wrong, and ReaderError for a reader that cannot
    be made.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        config: str | PathLike[str] | Mapping[str, Any] | Config | None = None,
        reader: ReadReservation | Sequence[ReadReservation] | None = None,
        track_of: TrackOf | None = None,
        identity: IdentityOf | None = None,
        file_of: FilesOf | None = None,
        on_event: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        readers = _several(reader)
        given: list[tuple[str, object]] = [("reader", each) for each in readers]
        given += [
            ("track_of", track_of),
            ("identity", identity),
            ("file_of", file_of),
            ("on_event", on_event),
            ("clock", clock),
        ]
        for name, hook in given:
            if not callable(hook) and (hook is not None or name == "reader"):
                raise TypeError(f"{name}: got {type(hook).__name__}, wanted a callable")
        self.app = app
        root_path = getattr(app, "root_path", "")  # FastAPI sets its own over the server's, when we have looked already
        self._root_path = root_path if isinstance(root_path, str) else ""
        self._clock = clock
        self._track_of = track_of
        self._identity_of = identity
        self._unlooked = _LOOKED_AT
        self._file_of = file_of
        self._readers = [CallableReader(each) for each in readers]
        self._catalog = builtin_catalog()
        loaded = load(config, tokens=self._catalog.tokens)
        self._site = self._build(loaded, None)
        self._recorder = Recorder(
            log_of(loaded),
            on_event=on_event,
            wanted=frozenset(loaded.config.log.record),
            counters=self._site.counters,
        )
        self._keeping = Keeping(
            lambda: self._site, clock=clock, counters=self._site.counters, warn=self._recorder.warn_once
        )
        self._reloader: Reloader | None = None
        self._reviewing: Thread | None = None
        self._started = False
        self._file = loaded.file

    @property
    def site(self) -> Site:
        """The configuration at work now."""
        return self._site

    @property
    def counters(self) -> Mapping[str, int]:
        """What has been counted since the start: refusals, failures, evictions, lines of the log dropped."""
        return {**self._site.counters, **self._recorder.counted}

    def forget(self, track: str | int | None = None) -> None:
        """Drop what is remembered of a track, or of all of them: its next request asks the reader again."""
        self._site.reservations.forget(None if track is None else str(track))

    def meta(self, scope: Scope, track: str | int | None = None) -> Html:
        """The elements for the head of the page that a request asks for, or of a track's; see `noscrape.meta`."""
        place = scope[PLACE_KEY] if track is None else place_of(track, Serves.PAGE)
        return self._site.meta(place)

    def trap_link(self) -> Html:
        """The link that no person sees; see `noscrape.trap_link`."""
        return self._site.trap_link()

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
            identity = scope.get(IDENTITY_KEY)
            if identity is not None or self._identity_of is not None:
                identity = await self._vouched(identity, site, scope)
            judgement = site.judge(facts, place, said, now, identity)
            if site.remote is not None and (due := site.due(judgement, now)) is not None:
                judgement = site.counted(judgement, due, await site.remote.hit(due.hits, now), now)
            if self._unlooked:
                self._look(site, facts)
        except Exception as error:  # our own failure, or a hook's: the operator has said what it means for a request
            self._recorder.failed(error)
            if site.loaded.config.on_error == "allow" or site.observing or origin_document(scope["path"]):
                await self.app(scope, receive, send)
            else:
                await send_refusal(_failure_refusal(), scope, receive, send)
            return
        recorder = self._recorder
        if judgement.decision.stops:
            await refuse(site, recorder, facts, judgement, scope, receive, send)
            return
        scope[SCOPE_KEY], scope[PLACE_KEY] = self, place
        app = self.app if not judgement.own_document else self._with_documents(site, facts)
        recorded = recorder.records(judgement)
        if kind == "websocket":
            if recorded:
                recorder.request(site, facts, judgement, now, sent=Sent())
            await self.app(scope, receive, send)
        elif recorded:
            await Recorded(app, recorder, site, facts, judgement, scope, receive, send).run()
        elif judgement.visit is not None:
            await Counted(app, recorder, site, facts, judgement, scope, receive, send).run()
        elif judgement.ruling.signals or site.listening:
            await Signalled(app, recorder, site, facts, judgement, scope, receive, send).run()
        else:
            await app(scope, receive, send)

    def _with_documents(self, site: Site, facts: Facts) -> ASGIApp:
        """The app, with ours behind it where the request is for a document that we have."""
        document = None if facts.websocket else site.document(facts)
        return self.app if document is None else OwnDocument(self.app, document, warn=self._recorder.warn_once)

    async def _hooked(self, site: Site, facts: Facts, scope: Scope) -> Place:
        """The place that the app's hook names; the route table's where it names none."""
        by_route = site.place(facts)
        try:
            answer = self._track_of(scope) if self._track_of is not None else None
            if isawaitable(answer):
                answer = await answer
            place = place_of(answer, by_route.serves)
        except Exception as error:
            # The app's own code. Of a path that nobody can tell, the most protected answer holds.
            self._recorder.failed(error, "track_of failed; such paths get the most protected answer")
            return by_route if by_route.own else UNJUDGEABLE
        return place if place.routed else by_route

    async def _vouched(self, said: object, site: Site, scope: Scope) -> Identity | None:
        """Who the app says is asking, None for nobody in particular: also where it fails to say so in time."""
        try:
            if said is None and self._identity_of is not None:
                said = self._identity_of(scope)
                if isawaitable(said):
                    said = await wait_for(said, site.loaded.config.clients.identity_timeout_seconds)
        except Exception as error:  # the app's own code: a visitor of whom nothing is known
            self._recorder.failed(error, "identity failed; such requests are judged without it")
            return None
        if said is None or isinstance(said, Identity):
            return said
        self._recorder.counters["failures"] += 1
        self._recorder.warn_once(
            f"identity is of no known type: got {type(said).__name__}, wanted noscrape.Partner or noscrape.Account; "
            "such requests are judged without it"
        )
        return None

    def _look(self, site: Site, facts: Facts) -> None:
        """Look at where the first requests come from: what is wrong with proxies shows at once."""
        self._unlooked -= 1
        if notice := site.notice(facts):
            self._recorder.warn_once(notice)

    def _build(self, loaded: Loaded, previous: Site | None) -> Site:
        return Site(
            loaded,
            clock=self._clock,
            readers=self._readers,
            file_of=self._file_of,
            catalog=self._catalog,
            previous=previous,
            on_change=self._changed,
        )

    def _changed(self, track: str, before: Reservation, after: Reservation, now: float) -> None:
        self._recorder.changed(self._site, track, before, after, now)

    def _start(self, scope: Scope) -> None:
        """Threads start with the first request, since workers fork after the constructor."""
        self._started = True
        if prefix := scope.get("root_path"):
            self._recorder.warn_once(
                f"noscrape stands under {prefix!r}: robots.txt and /.well-known/ of the whole origin are not its to "
                "guard or serve; see to them where the origin is served"
            )
        self._reviewing = Thread(target=self._review, args=(self._site,), name="noscrape-update", daemon=True)
        self._reviewing.start()
        if self._file is not None:
            self._reloader = Reloader(
                self._file,
                self._site.loaded,
                self._swap,
                self._keep,
                tokens=self._catalog.tokens,
                beside=files_beside,
            )
            self._reloader.start()
        atexit.register(self.close)

    def _review(self, site: Site) -> None:
        """Tell what an update of the catalog changes, and read what was kept; on the disk, and so in a thread."""
        self._keeping.start()
        for text in (*site.verifier.ranges.problems, *review(site)):
            self._recorder.warn_once(text)

    def _swap(self, loaded: Loaded) -> None:
        site = self._build(loaded, self._site)  # raises what only a site finds, such as a robots_file that is missing
        if waiting := waits_for_restart(self._site.loaded.config, loaded.config):
            logger.warning("%s reloaded; these changes wait for a restart: %s", loaded.name, ", ".join(waiting))
        for problem in site.verifier.ranges.problems:
            self._recorder.warn_once(problem)
        self._site = site
        self._recorder.wanted = frozenset(loaded.config.log.record)
        self._recorder.emit(
            Event(kind="reloaded", time=self._clock(), config=loaded.digest, catalog=self._site.catalog.version)
        )

    def _keep(self, error: ConfigError) -> None:
        logger.error("the configuration was not reloaded, the last good one stays: %s", error)

    def close(self) -> None:
        """Flush the log and end the threads. A later request starts them again."""
        self._started = False
        atexit.unregister(self.close)
        if self._reloader is not None:
            self._reloader.stop()
        if self._reviewing is not None:
            self._reviewing.join(_REVIEW_SECONDS)
        self._keeping.stop()
        if self._recorder.log is not None:
            self._recorder.log.close()

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                try:
                    await self._site.close()
                except Exception as error:  # a database that is gone must not keep the server from ending
                    self._recorder.failed(error)
                await to_thread(self.close)
            await send(message)

        await self.app(scope, receive, closing)


#: WebSockets are asked for over HTTP, which is what signatures and forwarded headers speak of.
_SCHEMES: Final = {"ws": "http", "wss": "https"}


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
            _SCHEMES.get(scheme := scope.get("scheme", "http"), scheme),
            scope.get("raw_path") or b"",
        ),
    )


def _several(reader: ReadReservation | Sequence[ReadReservation] | None) -> Sequence[ReadReservation]:
    if reader is None:
        return ()
    return reader if isinstance(reader, list | tuple) else (reader,)


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
    return refusal(decision, support_id=new_id())
