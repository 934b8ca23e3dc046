"""The site's own documents: the app's, ours where it has none, or both in one."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from noscrape import ConfigError, Event, NoScrape
from noscrape.signals import tdmrep
from noscrape.standards import robots_txt
from noscrape.standards import tdmrep as tdmrep_text
from tests.asgi import FIREFOX, GPTBOT, Answer, Answers, App, Headers, Message, answering, ask, scope_of

TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)
HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)

APPS_OWN = b"# ours\nUser-agent: *\nDisallow: /admin/\n\nUser-agent: GPTBot\nAllow: /\n"


def protect(app: App, **settings: Any) -> NoScrape:
    return NoScrape(app, config={"log": {"path": ""}} | settings)


def missing() -> Answers:
    return answering(404, HTML, b"<h1>not found</h1>")


async def robots(app: App, **request: Any) -> Answer:
    return await ask(app, scope_of("/robots.txt", **request))


class TestRobotsTxtWhereTheAppHasNone:
    """It is made from the policy that also decides about requests."""

    @pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 501])
    async def test_ours_is_served(self, status: int) -> None:
        """Whichever way the app says that it has none; a crawler takes each 4xx for "nothing is forbidden"."""
        answer = await robots(protect(answering(status, HTML, b"<h1>no</h1>")))

        read = robots_txt.parse(answer.body)
        assert 200 == answer.status
        assert b"text/plain; charset=utf-8" == answer.value(b"content-type")
        assert not read.allows("GPTBot", "/")
        assert not read.allows("Google-Extended", "/tracks/42")
        assert read.allows("Googlebot", "/")
        assert read.allows("ChatGPT-User", "/")

    async def test_a_page_that_stands_in_for_everything_is_no_robots_txt(self) -> None:
        """Single-page apps answer each path with their HTML and 200."""
        answer = await robots(protect(answering(200, HTML, b"<!doctype html>")))

        assert not robots_txt.parse(answer.body).allows("CCBot", "/")

    async def test_a_robots_txt_that_is_sent_as_a_page_is_one(self) -> None:
        """Frameworks send texts as text/html where nobody says otherwise; what it says holds on."""
        answer = await robots(protect(answering(200, HTML, b"User-agent: *\nDisallow: /private/\n")))

        read = robots_txt.parse(answer.body)
        assert (False, False) == (read.allows("Googlebot", "/private/x"), read.allows("CCBot", "/"))
        assert b"text/plain; charset=utf-8" == answer.value(b"content-type")

    async def test_it_is_served_before_the_app_is_done(self) -> None:
        """A status says enough: what an app does afterwards, or fails at, is its own."""
        answer: list[Message] = []
        sent: list[int] = []

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            sent.append(len(answer))
            raise RuntimeError("a task in the background")

        async def keep(message: Message) -> None:
            answer.append(message)

        async def nothing() -> Message:
            return {"type": "http.request"}

        with pytest.raises(RuntimeError, match="in the background"):
            await protect(slow)(scope_of("/robots.txt"), nothing, keep)
        assert ([2], 200) == (sent, answer[0]["status"])

    async def test_everybody_gets_the_same(self) -> None:
        """It never varies by user agent (RFC 9309 has one file for all)."""
        app = protect(missing())

        bodies = {(await robots(app, agent=agent)).body for agent in (FIREFOX, GPTBOT, None)}

        assert 1 == len(bodies)

    async def test_it_can_be_kept_and_asked_for_again(self) -> None:
        """With max-age, and an ETag that answers 304."""
        app = protect(missing(), documents={"max_age_seconds": 60})
        first = await robots(app)

        again = await robots(app, headers=[(b"if-none-match", b'"x", W/' + first.value(b"etag"))])
        other = await robots(app, headers=[(b"if-none-match", b'"x"')])

        assert b"public, max-age=60" == first.value(b"cache-control")
        assert (304, b"", first.value(b"etag")) == (again.status, again.body, again.value(b"etag"))
        assert (200, first.body) == (other.status, other.body)

    async def test_head_gets_the_headers_alone(self) -> None:
        """And the length that GET would have."""
        app = protect(missing())

        got, head = await robots(app), await robots(app, method="HEAD")

        assert (200, b"", got.headers) == (head.status, head.body, head.headers)
        assert b"%d" % len(got.body) == head.value(b"content-length")

    @pytest.mark.parametrize("status", [301, 302, 308, 429, 500, 503])
    async def test_what_is_no_absence_is_left_alone(self, status: int) -> None:
        """A redirect is an answer, and 5xx means "crawl nothing": ours would say more than is known."""
        answer = await robots(protect(answering(status, HTML, b"later")))

        assert (status, b"later") == (answer.status, answer.body)

    @pytest.mark.parametrize("settings", [{"mode": "observe"}, {"documents": {"robots_txt": "off"}}])
    async def test_it_can_be_switched_off(self, settings: dict[str, Any]) -> None:
        """By name, and by observe mode, which changes no byte."""
        answer = await robots(protect(missing(), **settings))

        assert (404, b"<h1>not found</h1>") == (answer.status, answer.body)

    async def test_under_a_prefix_it_is_not_ours_to_serve(self) -> None:
        """The origin's robots.txt is another's."""
        scope = scope_of("/sub/robots.txt", root_path="/sub")

        assert 404 == (await ask(protect(missing()), scope)).status

    async def test_other_methods_are_the_apps(self) -> None:
        """POST asks for no document."""
        answer = await robots(protect(missing()), method="POST")

        assert 404 == answer.status


class TestRobotsTxtOfTheApp:
    """Merged by default, and no rule of it gets weaker."""

    async def test_both_are_in_it(self) -> None:
        """What the app said of all, and what we refuse, though the app would have let it in."""
        answer = await robots(protect(answering(200, TEXT, APPS_OWN)))

        before, after = robots_txt.parse(APPS_OWN), robots_txt.parse(answer.body)
        assert before.allows("GPTBot", "/tracks/1")
        assert not after.allows("GPTBot", "/tracks/1")
        assert not after.allows("Googlebot", "/admin/x")
        assert after.allows("Googlebot", "/tracks/1")
        assert b"# ours\n" in answer.body

    async def test_the_apps_headers_stay_but_those_of_its_own_text(self) -> None:
        """A length or a tag of another text would be wrong."""
        headers = [
            *TEXT,
            (b"content-length", b"%d" % len(APPS_OWN)),
            (b"etag", b'"theirs"'),
            (b"last-modified", b"Mon, 02 Nov 2026 10:00:00 GMT"),
            (b"cache-control", b"max-age=5"),
            (b"x-served-by", b"app"),
        ]

        answer = await robots(protect(answering(200, headers, APPS_OWN)))

        assert b"%d" % len(answer.body) == answer.value(b"content-length")
        assert b'"theirs"' != answer.value(b"etag")
        assert [] == answer.values(b"last-modified")
        assert (b"max-age=5", b"app") == (answer.value(b"cache-control"), answer.value(b"x-served-by"))

    async def test_serve_leaves_it_as_it_is(self) -> None:
        """`robots_txt = "serve"` is for sites that have said all in their own."""
        answer = await robots(protect(answering(200, TEXT, APPS_OWN), documents={"robots_txt": "serve"}))

        assert (list(TEXT), APPS_OWN) == (answer.headers, answer.body)

    async def test_the_app_is_asked_for_the_whole_text(self) -> None:
        """Half of it, a packed one, or "not changed" could not be merged."""
        inner = answering(200, TEXT, APPS_OWN)
        conditions = [
            (b"range", b"bytes=0-3"),
            (b"accept-encoding", b"gzip"),
            (b"if-none-match", b'"theirs"'),
            (b"if-modified-since", b"Mon, 02 Nov 2026 10:00:00 GMT"),
        ]

        answer = await robots(
            protect(inner), method="HEAD", headers=conditions, extensions={"http.response.pathsend": {}, "x": {}}
        )

        (scope,) = inner.scopes
        assert (200, b"") == (answer.status, answer.body)
        assert ("GET", {"x": {}}) == (scope["method"], scope["extensions"])
        assert [] == [name for name, _ in scope["headers"] if name in dict(conditions)]

    async def test_a_text_in_many_pieces(self) -> None:
        """As streams send it."""
        pieces = [bytes([byte]) for byte in APPS_OWN]
        messages: list[Message] = [{"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces]
        inner = Answers(
            {"type": "http.response.start", "status": 200, "headers": list(TEXT)},
            *messages,
            {"type": "http.response.body"},
        )

        whole = await robots(protect(answering(200, TEXT, APPS_OWN)))

        assert whole.body == (await robots(protect(inner))).body

    @pytest.mark.parametrize("head", [False, True])
    async def test_one_that_is_longer_than_crawlers_read_passes(self, head: bool) -> None:
        """It is never held as a whole."""
        line = b"# a comment of one hundred characters, nearly" + b"." * 54 + b"\n"
        messages: list[Message] = [{"type": "http.response.body", "body": line * 100, "more_body": True}] * 200
        inner = Answers(
            {"type": "http.response.start", "status": 200, "headers": list(TEXT)},
            *messages,
            {"type": "http.response.body", "body": b"end"},
        )

        answer = await robots(protect(inner), method="HEAD" if head else "GET")

        assert (200, list(TEXT)) == (answer.status, answer.headers)
        assert (b"" if head else line * 20_000 + b"end") == answer.body

    async def test_one_that_is_packed_all_the_same_passes(self) -> None:
        """It cannot be read without unpacking it."""
        headers = [*TEXT, (b"Content-Encoding", b"br")]

        answer = await robots(protect(answering(200, headers, b"\x1b\x03")))

        assert (headers, b"\x1b\x03") == (answer.headers, answer.body)

    async def test_notes_are_told_once(self, caplog: pytest.LogCaptureFixture) -> None:
        """What was changed in the app's own is the operator's to know."""
        app = protect(answering(200, TEXT, APPS_OWN + b"Content-Usage: train-ai=y\n"))

        with caplog.at_level(logging.WARNING, "noscrape"):
            first, second = await robots(app), await robots(app)

        assert first.body == second.body
        told = [record.getMessage() for record in caplog.records]
        assert len(told) == len(set(told)) > 0
        assert all(text.startswith("robots.txt: ") for text in told)

    async def test_a_file_of_the_operators_stands_in_for_it(self, tmp_path: Path) -> None:
        """The app is not asked."""
        (tmp_path / "mine.txt").write_bytes(b"User-agent: *\nDisallow: /private/\n")
        inner = answering(200, TEXT, APPS_OWN)

        answer = await robots(protect(inner, documents={"robots_file": str(tmp_path / "mine.txt")}))

        read = robots_txt.parse(answer.body)
        assert 0 == inner.calls
        assert not read.allows("Googlebot", "/private/x")
        assert not read.allows("CCBot", "/")

    async def test_an_empty_file_of_the_operators_stands_in_too(self, tmp_path: Path) -> None:
        """It says that everything may be crawled, and is no missing file."""
        (tmp_path / "mine.txt").write_bytes(b"")
        inner = answering(200, TEXT, APPS_OWN)

        answer = await robots(protect(inner, documents={"robots_file": str(tmp_path / "mine.txt")}))

        assert (0, True) == (inner.calls, robots_txt.parse(answer.body).allows("Googlebot", "/admin/"))

    @pytest.mark.parametrize(
        ("status", "headers", "body", "why"),
        [
            (200, TEXT, b"#" * 600_000, "has more than 512_000 bytes"),
            (200, [*TEXT, (b"content-encoding", b"gzip")], b"\x1f\x8b", "is sent packed"),
            (301, [(b"location", b"/robots")], b"", "is a redirect"),
        ],
        ids=["too long", "packed", "redirect"],
    )
    async def test_what_cannot_be_merged_is_told(
        self, status: int, headers: Headers, body: bytes, why: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It goes out as it is; crawlers that are refused are not told, and the operator is."""
        inner = answering(status, headers, body)
        app = protect(inner)
        for _ in range(2):
            answer = await robots(app)
            assert (status, list(headers), body) == (answer.status, answer.headers, answer.body)
        assert [why in record.getMessage() for record in caplog.records] == [True]

    async def test_an_answer_that_ends_halfway_goes_out_as_it_is(self) -> None:
        """It is no sign that there is none: everything would be open that the rest of it forbids."""
        inner = Answers(
            {"type": "http.response.start", "status": 200, "headers": list(TEXT)},
            {"type": "http.response.body", "body": b"User-agent: *\n", "more_body": True},
        )
        assert (await robots(protect(inner))).messages == list(inner.messages)

    @pytest.mark.parametrize("mode", ["enforce", "observe"])
    async def test_a_start_without_headers(self, mode: str) -> None:
        """They are optional in ASGI."""
        inner = Answers({"type": "http.response.start", "status": 500}, {"type": "http.response.body", "body": b""})
        events: list[Event] = []
        app = NoScrape(inner, config={"log": {"path": ""}, "mode": mode}, on_event=events.append)
        assert (500, ["own-document"]) == ((await robots(app)).status, [event.kind for event in events])

    async def test_a_policy_whose_url_is_encoded(self) -> None:
        """Servers decode paths: it is served, and nobody is refused it."""
        site = {"policy": "https://music.example/ai%20policy.json"}
        answer = await ask(protect(missing(), site=site), scope_of("/ai policy.json", agent=GPTBOT))
        assert (200, "https://music.example/ai%20policy.json") == (answer.status, json.loads(answer.body)["uid"])

    async def test_a_preflight_of_it_is_the_apps(self) -> None:
        """It asks for no document: the app gets it as it came, and answers (Fetch section 3.3.2)."""
        inner = answering(204, [(b"access-control-allow-origin", b"*")], b"")
        asking = [(b"origin", b"https://player.example"), (b"access-control-request-method", b"GET")]

        answer = await robots(protect(inner), method="OPTIONS", headers=asking)

        assert answer.messages == list(inner.messages)

    @pytest.mark.parametrize("content", [None, b"#" * 600_000])
    async def test_a_file_that_cannot_be_used_is_fatal_at_the_start(
        self, content: bytes | None, tmp_path: Path
    ) -> None:
        """Nobody is protected by what they did not write."""
        file = tmp_path / "mine.txt"
        if content is not None:
            file.write_bytes(content)

        with pytest.raises(ConfigError, match=r"documents\.robots_file: .*mine\.txt "):
            protect(answering(), documents={"robots_file": str(file)})


