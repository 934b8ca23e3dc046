"""What crawlers did of what robots.txt told them not to: nothing is held against them that they could not know."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.log import robots
from noscrape.log.copies import Copy
from noscrape.log.event import Event
from noscrape.log.robots import Answer, Conduct, Conducts
from noscrape.log.selection import Selection
from noscrape.standards.robots_txt import Access
from tests.log.disk import NOW

HOUR = 3600
NO_TRACKS = "User-agent: GPTBot\nDisallow: /tracks/\n"
NO_MEDIA = "User-agent: *\nDisallow: /media/\n"
NOTHING_FORBIDDEN = "User-agent: *\nDisallow:\n"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def served(at: float, text: str, **values: Any) -> Event:
    """A process writes down a text that it has served."""
    given: dict[str, Any] = {"served_hash": digest(text), "detail": {"text": text}, "path": "/robots.txt", **values}
    return Event(kind="served", time=NOW + at, **given)


def fetched(at: float, text: str = "", *, token: str = "GPTBot", **values: Any) -> Event:
    """A crawler fetches robots.txt."""
    given: dict[str, Any] = {
        "path": "/robots.txt",
        "status": 200,
        "served_hash": digest(text),
        "delivery": "body",
        "rule": "own-documents",
        "kind": "own-document",
        "action": "allow",
        **values,
    }
    return asked(at, token=token, **given)


def asked(at: float, path: str = "/tracks/1", *, token: str | None = "GPTBot", **values: Any) -> Event:
    """A crawler asks for something else."""
    given: dict[str, Any] = {
        "kind": "request",
        "time": NOW + at,
        "id": f"{at}",
        "action": "refuse",
        "status": 403,
        "client": "203.0.113.5",
        "token": token,
        "crawler_class": "ai",
        "verification": "unknown",
        "method": "GET",
        "path": path,
        **values,
    }
    return Event(**given)


def conducts(*events: Event, selection: Selection | None = None, text: str | None = None) -> tuple[Conduct, ...]:
    found = Conducts({"Extra9": "Extra"}, selection=selection or Selection(), text=text)
    for each in events:
        found.add(each)
    return found.found()


def conduct(*events: Event, selection: Selection | None = None, text: str | None = None) -> Conduct:
    """Of the one crawler in the log."""
    (found,) = conducts(*events, selection=selection, text=text)
    return found


def counts(found: Conduct) -> tuple[int, int, int, int]:
    """Requests before a fetch, against the text, without a text, and unclear."""
    return found.before, found.against, found.text_missing, found.unclear


def test_a_request_for_what_was_forbidden_is_told() -> None:
    """With all that a person needs to find it again."""
    found = conduct(
        fetched(0, NO_TRACKS, operator="OpenAI"),
        served(0, NO_TRACKS),
        asked(1, "/about", action="allow", status=200),
        asked(2, "/tracks/1", operator="OpenAI"),
        asked(3, "/tracks/2", enforced=False),
    )
    assert (2, {"refuse": 1, "would-refuse": 1}) == (found.against, found.outcomes)
    assert ("GPTBot", "OpenAI", "GPTBot", {"unknown": 4}) == (
        found.token,
        found.operator,
        found.robots_token,
        found.verifications,
    )
    assert (
        robots.Offence(
            time=NOW + 2,
            method="GET",
            path="/tracks/1",
            outcome="refuse",
            status=403,
            id="2",
            verification="unknown",
            rule="Disallow: /tracks/",
        )
        == found.offences[0]
    )
    assert ["2", "3"] == [offence.id for offence in found.offences]
    assert (3, 0, 3) == (found.requests, found.before, found.after)


def test_fetches_are_counted_with_what_was_answered() -> None:
    """How often, first and last, and which texts."""
    found = conduct(
        fetched(0, NO_TRACKS),
        served(0, NO_TRACKS),
        fetched(HOUR, NO_MEDIA),
        fetched(2 * HOUR, NO_TRACKS),
        fetched(3 * HOUR, status=304),
    )
    assert (4, NOW, NOW + 3 * HOUR) == (found.fetches, found.first_fetch, found.last_fetch)
    assert (
        Answer(200, digest(NO_MEDIA), NOW + HOUR, NOW + HOUR, 1, recorded=False),
        Answer(200, digest(NO_TRACKS), NOW, NOW + 2 * HOUR, 2, recorded=True),
        Answer(304, None, NOW + 3 * HOUR, NOW + 3 * HOUR, 1, recorded=False),
    ) == found.answers
    assert digest(NO_TRACKS) == found.text
    assert isinstance(found.now, Copy)
    assert (("/tracks/",), True) == (found.now.forbidden, found.now.by_name)


def test_nothing_is_held_against_a_crawler_that_never_asked() -> None:
    """It came, and that is told."""
    found = conduct(served(0, NO_TRACKS), asked(1), asked(2))
    assert ((2, 0, 0, 0), 0, None) == (counts(found), found.fetches, found.first_fetch)


def test_nothing_is_held_against_a_crawler_before_it_asked() -> None:
    """A fetch says nothing of what was before it."""
    assert (1, 1, 0, 0) == counts(conduct(asked(0), fetched(1, NO_TRACKS), served(1, NO_TRACKS), asked(2)))


@pytest.mark.parametrize("at", [-100, 0, 3, 100])
def test_a_text_is_found_wherever_the_log_holds_it(at: float) -> None:
    """Each process writes it once, perhaps after others have served it."""
    events = [fetched(0, NO_TRACKS), asked(1), asked(2, "/about"), served(at, NO_TRACKS)]
    assert (0, 1, 0, 0) == counts(conduct(*sorted(events, key=lambda each: each.time)))


def test_the_first_offences_are_told_however_late_the_text_comes() -> None:
    """In the order of time, and no more than a few."""
    found = conduct(
        fetched(0, NO_TRACKS),
        *(asked(number) for number in range(1, 5)),
        fetched(5, NO_MEDIA),
        served(5, NO_MEDIA),
        fetched(6 + 24 * HOUR, NO_MEDIA),
        *(asked(24 * HOUR + number, "/media/1") for number in range(7, 12)),
        served(25 * HOUR, NO_TRACKS),
    )
    assert (9, ["1", "2", "3", "4", str(24 * HOUR + 7)]) == (found.against, [each.id for each in found.offences])


def test_a_text_that_the_log_does_not_hold_is_no_evidence() -> None:
    """It cannot be told what it said, nor what was done against it."""
    omitted = served(0, NO_TRACKS, detail={"omitted": "too long"})
    for found in (
        conduct(fetched(0, NO_TRACKS), asked(1)),
        conduct(fetched(0, NO_TRACKS), omitted, asked(1)),
        conduct(fetched(0, NO_TRACKS), served(0, NO_TRACKS, path="/.well-known/robots.txt"), asked(1)),
        conduct(fetched(0, NO_TRACKS), served(0, NO_TRACKS, detail={"text": 7}), asked(1)),
        conduct(fetched(0, NO_TRACKS), served(0, NO_TRACKS, served_hash=None), asked(1)),
    ):
        assert ((0, 0, 1, 0), None) == (counts(found), found.now)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"served_hash": None}, (0, 0, 1, 0)),
        ({"delivery": "http.response.pathsend"}, (0, 0, 1, 0)),
        ({"delivery": None}, (0, 1, 0, 0)),
        ({"status": 301}, (0, 0, 1, 0)),
        ({"status": None}, (0, 0, 1, 0)),
        ({"status": 304}, (0, 0, 1, 0)),
        ({"status": 404}, (0, 0, 0, 0)),
        ({"status": 403}, (0, 0, 0, 0)),
        ({"status": 429}, (0, 0, 0, 0)),
        ({"status": 500}, (0, 1, 0, 0)),
        ({"status": 503}, (0, 1, 0, 0)),
        ({"method": "HEAD"}, (1, 0, 0, 0)),
        ({"method": None}, (0, 1, 0, 0)),
        ({"path": "/.well-known/tdmrep.json"}, (1, 0, 0, 0)),
        ({"kind": "request"}, (2, 0, 0, 0)),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_an_answer_means(values: dict[str, Any], expected: tuple[int, ...]) -> None:
    """RFC 9309, section 2.3.1: 4xx allows everything, 5xx nothing; a redirect leads we know not where."""
    assert expected == counts(conduct(fetched(0, NO_TRACKS, **values), served(0, NO_TRACKS), asked(1)))


@pytest.mark.parametrize(
    ("status", "now"), [(404, Access.EVERYTHING), (503, Access.NOTHING), (302, None)], ids=["404", "503", "302"]
)
def test_what_the_last_answer_means_is_told(status: int, now: Access | None) -> None:
    """Where it had no text."""
    found = conduct(fetched(0, NO_TRACKS, status=status))
    assert (now, None) == (found.now, found.text)


def test_an_empty_text_allows_everything() -> None:
    """It is never written down, and needs not be."""
    found = conduct(fetched(0, ""), asked(1))
    assert ((0, 0, 0, 0), digest("")) == (counts(found), found.text)


def test_not_changed_confirms_the_copy_that_is_held() -> None:
    """A day later it still tells what it told."""
    day = 24 * HOUR
    first = [fetched(0, NOTHING_FORBIDDEN), fetched(1, NO_TRACKS), served(1, NOTHING_FORBIDDEN), served(1, NO_TRACKS)]
    assert (0, 1, 0, 0) == counts(conduct(*first, fetched(day + 2, status=304), asked(day + 3)))
    # The copy that allows it may be older than a day by then, but it is the one that was confirmed.
    assert (0, 0, 0, 0) == counts(
        conduct(*first[:1], served(0, NOTHING_FORBIDDEN), fetched(day, status=304), asked(2 * day))
    )


@pytest.mark.parametrize(
    ("old", "new", "after_hours", "against"),
    [
        (NOTHING_FORBIDDEN, NO_TRACKS, 2, 0),
        (NOTHING_FORBIDDEN, NO_TRACKS, 24, 0),
        (NOTHING_FORBIDDEN, NO_TRACKS, 24.001, 1),
        (NO_TRACKS, NOTHING_FORBIDDEN, 2, 0),
        (NO_TRACKS, NO_TRACKS + "# changed", 2, 1),
        (NO_MEDIA, NO_TRACKS, 2, 0),
    ],
    ids=["allowed before", "for a day", "no longer", "no longer forbidden", "by both", "by another"],
)
def test_a_changed_text_counts_when_the_older_copy_is_a_day_old(
    old: str, new: str, after_hours: float, against: int
) -> None:
    """RFC 9309, section 2.4: a copy may be used for 24 hours."""
    found = conduct(fetched(0, old), served(0, old), fetched(HOUR, new), served(HOUR, new), asked(after_hours * HOUR))
    assert (0, against, 0, 0) == counts(found)


def test_a_copy_holds_as_long_as_no_other_is_fetched() -> None:
    """Whoever stops asking is not free of what was told."""
    assert (0, 1, 0, 0) == counts(conduct(fetched(0, NO_TRACKS), served(0, NO_TRACKS), asked(90 * 24 * HOUR)))


def test_an_older_copy_that_is_not_in_the_log_may_have_allowed_it() -> None:
    """Within its 24 hours nobody can tell."""
    events = [fetched(0, NO_MEDIA), fetched(1, NO_TRACKS), served(1, NO_TRACKS)]
    assert (0, 0, 1, 0) == counts(conduct(*events, asked(2)))
    assert (0, 1, 0, 0) == counts(conduct(*events, asked(25 * HOUR)))


def test_a_failing_site_does_not_take_a_copy_away() -> None:
    """Section 2.3.1.4: a copy that is held may be used on."""
    events = [fetched(0, NO_MEDIA), served(0, NO_MEDIA), fetched(HOUR, status=503)]
    for hours in (2, 48):
        assert (0, 0, 0, 0) == counts(conduct(*events, asked(hours * HOUR)))
        assert (0, 1, 0, 0) == counts(conduct(*events, asked(hours * HOUR, "/media/1")))


def test_a_site_that_fails_for_a_month_may_be_taken_to_forbid_nothing() -> None:
    """Section 2.3.1.4, where no copy was ever fetched."""
    day = 24 * HOUR
    assert (0, 1, 0, 0) == counts(conduct(fetched(0, status=503), fetched(day, status=503), asked(29 * day)))
    assert (0, 0, 0, 0) == counts(conduct(fetched(0, status=503), asked(31 * day)))


def test_robots_txt_itself_is_never_forbidden() -> None:
    """Nor are other documents of the site's rules, which are events of another kind."""
    assert (0, 0, 0, 0) == counts(
        conduct(
            fetched(0, status=503),
            asked(1, "/robots.txt", method="POST"),
            fetched(2, path="/.well-known/tdmrep.json"),
        )
    )


