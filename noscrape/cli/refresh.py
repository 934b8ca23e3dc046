"""`noscrape crawlers refresh`: fetch the networks that operators publish for their crawlers."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.crawlers import Crawler, Proof
from noscrape.errors import NoScrapeError
from noscrape.exchange import fetch
from noscrape.site import builtin_catalog, catalog_of
from noscrape.terminal import Column, Row, StatusLine, Table, put, safe, screen_columns
from noscrape.verify.refresh import Fetch, Outcome, State, refresh

_BAD = (State.REFUSED, State.FAILED)


def add(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = inner.add_parser(
        "refresh",
        help="fetch the networks that operators publish",
        description="Fetches the lists of networks by which operators let their crawlers be told, into the folder of "
        "[verification] folder; a running app takes them from there by itself. What is no list, or has lost most of "
        "what it had, is refused, and the last good one stays. Exit status 1: at least one was not fetched.",
    )
    parser.add_argument("--folder", metavar="FOLDER", help="instead of the configuration's")
    parser.add_argument("--only", nargs="+", metavar="TOKEN", help="the lists of these crawlers alone")
    parser.add_argument("--accept", action="append", default=[], metavar="URL", help="take this list, whatever is gone")
    parser.add_argument("--config", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=refresh_)


def refresh_(arguments: argparse.Namespace, *, ask: Fetch = fetch) -> Status:
    """Fetch all lists, and tell what became of each."""
    builtin = builtin_catalog()
    loaded = load(found(arguments.config), tokens=builtin.tokens)
    named = arguments.folder or loaded.config.verification.folder
    if named is None:
        raise NoScrapeError("nowhere to keep them: [verification] folder is not set; --folder names one")
    urls = _urls(catalog_of(loaded, builtin).crawlers, arguments.only)
    if strange := [url for url in arguments.accept if url not in urls]:
        raise NoScrapeError(f"--accept {strange[0]}: no crawler has this list")
    line = StatusLine(stream=sys.stderr, clock=time.monotonic, between_seconds=0)
    outcomes: list[Outcome] = []
    for outcome in refresh(_shown(urls, line), Path(named), fetch=ask, now=time.time(), accept=arguments.accept):
        outcomes.append(outcome)
    line.clear()
    if arguments.json:
        for outcome in outcomes:
            print(json.dumps(asdict(outcome) | {"state": outcome.state.value}))
    else:
        _print(outcomes, named)
    return Status.FOUND if any(outcome.state in _BAD for outcome in outcomes) else Status.OK


def _urls(crawlers: Sequence[Crawler], only: Sequence[str] | None) -> tuple[str, ...]:
    """The lists of all crawlers, or of those that are named."""
    known = {crawler.token.casefold(): crawler for crawler in crawlers}
    for token in only or ():
        if token.casefold() not in known:
            raise NoScrapeError(f"no crawler {token!r} in the catalog; `noscrape crawlers list` shows all tokens")
    wanted = [known[token.casefold()] for token in only] if only else crawlers
    return tuple(dict.fromkeys(url for each in wanted if Proof.IP_RANGES in each.verify for url in each.ranges))


def _shown(urls: Sequence[str], line: StatusLine) -> Iterator[str]:
    for number, url in enumerate(urls, start=1):
        line.show(lambda url=url, number=number: f"fetching {number} of {len(urls)}: {url}")  # type: ignore[misc]
        yield url


_LAYOUT = (Column("list", least=20), Column("", least=9), Column("networks", least=8), Column("had", least=4))


def _print(outcomes: Sequence[Outcome], folder: str) -> None:
    table = Table(_LAYOUT, columns=screen_columns(sys.stdout))
    for line in table.lines(map(_row, outcomes)):
        put(sys.stdout, line)
    for outcome in outcomes:
        if outcome.problem:
            put(sys.stderr, f"noscrape: {safe(outcome.problem)}")
    bad = sum(outcome.state in _BAD for outcome in outcomes)
    kept = ", of which the last good copy stays" if any(one.before for one in outcomes if one.state in _BAD) else ""
    lists = "1 list" if len(outcomes) == 1 else f"{len(outcomes)} lists"
    put(sys.stderr, f"{lists} in {safe(folder)}, {bad} not fetched{kept if bad else ''}")


def _row(outcome: Outcome) -> Row:
    before = f"{outcome.before:,}" if outcome.before else ""
    return Row((outcome.url.partition("://")[2], outcome.state.value, f"{outcome.after:,}", before))