class TestTdmrep:
    """`/.well-known/tdmrep.json`."""

    async def test_ours_is_served_where_the_app_has_none(self) -> None:
        """One rule tells it of the whole site."""
        answer = await ask(protect(missing()), scope_of("/.well-known/tdmrep.json", agent=GPTBOT))

        rules = tdmrep_text.parse(answer.body)
        assert (200, b"application/json") == (answer.status, answer.value(b"content-type"))
        assert 1 == tdmrep_text.statement(rules, "/tracks/42").reservation

    async def test_the_apps_own_is_not_touched(self) -> None:
        """It is a document of its owner's, to the byte."""
        headers = [(b"content-type", b"application/json")]

        answer = await ask(protect(answering(200, headers, b"[]")), scope_of("/.well-known/tdmrep.json"))

        assert (headers, b"[]") == (answer.headers, answer.body)

    @pytest.mark.parametrize(
        "settings",
        [
            {"documents": {"tdmrep": False}},
            {"signals": {"tdm_reservation": False}},
            {"mode": "observe"},
            {"site": {"default": "open"}, "tracks": {"default": "open"}},
        ],
        ids=["off", "the standard is off", "observe", "nothing is reserved"],
    )
    async def test_where_there_is_nothing_to_say(self, settings: dict[str, Any]) -> None:
        """The app's answer stands."""
        answer = await ask(protect(missing(), **settings), scope_of("/.well-known/tdmrep.json"))

        assert 404 == answer.status

    async def test_other_well_known_files_are_the_apps(self) -> None:
        """Nothing is made up."""
        assert 404 == (await ask(protect(missing()), scope_of("/.well-known/security.txt"))).status

    async def test_tracks_alone(self) -> None:
        """A site that is open, and its tracks are not."""
        app = protect(
            missing(), site={"default": "open"}, tracks={"routes": [{"path": "/tracks/{id}"}, {"path": "/m/{id}.wav"}]}
        )

        answer = await ask(app, scope_of("/.well-known/tdmrep.json"))

        rules = tdmrep_text.parse(answer.body)
        said = {path: tdmrep_text.statement(rules, path).reservation for path in ("/", "/tracks/1", "/m/1.wav?sig=2")}
        assert {"/": None, "/tracks/1": 1, "/m/1.wav?sig=2": 1} == said


