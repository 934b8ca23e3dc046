"""`noscrape check --url` looks at real servers, and tells an operator what arrives there."""

import argparse
import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.cli import main
from noscrape.cli import probe as command
from noscrape.cli.status import Status
from noscrape.errors import NoScrapeError
from noscrape.probe import remarks
from tests.probe.test_remarks import REPLIES
from tests.probe.world import HOLD, ROBOTS, RULES, SERVED, Serve, http, look, serving
from tests.servers.test_servers import running

Captured = pytest.CaptureFixture[str]

RESERVED = ("X-Robots-Tag: noai, noimageai", "tdm-reservation: 1", "Content-Usage: train-ai=n")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def site(head: bytes) -> Iterator[bytes]:
    """As it should be; its audio has no end."""
    target = head.split(b" ")[1].partition(b"?")[0]
    crawler = b"GPTBot" in head
    match target:
        case b"/robots.txt":
            yield http("200 OK", "Content-Type: text/plain", body=ROBOTS)
        case b"/.well-known/tdmrep.json":
            yield http("200 OK", "Content-Type: application/json", body=RULES)
        case b"/tracks/42" if crawler:
            yield http("403 Forbidden", "Cache-Control: no-store", "X-Support-Id: 0123456789abcdef")
        case b"/tracks/42":
            yield http("200 OK", "Content-Type: audio/mpeg", *RESERVED)
            yield from repeat(b"music")
        case _:
            yield http("404 Not Found")


def looking(serve: Serve, *words: str, path: str = "/tracks/42") -> Status:
    """Run the command against a server."""
    with serving(serve) as port:
        return Status(main(["check", "--url", f"http://127.0.0.1:{port}{path}", "--pause", "0", *words]))


def instead(**replies: bytes) -> Serve:
    """A good site but for these answers: of the page to either, of robots.txt, of tdmrep.json."""

    def serve(head: bytes) -> Iterator[bytes]:
        target = head.split(b" ")[1]
        who = "crawler" if b"GPTBot" in head else "listener"
        name = {b"/robots.txt": "robots", b"/.well-known/tdmrep.json": "tdmrep"}.get(target, who)
        yield from [replies[name]] if name in replies else site(head)

    return serve


