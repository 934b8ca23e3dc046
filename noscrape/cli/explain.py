"""`noscrape explain`: what would be decided about one request, and why."""

import argparse
import asyncio
import json
import sys
import textwrap
import time
from typing import NamedTuple
from urllib.parse import unquote

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.crawlers import CAP_BYTES
from noscrape.errors import NoScrapeError
from noscrape.explain import Explanation, explain, facts_of_event, said_in
from noscrape.log import Event
from noscrape.networks import address
from noscrape.request import Facts
from noscrape.reservation import Reservation, reservation
from noscrape.site import Site, builtin_catalog
from noscrape.terminal import put, safe, say


class Asked(NamedTuple):
    """A request, what was said of its track where that is known already, and the line of the log that tells of it."""

    facts: Facts
    said: Reservation | None = None
    event: Event | None = None


_LABEL_WIDTH = 12


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser(
        "explain",
        help="what would be decided about a request, and why",
        description="Tells what would be decided now about one request, by which rule of which line, and what is sent. "
        "Without --path, reads a line of the log from stdin.",
    )
    parser.add_argument("--path", help="the path with its query, as in a URL: /tracks/42")
    parser.add_argument("--user-agent", default="", metavar="UA")
    parser.add_argument("--client", metavar="IP", help="the address that the connection comes from")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--header", action="append", default=[], metavar="'K: V'", help="may be given several times")
    parser.add_argument("--reservation", metavar="WORD", help="as if the reader had said this: no-ai, open, train-ai=n")
    parser.add_argument("--config", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> Status:
    """Explain one request from options, or each line of the log on stdin."""
    catalog = builtin_catalog()
    loaded = load(found(arguments.config), tokens=catalog.tokens)
    site = Site(loaded, clock=time.time, catalog=catalog)
    said = reservation(arguments.reservation, source="--reservation") if arguments.reservation is not None else None
    requests = [Asked(_facts(arguments))] if arguments.path is not None else _from_log()
    if said is not None or loaded.config.tracks.reader is not None:
        requests = [asked._replace(said=said) for asked in requests]
    elif arguments.path is not None and loaded.config.tracks.routes:
        say(
            sys.stderr,
            "noscrape: no [tracks.reader] is configured, so the defaults are taken; what a reader given in Python "
            "would say can be given with --reservation",
        )
    asyncio.run(_tell(site, requests, as_json=arguments.json))
    return Status.OK


async def _tell(site: Site, requests: list[Asked], *, as_json: bool) -> None:
    for number, asked in enumerate(requests):
        explanation = await explain(site, asked.facts, said=asked.said, event=asked.event)
        if as_json:
            print(json.dumps(explanation.to_json()))
        else:
            put(sys.stdout, "\n" * bool(number) + _text(explanation))
    await site.close()


def _text(explanation: Explanation) -> str:
    lines, last = [], None
    for label, text in explanation.lines():
        shown = "" if label == last else label
        last = label
        lines.append(
            textwrap.fill(
                safe(text),
                width=100,
                initial_indent=shown.ljust(_LABEL_WIDTH),
                subsequent_indent=" " * _LABEL_WIDTH,
                break_on_hyphens=False,
            )
        )
    return "\n".join(lines)


def _facts(arguments: argparse.Namespace) -> Facts:
    path, _, query = arguments.path.partition("?")
    agent = arguments.user_agent.encode("utf-8", "surrogateescape")
    headers = [(b"user-agent", agent)] if agent else []
    for header in arguments.header:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise NoScrapeError(f"--header {header!r}: wanted 'Name: value'")
        headers.append((name.strip().lower().encode("latin-1", "replace"), value.strip().encode("latin-1", "replace")))
    agents = b"\n".join(value[:CAP_BYTES] for name, value in headers if name == b"user-agent")
    if arguments.client is not None and address(arguments.client) is None:
        raise NoScrapeError(f"--client {arguments.client!r}: wanted an IP address")
    method, path = arguments.method.upper(), unquote(path)  # once, as servers do
    return Facts(method, path, "", query.encode("utf-8", "surrogateescape"), agents, headers, arguments.client)


def _from_log() -> list[Asked]:
    if sys.stdin.isatty():
        raise NoScrapeError("nothing to explain: give --path and --user-agent, or a line of the log on stdin")
    found: list[Asked] = []
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            try:
                event = Event.from_json(line.decode("utf-8", "replace"))
                found.append(Asked(facts_of_event(event), said_in(event), event))
            except (ValueError, NoScrapeError) as error:
                raise NoScrapeError(f"stdin:{number}: not a line of the log: {error}") from error
    if not found:
        raise NoScrapeError("nothing to explain: stdin is empty; give --path and --user-agent, or a line of the log")
    return found
