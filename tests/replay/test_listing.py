"""Each line of a log is answered by one JSON object."""

import json

from noscrape.tracks import LONGEST_PATH
from tests.replay.world import BROWSER, GPTBOT, ROUTES, decisions, line


def test_decision() -> None:
    """A decision has all its keys, in their order."""
    (found,) = decisions([line(GPTBOT)])
    assert list(found) == ["n", "action", "rule", "reason", "token", "purpose", "client", "track"]
    assert found == {
        "n": 0,
        "action": "refuse",
        "rule": "purpose:training",
        "reason": "GPTBot (OpenAI) fetches for training, which is reserved here",
        "token": "GPTBot",
        "purpose": "training",
        "client": "192.0.2.1",
        "track": "42",
    }


def test_nothing_known() -> None:
    """What is not known is null."""
    (found,) = decisions([line(BROWSER, path="/", ip="-")])
    assert (found["token"], found["purpose"], found["client"], found["track"]) == (None, None, None, None)


def test_one_crawler_in_several_places() -> None:
    """What is remembered of one decision does not spill over to another line."""
    found = decisions([line(GPTBOT, path="/tracks/1"), line(GPTBOT, ip="192.0.2.9"), line(), line(GPTBOT)])
    assert [(item["token"], item["client"], item["track"]) for item in found] == [
        ("GPTBot", "192.0.2.1", "1"),
        ("GPTBot", "192.0.2.9", "42"),
        (None, "192.0.2.1", "42"),
        ("GPTBot", "192.0.2.1", "42"),
    ]


def test_observe_mode() -> None:
    """The action is what would be decided; what is only observed says that it is not enforced."""
    refused, allowed = decisions([line(GPTBOT), line()], {**ROUTES, "mode": "observe"})
    assert (refused["action"], refused["enforced"]) == ("refuse", False)
    assert (allowed["action"], "enforced" in allowed) == ("allow", False)


def test_broken_lines() -> None:
    """A line of which no request can be told has its number and what is wrong."""
    found = decisions(["hello", line(), line().replace("GET /tracks/42 HTTP/1.1", "-")])
    assert found[0] == {"n": 0, "error": "neither JSON nor the common or combined log format, or cut off"}
    assert found[1]["n"] == 1
    assert found[2] == {"n": 2, "error": "no request that the server could read"}


def test_strangers_text_stays_inside() -> None:
    """An id or a client that a stranger chose breaks out of no line."""
    described = json.dumps({"t": 1, "ip": 'x"\n', "path": '/tracks/%22%0A%1B"\ud800'})
    (found,) = decisions([described])
    assert found["track"] == '"\n\x1b"' + 3 * "\N{REPLACEMENT CHARACTER}"
    assert found["client"] == 'x"\n'


def test_path_too_long() -> None:
    """A path that is too long to be judged is decided about like any other."""
    (found,) = decisions([line(GPTBOT, path="/tracks/" + "9" * LONGEST_PATH)])
    assert (found["action"], found["track"]) == ("refuse", None)
