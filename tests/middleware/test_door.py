"""The ASGI shell: what comes in, what goes out, and what is left alone."""

import asyncio
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape import NO_SUCH_TRACK, ConfigError, Event, NoScrape, NoScrapeError
from noscrape.config import Reloader
from noscrape.signals import SIGNALLED
from tests.asgi import (
    FIREFOX,
    GPTBOT,
    OAI_SEARCHBOT,
    PAGE,
    SIGNALS,
    Answers,
    App,
    Clock,
    Message,
    Receive,
    Scope,
    Send,
    answering,
    ask,
    scope_of,
    websocket_scope,
)

ROUTES = [{"path": "/tracks/{track_id}"}, {"path": "/stream/{track_id}/{segment:path}", "serves": "media"}]
STREAM = (
    {"type": "http.response.body", "body": b"one", "more_body": True},
    {"type": "http.response.body", "body": b"two", "more_body": True},
    {"type": "http.response.body", "body": b"", "more_body": False},
)


def protect(app: App, settings: Mapping[str, Any] | None = None, **more: Any) -> NoScrape:
    """An app behind noscrape, with no log unless asked for."""
    return NoScrape(app, config={"log": {"path": ""}} | dict(settings or {}), **more)


def with_tracks(**tracks: Any) -> dict[str, Any]:
    return {"tracks": {"routes": ROUTES, **tracks}}


