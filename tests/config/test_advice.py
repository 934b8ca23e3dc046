"""Valid settings that cost or open something are pointed out, each at its place; the defaults are not."""

from pathlib import Path
from typing import Any

import pytest

from noscrape.config import advice, load
from noscrape.crawlers import Catalog, Crawler, Kind

ROUTE = {"path": "/tracks/{id}"}
READER = {"kind": "sql", "url": "sqlite+aiosqlite://", "query": "SELECT :track_id"}
CATALOG = Catalog(
    crawlers=(
        Crawler(token="GPTBot", operator="OpenAI", kind=Kind.AI),
        Crawler(token="Google-Extended", operator="Google", kind=Kind.AI, control_only=True),
    ),
    version="1",
)


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({"mode": "observe"}, "mode", "nothing is refused"),
        ({"stance": "signal-only"}, "stance", "no crawler is refused"),
        ({"site": {"default": "open"}}, "site.default", "open to every crawler"),
        ({"site": {"shared_cache": "vary"}}, "site.shared_cache", "a copy for each user agent"),
        ({"site": {"shared_cache": "private"}}, "site.shared_cache", "reaches your servers"),
        (
            {"crawlers": {"training": "signal"}},
            "crawlers.training",
            "'signal' lets every training crawler into reserved",
        ),
        ({"crawlers": {"undisclosed": "observe"}}, "crawlers.undisclosed", "lets every undisclosed crawler"),
        ({"crawlers": {"agents": {"GPTBot": "allow"}}}, "crawlers.agents.GPTBot", "whoever calls itself GPTBot"),
        (
            {"crawlers": {"agents": {"GPTBot": "allow-verified"}}},
            "crawlers.agents.GPTBot",
            "nothing that is looked at",
        ),
        (
            {"crawlers": {"agents": {"Google-Extended": "refuse"}}, "documents": {"robots_txt": "off"}},
            "crawlers.agents.Google-Extended",
            "a word for robots.txt only, which is left to the app",
        ),
        (
            {"crawlers": {"agents": {"Google-Extended": "allow"}}},
            "crawlers.agents.Google-Extended",
            "leaves Google-Extended out of robots.txt",
        ),
        ({"tracks": {"files": {"paths": ["absent/{track_id}.mp3"]}}}, "tracks.files.paths.0", "no such folder: "),
        ({"tracks": {"files": {}}}, "tracks.files", "names no paths: only `NoScrape(file_of=...)`"),
        (
            {"crawlers": {"extra": [{"token": "gptbot", "purpose": "training"}]}},
            "crawlers.extra.0.token",
            "takes the place of the catalog's own entry",
        ),
        ({"clients": {"partners": ["192.0.2.7", "128.0.0.0/15"]}}, "clients.partners.1", "2^17 addresses"),
        ({"clients": {"trusted_proxies": ["2001::/31"]}}, "clients.trusted_proxies.0", "2^97 addresses"),
        (
            {"tracks": {"default": "open"}},
            "tracks.default",
            "with no [tracks.reader], a track is open unless a reader in Python or the app says not",
        ),
        (
            {"tracks": {"default": "open", "reader": READER, "routes": [ROUTE]}},
            "tracks.default",
            "of which nobody has said anything is open",
        ),
        ({"tracks": {"on_failure": "open"}}, "tracks.on_failure", "while the reader fails"),
        ({"tracks": {"reader": READER}}, "tracks.reader", "there is no route"),
        ({"tracks": {"reader": READER, "routes": [ROUTE], "cache_seconds": 0}}, "tracks.cache_seconds", "asked again"),
        (
            {"tracks": {"reader": READER | {"url": "otherdb+nosuchdriver://db"}, "routes": [ROUTE]}},
            "tracks.reader",
            "needs nosuchdriver",
        ),
        (
            {"tracks": {"reader": READER | {"url": "sqlite+aiosqlite:////no/such.db"}, "routes": [ROUTE]}},
            "tracks.reader.url",
            "no such file yet: /no/such.db; until there is, every track is reserved",
        ),
        (
            {"tracks": {"routes": [{"path": "/artists/{artist}/tracks/{id}"}]}},
            "tracks.routes.0.path",
            "has 'artist' and 'id': 'artist' is taken for the track; say which: track = 'path:id'",
        ),
        (
            {"patterns": {"quota": [{"name": "burst", "limit": "9/minute"}]}},
            "patterns.quota.0",
            "counts all listeners behind one address as one",
        ),
        (
            {"patterns": {"quota": [{"name": "each", "limit": "9/minute", "per": "client-and-track"}]}},
            "patterns.quota.0",
            "no [[tracks.routes]] names one",
        ),
        ({"log": {"path": ""}}, "log.path", "nothing is recorded"),
        ({"log": {"record": []}}, "log.record", "nothing is recorded"),
        ({"log": {"addresses": "full"}}, "log.addresses", "personal data"),
        ({"log": {"key": "0123456789abcdef"}}, "log.key", "is not used"),
        ({"log": {"path": "/no/such/folder/a.jsonl"}}, "log.path", "does not exist"),
    ],
)
@pytest.mark.sql
def test_a_setting_that_costs_something_is_pointed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], key: str, words: str
) -> None:
    """One warning, at the setting's place."""
    monkeypatch.chdir(tmp_path)

    found = advice(load(settings), catalog=CATALOG)

    assert [("Python", key)] == [(warning.place, warning.key) for warning in found]
    assert words in found[0].problem


def test_audio_files_may_say_no_to_a_default_that_opens(tmp_path: Path) -> None:
    """Where they are looked into they are named among those that may; where they are not, nobody counts on them."""
    files = {"paths": [f"{tmp_path}/{{track_id}}.mp3"]}

    found = {each.key: each.problem for each in advice(load({"tracks": {"default": "open", "files": files}}))}

    expected = "with no [tracks.reader], a track is open unless its audio files, a reader in Python or the app says not"
    assert expected == found["tracks.default"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stance": "no-ai", "site": {"shared_cache": "as-is"}},
        {"crawlers": {"search": "allow", "training": "refuse", "agents": {"GPTBot": "refuse"}}},
        {"clients": {"partners": ["128.0.0.0/16", "2001::/32"], "trusted_proxies": ["10.0.0.0/8"]}},
        {"tracks": {"reader": READER, "routes": [ROUTE]}},
        {"tracks": {"routes": [{"path": "/stream/{id}/{segment:path}"}, {"path": "/a/{b}/{id}", "track": "path:id"}]}},
        {"patterns": {"quota": [{"name": "burst", "limit": "9/minute", "action": "observe"}]}},
        {"patterns": {"mode": "observe", "quota": [{"name": "burst", "limit": "9/minute"}]}},
        {"crawlers": {"agents": {"Google-Extended": "refuse"}}},
        {"log": {"path": "-"}},
        {"log": {"refused_addresses": "keyed-hash", "key": "0123456789abcdef"}},
    ],
)
@pytest.mark.sql
def test_what_costs_nothing_is_not_pointed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    """A warning that always stands there is read by nobody."""
    monkeypatch.chdir(tmp_path)

    assert () == advice(load(settings), catalog=CATALOG)