def test_what_one_client_fetched_is_known_to_all_of_its_name() -> None:
    """How many had not fetched it themselves is told, of what was against it."""
    found = conduct(
        fetched(0, NO_TRACKS, client="203.0.113.5"),
        served(0, NO_TRACKS),
        asked(1, client="203.0.113.5"),
        asked(2, client="203.0.113.6"),
        asked(3, client="2001:db8::1"),
        asked(4, "/about", client="203.0.113.6"),
        asked(5, client=None),
        asked(6, client="odd"),
    )
    assert (5, 3) == (found.against, found.by_others)


@pytest.mark.parametrize(
    ("fetcher", "client", "others"),
    [
        ("203.0.113.0/24", "203.0.113.7", 0),
        ("203.0.113.7", "203.0.113.0/24", 0),
        ("203.0.113.7", "203.0.113.8", 1),
        ("203.0.112.0/24", "203.0.113.7", 1),
        ("2001:db8::/48", "2001:db8::7", 0),
        ("6f0c2a", "6f0c2a", 0),
        ("6f0c2a", "203.0.113.7", 1),
    ],
)
def test_clients_are_compared_as_far_as_the_log_shows_them(fetcher: str, client: str, others: int) -> None:
    """`[log] refused_addresses` may show more of those that were refused."""
    found = conduct(fetched(0, NO_TRACKS, client=fetcher), served(0, NO_TRACKS), asked(1, client=client))
    assert (1, others) == (found.against, found.by_others)


