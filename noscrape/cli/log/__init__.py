"""`noscrape log`: what the log tells, listed, followed, counted and checked."""

import argparse
import time
from collections.abc import Callable
from typing import Final

from noscrape.cli.log.listing import follow, list_
from noscrape.cli.log.robots import robots_
from noscrape.cli.log.sources import files_to_read, growing_files
from noscrape.cli.log.top import COUNTED_BY, top_
from noscrape.cli.log.verify import verify_
from noscrape.cli.status import Status
from noscrape.errors import LogError
from noscrape.log.selection import Selection, moment, networks

_USAGE: Final = """noscrape log [FILE ...] [options]
       noscrape log -f [FILE ...] [options]
       noscrape log top agents|tracks|clients|rules [FILE ...] [options]
       noscrape log robots [FILE ...] [--robots FILE] [options]
       noscrape log verify [FILE ...]"""
_DESCRIPTION: Final = """Lists the events of a log, the oldest first. Without FILE: the files of [log] path, of all
processes, rotated ones too. "-" is stdin. `top` counts them; `robots` tells which crawlers fetched robots.txt, and what
they then did of what it told them not to; `verify` checks the chain of lines for gaps and edits."""
_EPILOG: Final = """times: 90s, 15m, 1h, 2d, 1w (ago), a day (2026-11-22), RFC 3339 (2026-11-22T20:15:00Z); UTC.
A user agent is a claim: what is not "verified" was called so by the client itself.
`robots` judges the requests that are selected, by what was fetched at any time before them. What one client fetched is
taken to be known to all of its name, until one fetches it again, and a copy may be used for 24 hours (RFC 9309). Paths
are judged without their query, which the log leaves out.
exit status: 0 fine, 1 `verify` or `robots` found something to look at, 2 bad input or usage"""

_VERBS: Final = ("top", "robots", "verify")
_OUTCOMES: Final = ("allow", "refuse", "throttle", "would-refuse", "would-throttle")


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser(
        "log",
        help="list, follow, count and check the log",
        usage=_USAGE,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Verbs are told from files in `run`: argparse cannot have both in one place. A file called top is ./top.
    parser.add_argument("words", nargs="*", metavar="FILE", help="log files, plain or gzip")
    parser.add_argument("--since", metavar="TIME", help="events from then on")
    parser.add_argument("--until", metavar="TIME", help="events before; a day is included")
    parser.add_argument("--action", action="append", default=[], choices=_OUTCOMES, help="what was done")
    parser.add_argument("--agent", action="append", default=[], help="token, or part of operator or user agent")
    parser.add_argument("--track", action="append", default=[], help="id of a track")
    parser.add_argument("--client", action="append", default=[], help="address or network, or as the log shows it")
    parser.add_argument("--rule", action="append", default=[], help="rule, or its part before the colon")
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="the newest N, or of `top` and `robots` the first; 0: all"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line; all, if no --limit says otherwise")
    parser.add_argument("--robots", metavar="FILE", help="with `robots`: judge by this text, not by those in the log")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new events as they come, until Ctrl-C")
    parser.add_argument("--interval", type=_seconds, default=1.0, metavar="SECONDS", help="between two looks (1)")
    parser.add_argument("--config", metavar="FILE", help="configuration; ./noscrape.toml where there is one")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.01 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0.01 to 3600")
    return seconds


def run(
    arguments: argparse.Namespace,
    *,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Status:
    """List, follow, count or check, as the words say."""
    words: list[str] = list(arguments.words)
    verb = words[0] if words[:1] and words[0] in _VERBS else ""
    if verb and arguments.follow:
        raise LogError(f"`{verb}` looks at what is there; it does not follow")
    if verb != "robots" and arguments.robots is not None:
        raise LogError("--robots belongs to `noscrape log robots`")
    if verb == "verify":
        return verify_(files_to_read(words[1:], arguments.config), as_json=arguments.json)
    selection = _selection(arguments, now=clock())
    if verb == "top":
        if len(words) < 2 or words[1] not in COUNTED_BY:
            raise LogError(f"`noscrape log top` wants one of {', '.join(COUNTED_BY)}")
        return top_(files_to_read(words[2:], arguments.config), words[1], selection=selection, arguments=arguments)
    if verb == "robots":
        return robots_(files_to_read(words[1:], arguments.config), selection=selection, arguments=arguments)
    if arguments.follow:
        return follow(growing_files(words, arguments.config), selection=selection, arguments=arguments, pause=pause)
    return list_(files_to_read(words, arguments.config), selection=selection, arguments=arguments)


def _selection(arguments: argparse.Namespace, *, now: float) -> Selection:
    return Selection(
        since=moment(arguments.since, now=now) if arguments.since else None,
        until=moment(arguments.until, now=now, end=True) if arguments.until else None,
        outcomes=frozenset(arguments.action),
        agents=tuple(agent.casefold() for agent in arguments.agent),
        tracks=frozenset(arguments.track),
        clients=tuple(arguments.client),
        networks=networks(arguments.client),
        rules=frozenset(rule.casefold() for rule in arguments.rule),
    )
