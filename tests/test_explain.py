"""One request, told in full: what is told is what traffic would get."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noscrape import Event, NoScrape
from noscrape.config import load
from noscrape.explain import Explanation, explain, facts_of_event
from noscrape.middleware import facts_of
from noscrape.readers import CallableReader
from noscrape.request import Facts
from noscrape.reservation import reservation
from noscrape.site import Site
from tests.asgi import FIREFOX, GPTBOT, OAI_SEARCHBOT, PAGE, Clock, answering, ask, scope_of

ROUTES: dict[str, Any] = {"tracks": {"routes": [{"path": "/tracks/{track_id}"}]}}


GOOGLEBOT = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def impostor(client: str | None) -> Event:
    """A line of the log of somebody who was refused for not being Googlebot."""
    return Event(
        kind="request",
        time=0.0,
        action="refuse",
        status=403,
        rule="impostor",
        client=client,
        user_agent=GOOGLEBOT.decode(),
        token="Googlebot",
        operator="Google",
        verification="contradicted",
        verified_how="ip-ranges: in no list",
        method="GET",
        path="/tracks/42",
    )


async def explained(event: Event, settings: Any = None) -> Explanation:
    """What is told of a line of the log, as it is read back."""
    event = Event.from_json(event.to_json())
    return await explain(site_of(settings), facts_of_event(event), event=event)


def site_of(settings: Any = None, **more: Any) -> Site:
    return Site(load(settings if settings is not None else {}), clock=Clock(), **more)


async def told(settings: Any = None, *, said: Any = None, reader: Any = None, **request: Any) -> Explanation:
    site = site_of(settings, readers=[CallableReader(reader)] if reader else [])
    statement = reservation(said, source="--reservation") if said is not None else None
    explanation = await explain(site, facts_of(scope_of(**request)), said=statement)
    await site.reservations.close()
    return explanation


SETTINGS: list[dict[str, Any]] = [
    {},
    {"mode": "observe"},
    {"stance": "no-ai", **ROUTES},
    {"stance": "signal-only"},
    {"site": {"default": "open"}},
    {"crawlers": {"agents": {"GPTBot": "allow", "OAI-SearchBot": "refuse"}}},
    {"crawlers": {"training": "observe"}, "site": {"policy": "https://music.example/ai"}},
    {"clients": {"partners": ["198.51.100.0/24"]}},
    {"signals": {"tdm_reservation": False, "content_usage": "off"}},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: json.dumps(settings)[:60])
@pytest.mark.parametrize("agent", [FIREFOX, GPTBOT, OAI_SEARCHBOT, None])
@pytest.mark.parametrize("path", ["/tracks/42", "/.well-known/security.txt"])
async def test_it_tells_what_traffic_gets(settings: dict[str, Any], agent: bytes | None, path: str) -> None:
    """The same status and headers as the middleware sends, and the same rule as the log names."""
    events: list[Event] = []
    app = NoScrape(answering(), config={**settings, "log": {"path": "", "record": ["all"]}}, on_event=events.append)
    scope = scope_of(path, agent=agent)
    answer = await ask(app, scope)
    explanation = await explain(site_of(settings), facts_of(scope))
    status, headers = explanation.sent
    support_id = (b"x-support-id", answer.value(b"x-support-id")) if status is not None else None
    sent = [(name.encode(), value.encode()) for name, value in headers]
    expected = [("x-support-id", "0000000000000000") == header for header in headers]
    sent = [support_id if example and support_id else header for example, header in zip(expected, sent, strict=True)]
    assert (status or 200, sent if status else [*PAGE, *sent]) == (answer.status, answer.headers)
    assert explanation.decision.rule == events[0].rule


@pytest.mark.parametrize(
    ("settings", "path", "told_of_it"),
    [
        ({}, "/robots.txt", "the app's own merged with ours"),
        ({"documents": {"robots_txt": "serve"}}, "/robots.txt", "the app's own, or ours where it has none"),
        ({"documents": {"robots_txt": "off"}}, "/robots.txt", ""),
        ({"mode": "observe"}, "/robots.txt", ""),
        ({}, "/.well-known/tdmrep.json", "the app's own, or ours where it has none"),
        ({}, "/.well-known/security.txt", ""),
        ({}, "/tracks/42", ""),
    ],
)
async def test_it_tells_whose_document_is_served(settings: dict[str, Any], path: str, told_of_it: str) -> None:
    """The app's, ours, or both in one."""
    explanation = await explain(site_of(settings), facts_of(scope_of(path)))
    assert told_of_it == explanation.document
    assert ("document" in dict(explanation.lines())) is bool(told_of_it)