def test_a_text_informs_no_other_name() -> None:
    """Each crawler is told for itself."""
    found = conducts(fetched(0, NO_MEDIA), served(0, NO_MEDIA), asked(1, "/media/1", token="CCBot"))
    assert [("CCBot", 1, 0), ("GPTBot", 0, 0)] == [(each.token, each.before, each.against) for each in found]


def test_a_crawler_is_told_by_its_robots_token() -> None:
    """Which is not always its name."""
    text = "User-agent: Extra\nDisallow: /tracks/\n\nUser-agent: Extra9\nDisallow:\n"
    found = conduct(fetched(0, text, token="Extra9"), served(0, text), asked(1, token="Extra9"))
    assert ("Extra", 1) == (found.robots_token, found.against)


@pytest.mark.parametrize(
    "values",
    [{"token": None}, {"token": None, "user_agent": "curl/8"}, {"crawler_class": "player"}],
    ids=["nobody", "no crawler", "a person's player"],
)
def test_people_are_not_in_it(values: dict[str, Any]) -> None:
    """Robots.txt speaks to robots."""
    assert () == conducts(fetched(0, NO_TRACKS, **values), served(0, NO_TRACKS), asked(1, **values))


def test_the_worst_come_first() -> None:
    """Then those who asked most."""
    found = conducts(
        asked(0, token="Often"),
        asked(1, token="Often"),
        asked(2, token="Seldom"),
        fetched(3, NO_MEDIA, token="Bad"),
        served(3, NO_MEDIA),
        asked(4, "/media/1", token="Bad"),
        asked(5, token="Another"),
    )
    assert ["Bad", "Often", "Another", "Seldom"] == [each.token for each in found]