NAMED = {"policy": "https://music.example/ai.json", "licence": "https://music.example/license.xml"}


class TestPolicyAndLicence:
    """The documents that headers name."""

    async def test_the_policy_is_odrl(self) -> None:
        """Mining by consent (TDMRep section 4)."""
        app = protect(missing(), site=NAMED | {"contact": "a@music.example"}, documents={"publisher": "Music"})

        answer = await ask(app, scope_of("/ai.json", agent=GPTBOT))

        policy = json.loads(answer.body)
        assert (200, b"application/ld+json") == (answer.status, answer.value(b"content-type"))
        assert (NAMED["policy"], "Music") == (policy["uid"], policy["assigner"]["vcard:fn"])

    async def test_the_licence_is_rsl(self) -> None:
        """RSL 1.0, open to the crawlers that it speaks to."""
        answer = await ask(protect(missing(), site=NAMED), scope_of("/license.xml", agent=GPTBOT))

        assert (200, b"application/rsl+xml") == (answer.status, answer.value(b"content-type"))
        assert b"https://rslstandard.org/rsl" in answer.body

    @pytest.mark.parametrize("path", ["/ai.json", "/license.xml"])
    async def test_the_apps_own_is_not_touched(self, path: str) -> None:
        """Not even by signals: they are no works."""
        headers = [(b"content-type", b"application/xml")]

        answer = await ask(protect(answering(200, headers, b"<mine/>"), site=NAMED), scope_of(path, agent=GPTBOT))

        assert (200, headers, b"<mine/>") == (answer.status, answer.headers, answer.body)

    @pytest.mark.parametrize(
        ("path", "settings"),
        [
            ("/ai.json", {"documents": {"policy": False}}),
            ("/license.xml", {"documents": {"licence": False}}),
            ("/license.xml", {"site": {"default": "open"}, "tracks": {"default": "open"}}),
            ("/ai", {"site": {"policy": "https://music.example/ai"}}),
        ],
    )
    async def test_where_there_is_nothing_to_serve(self, path: str, settings: dict[str, Any]) -> None:
        """Switched off, or a page for people, which only the app can write."""
        site = NAMED | settings.pop("site", {})

        assert 404 == (await ask(protect(missing(), site=site, **settings), scope_of(path))).status