def test_a_good_site_on_80_columns(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section by section, and then what to make of it."""
    for module in ("noscrape.cli.probe", "noscrape.terminal"):
        monkeypatch.setattr(f"{module}.screen_columns", lambda stream: 80)
    assert Status.OK is looking(site)
    out, err = capsys.readouterr()
    url, rest = out.split("\n", 1)
    assert url.startswith("http://127.0.0.1:")
    assert (
        rest
        == """
as a listener (Firefox)
  200 OK, audio/mpeg
  x-robots-tag     noai, noimageai  no AI training
  tdm-reservation  1                reserved
  content-usage    train-ai=n       training disallowed

as GPTBot (OpenAI, training)
  403 Forbidden
  cache-control  no-store
  x-support-id   0123456789abcdef

robots.txt
  200 OK, text/plain, 89 bytes, the same for both
  GPTBot             disallowed  line 4: Disallow: /
  Google-Extended    disallowed  line 4: Disallow: /
  Applebot-Extended  disallowed  line 4: Disallow: /

tdmrep.json
  200 OK, application/json
  1 rule; for this page: 1, reserved

licence and policy
  none is named

in between
  listener             200       -
  GPTBot               403       -
  listener, once more  200       -

remarks
  ok       a listener gets the page: 200
  ok       it says that training is reserved: X-Robots-Tag, tdm-reservation,
           Content-Usage
  ok       GPTBot is refused: 403
  ok       the refusal has its support id, and no cache may keep it
  ok       robots.txt can be read, and is the same for both
  ok       tdmrep.json can be read: 1 rule
  ok       no sign of a cache
"""
    )
    shown = err.split("\r\x1b[K")
    assert ["asking as a listener: /tracks/42", "asking as GPTBot: /tracks/42"] == shown[1:3]
    assert shown[-1] == (
        "6 requests: 0 problems, 0 notes\n"
        "Seen from here and now: another address, or another node of a CDN, may get something else.\n"
    )


RICH = {
    "/robots.txt": http("302 Found", "Location: /r.txt"),
    "/r.txt": http("200 OK", "Content-Type: text/plain", body=b"User-agent: CCBot\nDisallow: /\nLicense: /l\n"),
    "/.well-known/tdmrep.json": http(
        "200 OK",
        "Content-Type: application/json",
        body=b'[{"location": "/tracks/", "tdm-reservation": 1, "tdm-policy": "https://a.example/ai"},'
        b' {"location": "/tracks/42", "tdm-reservation": 0}]',
    ),
    "/license.xml": http("301 Moved Permanently", "Location: https://a.example/license.xml"),
}
SIGNALS = (*RESERVED, 'Link: </license.xml>; rel="license", </ai>; rel=license', "Via: 1.1 cache", "X-Cache: HIT")


def rich(head: bytes) -> Iterator[bytes]:
    """A cache that keeps pages, redirects, and documents that do not agree."""
    target = head.split(b" ")[1].decode()
    if target in RICH:
        yield RICH[target]
    elif target.startswith("/tracks/42"):
        yield http("403 Forbidden") if b"GPTBot" in head and "?" in target else http("200 OK", *SIGNALS, "Age: 5")
    else:
        yield http("404 Not Found")


def test_a_site_with_much_to_tell(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redirects that are followed and those that are not, both readings of a file, each question about the page."""
    for module in ("noscrape.cli.probe", "noscrape.terminal"):
        monkeypatch.setattr(f"{module}.screen_columns", lambda stream: 80)
    assert Status.FOUND is looking(rich)
    out, err = capsys.readouterr()
    sections = out.partition("robots.txt\n")[2].partition("\nremarks")[0]
    assert (
        sections
        == """\
  after 1 redirect, 200 OK, text/plain, 42 bytes, the same for both
  GPTBot             allowed   no group is for it
  Google-Extended    allowed   no group is for it
  Applebot-Extended  allowed   no group is for it

tdmrep.json
  200 OK, application/json
  2 rules; for this page: 1, reserved, policy https://a.example/ai
  by the longest rule instead of the first: 0, not reserved

licence and policy
  licence   /license.xml          301 Moved Permanently to https://a.example/li…
  licence   /ai                   not asked for
  policy    https://a.example/ai  another host: not asked for

in between
  listener                 200       age: 5; via: 1.1 cache; x-cache: HIT
  GPTBot                   200       age: 5; via: 1.1 cache; x-cache: HIT
  GPTBot, with a query     403       -
  listener, with a query   200       age: 5; via: 1.1 cache; x-cache: HIT
  listener, with GPTBot's  200       age: 5; via: 1.1 cache; x-cache: HIT
"""
    )
    assert "11 requests: 2 problems, " in err


def test_a_problem_stands_last(capsys: Captured) -> None:
    """With what to do about it; and the status says that there is one."""
    merged = http("200 OK", "X-Robots-Tag: noai, noimageai, googlebot: noindex", "tdm-reservation: 1, 1")
    assert Status.FOUND is looking(instead(listener=merged, tdmrep=http("404 Not Found")))
    out, err = capsys.readouterr()
    assert [
        "  note     there is no tdmrep.json (404)",
        "           -> `noscrape export tdmrep` prints what noscrape would say.",
        "  problem  X-Robots-Tag has a colon in the line that says noai, and some tools stop reading: noai,",
        "           noimageai, googlebot: noindex",
        "           -> noscrape sends a line of its own: see what joins the lines, or take the colon out of",
        "              the app's.",
        "  problem  tdm-reservation is there more than once, which counts as not at all: 1, 1",
        "           -> One of noscrape, the app and the proxy has to send it, and the others not.",
    ] == out.splitlines()[-8:]
    assert err.startswith("6 requests: 2 problems, 1 note\n")


def test_as_json(capsys: Captured) -> None:
    """The same in one document, for programs."""
    assert Status.FOUND is looking(instead(crawler=http("200 OK", *RESERVED)), "--json")
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert "" == err
    assert ("GPTBot", 200, "served", None) == (
        found["as"],
        found["crawler"]["status"],
        found["crawler"]["outcome"],
        found["listener_again"],
    )
    assert ["tdm-reservation", "1"] in found["listener"]["headers"]
    assert found["user_agents"]["crawler"].endswith("GPTBot/1.2; +https://openai.com/gptbot)")
    assert {
        "token": "GPTBot",
        "allowed": False,
        "by_name": True,
        "line": {"number": 4, "field": "disallow", "value": "/"},
        "content_usage": None,
        "content_signal": None,
    } == found["robots_txt"]["told"][0]
    assert (True, "rules") == (found["robots_txt"]["same"], found["robots_txt"]["access"])
    assert 1 == found["tdmrep_json"]["read"]["first"]["reservation"]
    assert {"crawler-let-in": "problem", "robots-forbids-served": "note"} == {
        remark["name"]: remark["severity"] for remark in found["remarks"] if remark["severity"] != "ok"
    }


def test_what_a_site_sends_is_escaped(capsys: Captured) -> None:
    """Headers, files and reasons are strangers' text."""
    nasty = "\x1b[2J\x9b31m\x07"
    page = http(f"200 {nasty}", f"X-Robots-Tag: noai{nasty}", f"Link: <https://a/{nasty}>; rel=license", "Via: \xad")
    robots = http("200 OK", "Content-Type: text/plain", body=f"User-agent: GPTBot\nDisallow: /t*{nasty}\n".encode())
    rules = b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://a/\\u001b[31m"}]'
    serve = instead(listener=page, robots=robots, tdmrep=http(body=rules))
    assert Status.FOUND is looking(serve)
    out, err = capsys.readouterr()
    assert [] == [line for line in (out + err).splitlines() if not line.isprintable()]
    assert "\\x1b[2J\\x9b31m\\x07" in out


@pytest.mark.parametrize(
    "reply",
    [
        http("200 OK", "Content-Encoding: gzip", body=b"\x1f\x8b" * 300_000),
        http("200 OK", "Transfer-Encoding: chunked", body=b"ffffffffff\r\n" + b"a" * 600_000),
        http("200 OK", "Content-Type: text/plain", body=b"User-agent: *\n" * 50_000),
        http("200 OK", "Content-Type: text/plain", body=b"[" * 600_000),
        http("102 Processing") * 5_000,
        b"\x00" * 100_000,
        b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        b"",
    ],
    ids=["packed", "one chunk", "long", "deep", "interim", "zeros", "malformed", "closed"],
)
def test_documents_of_nasty_servers(reply: bytes, capsys: Captured) -> None:
    """They are told, and keep nobody."""
    assert looking(instead(robots=reply, tdmrep=reply)) in (Status.OK, Status.FOUND)
    assert [] == [line for line in capsys.readouterr().out.splitlines() if not line.isprintable()]


def endless(head: bytes) -> Iterator[bytes]:
    """Every document is a stream."""
    yield http("200 OK", "Content-Type: text/plain")
    yield from repeat(b"User-agent: *\n" * 1000)


def test_documents_without_end(capsys: Captured) -> None:
    """Half a megabyte of each is read."""
    assert Status.FOUND is looking(endless, "--json")
    found = json.loads(capsys.readouterr().out)
    assert (512_001, False) == (found["robots_txt"]["crawler"]["bytes"], found["robots_txt"]["crawler"]["whole"])
    assert {"robots-long", "tdmrep-unread"} <= {remark["name"] for remark in found["remarks"]}


def test_how_long_a_document_without_end_is(capsys: Captured) -> None:
    """What was read of it is no length of it."""
    looking(endless)
    assert "  200 OK, text/plain, more than 512,000 bytes, the same for both\n" in capsys.readouterr().out


def test_a_document_that_leads_to_itself(capsys: Captured) -> None:
    """Its address is no news."""
    around = http("302 Found", "Location: /robots.txt")
    looking(instead(robots=around))
    assert "after 5 redirects, 302 Found to itself, not followed" in capsys.readouterr().out


def test_a_licence_behind_another_port(capsys: Captured) -> None:
    """It is on the same host, and still not the site that is looked at."""
    named = 'Link: <http://127.0.0.1:1/l>; rel="license", <http://a.example/l>; rel="license"'
    looking(instead(listener=http("200 OK", *RESERVED, named)))
    out = capsys.readouterr().out
    assert "licence   http://127.0.0.1:1/l  another origin: not asked for\n" in out
    assert "licence   http://a.example/l    another host: not asked for\n" in out


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"SSH-2.0-\x1b[2J\r\n", "what came is no HTTP: 'SSH-2.0-\\x1b[2J'"),
        (b"", "the connection was closed without an answer"),
    ],
)
def test_a_site_that_cannot_be_reached(reply: bytes, message: str, capsys: Captured) -> None:
    """Status 2, and one line that says why."""
    assert Status.FAULT is looking(lambda head: [reply])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, len(err.splitlines()))
    assert message in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--url", "the.site/tracks/42"], "wanted a URL that begins with http:// or https://"),
        (["--url", "http://a:b@127.0.0.1/"], "it has a user name or a password in it"),
        (["--url", "http://127.0.0.1/", "--as", "No\x1bBot"], "--as 'No\\x1bBot': no such crawler in the catalog"),
        (["--url", "http://127.0.0.1/", "--as", "Google-Extended"], "is a word for robots.txt"),
        (["--url", "http://127.0.0.1/", "--config", "no.toml"], "no.toml: no such file"),
        (["--as", "CCBot"], "--as goes with --url: no site is asked without it"),
        (["--pause", "0"], "--pause goes with --url: no site is asked without it"),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: Captured) -> None:
    """Nothing is asked, and nothing else is checked instead."""
    Path("noscrape.toml").write_text("")
    assert Status.FAULT == main(["check", *words])
    out, err = capsys.readouterr()
    assert "" == out
    assert message in err


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "601", "soon", ""])
def test_pauses_that_are_none(seconds: str, capsys: Captured) -> None:
    """A number of seconds, up to ten minutes."""
    with pytest.raises(SystemExit) as ended:
        main(["check", "--url", "http://127.0.0.1/", f"--pause={seconds}"])
    assert Status.FAULT == ended.value.code
    assert "is no number of seconds from 0 to 600" in capsys.readouterr().err


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    parser.add_argument("--json", action="store_true")
    command.add_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(("words", "seconds"), [([], 1.0), (["--pause", "2.5"], 2.5), (["--pause", "600"], 600.0)])
