"""Whether what a site says and what it does agree."""

from pathlib import Path
from typing import Any

import pytest

from noscrape.agreement import disagreements
from noscrape.config import load
from noscrape.site import Site
from tests.asgi import Clock


def told(settings: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    site = Site(load(settings), clock=Clock())
    return [(fault.key, fault.problem) for fault in disagreements(site, **more)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stance": "no-ai"},
        {"mode": "observe", "documents": {"robots_txt": "off"}},
        {"stance": "signal-only", "documents": {"robots_txt": "off"}},
        {"site": {"policy": "https://music.example/ai", "licence": "https://music.example/license.xml"}},
        {"site": {"default": "open"}, "tracks": {"routes": [{"path": "/tracks/{id}"}]}},
        {"crawlers": {"agents": {"GPTBot": "allow"}}},
    ],
)
def test_what_agrees(settings: dict[str, Any]) -> None:
    """What noscrape says by itself never contradicts what it does."""
    assert [] == told(settings)


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        pytest.param(
            {"documents": {"robots_txt": "off"}},
            "documents.robots_txt",
            "robots.txt is left to the app: see that it refuses Google-Extended, Applebot-Extended",
            id="control tokens that nobody is told of",
        ),
        pytest.param(
            {"site": {"licence": "https://music.example/"}},
            "site.licence",
            "is the front page, which crawlers are refused",
            id="a licence that is the front page",
        ),
        pytest.param(
            {
                "site": {"policy": "https://music.example/tracks/ai"},
                "tracks": {"routes": [{"path": "/tracks/{id}"}]},
            },
            "site.policy",
            "/tracks/ai is a track's path by [[tracks.routes]]",
            id="a policy at a track's path",
        ),
        pytest.param(
            {"tracks": {"default": "open", "routes": [{"path": "/tracks/{id}"}]}},
            "tracks.default",
            "robots.txt and tdmrep.json say that the whole site is reserved",
            id="open tracks in a reserved site",
        ),
    ],
)
def test_what_does_not(settings: dict[str, Any], key: str, words: str) -> None:
    """Each is told with its setting."""
    assert [(key, True)] == [(found, problem.startswith(words)) for found, problem in told(settings)]


def test_a_crawler_that_is_refused_and_allowed_in_robots_txt() -> None:
    """As a site's own file has it, where it is not merged."""
    text = "User-agent: GPTBot\nAllow: /\n\nUser-agent: *\nDisallow: /\n"

    assert [("documents.robots_file", "refused, but allowed in robots.txt: GPTBot")] == told({}, robots=text)


def test_what_does_not_hold_any_more_of_a_file_that_is_named(tmp_path: Path) -> None:
    """The operator wrote it, so nobody but the operator should be surprised by what is served."""
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow:\n\nUser-agent: GPTBot\nAllow: /\n")

    found = told({"documents": {"robots_file": str(tmp_path / "robots.txt")}})

    reopens = "GPTBot: Allow: / does not hold any more, for it would let in what is refused"
    assert ("documents.robots_file", reopens) in found


def test_a_crawler_that_is_let_in_and_told_to_stay_away(tmp_path: Path) -> None:
    """The other way round, with the line that says so."""
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow:\n\nUser-agent: GPTBot\nDisallow: /\n")
    settings = {
        "crawlers": {"agents": {"GPTBot": "allow"}},
        "documents": {"robots_file": str(tmp_path / "robots.txt")},
    }

    ((key, problem),) = told(settings)

    assert "crawlers.agents.GPTBot" == key
    assert problem.startswith("let in, but told to stay away by line ")
