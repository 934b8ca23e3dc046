"""The catalog shown, and what it finds in user agents."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from enum import Enum
from typing import Any

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.crawlers import CAP_BYTES, Catalog, Crawler, Kind, Matcher
from noscrape.errors import NoScrapeError
from noscrape.site import builtin_catalog, catalog_of
from noscrape.terminal import Column, Row, Table, put, safe, screen_columns
from noscrape.words import Purpose


def add(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `list`, `show` and `match`."""
    listing = inner.add_parser("list", help="all crawlers that are known")
    listing.add_argument("--class", dest="kind", choices=[kind.value for kind in Kind if kind is not Kind.UNLISTED])
    listing.add_argument("--purpose", choices=[purpose.value for purpose in Purpose])
    listing.set_defaults(run=list_)

    show = inner.add_parser("show", help="all that is known of one crawler")
    show.add_argument("token")
    show.set_defaults(run=show_)

    match = inner.add_parser(
        "match",
        help="which crawler a user agent names",
        description="Reads user agents from arguments, or from stdin, one a line; a JSON string is decoded.",
    )
    match.add_argument("user_agent", nargs="*")
    match.set_defaults(run=match_)

    for verb in (listing, show, match):
        verb.add_argument("--config", metavar="FILE")
        verb.add_argument("--json", action="store_true")


def _catalog(arguments: argparse.Namespace) -> Catalog:
    catalog = builtin_catalog()
    return catalog_of(load(found(arguments.config), tokens=catalog.tokens), catalog)


def list_(arguments: argparse.Namespace) -> Status:
    """Print the catalog."""
    chosen = [
        crawler
        for crawler in _catalog(arguments).crawlers
        if arguments.kind in (None, crawler.kind.value)
        and (arguments.purpose is None or (crawler.purpose and crawler.purpose.value == arguments.purpose))
    ]
    if arguments.json:
        for crawler in chosen:
            print(json.dumps(_entry(crawler)))
        return Status.OK
    table = Table(_LAYOUT, columns=screen_columns(sys.stdout))
    for line in table.lines(map(_row, chosen)):
        put(sys.stdout, line)
    print(f"{len(chosen)} crawlers", file=sys.stderr)
    return Status.OK


_LAYOUT = (
    Column("token", least=16),
    Column("operator", least=10),
    Column("class", least=8),
    Column("purpose", least=8),
    Column("robots.txt", least=10),
    Column("", least=9),
)


def _row(crawler: Crawler) -> Row:
    purpose = crawler.purpose.value if crawler.purpose else ""
    remark = "control token" if crawler.control_only else "contested" if crawler.contested else ""
    return Row((crawler.token, crawler.operator, crawler.kind.value, purpose, crawler.robots.value, remark))


def show_(arguments: argparse.Namespace) -> Status:
    """Print one entry."""
    catalog = _catalog(arguments)
    crawler = catalog.find(arguments.token)
    if crawler is None:
        raise NoScrapeError(f"no crawler {arguments.token!r} in the catalog; `noscrape crawlers list` shows all tokens")
    entry = _entry(crawler)
    if arguments.json:
        print(json.dumps(entry))
        return Status.OK
    for key, value in entry.items():
        for item in value if isinstance(value, list) else [value]:
            if item not in (None, "", False):
                put(sys.stdout, f"{key.replace('_', ' '):14}{safe(str(item))}")
    return Status.OK


def match_(arguments: argparse.Namespace) -> Status:
    """Print what each user agent names."""
    matcher = Matcher(_catalog(arguments))
    given = arguments.user_agent or _lines(sys.stdin.buffer)
    write = sys.stdout.write
    for agent in given:
        found = matched(matcher, agent)
        if arguments.json:
            write(json.dumps(found) + "\n")
        else:
            named = f"{found['token']} ({found['operator'] or '?'}, {found['class']}"
            purpose = f", {found['purpose']}" if found["purpose"] else ""
            verdict = f"{named}{purpose})" if found["token"] else "a bot, not listed" if found["bot"] else "-"
            put(sys.stdout, f"{verdict:44}  {safe(agent)}")
    return Status.OK


def matched(matcher: Matcher, user_agent: str) -> dict[str, Any]:
    """What one user agent names, as `match --json` prints it."""
    claim = matcher.claim_of(user_agent.encode("utf-8", "surrogateescape")[:CAP_BYTES])
    if claim is None:
        word = matcher.unlisted(user_agent[:CAP_BYTES])
        kind = Kind.UNLISTED.value if word else None
        found = dict.fromkeys(("token", "operator")) | {"class": kind, "purpose": None, "ai": False, "bot": bool(word)}
        return {"user_agent": user_agent} | found | {"matched": word}
    crawler = claim.crawler
    return {
        "user_agent": user_agent,
        "token": crawler.token,
        "operator": crawler.operator or None,
        "class": crawler.kind.value,
        "purpose": crawler.purpose.value if crawler.purpose else None,
        "ai": crawler.ai,
        "bot": crawler.bot,
        "matched": claim.matched,
    }


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    for line in stream:
        text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        if text.startswith('"') and text.endswith('"'):
            try:
                decoded = json.loads(text)
            except ValueError:
                decoded = None
            if isinstance(decoded, str):
                text = decoded.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
        yield text


def _entry(crawler: Crawler) -> dict[str, Any]:
    entry = {}
    for item in fields(crawler):
        value = getattr(crawler, item.name)
        if isinstance(value, tuple):
            value = [_plain(part) for part in value]
        entry["class" if item.name == "kind" else item.name] = _plain(value)
    return entry


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if hasattr(value, "isoformat") else value