class TestTheRecord:
    """What a crawler was told can be read afterwards."""

    @staticmethod
    def recording(app: App, **settings: Any) -> tuple[NoScrape, list[Event]]:
        events: list[Event] = []
        return NoScrape(app, config={"log": {"path": ""}} | settings, on_event=events.append), events

    @pytest.mark.parametrize("mode", ["enforce", "observe"])
    async def test_each_text_is_kept_once(self, mode: str) -> None:
        """With the hash that the fetches carry, in observe mode too."""
        app, events = self.recording(answering(200, TEXT, APPS_OWN), mode=mode)

        answers = [await robots(app, agent=GPTBOT) for _ in range(3)]

        served = [event for event in events if event.kind == "served"]
        fetched = [event for event in events if event.kind == "own-document"]
        assert [answers[0].body.decode()] == [event.detail["text"] for event in served]
        assert {served[0].served_hash} == {event.served_hash for event in fetched}
        assert [len(answers[0].body)] * 3 == [event.bytes for event in fetched]

    @pytest.mark.parametrize(
        ("headers", "body"), [(TEXT, b"#" * 100_001), ((*TEXT, (b"content-encoding", b"br")), b"\x1b")]
    )
    async def test_one_that_cannot_be_kept_is_told_of(self, headers: Headers, body: bytes) -> None:
        """Too long for a line of the log, or packed."""
        app, events = self.recording(answering(200, headers, body), documents={"robots_txt": "off"})

        await robots(app)

        (served,) = [event for event in events if event.kind == "served"]
        assert {"omitted"} == set(served.detail)

    async def test_a_fetch_that_found_nothing_new_is_recorded_as_such(self) -> None:
        """304, and no bytes."""
        app, events = self.recording(missing())
        first = await robots(app)

        await robots(app, headers=[(b"if-none-match", first.value(b"etag"))])

        assert [200, 304] == [event.status for event in events if event.kind == "own-document"]


def test_the_locations_are_those_of_the_document() -> None:
    """No pattern needs quoting twice."""
    assert b'"/"' in tdmrep.document([tdmrep.Location("/", reserved=True)])
