"""The summary says who would have been refused or throttled, and stays small whatever a log holds."""

import pytest

from noscrape.replay import summary as module
from noscrape.replay.summary import Most
from noscrape.words import Action
from tests.replay.world import BROWSER, GPTBOT, ROUTES, line, summary

QUOTA = {**ROUTES, "patterns": {"quota": [{"name": "all", "limit": "1/hour"}]}}
ORNITH = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Ornith/3 Mobile/15E148"


def test_rows() -> None:
    """Requests and clients are counted for each crawler and rule, the most frequent first."""
    lines = [line(GPTBOT, ip=f"192.0.2.{number % 2}") for number in range(3)]
    found = summary([*lines, line("Ornith/1"), line(), line(GPTBOT, path="/robots.txt"), line("OAI-SearchBot")])
    refused = [
        (row.token, row.operator, row.purpose, row.rule, row.requests, len(row.clients))
        for row in found.rows(Action.REFUSE)
    ]
    assert refused == [
        ("GPTBot", "OpenAI", "training", "purpose:training", 3, 2),
        ("Ornith", "Aviary", "training", "purpose:training", 1, 1),
    ]
    allowed = {(row.token, row.rule): row.requests for row in found.rows(Action.ALLOW)}
    assert allowed == {("", "default"): 1, ("GPTBot", "own-documents"): 1, ("OAI-SearchBot", "default"): 1}
    assert (found.lines, found.requests, found.broken) == (7, 7, 0)


def test_observed_rows_stand_apart() -> None:
    """What is only observed is counted, and marked."""
    found = summary([line(GPTBOT)], {"mode": "observe"})
    assert [(row.token, row.enforced) for row in found.rows(Action.REFUSE)] == [("GPTBot", False)]


def test_ipv6_clients_are_prefixes() -> None:
    """Addresses of one IPv6 prefix are one client."""
    found = summary([line(GPTBOT, ip=f"2001:db8::{number}") for number in range(5)])
    assert [row.clients for row in found.rows(Action.REFUSE)] == [{"2001:db8::/64"}]


def test_clients_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound, clients are not told apart any more, and the number says so."""
    monkeypatch.setattr(module, "CLIENTS_KEPT", 10)
    found = summary([line(GPTBOT, ip=f"10.0.0.{number}") for number in range(50)])
    (row,) = found.rows(Action.REFUSE)
    assert (row.requests, len(row.clients), row.more_clients) == (50, 10, True)


def test_tracks() -> None:
    """Tracks are counted by requests, and by those that would not have been answered."""
    found = summary([line(), line(GPTBOT), line(path="/tracks/7"), line(path="/"), line()])
    assert found.tracks.top(2) == [("42", 3), ("7", 1)]
    assert found.stopped_tracks.top(2) == [("42", 1)]


def test_ids_are_cut() -> None:
    """An id of any length takes no more than its share of memory."""
    found = summary([line(path="/tracks/" + "9" * 1000)])
    assert [len(name) for name, _ in found.tracks.top(1)] == [200]


def test_names_are_bounded() -> None:
    """Of endlessly many names the rare ones go first, and those that matter stay."""
    most: Most[int] = Most(100)
    for number in range(10_000):
        most.add(-1 - number % 3)
        most.add(number)
        assert len(most) <= 100
    assert most.dropped
    assert {name for name, _ in most.top(3)} == {-1, -2, -3}
    assert most.count(-1) == 3334


def test_decisions_are_bounded() -> None:
    """A decision of its own for each request, as a quota makes them, fills no memory."""
    found = summary((line(ip="192.0.2.1") for _ in range(6000)), QUOTA)
    assert [row.requests for row in found.rows(Action.THROTTLE)] == [5999]
    assert len(found._rows_of) <= 4096


def test_listeners() -> None:
    """Whoever looks like a listener among those refused or throttled is listed; robots and libraries are not."""
    agents = [BROWSER, "AntennaPod/3.4", "Swinsian/3.0", "python-requests/2.31", "LazyBot/1", "-", GPTBOT]
    lines = [line(agent, ip=f"192.0.2.{number}") for number, agent in enumerate(agents) for _ in range(2)]
    found = summary([*lines, line(ORNITH)], QUOTA)
    listed = {(item.user_agent, item.row.action, item.requests) for item in found.listeners(10)}
    assert listed == {
        (BROWSER, Action.THROTTLE, 1),
        ("AntennaPod/3.4", Action.THROTTLE, 1),
        ("Swinsian/3.0", Action.THROTTLE, 1),
        (ORNITH, Action.REFUSE, 1),
    }


def test_nobody_allowed_is_listed() -> None:
    """A listener who is let through is none of those who need a look."""
    assert summary([line(), line("AntennaPod/3.4")]).listeners(10) == []


def test_broken_lines() -> None:
    """Broken lines are counted by what is wrong with them, and the first are shown with their numbers."""
    found = summary([line(), "hello", "{", *["hello"] * 20, line().replace("GET /tracks/42 HTTP/1.1", "-")])
    assert (found.requests, found.broken, found.without_request, found.lines) == (1, 22, 1, 24)
    assert found.problems == {
        "neither JSON nor the common or combined log format, or cut off": 21,
        "broken JSON, or cut off": 1,
    }
    assert [(item.number, item.excerpt) for item in found.first_broken[:3]] == [(1, "hello"), (2, "{"), (3, "hello")]
    assert len(found.first_broken) == 10


def test_excerpts_are_cut() -> None:
    """Of a broken line no more is kept than is shown."""
    assert [len(item.excerpt) for item in summary(["x" * 60_000]).first_broken] == [120]