def test_what_is_selected_is_judged_by_what_was_fetched_before() -> None:
    """A selection chooses requests; it makes nobody forget what was told."""
    events = [fetched(0, NO_TRACKS), served(0, NO_TRACKS), asked(1), asked(HOUR), fetched(2 * HOUR, NO_TRACKS)]
    found = conduct(*events, selection=Selection(since=NOW + 2, until=NOW + 2 * HOUR))
    assert (1, 1, 1, {"unknown": 1}) == (found.requests, found.against, found.fetches, found.verifications)
    assert () == conducts(*events, selection=Selection(since=NOW + 3 * HOUR))
    assert 2 == conduct(*events, selection=Selection(agents=("gptbot",))).against
    assert () == conducts(*events, selection=Selection(agents=("ccbot",)))
    assert 2 == conduct(*events, selection=Selection(outcomes=frozenset({"refuse"}))).requests


def test_a_text_may_be_given() -> None:
    """It stands for all that was served, also where the log does not know what was; not for a failure."""
    stands: list[dict[str, Any]] = [{}, {"status": 301}, {"served_hash": None}, {"status": 304}]
    for values in stands:
        found = conduct(fetched(0, NO_MEDIA, **values), served(0, NO_MEDIA), asked(1), text=NO_TRACKS)
        assert ((0, 1, 0, 0), "given") == (counts(found), found.text)
    assert (0, 0, 0, 0) == counts(conduct(fetched(0, status=404), asked(1), text=NO_TRACKS))
    assert (1, 0, 0, 0) == counts(conduct(asked(1), text=NO_TRACKS))