class TestSetting:
    """The setting that decided is told with its file and line."""

    async def test_of_a_file(self, tmp_path: Path) -> None:
        """As an editor jumps to it."""
        file = tmp_path / "noscrape.toml"
        write(file, 'mode = "enforce"\nstance = "no-ai"\n[crawlers.agents]\nCCBot = "refuse"\n')
        assert (await told(file, agent=GPTBOT)).setting == f"{file}:2: stance"
        assert (await told(file, agent=b"CCBot/2.0")).setting == f"{file}:4: crawlers.agents.CCBot"

    async def test_of_a_quota(self) -> None:
        """By its number, from Python."""
        site = site_of({"patterns": {"quota": [{"name": "few", "limit": "1/day"}]}})
        facts = facts_of(scope_of())
        await explain(site, facts)
        explanation = await explain(site, facts)
        assert (explanation.decision.rule, explanation.setting) == ("quota:few", "Python: patterns.quota.0")
        assert explanation.sent[0] == 429

    async def test_of_no_file(self) -> None:
        """A default, or built in."""
        assert (await told(agent=GPTBOT)).setting == "default: stance"
        assert (await told()).setting == "built in"


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


class TestLines:
    """What is told to a person."""

    @staticmethod
    def line(explanation: Explanation, label: str) -> str:
        return " | ".join(text for name, text in explanation.lines() if name == label)

    async def test_every_question_has_its_answer(self) -> None:
        """In the order in which they are asked."""
        explanation = await told(ROUTES, reader=lambda track, scope: True, agent=GPTBOT)
        assert list(dict.fromkeys(label for label, _ in explanation.lines())) == [
            "request",
            "user agent",
            "client",
            "reached",
            "work",
            "reservation",
            "crawler",
            "verified",
            "decision",
            "set by",
            "evidence",
            "sent",
            "",
        ]
        assert self.line(explanation, "work") == "track 42, as page"
        assert self.line(explanation, "reservation").endswith("(reader, by the owner)")
        assert self.line(explanation, "crawler").startswith("calls itself GPTBot (OpenAI)")
        assert self.line(explanation, "verified").startswith("unknown: ip-ranges: no list")
        assert self.line(explanation, "decision").startswith("refused, by rule purpose:training")

    @pytest.mark.parametrize(
        ("settings", "request_", "label", "expected"),
        [
            ({}, {}, "work", "no route names a track here"),
            ({}, {"path": "/robots.txt"}, "work", "none: a document that tells the site's own rules"),
            ({}, {"path": "/" + "x" * 5000}, "work", "to be judged"),
            ({}, {"agent": None}, "user agent", "none"),
            ({}, {}, "crawler", "names no crawler that is known"),
            ({}, {"client": None}, "client", "not known"),
            ({"clients": {"partners": ["198.51.100.7"]}}, {}, "reached", "a partner"),
            ({"mode": "observe"}, {"agent": GPTBOT}, "decision", "would be refused, and is only observed"),
            ({"mode": "observe"}, {}, "sent", "observe mode changes nothing"),
            ({"site": {"default": "open"}}, {}, "sent", "the app's answer, unchanged"),
            ({"site": {"default": "open"}}, {}, "reservation", "open (default, by the site)"),
            ({}, {}, "sent", "200, 206, 304"),
        ],
    )
    async def test_what_is_said_of_it(
        self, settings: dict[str, Any], request_: dict[str, Any], label: str, expected: str
    ) -> None:
        """In words."""
        assert expected in self.line(await told(settings, **request_), label)

    async def test_a_row_that_is_missing_is_told_as_such(self) -> None:
        """It is another answer than "nothing said"."""
        from noscrape import NO_SUCH_TRACK

        explanation = await told(ROUTES, reader=lambda track, scope: NO_SUCH_TRACK)
        assert "no such track, which is never open" in self.line(explanation, "reservation")

    async def test_a_client_behind_a_proxy(self) -> None:
        """The address, and each step that led to it."""
        settings = {"clients": {"trusted_proxies": ["10.0.0.5"]}}
        forwarded = [(b"x-forwarded-for", b"198.51.100.9")]
        explanation = await told(settings, client=("10.0.0.5", 1), headers=forwarded)
        assert self.line(explanation, "client") == "198.51.100.9"
        assert self.line(explanation, "reached") == (
            "the peer of the connection is '10.0.0.5', a trusted proxy | "
            "X-Forwarded-For says '198.51.100.9', which is not a trusted proxy"
        )


class TestJson:
    """What is told to a program."""

    async def test_it_is_json(self) -> None:
        """With every key whatever the request."""
        refused = (await told(ROUTES, agent=GPTBOT)).to_json()
        allowed = (await told(agent=None, client=None)).to_json()
        assert refused.keys() == allowed.keys()
        assert json.loads(json.dumps(refused)) == refused
        assert (refused["action"], refused["status"], refused["tracks"]) == ("refuse", 403, ["42"])
        assert (allowed["action"], allowed["status"], allowed["user_agent"], allowed["client"]) == (
            "allow",
            None,
            None,
            None,
        )
        assert refused["crawlers"][0]["token"] == "GPTBot"

    async def test_a_reservation_may_be_supposed(self) -> None:
        """As if the reader had said it, and without asking the reader."""

        def read(track: str, scope: Any) -> bool:
            raise AssertionError("asked")

        for word, action in (("no-ai", "refuse"), ("open", "allow"), ("train-ai=n", "refuse")):
            found = (await told(ROUTES, said=word, reader=read, agent=GPTBOT)).to_json()
            assert (found["action"], found["reservation_source"]) == (action, "--reservation")


