"""What a refused client is sent."""

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.decision import Decision
from noscrape.signals import Refusal, refusal, status_of
from noscrape.words import Action

REFUSED = Decision(Action.REFUSE, "purpose:training", "GPTBot fetches for training", evidence={"token": "GPTBot"})
THROTTLED = Decision(
    Action.THROTTLE,
    "quota:burst",
    "more than 120 tracks, where the limit is 120",
    evidence={"measured": "more than 120", "threshold": "120 for each client"},
    retry_after_seconds=17,
)
ID = "3f9c2a"


def header(answer: Refusal, name: bytes) -> bytes | None:
    values = [value for key, value in answer.headers if key == name]
    assert len(values) <= 1
    return values[0] if values else None


class TestStatus:
    """403 and 429, never 401."""

    @pytest.mark.parametrize(("decision", "status"), [(REFUSED, 403), (THROTTLED, 429)])
    def test_status(self, decision: Decision, status: int) -> None:
        """What goes away by waiting is told apart from what does not."""
        assert status == status_of(decision) == refusal(decision, support_id=ID).status

    def test_retry_after(self) -> None:
        """A throttled client is told when to come back, and it is never at once; a refused one is told nothing."""
        assert header(refusal(THROTTLED, support_id=ID), b"retry-after") == b"17"
        at_once = Decision(Action.THROTTLE, "quota:burst", "")
        assert header(refusal(at_once, support_id=ID), b"retry-after") == b"1"
        assert header(refusal(REFUSED, support_id=ID), b"retry-after") is None


class TestHeaders:
    """What every refusal carries."""

    @pytest.mark.parametrize("decision", [REFUSED, THROTTLED])
    @pytest.mark.parametrize("accept", [None, b"text/html", b"application/json"])
    def test_of_each(self, decision: Decision, accept: bytes | None) -> None:
        """No cache keeps it, its length is right, and its support id stands in header and body."""
        answer = refusal(decision, support_id=ID, accept=accept)
        assert header(answer, b"cache-control") == b"no-store"
        assert header(answer, b"content-length") == str(len(answer.body)).encode()
        assert header(answer, b"x-support-id") == ID.encode()
        assert answer.body.count(ID.encode()) == 1
        assert header(answer, b"www-authenticate") is None

    def test_signals(self) -> None:
        """The reservation goes with it, so that a crawler learns why."""
        lines = ((b"x-robots-tag", b"noai, noimageai"), (b"tdm-reservation", b"1"))
        answer = refusal(REFUSED, support_id=ID, signals=lines)
        assert set(lines) <= set(answer.headers)

    def test_cross_origin(self) -> None:
        """A player on another site can read the refusal; others get no such header."""
        answer = refusal(REFUSED, support_id=ID, origin=b"https://player.example")
        assert header(answer, b"access-control-allow-origin") == b"*"
        assert header(answer, b"access-control-expose-headers") == b"x-support-id"
        assert header(refusal(REFUSED, support_id=ID), b"access-control-allow-origin") is None

    def test_answers_share_nothing(self) -> None:
        """Each has its own list of headers, and its own id."""
        one, other = refusal(REFUSED, support_id="one"), refusal(REFUSED, support_id="other")
        one.headers.append((b"x-request-id", b"1"))
        assert (b"x-request-id", b"1") not in other.headers
        assert (b"one" in one.body, b"one" in other.body) == (True, False)