# Bounds.


def test_crawlers_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog bounds their names, but a file may hold any."""
    monkeypatch.setattr(robots, "_CRAWLERS_KEPT", 3)
    found = Conducts({})
    for number in range(10):
        found.add(asked(number, token=f"Bot{number}"))
    assert (3, 7) == (len(found.found()), found.passed_over)


def test_clients_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten, which counts in the crawler's favour."""
    monkeypatch.setattr(robots, "_CLIENTS_KEPT", 3)
    fetches = [fetched(number, NO_TRACKS, client=f"client {number}") for number in range(5)]
    requests = [asked(10 + number, client=f"client {number}") for number in range(5)]
    found = conduct(served(0, NO_TRACKS), *fetches, *requests)
    assert (5, 2) == (found.against, found.by_others)


def test_answers_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest; all are counted."""
    monkeypatch.setattr(robots, "_ANSWERS_TOLD", 3)
    found = conduct(*(fetched(number, str(number)) for number in range(5)))
    assert (5, [digest("2"), digest("3"), digest("4")]) == (found.fetches, [each.text for each in found.answers])


def test_copies_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that was forgotten nobody can tell, for a day, whether it allowed what was asked for."""
    monkeypatch.setattr(robots, "_COPIES_HELD", 2)
    texts = [NOTHING_FORBIDDEN, NO_TRACKS, NO_TRACKS + "#"]
    events = [each for number, text in enumerate(texts) for each in (fetched(number, text), served(number, text))]
    assert (0, 0, 1, 0) == counts(conduct(*events, asked(HOUR)))
    assert (0, 1, 0, 0) == counts(conduct(*events, asked(25 * HOUR)))


@pytest.mark.parametrize(("name", "value"), [("_TEXTS_KEPT", 2), ("_TEXT_CHARACTERS_KEPT", len(NO_TRACKS))])
def test_texts_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    """What is too much was not recorded, as far as we can tell. (One is the empty text.)"""
    monkeypatch.setattr(robots, name, value)
    events = [served(0, NO_TRACKS), served(0, NO_MEDIA)]
    assert (0, 1, 0, 0) == counts(conduct(*events, fetched(1, NO_TRACKS), asked(2)))
    assert (0, 0, 1, 0) == counts(conduct(*events, fetched(1, NO_MEDIA), asked(2)))