def test_it_goes_slowly(words: list[str], seconds: float, capsys: Captured) -> None:
    """A second between two requests, unless it is told otherwise."""
    slept: list[float] = []
    with serving(site) as port:
        url = f"http://127.0.0.1:{port}/tracks/42"
        assert Status.OK is command.run(options("--url", url, *words), sleep=slept.append)
    assert [seconds] * 5 == slept


def test_a_query_is_new_each_time(capsys: Captured) -> None:
    """No cache can have seen it."""
    asked: list[bytes] = []

    def serve(head: bytes) -> Iterator[bytes]:
        asked.append(head.split(b" ")[1])
        yield http("403 Forbidden") if asked[-1].startswith(b"/tracks/42?") else http("200 OK")

    looking(serve)
    queries = [target for target in asked if target.startswith(b"/tracks/42?noscrape=")]
    assert (3, 2) == (len(queries), len(set(queries)))


def test_a_crawler_of_the_configuration(capsys: Captured) -> None:
    """The operator's own entries can be asked as, too."""
    Path("noscrape.toml").write_text('[[crawlers.extra]]\ntoken = "AcmeHarvester"\npurpose = "training"\n')
    heads: list[bytes] = []

    def serve(head: bytes) -> Iterator[bytes]:
        heads.append(head)
        yield from site(head)

    assert Status.FOUND is looking(serve, "--as", "acmeharvester")
    assert b"AcmeHarvester" in heads[1]
    assert "AcmeHarvester (training) gets the page" in capsys.readouterr().out