class TestForm:
    """The body that `Accept` asks for."""

    @pytest.mark.parametrize(
        ("accept", "form"),
        [
            (None, b"text/plain"),
            (b"", b"text/plain"),
            (b"*/*", b"text/plain"),
            (b"audio/mpeg", b"text/plain"),
            (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", b"text/html"),
            (b"application/json", b"application/problem+json"),
            (b"application/problem+json", b"application/problem+json"),
            (b"application/vnd.music+json", b"application/problem+json"),
            (b"Application/JSON; charset=utf-8", b"application/problem+json"),
            (b"text/html;q=0.5, application/json", b"application/problem+json"),
            (b"text/html, application/json", b"text/html"),
            (b"application/json, text/html", b"application/problem+json"),
            (b"text/html;q=0, text/plain", b"text/plain"),
            (b"text/html;q=0", b"text/plain"),
            (b"text/html;q=junk", b"text/plain"),
            (b"text/html;level=1;q=0.3,application/json;q=0.2", b"text/html"),
            (b";;;,,,q=1", b"text/plain"),
        ],
    )
    def test_accept(self, accept: bytes | None, form: bytes) -> None:
        """The form of the highest quality, the first of equals, and text for who has no preference."""
        kind = header(refusal(REFUSED, support_id=ID, accept=accept), b"content-type")
        assert kind is not None
        assert form == kind.partition(b";")[0]

    @given(st.binary(max_size=2000))
    def test_any_accept(self, accept: bytes) -> None:
        """Any bytes get an answer."""
        assert refusal(REFUSED, support_id=ID, accept=accept).body

    def test_problem(self) -> None:
        """RFC 9457 section 3.1: type, title, status and detail; support id and contact are members of our own."""
        answer = refusal(
            THROTTLED,
            support_id=ID,
            accept=b"application/json",
            contact="licensing@music.example",
            policy="https://music.example/ai",
        )
        assert json.loads(answer.body) == {
            "type": "https://music.example/ai",
            "title": "Too many requests",
            "status": 429,
            "detail": "This client has asked for more than this site allows for the moment. Please come back later.",
            "contact": "licensing@music.example",
            "support_id": ID,
        }
        plain = json.loads(refusal(REFUSED, support_id=ID, accept=b"application/json").body)
        assert (plain["type"], plain["status"], "contact" in plain) == ("about:blank", 403, False)

    @pytest.mark.parametrize("accept", [b"text/plain", b"text/html", b"application/json"])
    def test_it_names_no_threshold(self, accept: bytes) -> None:
        """Nothing that was measured, no limit and no other client is told."""
        body = refusal(THROTTLED, support_id=ID, accept=accept).body
        assert b"120" not in body
        assert b"burst" not in body
        assert b"GPTBot" not in refusal(REFUSED, support_id=ID, accept=accept).body

    @pytest.mark.parametrize("accept", [b"text/plain", b"text/html", b"application/json"])
    @pytest.mark.parametrize("by_owner", [True, False])
    def test_an_impostor(self, accept: bytes, by_owner: bool) -> None:
        """It is not refused for what the crawler does that it is not; the proof is not told."""
        decision = Decision(Action.REFUSE, "impostor", "calls itself GPTBot, and is not: ip-ranges: 7 days old")
        body = refusal(decision, support_id=ID, accept=accept, by_owner=by_owner).body
        assert b"was found not to be it" in body
        assert [] == [word for word in (b"known for", b"owner", b"GPTBot", b"ranges", b"7") if word in body]

    @pytest.mark.parametrize("accept", [b"text/plain", b"text/html"])
    def test_a_person_learns_whom_to_ask(self, accept: bytes) -> None:
        """Where the operator names a policy and a contact, both are shown; where not, nothing is."""
        told = refusal(REFUSED, support_id=ID, accept=accept, contact="a@music.example", policy="https://m.example/ai")
        assert b"Write to a@music.example" in told.body
        assert b"https://m.example/ai" in told.body
        assert b"Write to" not in refusal(REFUSED, support_id=ID, accept=accept).body

    def test_html_is_whole_and_escaped(self) -> None:
        """What the operator wrote stands in the page as text, and every tag is closed."""
        nasty = '"><script>alert(1)</script>&'
        page = refusal(REFUSED, support_id=ID, accept=b"text/html", contact=nasty, policy=nasty).body.decode()
        reader = Tags()
        reader.feed(page)
        reader.close()
        assert "script" not in reader.seen
        assert reader.open == []
        assert nasty in "".join(reader.text)


class Tags(HTMLParser):
    """Which tags a page has, and which it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
