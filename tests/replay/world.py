"""What the tests of this room share: a small catalog, logs to replay, and the replay itself."""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from noscrape.config import load
from noscrape.crawlers import Catalog, parse_catalog
from noscrape.replay import Listing, Replay, Source, Summary

#: When the tests replay, in epoch seconds.
TODAY = 1_800_000_000.0

CATALOG: Catalog = parse_catalog(
    b"""
[[crawler]]
token = "GPTBot"
operator = "OpenAI"
class = "ai"
purpose = "training"
[[crawler]]
token = "OAI-SearchBot"
operator = "OpenAI"
class = "ai"
purpose = "search"
[[crawler]]
token = "Ornith"
operator = "Aviary"
class = "ai"
purpose = "training"
[[crawler]]
token = "AntennaPod"
class = "player"
[[crawler]]
token = "python-requests"
class = "library"
"""
)

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"

ROUTES: Mapping[str, Any] = {"tracks": {"routes": [{"path": "/tracks/{track_id}"}]}}


def line(agent: str = BROWSER, *, path: str = "/tracks/42", ip: str = "192.0.2.1", second: int = 0) -> str:
    """A line of the combined format."""
    time = f"22/Nov/2026:10:{second // 60:02}:{second % 60:02} +0000"
    return f'{ip} - - [{time}] "GET {path} HTTP/1.1" 200 1 "-" "{agent}"'


def source(lines: Iterable[str]) -> Source:
    """Lines as a log on stdin."""
    return Source("-", stdin=io.BufferedReader(io.BytesIO("\n".join(lines).encode())))


def replay(config: Mapping[str, Any] | None = None, *, with_reader: bool = True) -> Replay:
    """A replay of a configuration given in Python."""
    return Replay(load(dict(config or ROUTES)), today=TODAY, catalog=CATALOG, with_reader=with_reader)


def summary(lines: Iterable[str], config: Mapping[str, Any] | None = None) -> Summary:
    """The summary of a log."""
    run = replay(config)
    account = Summary(run.client)
    run.run([source(lines)], account=account)
    return account


def decisions(lines: Iterable[str], config: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The decisions about a log's lines."""
    run, written = replay(config), io.StringIO()
    run.run([source(lines)], account=Listing(written.write, client_of=run.client))
    return [json.loads(text) for text in written.getvalue().splitlines()]