def texts(folder: Path) -> list[str]:
    """What the files in a folder hold."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if not file.name.startswith(".")]


def edit(file: Path, *, before: str = "", after: str = "") -> None:
    """Put something at the beginning or the end of a file."""
    file.write_text(before + file.read_text(encoding="utf-8") + after, encoding="utf-8")


def replace(file: Path, text: str | None) -> None:
    """Write a file anew, or take it away."""
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ({"reader": "reservation"}, "reader: got str, wanted a callable"),
        ({"reader": [None]}, "reader: got NoneType, wanted a callable"),
        ({"track_of": 1}, "track_of: got int, wanted a callable"),
    ],
    ids=["reader", "one of several readers", "track_of"],
)
def test_a_hook_that_cannot_be_called_is_told_at_once(hook: dict[str, Any], said: str) -> None:
    """Not on the first request that would have needed it."""
    with pytest.raises(TypeError, match=f"^{said}$"):
        NoScrape(answering(), config={"log": {"path": ""}}, **hook)


class TestNothingConfigured:
    """`NoScrape(app)`: known training crawlers are refused, everybody else gets the app's answer with the signals."""

    @pytest.fixture
    def app(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NoScrape]:
        monkeypatch.chdir(tmp_path)
        app = NoScrape(answering())
        yield app
        app.close()

    @pytest.mark.parametrize(
        "path", ["/", "/tracks/42", "/robots.txt.bak", "/well-known/x", "/robots.txt/", "/ROBOTS.TXT"]
    )
    async def test_training_crawlers_are_refused_everywhere(self, app: NoScrape, path: str) -> None:
        """Any path that is no statement of the rules is reserved by default."""
        answer = await ask(app, scope_of(path, agent=GPTBOT))
        assert (answer.status, answer.value(b"cache-control")) == (403, b"no-store")

    @pytest.mark.parametrize("path", ["/robots.txt", "/.well-known/tdmrep.json", "/.well-known/security.txt"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_statements_of_the_rules_are_open_to_everyone(self, app: NoScrape, path: str, method: str) -> None:
        """A crawler that cannot read robots.txt takes it for absent (RFC 9309 section 2.3.1.3)."""
        answer = await ask(app, scope_of(path, agent=GPTBOT, method=method))
        assert (answer.status, answer.values(b"x-robots-tag")) == (200, [])

    @pytest.mark.parametrize("agent", [FIREFOX, OAI_SEARCHBOT, None, b"", b"curl/8.5.0"])
    async def test_everybody_else_gets_the_apps_answer_and_the_signals(
        self, app: NoScrape, agent: bytes | None
    ) -> None:
        """Nobody is refused for what they do not say."""
        answer = await ask(app, scope_of(agent=agent))
        assert (answer.status, answer.headers, answer.body) == (200, [*PAGE, *SIGNALS], b"hello there")

    async def test_the_log_is_begun_in_the_working_directory(self, app: NoScrape, tmp_path: Path) -> None:
        """What the default configuration promises: a refusal can be read afterwards."""
        await ask(app, scope_of(agent=GPTBOT))
        app.close()
        (text,) = texts(tmp_path)
        assert json.loads(text)["rule"] == "purpose:training"

    async def test_nothing_is_opened_before_the_first_request(self, app: NoScrape, tmp_path: Path) -> None:
        """Workers fork after the constructor."""
        assert texts(tmp_path) == []


class TestOtherScopes:
    """What is neither HTTP nor WebSocket is none of our business."""

    @pytest.mark.parametrize("kind", ["lifespan", "webtransport", "task"])
    async def test_they_pass_untouched(self, kind: str) -> None:
        """The app gets the server's own scope and messages."""
        inner = Answers({"type": f"{kind}.startup.complete"}, {"type": f"{kind}.something.new", "x": 1})
        scope: Scope = {"type": kind, "state": {}}
        app = protect(inner)
        answer = await ask(app, scope)
        assert answer.messages == list(inner.messages)
        assert inner.scopes[0] is scope
        assert (scope, app.counters) == ({"type": kind, "state": {}}, {})

    async def test_an_app_without_lifespan_keeps_its_exception(self) -> None:
        """Servers recognise by it that an app has none."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise AssertionError("only HTTP here")

        with pytest.raises(AssertionError, match="only HTTP here"):
            await ask(protect(app), {"type": "lifespan"})

    async def test_a_reader_that_fails_to_close_does_not_keep_the_server_from_ending(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The failure is logged, and the app's word still reaches the server."""
        app = protect(Answers({"type": "lifespan.shutdown.complete"}), with_tracks(), reader=lambda track, scope: None)

        async def broken() -> None:
            raise OSError("the database is gone")

        app.site.reservations.close = broken  # type: ignore[method-assign]  # the failure is what is tested
        answer = await ask(app, {"type": "lifespan"})
        assert answer.messages == [{"type": "lifespan.shutdown.complete"}]
        assert "the database is gone" in caplog.text

    async def test_an_app_can_be_started_again(self) -> None:
        """As each `with TestClient(app)` does; the reader works after its first end."""
        lifespan = Answers({"type": "lifespan.shutdown.complete"})

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            await (lifespan if scope["type"] == "lifespan" else answering())(scope, receive, send)

        app = protect(inner, with_tracks(cache_seconds=0.0), reader=lambda track, scope: "open")
        for _ in range(2):
            assert (await ask(app, scope_of(agent=GPTBOT))).status == 200
            await ask(app, {"type": "lifespan"})


class TestSignals:
    """Headers are appended to answers that carry the work, and to nothing else."""

    @pytest.mark.parametrize(
        "status", sorted({*range(200, 209), 301, 304, 307, 400, 403, 404, 429, 500, 503} - SIGNALLED)
    )
    async def test_other_statuses_are_left_alone(self, status: int) -> None:
        """A redirect, or an error page, is not the work."""
        inner = answering(status)
        assert (await ask(protect(inner), scope_of())).messages == list(inner.messages)

    @pytest.mark.parametrize("status", [200, 206, 304])
    async def test_answers_that_carry_the_work_say_what_is_reserved(self, status: int) -> None:
        """304 updates the headers of a stored answer (RFC 9111 section 4.3.4)."""
        assert (await ask(protect(answering(status)), scope_of())).headers == [*PAGE, *SIGNALS]

    async def test_the_apps_message_is_not_changed(self) -> None:
        """An app may send one and the same message to many."""
        inner = answering()
        app = protect(inner)
        for _ in range(3):
            assert len((await ask(app, scope_of())).headers) == len(PAGE) + len(SIGNALS)
        assert inner.messages[0]["headers"] == list(PAGE)

    async def test_what_the_app_says_itself_is_not_said_again(self) -> None:
        """Each of the signals is there once, and in the app's own spelling."""
        own = [
            (b"X-Robots-Tag", b"noimageai, noai"),
            (b"TDM-Reservation", b"1"),
            (b"Content-Usage", b"train-ai=n, search=y"),
        ]
        assert (await ask(protect(answering(headers=own)), scope_of())).headers == own

    async def test_the_apps_repeated_headers_all_stay(self) -> None:
        """Cookies, links and search directives come more than once."""
        own = [
            (b"set-cookie", b"a=1"),
            (b"x-robots-tag", b"noindex"),
            (b"set-cookie", b"b=2"),
            (b"link", b"</a>; rel=x"),
        ]
        assert (await ask(protect(answering(headers=own)), scope_of())).headers == [*own, *SIGNALS]

    @pytest.mark.parametrize("headers", [(), [], None, [[b"content-type", b"text/plain"]]])
    async def test_headers_come_in_any_shape(self, headers: Any) -> None:
        """An iterable of pairs, or left away."""
        start: Message = {"type": "http.response.start", "status": 200}
        if headers is not None:
            start["headers"] = headers
        answer = await ask(protect(Answers(start, {"type": "http.response.body", "body": b""})), scope_of())
        assert [tuple(header) for header in answer.headers] == [*map(tuple, headers or ()), *SIGNALS]

    async def test_an_open_track_gets_no_signal(self) -> None:
        """What its owner settled as no is not spoken of."""
        inner = answering()
        app = protect(inner, with_tracks(), reader=lambda track, scope: False)
        assert (await ask(app, scope_of())).messages == list(inner.messages)

    @pytest.mark.parametrize(
        "message",
        [
            {"type": "http.response.pathsend", "path": "/srv/music/42.mp3"},
            {"type": "http.response.zerocopysend", "file": 3, "count": 9},
            {"type": "http.response.trailers", "headers": [(b"digest", b"x")], "more_trailers": False},
            {"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]},
            {"type": "http.response.push", "path": "/style.css", "headers": []},
            {"type": "http.response.debug", "info": {"template": object()}},
            {"type": "something.of.the.future", "anything": [1, 2, 3]},
        ],
        ids=lambda message: message["type"],
    )
    @pytest.mark.parametrize("agent", [FIREFOX, OAI_SEARCHBOT], ids=["unrecorded", "recorded"])
    async def test_other_messages_are_the_very_objects_that_the_app_sent(self, message: Message, agent: bytes) -> None:
        """Known to us or not: sending a file by its path, trailers, hints."""
        start = {"type": "http.response.start", "status": 200, "headers": [], "trailers": True}
        app = protect(Answers(message, start, message), on_event=lambda event: None)
        answer = await ask(app, scope_of(agent=agent))
        assert answer.messages[0] is message
        assert answer.messages[2] is message
        assert answer.messages[1] == start | {"headers": list(SIGNALS)}


class TestObserveMode:
    """`mode = "observe"` decides and records everything, and changes no byte."""

    NOAI = ((b"x-robots-tag", b"noai"), (b"tdm-reservation", b"1"))

    @pytest.mark.parametrize(
        "inner",
        [
            answering(),
            answering(206, headers=[*PAGE, *NOAI]),
            answering(200, headers=NOAI),
            answering(304, headers=[(b"tdm-reservation", b"0")]),
            Answers({"type": "http.response.start", "status": 200, "headers": list(NOAI)}, *STREAM),
        ],
    )
    async def test_no_byte_is_changed(self, inner: Answers) -> None:
        """Every message is what the bare app sends, whatever app it is, and whoever asks for what."""
        settings = {
            "mode": "observe",
            "on_error": "refuse",
            "site": {"policy": "https://music.example/ai", "shared_cache": "private"},
            "patterns": {"quota": [{"name": "none", "limit": "1/day", "action": "refuse"}]},
            **with_tracks(),
        }
        app = protect(inner, settings, reader=lambda track, scope: track == "42", on_event=lambda event: None)
        agents = (FIREFOX, GPTBOT, OAI_SEARCHBOT, None, b"\xff\x00")
        paths = ("/", "/tracks/42", "/tracks/7", "/stream/42/1.ts", "/robots.txt", "/" + "x" * 3000)
        for agent, path, method in product(agents, paths, ("GET", "HEAD", "POST", "OPTIONS", "TRACE")):
            answer = await ask(app, scope_of(path, agent=agent, method=method))
            assert answer.messages == list(inner.messages), (agent, path, method)

    async def test_what_would_have_been_done_is_recorded(self) -> None:
        """The event says that nothing was enforced."""
        events: list[Event] = []
        await ask(protect(answering(), {"mode": "observe"}, on_event=events.append), scope_of(agent=GPTBOT))
        (event,) = events
        assert (event.outcome, event.enforced, event.status, event.mode) == ("would-refuse", False, 200, "observe")

    async def test_what_the_apps_own_answer_would_have_done_is_recorded(self) -> None:
        """Also where only refusals are recorded, and nothing was known before the app answered."""
        events: list[Event] = []
        settings = {"mode": "observe", "site": {"default": "open"}, "log": {"path": "", "record": ["refused"]}}
        app = protect(answering(headers=[(b"x-robots-tag", b"noai")]), settings, on_event=events.append)
        await ask(app, scope_of(agent=GPTBOT))
        assert [(event.outcome, event.status) for event in events] == [("would-refuse", 200)]

    async def test_a_socket_is_let_through(self) -> None:
        """WebSockets are observed too."""
        inner = Answers(
            {"type": "websocket.accept"}, {"type": "websocket.send", "text": "hi"}, {"type": "websocket.close"}
        )
        answer = await ask(protect(inner, {"mode": "observe"}), websocket_scope(agent=GPTBOT))
        assert answer.messages == list(inner.messages)


class TestTheAppsOwnAnswer:
    """The app's response headers may reserve, before the first byte of the body has gone out; they never open."""

    RESERVING = (
        (b"x-robots-tag", b"noai"),
        (b"X-Robots-Tag", b"noindex, NOAI"),
        (b"tdm-reservation", b"1"),
        (b"Content-Usage", b"train-ai=n"),
    )

    @staticmethod
    def app(inner: App, **more: Any) -> NoScrape:
        """A site that reserves nothing by itself."""
        return protect(inner, {"site": {"default": "open"}, **with_tracks(default="open")}, **more)

    @pytest.mark.parametrize("header", RESERVING, ids=lambda header: b"=".join(header).decode())
    @pytest.mark.parametrize("status", [200, 206])
    async def test_it_refuses_before_the_first_byte(self, header: tuple[bytes, bytes], status: int) -> None:
        """Of the app's answer nothing is sent, be it whole or the beginning of a stream."""
        answer = await ask(self.app(answering(status, headers=[header])), scope_of(agent=GPTBOT))
        assert (answer.status, len(answer.messages)) == (403, 2)
        assert b"hello there" not in answer.body

    async def test_listeners_still_get_it(self) -> None:
        """The signals that the app left out are added; search engines are let through."""
        app = self.app(answering(headers=[(b"x-robots-tag", b"noai")]))
        for agent in (FIREFOX, OAI_SEARCHBOT):
            answer = await ask(app, scope_of(agent=agent))
            assert (answer.body, answer.headers) == (
                b"hello there",
                [
                    (b"x-robots-tag", b"noai"),
                    (b"x-robots-tag", b"noimageai"),
                    (b"tdm-reservation", b"1"),
                    (b"content-usage", b"train-ai=n"),
                ],
            )

    @pytest.mark.parametrize("status", [204, 301, 304, 401, 404, 500])
    async def test_an_answer_without_the_work_reserves_nothing(self, status: int) -> None:
        """Only 200 and 206 are read: an error page's `noai` says nothing of the track."""
        inner = answering(status, headers=[(b"x-robots-tag", b"noai")])
        assert (await ask(self.app(inner), scope_of(agent=GPTBOT))).messages == list(inner.messages)

    @pytest.mark.parametrize(
        "header",
        [
            (b"x-robots-tag", b"noindex"),
            (b"x-robots-tag", b"googlebot: noai"),
            (b"tdm-reservation", b"0"),
            (b"tdm-reservation", b"yes"),
            (b"content-usage", b"train-ai=y"),
            (b"content-usage", b"\xff\xfe not a field"),
        ],
    )
    async def test_other_words_reserve_nothing(self, header: tuple[bytes, bytes]) -> None:
        """What does not parse, or is about search, is no statement."""
        inner = answering(headers=[header])
        assert (await ask(self.app(inner), scope_of(agent=GPTBOT))).messages == list(inner.messages)

    async def test_a_stream_is_stopped(self) -> None:
        """The app that goes on sending is told, in the way in which servers tell that a client is gone."""
        told: list[Exception] = []

        async def endless(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x-robots-tag", b"noai")]})
            try:
                while True:
                    await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
            except OSError as error:
                told.append(error)
                raise

        answer = await ask(self.app(endless), scope_of("/stream/42/0", agent=GPTBOT))
        assert (answer.status, len(answer.messages), len(told)) == (403, 2, 1)

    async def test_an_app_that_makes_the_stop_an_error_of_its_own_is_not_heard(self) -> None:
        """The refusal has gone out, so the server must not see an exception."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"tdm-reservation", b"1")]})
            try:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            except OSError as error:
                raise RuntimeError("client disconnected") from error

        assert (await ask(self.app(app), scope_of(agent=GPTBOT))).status == 403

    async def test_an_apps_own_exception_is_the_servers(self) -> None:
        """Nothing of ours swallows what the app raises."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError("the app's own")

        for agent in (FIREFOX, OAI_SEARCHBOT):
            with pytest.raises(LookupError, match="the app's own"):
                await ask(protect(app, on_event=lambda event: None), scope_of(agent=agent))

    async def test_files_and_trailers_of_a_refused_answer_are_thrown_away(self) -> None:
        """Also where the server would have sent the file by itself."""
        inner = Answers(
            {"type": "http.response.start", "status": 200, "headers": [(b"tdm-reservation", b"1")]},
            {"type": "http.response.pathsend", "path": "/srv/42.mp3"},
            {"type": "http.response.trailers", "headers": []},
        )
        answer = await ask(self.app(inner), scope_of(agent=GPTBOT))
        assert [message["type"] for message in answer.messages] == ["http.response.start", "http.response.body"]

    async def test_a_refused_head_has_no_body(self) -> None:
        """RFC 9110 section 9.3.2."""
        inner = answering(headers=[(b"x-robots-tag", b"noai")], body=b"")
        answer = await ask(self.app(inner), scope_of(agent=GPTBOT, method="HEAD"))
        assert (answer.status, answer.body) == (403, b"")

    async def test_it_is_remembered_for_the_track(self) -> None:
        """The next visit is refused without asking the app; other tracks are not concerned; silence forgets nothing."""
        inner = answering(headers=[(b"x-robots-tag", b"noai")])
        app = self.app(inner)
        await ask(app, scope_of("/tracks/42"))
        inner.messages = answering().messages
        assert (await ask(app, scope_of("/tracks/42"))).values(b"tdm-reservation") == [b"1"]
        assert (await ask(app, scope_of("/tracks/42", agent=GPTBOT))).status == 403
        assert (await ask(app, scope_of("/stream/42/7", agent=GPTBOT))).status == 403
        assert inner.calls == 2
        assert (await ask(app, scope_of("/tracks/7", agent=GPTBOT))).status == 200

    async def test_forgetting_the_track_forgets_it(self) -> None:
        """`forget()` is how an owner takes it back."""
        inner = answering(headers=[(b"x-robots-tag", b"noai")])
        app = self.app(inner)
        await ask(app, scope_of())
        inner.messages = answering().messages
        app.forget("42")
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 200

    async def test_it_outlives_what_the_reader_says(self) -> None:
        """A reader that says open, read anew, does not lift it."""
        clock = Clock()
        inner = answering(headers=[(b"x-robots-tag", b"noai")])
        app = self.app(inner, reader=lambda track, scope: "open", clock=clock)
        await ask(app, scope_of())
        clock.forward(3600)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403

    @pytest.mark.parametrize("word", [b"tdm-reservation: 0", b"content-usage: train-ai=y"])
    async def test_it_never_opens(self, word: bytes) -> None:
        """What the app's answer allows counts as unsaid."""
        name, value = word.split(b": ")
        app = protect(answering(headers=[(name, value)]), with_tracks())
        await ask(app, scope_of())
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403

    async def test_a_second_opposite_reservation_is_never_made(self) -> None:
        """Two `tdm-reservation` lines would count as none (TDMRep): the stricter takes the place of the app's."""
        answer = await ask(protect(answering(headers=[(b"tdm-reservation", b"0")])), scope_of())
        assert answer.values(b"tdm-reservation") == [b"1"]

    async def test_it_can_be_switched_off(self) -> None:
        """`[tracks] app_answer = false`: the app's headers are its own affair."""
        settings = {"site": {"default": "open"}, **with_tracks(default="open", app_answer=False)}
        inner = answering(headers=[(b"x-robots-tag", b"noai")])
        assert (await ask(protect(inner, settings), scope_of(agent=GPTBOT))).messages == list(inner.messages)

    async def test_partners_and_the_rules_themselves_are_not_refused_by_it(self) -> None:
        """robots.txt may well be served with `noai`."""
        inner = answering(headers=[(b"x-robots-tag", b"noai")])
        settings = {"site": {"default": "open"}, "clients": {"partners": ["192.0.2.0/24"]}}
        app = protect(inner, settings)
        assert (await ask(app, scope_of("/.well-known/x", agent=GPTBOT))).messages == list(inner.messages)
        assert (await ask(app, scope_of(agent=GPTBOT, client=("192.0.2.7", 1)))).status == 200

    inner = answering()
    any_app = protect(inner)

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([b"x-robots-tag", b"TDM-Reservation", b"content-usage", b"link", b"tdm-policy"]),
                st.binary(max_size=40) | st.sampled_from([b"noai", b"1", b"0", b"train-ai=n", b"a: noai, noai"]),
            ),
            max_size=5,
        )
    )
    def test_no_header_of_the_apps_breaks_it(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Whatever bytes they hold: listeners get the answer, and every header but a weaker tdm-reservation."""
        self.inner.messages = answering(headers=headers).messages
        answer = asyncio.run(ask(self.any_app, scope_of()))
        kept = [header for header in headers if header[0].lower() != b"tdm-reservation"]
        assert answer.body == b"hello there"
        assert [header for header in answer.headers if header in kept][: len(kept)] == kept


class TestRefusals:
    """What a refused client gets."""

    async def test_the_app_is_not_called(self) -> None:
        """Nothing of the work is touched."""
        inner = answering()
        await ask(protect(inner), scope_of(agent=GPTBOT))
        assert inner.calls == 0

    @pytest.mark.parametrize(
        ("accept", "media"),
        [
            (b"text/html,*/*;q=0.8", b"text/html; charset=utf-8"),
            (b"application/json", b"application/problem+json"),
            (b"*/*", b"text/plain; charset=utf-8"),
            (b"", b"text/plain; charset=utf-8"),
        ],
    )
    async def test_the_support_id_is_the_same_in_header_body_and_log(self, accept: bytes, media: bytes) -> None:
        """So that a listener who was turned away can be helped."""
        events: list[Event] = []
        app = protect(answering(), on_event=events.append)
        answer = await ask(app, scope_of(agent=GPTBOT, headers=[(b"accept", accept)]))
        number = answer.value(b"x-support-id")
        assert re.fullmatch(rb"[0-9a-f]{16}", number)
        assert number in answer.body
        assert answer.value(b"content-type") == media
        assert int(answer.value(b"content-length")) == len(answer.body)
        assert [event.id for event in events] == [number.decode()]

    async def test_ids_differ(self) -> None:
        """One for each answer."""
        app = protect(answering())
        ids = [(await ask(app, scope_of(agent=GPTBOT))).value(b"x-support-id") for _ in range(50)]
        assert len(set(ids)) == 50

    async def test_it_says_what_is_reserved_but_nothing_of_its_own_content(self) -> None:
        """`Content-Usage` describes the content of this message, which is ours to give away."""
        answer = await ask(protect(answering()), scope_of(agent=GPTBOT))
        assert (answer.values(b"tdm-reservation"), answer.values(b"content-usage")) == ([b"1"], [])

    async def test_head_has_no_body(self) -> None:
        """RFC 9110 section 9.3.2; the headers are those of GET."""
        app = protect(answering())
        get = await ask(app, scope_of(agent=GPTBOT))
        head = await ask(app, scope_of(agent=GPTBOT, method="HEAD"))
        assert (head.status, head.body) == (403, b"")
        assert head.value(b"content-length") == get.value(b"content-length")

    async def test_a_player_on_another_site_may_read_it(self) -> None:
        """A request with an `Origin` gets the CORS headers; one without does not."""
        app = protect(answering())
        plain = await ask(app, scope_of(agent=GPTBOT))
        cross = await ask(app, scope_of(agent=GPTBOT, headers=[(b"origin", b"https://player.example")]))
        assert plain.values(b"access-control-allow-origin") == []
        assert cross.value(b"access-control-allow-origin") == b"*"
        assert cross.value(b"access-control-expose-headers") == b"x-support-id"

    @pytest.mark.parametrize(
        "method", ["GET", "POST", "PUT", "DELETE", "TRACE", "FOO", "get", "", "OPTIONS", "CONNECT"]
    )
    async def test_every_method_is_decided_as_get(self, method: str) -> None:
        """Known or not: an app may well serve the work to any of them."""
        inner = answering()
        assert (await ask(protect(inner), scope_of(agent=GPTBOT, method=method))).status == 403
        assert (await ask(protect(inner), scope_of(method=method))).status == 200

    @pytest.mark.parametrize("path", ["/tracks/42", "/robots.txt"])
    async def test_an_overridden_method_changes_nothing(self, path: str) -> None:
        """`X-HTTP-Method-Override` is for apps that believe it: a POST is no fetch of robots.txt."""
        override = [(b"x-http-method-override", b"GET")]
        scope = scope_of(path, agent=GPTBOT, method="POST", headers=override)
        assert (await ask(protect(answering()), scope)).status == 403

    async def test_a_true_preflight_passes(self) -> None:
        """It is the browser's own question, without the page's cookies and the work's content (Fetch section 3.3.2)."""
        inner = answering()
        asking = [(b"origin", b"https://player.example"), (b"access-control-request-method", b"GET")]
        answer = await ask(protect(inner), scope_of(agent=GPTBOT, method="OPTIONS", headers=asking))
        assert answer.messages == list(inner.messages)

    @pytest.mark.parametrize("missing", [0, 1])
    async def test_a_half_preflight_is_none(self, missing: int) -> None:
        """OPTIONS alone proves nothing."""
        asking = [(b"origin", b"https://player.example"), (b"access-control-request-method", b"GET")]
        del asking[missing]
        assert (await ask(protect(answering()), scope_of(agent=GPTBOT, method="OPTIONS", headers=asking))).status == 403

    @pytest.mark.parametrize(
        "path",
        [
            "/.well-known/../tracks/42",
            "/robots.txt/../tracks/42",
            "/.well-known/x/../../tracks/42",
            "/.well-known//../tracks/42",
            "/.well-known/./../tracks/42",
            "/.well-known/..;/tracks/42",
            "//robots.txt/../tracks/42",
            "/robots.txt;/../tracks/42",
            "/.well-known/%2e%2e/../tracks/42",
            "/.well-known/../tracks/42/../42",
            "http://music.example/.well-known/../tracks/42",
        ],
    )
    @pytest.mark.parametrize("routes", [[], ROUTES], ids=["unrouted", "routed"])
    async def test_no_spelling_of_an_open_path_opens_a_track(self, path: str, routes: list[dict[str, str]]) -> None:
        """The exception for robots.txt and its kin is for exactly those."""
        app = protect(answering(), {"tracks": {"routes": routes}}, reader=lambda track, scope: True)
        assert (await ask(app, scope_of(path, agent=GPTBOT))).status == 403


class TestWebSockets:
    """A WebSocket that asks for a protected path is refused before it is accepted."""

    async def test_refused_with_an_answer_where_the_server_can(self) -> None:
        """By the extension `websocket.http.response`; no signals there."""
        inner = Answers({"type": "websocket.accept"})
        answer = await ask(protect(inner), websocket_scope(agent=GPTBOT))
        assert [message["type"] for message in answer.messages] == [
            "websocket.http.response.start",
            "websocket.http.response.body",
        ]
        assert (answer.status, inner.calls) == (403, 0)
        assert not {name for name, _ in answer.headers} & {name for name, _ in SIGNALS}

    @pytest.mark.parametrize("extensions", [{}, {"extensions": None}, {"extensions": {}}])
    async def test_closed_where_the_server_cannot(self, extensions: dict[str, Any]) -> None:
        """daphne has no such extension; 1008 is "policy violation" (RFC 6455 section 7.4.1)."""
        answer = await ask(protect(answering()), websocket_scope(agent=GPTBOT, offers=False) | extensions)
        assert answer.messages == [{"type": "websocket.close", "code": 1008, "reason": ""}]

    async def test_a_browser_gets_the_apps_socket(self) -> None:
        """All its messages, untouched."""
        inner = Answers({"type": "websocket.accept", "headers": []}, {"type": "websocket.send", "bytes": b"\0"})
        answer = await ask(protect(inner), websocket_scope())
        assert answer.messages == list(inner.messages)

    async def test_a_crawlers_socket_is_recorded(self) -> None:
        """Refused or let through."""
        events: list[Event] = []
        app = protect(Answers({"type": "websocket.accept"}), on_event=events.append)
        await ask(app, websocket_scope(agent=GPTBOT))
        await ask(app, websocket_scope(agent=OAI_SEARCHBOT))
        assert [(event.action, event.status) for event in events] == [("refuse", 403), ("allow", None)]


class TestUserAgents:
    """Any bytes may come as a user agent, any number of times."""

    @pytest.mark.parametrize(
        "agents",
        [
            [FIREFOX, GPTBOT],
            [GPTBOT, FIREFOX],
            [FIREFOX, FIREFOX, b"GPTBot"],
            [b"\x00GPTBot\x00"],
            [b"\xff\xfeGPTBot\xff"],
            [b"\x1b[2J GPTBot\x1b[0m"],
            [b"Mozilla\r\nGPTBot\r\n"],
            [b"gptbot"],
            [b"GPTBot" + b" " * 200_000],
        ],
        ids=["second", "first", "third", "NULs", "0xFF", "ANSI", "newlines", "lower case", "200 KB"],
    )
    async def test_a_crawler_is_found_in_it(self, agents: list[bytes]) -> None:
        """Most servers pass duplicates on, and bytes as they are."""
        headers = [(b"user-agent", agent) for agent in agents]
        assert (await ask(protect(answering()), scope_of(agent=None, headers=headers))).status == 403

    @pytest.mark.parametrize(
        "agents",
        [
            [],
            [b""],
            [b"\x00" * 300],
            [b"\xff" * 600],
            [b"A" * 200_000],
            [b"\x1b]0;x\x07", b"\r\n\r\n"],
            [FIREFOX] * 500,
        ],
        ids=["none", "empty", "NULs", "0xFF", "200 KB", "escapes", "many"],
    )
    async def test_nobody_is_refused_for_a_strange_one(self, agents: list[bytes]) -> None:
        """It is no crawler that is known."""
        headers = [(b"user-agent", agent) for agent in agents]
        events: list[Event] = []
        app = protect(answering(), {"log": {"path": "", "record": ["all"]}}, on_event=events.append)
        assert (await ask(app, scope_of(agent=None, headers=headers))).status == 200
        assert len(events) == 1
        assert "\n" not in events[0].to_json()

    async def test_what_is_remembered_of_it_is_cut(self) -> None:
        """512 bytes of each."""
        events: list[Event] = []
        app = protect(answering(), on_event=events.append)
        await ask(app, scope_of(agent=b"GPTBot " + b"A" * 200_000))
        assert events[0].user_agent == "GPTBot " + "A" * 505


class TestReaders:
    """A reader is the app's code: it may be slow, wrong or broken, and the site stays up."""

    @pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
    @pytest.mark.parametrize(
        ("value", "status"),
        [
            (True, 403),
            (False, 200),
            (None, 403),
            ("no-ai", 403),
            ("open", 200),
            ("train-ai=n", 403),
            (NO_SUCH_TRACK, 403),
        ],
    )
    async def test_what_it_answers_holds(self, asynchronous: bool, value: object, status: int) -> None:
        """Tagged, not tagged, nothing said, a word, a field, no such row."""
        asked: list[tuple[str, str]] = []

        def read(track: str, scope: Scope) -> object:
            asked.append((track, scope["path"]))
            return value

        async def read_later(track: str, scope: Scope) -> object:
            return read(track, scope)

        app = protect(answering(), with_tracks(), reader=read_later if asynchronous else read)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == status
        assert asked == [("42", "/tracks/42")]

    @pytest.mark.parametrize("value", ["perhaps", 7, object(), ValueError("no"), asyncio.CancelledError()])
    @pytest.mark.parametrize(("on_failure", "status"), [("reserved", 403), ("open", 200)])
    async def test_nonsense_and_exceptions_are_failures(
        self, value: object, on_failure: str, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The operator says what holds then; counted each time, and logged once with its traceback."""

        async def read(track: str, scope: Scope) -> object:
            if isinstance(value, BaseException):
                raise value
            return value

        app = protect(answering(), with_tracks(on_failure=on_failure), reader=read)
        for track in range(3):
            assert (await ask(app, scope_of(f"/tracks/{track}", agent=GPTBOT))).status == status
            assert (await ask(app, scope_of(f"/tracks/{track}"))).status == 200
        assert app.counters["reader_failures"] == 3
        (record,) = caplog.records
        assert record.exc_info is not None

    async def test_one_that_hangs_is_not_waited_for(self) -> None:
        """Not beyond the time-out, by nobody."""

        async def read(track: str, scope: Scope) -> object:
            await asyncio.Event().wait()
            return "open"

        app = protect(answering(), with_tracks(timeout_seconds=0.001), reader=read)
        answers = await asyncio.gather(*(ask(app, scope_of(agent=agent)) for agent in (FIREFOX, GPTBOT) * 50))
        assert [answer.status for answer in answers] == [200, 403] * 50
        assert app.counters["reader_failures"] == 1

    async def test_one_that_hangs_in_a_thread_is_not_waited_for(self) -> None:
        """A sync reader blocks no event loop."""
        released = threading.Event()
        app = protect(answering(), with_tracks(timeout_seconds=0.001), reader=lambda track, scope: released.wait(60))
        try:
            assert (await ask(app, scope_of(agent=GPTBOT))).status == 403
        finally:
            released.set()
            await app.site.reservations.close()

    async def test_a_hundred_requests_share_one_read(self) -> None:
        """Single flight."""
        reads = 0

        async def read(track: str, scope: Scope) -> bool:
            nonlocal reads
            reads += 1
            await asyncio.sleep(0)
            return True

        app = protect(answering(), with_tracks(), reader=read)
        answers = await asyncio.gather(*(ask(app, scope_of(agent=GPTBOT)) for _ in range(100)))
        assert {answer.status for answer in answers} == {403}
        assert reads == 1

    async def test_a_client_that_goes_away_does_not_end_the_read_of_the_others(self) -> None:
        """The read is shared, the request is not."""
        proceed = asyncio.Event()

        async def read(track: str, scope: Scope) -> bool:
            await proceed.wait()
            return False

        app = protect(answering(), with_tracks(), reader=read)
        first = asyncio.create_task(ask(app, scope_of(agent=GPTBOT)))
        second = asyncio.create_task(ask(app, scope_of(agent=GPTBOT)))
        for _ in range(5):
            await asyncio.sleep(0)
        first.cancel()
        proceed.set()
        assert (await second).status == 200
        with pytest.raises(asyncio.CancelledError):
            await first

    async def test_a_change_holds_when_its_time_has_come(self) -> None:
        """By the clock that was handed in, and by no other."""
        clock, tagged = Clock(), [False]
        app = protect(answering(), with_tracks(cache_seconds=60.0), reader=lambda track, scope: tagged[0], clock=clock)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 200
        tagged[0] = True
        clock.forward(59)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 200
        clock.forward(1)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403

    async def test_forget_makes_a_change_hold_at_once(self) -> None:
        """Also as the app calls it, through its scope, and with an id that is a number."""
        tagged = [False]

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            scope["noscrape"].forget(42)
            await answering()(scope, receive, send)

        app = protect(inner, with_tracks(), reader=lambda track, scope: tagged[0])
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 200
        tagged[0] = True
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403

    async def test_the_cache_is_bounded(self) -> None:
        """Ids are chosen by clients."""
        app = protect(answering(), with_tracks(cache_size=10), reader=lambda track, scope: True)
        for track in range(100):
            await ask(app, scope_of(f"/tracks/{track}"))
        assert (len(app.site.reservations), app.counters["reservations_evicted"]) == (10, 90)

    async def test_changes_are_recorded_as_they_are_seen(self) -> None:
        """Before and after, with the source of each."""
        clock, tagged, events = Clock(), [False], list[Event]()
        app = protect(
            answering(), with_tracks(), reader=lambda track, scope: tagged[0], clock=clock, on_event=events.append
        )
        await ask(app, scope_of())
        tagged[0] = True
        clock.forward(61)
        await ask(app, scope_of())
        (event,) = events
        assert (event.kind, event.tracks, event.time) == ("reservation", ("42",), clock.now)
        assert event.reservation is not None
        assert (event.reservation["training"], event.detail["before"]["training"]) == ("reserved", "open")


class TestTrackOf:
    """The app's hook names the tracks of a request."""

    @pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
    @pytest.mark.parametrize(
        ("answer", "tracks", "serves"),
        [
            ("42", ("42",), "page"),
            (42, ("42",), "page"),
            (["42", 7, "42"], ("42", "7"), "page"),
            (("42", "media"), ("42",), "media"),
            ((["42", "7"], "download"), ("42", "7"), "download"),
            (None, (), "page"),
            ([], (), "page"),
        ],
    )
    async def test_what_it_may_answer(
        self, asynchronous: bool, answer: object, tracks: tuple[str, ...], serves: str
    ) -> None:
        """An id, several, None, each with a representation or without."""
        events: list[Event] = []

        async def later(scope: Scope) -> object:
            return answer

        hook: Callable[[Scope], object] = later if asynchronous else lambda scope: answer
        app = protect(answering(), track_of=hook, on_event=events.append)
        await ask(app, scope_of("/anything", agent=GPTBOT))
        assert [(event.tracks, event.serves) for event in events] == [(tracks, serves)]

    async def test_the_most_protected_of_several_wins(self) -> None:
        """A release of which one track is reserved is reserved."""
        app = protect(answering(), track_of=lambda scope: ["1", "2"], reader=lambda track, scope: track == "2")
        assert (await ask(app, scope_of("/releases/9", agent=GPTBOT))).status == 403
        assert (await ask(app, scope_of("/releases/9", agent=GPTBOT))).status == 403

    async def test_several_tracks_wait_together(self) -> None:
        """A reader that hangs costs one time-out, and not one for each of them."""
        all_there = asyncio.Barrier(20)

        async def read(track: str, scope: Scope) -> bool:
            await all_there.wait()
            return False

        app = protect(answering(), with_tracks(), track_of=lambda scope: range(20), reader=read)
        assert (await ask(app, scope_of("/releases/9", agent=GPTBOT))).status == 200

    async def test_where_it_names_nothing_the_route_table_counts(self) -> None:
        """None is "I do not know", and opens nothing."""
        app = protect(
            answering(), with_tracks(), track_of=lambda scope: None, reader=lambda track, scope: track == "42"
        )
        assert (await ask(app, scope_of("/tracks/42", agent=GPTBOT))).status == 403
        assert (await ask(app, scope_of("/tracks/7", agent=GPTBOT))).status == 200

    @pytest.mark.parametrize("answer", [3.5, b"42", object(), {"42": 1}, True])
    @pytest.mark.parametrize("on_error", ["allow", "refuse"])
    async def test_nonsense_is_the_most_protected_answer(self, answer: object, on_error: str) -> None:
        """Which track it is cannot be told: no crawler gets it, and no listener is harmed."""
        settings = {"on_error": on_error, "site": {"default": "open"}, "tracks": {"default": "open"}}
        app = protect(answering(), settings, track_of=lambda scope: answer)
        assert [(await ask(app, scope_of(agent=agent))).status for agent in (FIREFOX, GPTBOT)] == [200, 403]
        assert app.counters["failures"] == 2


class TestOurOwnFailure:
    """If our own code fails, the configured mode applies, one traceback is logged and a counter rises."""

    @staticmethod
    def broken(settings: Mapping[str, Any], inner: App) -> NoScrape:
        def clock() -> float:
            raise ZeroDivisionError("injected")

        return protect(inner, settings, clock=clock)

    async def test_the_request_is_let_through_by_default(self, caplog: pytest.LogCaptureFixture) -> None:
        """A music site that is down protects nobody."""
        inner = answering()
        app = self.broken({}, inner)
        for agent in (FIREFOX, GPTBOT, FIREFOX):
            assert (await ask(app, scope_of(agent=agent))).messages == list(inner.messages)
        assert app.counters["failures"] == 3
        assert [record.exc_info is not None for record in caplog.records] == [True]

    async def test_or_refused_where_the_operator_says_so(self) -> None:
        """`on_error = "refuse"`: everybody, with a support id, and HEAD without a body."""
        inner = answering()
        app = self.broken({"on_error": "refuse"}, inner)
        answer = await ask(app, scope_of())
        assert (answer.status, inner.calls) == (403, 0)
        assert answer.value(b"x-support-id") in answer.body
        assert (await ask(app, scope_of(method="HEAD"))).body == b""
        assert (await ask(app, websocket_scope(offers=False))).messages[0]["type"] == "websocket.close"

    @pytest.mark.parametrize(
        ("settings", "path"),
        [
            ({"on_error": "refuse"}, "/robots.txt"),
            ({"on_error": "refuse"}, "/.well-known/tdmrep.json"),
            ({"on_error": "refuse", "mode": "observe"}, "/tracks/42"),
        ],
    )
    async def test_never_what_is_never_refused(self, settings: Mapping[str, Any], path: str) -> None:
        """Not even then: the origin's own documents, and whatever observe mode promised to leave alone."""
        inner = answering()
        assert (await ask(self.broken(settings, inner), scope_of(path))).messages == list(inner.messages)

    async def test_a_hook_that_raises_is_one_too(self) -> None:
        """The app's own hook must not take the site down."""

        def track_of(scope: Scope) -> str:
            raise KeyError("no such header")

        app = protect(answering(), track_of=track_of)
        assert (await ask(app, scope_of())).status == 200

    async def test_an_observer_that_raises_harms_no_request(self, caplog: pytest.LogCaptureFixture) -> None:
        """`on_event` is the app's own; refused stays refused."""

        def on_event(event: Event) -> None:
            raise RuntimeError("the queue of the app is full")

        app = protect(answering(), on_event=on_event)
        for agent, status in ((GPTBOT, 403), (OAI_SEARCHBOT, 200), (GPTBOT, 403)):
            assert (await ask(app, scope_of(agent=agent))).status == status
        assert app.counters["failures"] == 3
        assert len(caplog.records) == 1

    @pytest.mark.parametrize("config", ["missing.toml", {"stance": "no-such"}, {"sight": {}}, 7])
    def test_a_config_that_is_missing_or_wrong_is_fatal(self, config: Any) -> None:
        """Nobody is protected by a policy that they did not write."""
        with pytest.raises(ConfigError):
            NoScrape(answering(), config=config)

    def test_a_log_folder_that_cannot_be_written_is_no_reason_to_be_down(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is said, and the site serves."""
        (tmp_path / "folder").write_text("a file")
        app = NoScrape(answering(), config={"log": {"path": str(tmp_path / "folder" / "noscrape.jsonl")}})
        assert asyncio.run(ask(app, scope_of(agent=GPTBOT))).status == 403
        app.close()
        assert "cannot be written" in caplog.text


class TestRecord:
    """`[log] record` says what is remembered."""

    CASES: Mapping[str, Scope] = {
        "refused": scope_of(agent=GPTBOT),
        "searched": scope_of(agent=OAI_SEARCHBOT),
        "listened": scope_of(),
        "robots": scope_of("/robots.txt"),
        "preflight": scope_of(
            method="OPTIONS", headers=[(b"origin", b"https://x.example"), (b"access-control-request-method", b"GET")]
        ),
        "throttled": scope_of("/quota", client=("198.51.100.99", 1)),
    }
    QUOTA: Mapping[str, Any] = {"quota": [{"name": "few", "limit": "1/day", "paths": ["/quota"]}]}

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            ([], []),
            (["refused"], ["refused", "throttled"]),
            (["crawlers"], ["refused", "searched"]),
            (["own-documents"], ["robots"]),
            (["findings"], ["throttled"]),
            (["reservations"], []),
            (["all"], ["refused", "searched", "listened", "robots", "preflight", "throttled"]),
            (None, ["refused", "searched", "robots", "throttled"]),
        ],
    )
    async def test_each_word_records_what_it_says(self, record: list[str] | None, expected: list[str]) -> None:
        """And nothing else; a preflight is no fetch of a document of ours."""
        events: list[Event] = []
        log = {"path": ""} | ({} if record is None else {"record": record})
        app = protect(answering(), {"log": log, "patterns": self.QUOTA}, on_event=events.append)
        await ask(app, dict(self.CASES["throttled"]))
        events.clear()
        seen = []
        for name, scope in self.CASES.items():
            await ask(app, dict(scope))
            seen += [name for event in events if event.kind != "served"]
            events.clear()
        assert seen == expected

    async def test_only_a_fetch_of_such_a_document_is_called_one(self) -> None:
        """A preflight is let through by the same rule, and is a request like any other."""
        events: list[Event] = []
        app = protect(answering(), {"log": {"path": "", "record": ["all"]}}, on_event=events.append)
        for name in ("robots", "preflight", "listened"):
            await ask(app, dict(self.CASES[name]))
        assert [(event.kind, event.rule, event.served_hash is not None) for event in events] == [
            ("own-document", "own-documents", True),
            ("served", "", True),
            ("request", "own-documents", False),
            ("request", "default", False),
        ]

    async def test_a_fetch_of_robots_txt_is_kept_with_a_hash_of_what_was_served(self) -> None:
        """So that it can be shown later what a crawler was told, and when."""
        events: list[Event] = []
        clock = Clock()
        app = protect(
            answering(body=b"User-agent: *"),
            {"documents": {"robots_txt": "off"}},
            on_event=events.append,
            clock=clock,
        )
        await ask(app, scope_of("/robots.txt", agent=GPTBOT))
        event, _ = events
        assert (event.kind, event.status, event.bytes, event.time) == ("own-document", 200, 13, clock.now)
        assert event.served_hash == sha256(b"User-agent: *").hexdigest()[: len(event.served_hash or "")]
        assert event.served_hash

    async def test_what_went_out_is_counted(self) -> None:
        """Bytes of the body over all its parts, and the kind of delivery."""
        events: list[Event] = []
        start = {"type": "http.response.start", "status": 206, "headers": []}
        for body in (STREAM, ({"type": "http.response.pathsend", "path": "/srv/42.mp3"},)):
            await ask(protect(Answers(start, *body), on_event=events.append), scope_of(agent=OAI_SEARCHBOT))
        assert [(event.status, event.bytes, event.delivery) for event in events] == [
            (206, 6, "body"),
            (206, 0, "pathsend"),
        ]

    async def test_a_request_is_recorded_once(self) -> None:
        """Also where the app's own answer refuses it half-way, or the app raises."""
        events: list[Event] = []

        async def raising(scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError

        settings = {"site": {"default": "open"}}
        await ask(
            protect(answering(headers=[(b"tdm-reservation", b"1")]), settings, on_event=events.append),
            scope_of(agent=GPTBOT),
        )
        with pytest.raises(LookupError):
            await ask(protect(raising, settings, on_event=events.append), scope_of(agent=GPTBOT))
        assert [(event.action, event.status) for event in events] == [("refuse", 403), ("allow", None)]

    async def test_what_is_known_of_a_request_is_in_its_event(self) -> None:
        """Who, what, by which rule; never the query, which may carry secrets."""
        events: list[Event] = []
        app = protect(answering(), with_tracks(), reader=lambda track, scope: True, on_event=events.append)
        scope = scope_of("/tracks/42", agent=GPTBOT, query=b"token=secret", headers=[(b"x-request-id", b"abc-1")])
        await ask(app, scope)
        (event,) = events
        assert (event.kind, event.mode, event.action, event.rule, event.setting) == (
            "request",
            "enforce",
            "refuse",
            "purpose:training",
            "stance",
        )
        assert (event.token, event.operator, event.purpose, event.verification) == (
            "GPTBot",
            "OpenAI",
            "training",
            "unknown",
        )
        assert (event.tracks, event.serves, event.reservation_source, event.reservation_by) == (
            ("42",),
            "page",
            "reader",
            "owner",
        )
        assert (event.client, event.method, event.path, event.request_id) == (
            "198.51.100.7",
            "GET",
            "/tracks/42",
            "abc-1",
        )
        assert "secret" not in event.to_json()

    async def test_a_path_is_cut(self) -> None:
        """A path of a megabyte fills no log."""
        events: list[Event] = []
        await ask(protect(answering(), on_event=events.append), scope_of("/" + "a" * 1_000_000, agent=GPTBOT))
        assert len(events[0].path or "") == 500


class TestQuotas:
    """Rates, through the whole stack."""

    @staticmethod
    def app(clock: Clock, **quota: Any) -> NoScrape:
        settings = {"patterns": {"quota": [{"name": "few", "limit": "2/minute"} | quota]}, **with_tracks()}
        return protect(answering(), settings, clock=clock)

    async def test_a_client_over_its_quota_waits(self) -> None:
        """429 with Retry-After (RFC 6585 section 4), never for another client, and no longer than it says."""
        clock = Clock()
        app = self.app(clock)
        statuses = [(await ask(app, scope_of(f"/tracks/{n}"))).status for n in range(2)]
        answer = await ask(app, scope_of("/tracks/3"))
        assert (statuses, answer.status, answer.value(b"cache-control")) == ([200, 200], 429, b"no-store")
        assert (await ask(app, scope_of("/tracks/3", client=("203.0.113.9", 1)))).status == 200
        clock.forward(int(answer.value(b"retry-after")))
        assert (await ask(app, scope_of("/tracks/3"))).status == 200
        assert app.counters["throttled"] == 1

    async def test_the_segments_of_one_track_are_one_access(self) -> None:
        """A player fetches hundreds of them."""
        app = self.app(Clock())
        statuses = {(await ask(app, scope_of(f"/stream/42/{n}.ts"))).status for n in range(300)}
        assert statuses == {200}

    @pytest.mark.parametrize(("action", "status"), [("refuse", 403), ("observe", 200)])
    async def test_what_it_does_is_as_configured(self, action: str, status: int) -> None:
        """403, or only a line in the log."""
        app = self.app(Clock(), action=action)
        statuses = [(await ask(app, scope_of(f"/tracks/{n}"))).status for n in range(3)]
        assert statuses == [200, 200, status]

    async def test_a_finding_that_is_only_observed_survives_the_apps_own_answer(self) -> None:
        """What the app's headers reserve besides does not wipe it from the record."""
        events: list[Event] = []
        settings = {"patterns": {"quota": [{"name": "few", "limit": "1/day", "action": "observe"}]}}
        app = protect(answering(headers=[(b"tdm-reservation", b"1")]), settings, on_event=events.append)
        for _ in range(2):
            await ask(app, scope_of())
        assert [(event.rule, event.outcome) for event in events] == [("quota:few", "would-throttle")]

    @pytest.mark.parametrize(
        ("client", "again"),
        [
            (("198.51.100.7", 1), ["198.51.100.7", 2]),
            (["2001:db8::1", 1], ("2001:db8::ffff", "2")),
            (("::ffff:198.51.100.7", 1), ("::ffff:198.51.100.7", 9)),
        ],
    )
    async def test_one_client_is_counted_as_one(self, client: Any, again: Any) -> None:
        """Whatever port, in a tuple or a list; IPv6 by its /64."""
        app = self.app(Clock())
        statuses = [
            (await ask(app, scope_of(f"/tracks/{n}", client=address))).status
            for n, address in enumerate((client, again, client))
        ]
        assert statuses == [200, 200, 429]

    @pytest.mark.parametrize("client", [None, ("", "0"), ["", 0], ("/run/app.sock", 0), ("testclient", 50_000)])
    async def test_a_client_without_an_address_is_served(self, client: Any) -> None:
        """On a unix socket, servers tell of nobody; the request is decided all the same."""
        app = protect(answering())
        assert (await ask(app, scope_of(client=client))).status == 200
        assert (await ask(app, scope_of(client=client, agent=GPTBOT))).status == 403

    async def test_nobody_is_counted_together_for_want_of_an_address(self) -> None:
        """On a unix socket without forwarded headers all listeners would share one quota."""
        app = self.app(Clock())
        statuses = {(await ask(app, scope_of(f"/tracks/{n}", client=None))).status for n in range(10)}
        assert statuses == {200}


class TestReload:
    """The file changes while the app runs."""

    @staticmethod
    def polled(app: NoScrape) -> None:
        """Look twice, as the thread does: a file that is being written is left alone."""
        reloader = Reloader(
            app.site.loaded.file or "", app.site.loaded, app._swap, app._keep, tokens=app.site.catalog.tokens
        )
        reloader.poll()
        reloader.poll()

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "noscrape.toml"
        file.write_text('[log]\npath = ""\n[[tracks.routes]]\npath = "/tracks/{track_id}"\n')
        return file

    async def test_a_better_file_is_taken(self, file: Path) -> None:
        """Built, validated, then swapped; the event says so."""
        events: list[Event] = []
        app = NoScrape(answering(), config=file, on_event=events.append)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403
        edit(file, before='stance = "signal-only"\n')
        self.polled(app)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 200
        assert "reloaded" in [event.kind for event in events]
        app.close()

    @pytest.mark.parametrize("text", ["", "stance = ", 'stance = "none"', "[sight]\n", "\x00", '[log]\npath = "'])
    async def test_a_broken_one_is_not(self, file: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
        """The last good one stays, and the reason is told."""
        app = NoScrape(answering(), config=file)
        replace(file, text)
        self.polled(app)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403
        assert "the last good one stays" in caplog.text
        app.close()

    async def test_a_file_that_is_gone_changes_nothing(self, file: Path) -> None:
        """The site stays as it was."""
        app = NoScrape(answering(), config=file)
        replace(file, None)
        self.polled(app)
        assert (await ask(app, scope_of(agent=GPTBOT))).status == 403
        app.close()

    async def test_counters_and_caches_are_kept(self, file: Path) -> None:
        """No track is read anew, nothing that was counted or heard is forgotten, and nobody's quota begins again."""
        reads: list[str] = []

        def read(track: str, scope: Scope) -> bool:
            reads.append(track)
            return track == "42"

        edit(file, after='[[patterns.quota]]\nname = "few"\nlimit = "2/day"\n')
        app = NoScrape(answering(), config=file, reader=read, clock=Clock())
        await ask(app, scope_of("/tracks/42", agent=GPTBOT))
        for _ in range(2):
            await ask(app, scope_of("/tracks/42"))
        edit(file, before='stance = "no-ai"\n')
        self.polled(app)
        assert (await ask(app, scope_of("/tracks/42"))).status == 429
        assert (reads, app.counters["refused"]) == (["42"], 1)
        app.close()

    async def test_what_waits_for_a_restart_is_said(self, file: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Caches and files outlive a reload."""
        app = NoScrape(answering(), config=file)
        edit(file, before="[tracks]\ncache_seconds = 5.0\n")
        self.polled(app)
        assert "tracks.cache_seconds" in caplog.text
        app.close()

    async def test_a_request_that_is_under_way_keeps_its_configuration(self, file: Path) -> None:
        """One snapshot for the whole request."""
        later = answering()

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            if later.calls == 0:
                edit(file, before="[signals]\nx_robots_tag = false\ntdm_reservation = false\n")
                self.polled(app)
            await later(scope, receive, send)

        app = NoScrape(inner, config=file)
        assert (await ask(app, scope_of())).headers == [*PAGE, *SIGNALS]
        assert (await ask(app, scope_of())).headers == [*PAGE, SIGNALS[2]]
        app.close()

    async def test_the_thread_is_started_by_the_first_request_and_ended_by_close(self, file: Path) -> None:
        """Workers fork after the constructor; an app that is used again after its end follows the file again."""
        app = NoScrape(answering(), config=file)

        def threads() -> int:
            return sum(thread.name == "noscrape-reload" for thread in threading.enumerate())

        assert threads() == 0
        for _ in range(2):
            await ask(app, scope_of())
            assert threads() == 1
            app.close()
            assert threads() == 0


class TestTwoApps:
    """Two apps in one process share nothing that was not handed to both."""

    async def test_they_share_nothing(self) -> None:
        """Not reservations, quotas, counters, nor what was told once."""
        clock = Clock()
        quota = {"patterns": {"quota": [{"name": "few", "limit": "1/day"}]}, **with_tracks()}
        one = protect(answering(headers=[(b"x-robots-tag", b"noai")]), quota, clock=clock)
        two = protect(answering(), {**quota, **with_tracks(default="open")}, clock=clock)
        await ask(one, scope_of())
        assert (await ask(two, scope_of(agent=GPTBOT))).status == 200
        assert (await ask(one, scope_of(agent=GPTBOT))).status == 403
        assert (one.counters.get("refused"), two.counters.get("refused")) == (1, None)

    async def test_one_inside_another_works(self) -> None:
        """Each decides by its own configuration."""
        inner = protect(answering(), {"site": {"default": "open"}, "crawlers": {"agents": {"CCBot": "refuse"}}})
        outer = protect(inner, {"site": {"default": "open"}, "crawlers": {"agents": {"GPTBot": "refuse"}}})
        assert (await ask(outer, scope_of(agent=b"CCBot/2.0"))).status == 403
        assert (await ask(outer, scope_of(agent=GPTBOT))).status == 403
        assert (await ask(outer, scope_of(agent=FIREFOX))).status == 200


class TestServersAndMounts:
    """The ways in which servers and frameworks call an app."""

    async def test_by_keyword(self) -> None:
        """As daphne does."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await protect(answering())(scope=scope_of(agent=GPTBOT), receive=receive, send=send)
        assert sent[0]["status"] == 403

    async def test_mounted_under_a_prefix(self, caplog: pytest.LogCaptureFixture) -> None:
        """Routes are relative to `root_path`; that the origin's robots.txt is out of reach is said once."""
        app = protect(answering(), with_tracks(), reader=lambda track, scope: track == "42")
        for _ in range(2):
            scope = scope_of("/music/tracks/42", agent=GPTBOT, root_path="/music")
            assert (await ask(app, scope)).status == 403
            scope = scope_of("/music/tracks/7", agent=GPTBOT, root_path="/music")
            assert (await ask(app, scope)).status == 200
        assert len([record for record in caplog.records if "stands under" in record.message]) == 1

    async def test_the_scope_holds_the_middleware(self) -> None:
        """The app finds `forget()` and `counters` there."""
        inner = answering()
        app = protect(inner)
        await ask(app, scope_of())
        assert inner.scopes[0]["noscrape"] is app

    async def test_only_what_is_missing_of_a_scope_is_filled(self) -> None:
        """ASGI makes `root_path`, `query_string` and `client` optional."""
        scope = scope_of(agent=GPTBOT)
        for key in ("root_path", "client", "query_string", "raw_path", "server", "scheme", "asgi"):
            scope.pop(key, None)
        assert (await ask(protect(answering()), scope)).status == 403


@contextmanager
def nothing_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever touches a disk, a socket or another thread's time raises."""

    def forbidden(*arguments: object, **more: object) -> Any:
        raise AssertionError(f"blocking call: {arguments}")

    with monkeypatch.context() as patch:
        for name in (
            "builtins.open",
            "io.open",
            "os.open",
            "os.stat",
            "socket.socket",
            "socket.getaddrinfo",
            "time.sleep",
            "threading.Thread.start",
            "subprocess.Popen",
        ):
            patch.setattr(name, forbidden)
        yield


async def test_a_warm_request_touches_no_disk_no_socket_and_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Refused or let through, recorded or not: everything was opened before, and the log has a thread of its own."""
    file = tmp_path / "noscrape.toml"
    file.write_text('[[tracks.routes]]\npath = "/tracks/{track_id}"\n[[patterns.quota]]\nname = "x"\nlimit = "9/day"\n')
    app = NoScrape(answering(), config=file, reader=lambda track, scope: True)
    agents = (FIREFOX, GPTBOT, OAI_SEARCHBOT)
    for agent in agents:
        await ask(app, scope_of(agent=agent))
    with nothing_blocks(monkeypatch):
        statuses = [(await ask(app, scope_of(agent=agent))).status for agent in agents]
    app.close()
    assert statuses == [200, 403, 200]


async def test_it_speaks_only_through_its_own_logger(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed, and nothing is logged for a request that goes well."""
    with caplog.at_level(logging.DEBUG, "noscrape"):
        await ask(protect(answering()), scope_of(agent=GPTBOT))
    assert (caplog.text, *capsys.readouterr()) == ("", "", "")


def test_a_reader_that_cannot_be_made_is_told_at_once() -> None:
    """A database that no driver knows is a fault of the configuration, not of a request."""
    pytest.importorskip("sqlalchemy")
    reader = {"kind": "sql", "url": "mystery+async://x/y", "query": "SELECT 1 FROM t WHERE id = :track_id"}
    with pytest.raises(NoScrapeError):
        protect(answering(), with_tracks(reader=reader))