def test_without_an_url_check_is_what_it_was(capsys: Captured) -> None:
    """The options change nothing of it."""
    Path("noscrape.toml").write_text("")
    assert Status.OK == main(["check"])
    assert capsys.readouterr().out.startswith("noscrape.toml: good\n")


class TestNoScrapeItself:
    """The middleware under a real server, as a listener, a training crawler and a search crawler see it."""

    @pytest.mark.parametrize("token", ["GPTBot", "OAI-SearchBot", "Googlebot"])
    def test_a_reserved_track(self, token: str, capsys: Captured) -> None:
        """Every signal arrives, and there is no problem."""
        found = self.look("/tracks/42", token, capsys)
        assert [] == [remark for remark in found["remarks"] if remark["severity"] == "problem"]
        assert {"page-reserved", "robots-read", "tdmrep-read", "cache-unseen"} <= self.names(found)
        refused = {"crawler-refused", "refusal-whole"}
        assert (refused if token == "GPTBot" else {"crawler-served"}) <= self.names(found)

    def test_an_open_track(self, capsys: Captured) -> None:
        """Nothing is said of it, and everybody gets it."""
        found = self.look("/tracks/7", "GPTBot", capsys)
        assert {"page-silent", "crawler-served"} <= self.names(found)
        assert [] == [remark for remark in found["remarks"] if remark["severity"] == "problem"]

    def look(self, path: str, token: str, capsys: Captured) -> Any:
        with running("uvicorn-h11") as port:
            url = f"http://127.0.0.1:{port}{path}"
            assert Status.OK == main(["check", "--url", url, "--as", token, "--pause", "0", "--json"])
        return json.loads(capsys.readouterr().out)

    def names(self, found: Any) -> set[str]:
        return {remark["name"] for remark in found["remarks"]}