class TestFromTheLog:
    """A line of the log is explained as the request that it tells of."""

    async def test_what_a_line_tells(self) -> None:
        """The decision is the same as the one that was logged."""
        events: list[Event] = []
        app = NoScrape(answering(), config={**ROUTES, "log": {"path": ""}}, on_event=events.append)
        await ask(app, scope_of(agent=GPTBOT, method="POST"))
        facts = facts_of_event(Event.from_json(events[0].to_json()))
        assert facts == Facts("POST", "/tracks/42", "", b"", GPTBOT, ((b"user-agent", GPTBOT),), "198.51.100.7")
        explanation = await explain(site_of(ROUTES), facts)
        assert explanation.decision.rule == events[0].rule

    @pytest.mark.parametrize("client", ["8.8.8.0/24", "0123456789abcdef", None])
    async def test_a_verification_that_cannot_be_repeated(self, client: str | None) -> None:
        """The recorded one stands in where the log keeps no whole address, and the explanation says so."""
        explanation = await explained(impostor(client))
        told = explanation.to_json()
        assert ("contradicted", "ip-ranges: in no list") == (told["verification"], told["verified_how"])
        assert ("impostor", False) == (told["rule"], told["enforced"])
        assert {"action": "refuse", "enforced": True, "status": 403, "rule": "impostor"}.items() <= told[
            "recorded"
        ].items()
        assert told["notes"] == [
            "a running app that has seen a true visit of Google refuses this, as recorded; this command has seen none",
            "the verification is the one that was recorded: the log keeps no whole address to look it up again",
        ]
        lines = explanation.lines()
        assert ("recorded", "refuse 403 by rule impostor") in lines
        assert [("note", text) for text in told["notes"]] == [line for line in lines if line[0] == "note"]

    async def test_a_verification_that_can_be_repeated(self) -> None:
        """A whole address is looked up again, by the lists of now."""
        told = (await explained(impostor("8.8.8.8"))).to_json()
        assert ("unknown", []) == (told["verification"], told["notes"])

    @pytest.mark.parametrize(
        ("settings", "change", "noted"),
        [
            ({"mode": "observe"}, {}, ["the verification is the one"]),
            ({"verification": {"impostors": "observe"}}, {}, ["the verification is the one"]),
            ({}, {"enforced": False}, ["refuses this; this command", "the verification is the one"]),
            ({}, {"verification": "verified"}, ["the verification is the one"]),
            ({}, {"verification": None}, ["cannot be looked up"]),
            ({}, {"verification": "nonsense"}, ["cannot be looked up"]),
            ({}, {"verification": "unknown", "token": "Signer"}, ["the verification is the one", "is of Signer"]),
            ({}, {"verification": "unknown", "rule": "partner"}, ["the verification is the one", "a partner's"]),
            ({}, {"verification": "unknown", "account": "ann"}, ["the verification is the one", "signed in as ann"]),
        ],
        ids=[
            "observe mode",
            "rule observed",
            "only recorded",
            "verified",
            "not recorded",
            "odd",
            "by signature",
            "partner",
            "account",
        ],
    )
    async def test_what_keeps_it_from_being_the_whole_truth(
        self, settings: dict[str, Any], change: dict[str, Any], noted: list[str]
    ) -> None:
        """Whatever of the line cannot be repeated is told, and nothing else."""
        explanation = await explained(replace(impostor("8.8.8.0/24"), **change), settings)
        assert len(noted) == len(explanation.notes)
        assert all(part in note for part, note in zip(noted, explanation.notes, strict=True))

    @pytest.mark.parametrize(
        ("rule", "evidence", "noted"),
        [
            ("pattern:catalogue", {"stop": "0123456789abcdef"}, "`noscrape patterns explain 0123456789abcdef` tells"),
            ("quota:burst", {}, "what its client had done until then is not repeated here"),
        ],
        ids=["a pattern", "a quota"],
    )
    async def test_what_was_done_before(self, rule: str, evidence: dict[str, str], noted: str) -> None:
        """One request does not repeat what a client did in many; who can tell is named."""
        line = replace(impostor("8.8.8.8"), rule=rule, evidence=evidence)
        assert noted in (await explained(line)).notes[-1]

    async def test_a_request_without_a_client(self) -> None:
        """Nothing can be verified, and how to give one is told; of those that claim nothing, nothing is."""
        for agent, client, noted in ((GPTBOT, None, 1), (GPTBOT, ("8.8.8.8", 1), 0), (FIREFOX, None, 0)):
            explanation = await told(agent=agent, client=client)
            assert noted == len(explanation.notes)
            assert all("--client IP" in note for note in explanation.notes)

    async def test_what_a_line_does_not_tell(self) -> None:
        """Not recorded is another thing than absent; the address may be cut, hashed or left away."""
        for client in (None, "198.51.100.0/24", "h:0123456789abcdef"):
            facts = facts_of_event(Event(kind="request", time=0.0, client=client))
            assert (facts.method, facts.path, facts.user_agent, facts.headers) == ("GET", "/", None, None)
            assert (await explain(site_of(), facts)).to_json()["client"] is None