def test_requests_wait_for_a_text_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further ones cannot be told."""
    monkeypatch.setattr(robots, "_WAITING_KEPT", 3)
    found = conduct(fetched(0, NO_TRACKS), *(asked(number) for number in range(1, 6)), served(9, NO_TRACKS))
    assert (0, 3, 2, 0) == counts(found)


# Properties.

TOKENS = st.sampled_from(["GPTBot", "CCBot", "Extra9"])
TEXTS = st.sampled_from([NO_TRACKS, NO_MEDIA, NOTHING_FORBIDDEN, "User-agent: *\nDisallow: /*?\nAllow: /t*$\n"])
TIMES = st.integers(0, 60 * HOUR)
PATHS = st.one_of(
    st.sampled_from(["/tracks/1", "/media/1", "/about", "/robots.txt", "*"]), st.text(max_size=20).map("/".__add__)
)
CLIENTS = st.sampled_from([None, "203.0.113.5", "203.0.113.0/24", "6f0c2a", "\udcff"])
STATUSES = st.sampled_from([200, 200, 304, 301, 404, 503, None, 0, -7])
EVENTS = st.one_of(
    st.builds(served, TIMES, TEXTS),
    st.builds(fetched, TIMES, TEXTS, token=TOKENS, client=CLIENTS, status=STATUSES),
    st.builds(asked, TIMES, PATHS, token=TOKENS, client=CLIENTS),
    st.builds(
        asked, TIMES, st.none(), token=TOKENS, method=st.none(), kind=st.sampled_from(["request", "own-document"])
    ),
)
LOGS = st.lists(EVENTS, max_size=25)


@given(log=LOGS)
def test_any_log_adds_up(log: Sequence[Event]) -> None:
    """In any order: every request is counted once, and none too often."""
    for found in conducts(*log):
        of_it = [each for each in log if each.token == found.token and each.kind == "request"]
        assert len(of_it) == found.requests
        assert found.before + found.against + found.text_missing + found.unclear <= found.requests
        assert (found.against, min(found.against, 5)) == (sum(found.outcomes.values()), len(found.offences))
        assert found.by_others <= found.against
        assert found.fetches == sum(answer.times for answer in found.answers)


def by_token(found: Sequence[Conduct]) -> dict[str, Conduct]:
    """Copies are compared by what they say."""
    return {each.token: replace(each, now=told(each)) for each in found}  # type: ignore[arg-type]


def told(found: Conduct) -> object:
    now = found.now
    return (now.forbidden, now.excepted, now.by_name) if isinstance(now, Copy) else now


@given(log=LOGS, token=TOKENS)
def test_crawlers_do_not_affect_each_other(log: Sequence[Event], token: str) -> None:
    """Without the events of all others, nothing changes for one."""
    alone = [each for each in log if each.token in (token, None)]
    assert by_token(conducts(*log)).get(token) == by_token(conducts(*alone)).get(token)


@given(log=LOGS)
def test_where_texts_stand_in_the_log_does_not_matter(log: Sequence[Event]) -> None:
    """They are found by their hash."""
    texts = [each for each in log if each.kind == "served"]
    others = [each for each in log if each.kind != "served"]
    assert by_token(conducts(*texts, *others)) == by_token(conducts(*others, *texts)) == by_token(conducts(*log))


@given(log=LOGS)
def test_a_text_that_forbids_nothing_accuses_nobody(log: Sequence[Event]) -> None:
    """But for a site that failed, which forbids everything."""
    fine = [each for each in log if each.kind != "own-document" or each.status in (200, 304, 301, 404)]
    assert [] == [each.token for each in conducts(*fine, text=NOTHING_FORBIDDEN) if each.against]


@settings(max_examples=25)
@given(text=st.binary(max_size=300), paths=st.lists(st.text(max_size=600), max_size=5))
def test_any_text_and_any_path_are_judged(text: bytes, paths: Sequence[str]) -> None:
    """Whatever the octets are."""
    body = text.decode("utf-8", "replace")
    found = conduct(fetched(0, body), served(0, body), *(asked(1, path) for path in paths))
    assert found.after == len(paths)