def test_a_server_that_holds_a_document(capsys: Captured) -> None:
    """It is given up after a while, and the rest is told."""
    now = 0.0

    def serve(head: bytes) -> Iterator[bytes | None]:
        nonlocal now
        if not head.startswith(b"GET /robots.txt"):
            yield from site(head)
            return
        now += 1000.0
        yield from [b"HTTP/1.1 200 OK\r\n", HOLD]

    with serving(serve) as port:
        url = f"http://127.0.0.1:{port}/tracks/42"
        assert Status.FOUND is command.run(options("--url", url, "--pause", "0", "--json"), clock=lambda: now)
    found = json.loads(capsys.readouterr().out)
    assert {"robots-failed"} == {remark["name"] for remark in found["remarks"] if remark["severity"] == "problem"}


@given(st.lists(REPLIES, min_size=1, max_size=6), st.sampled_from([None, 1, 20, 80, 200]))
def test_the_text_of_whatever_was_seen(replies: list[Any], columns: int | None) -> None:
    """It is printable, and fits."""
    answers = iter(replies)
    visit = look(lambda question: SERVED if question.address.target == "/tracks/42" else next(answers, None))
    lines = list(command._text(visit, remarks(visit), columns=columns))
    assert [] == [line for line in lines if not line.isprintable()]
    json.dumps(command._as_json(visit, remarks(visit)))
    if columns is not None:
        assert [] == [line for line in lines if len(line) > max(columns, 40)]


def test_no_such_crawler_is_an_error_of_ours() -> None:
    """For whoever calls it from Python."""
    with pytest.raises(NoScrapeError, match="no such crawler"):
        command.run(options("--url", "http://127.0.0.1/", "--as", "Nobody"))
