"""`noscrape log`: what the log tells, listed, followed, counted and checked."""

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.errors import LogError
from noscrape.log.event import Event, time_text
from noscrape.log.people import who
from noscrape.log.reader import BrokenLine, Chain, Follower, chains, files_of, read
from noscrape.log.selection import Selection, moment, networks
from noscrape.terminal import Column, Row, Table, put, say, screen_columns

_USAGE: Final = """noscrape log [FILE ...] [options]
       noscrape log -f [FILE ...] [options]
       noscrape log top agents|tracks|clients|rules [FILE ...] [options]
       noscrape log verify [FILE ...]"""
_DESCRIPTION: Final = """Lists the events of a log, the oldest first. Without FILE: the files of [log] path, of all
processes, rotated ones too. "-" is stdin. `top` counts them; `verify` checks the chain of lines for gaps and edits."""
_EPILOG: Final = """times: 90s, 15m, 1h, 2d, 1w (ago), a day (2026-11-22), RFC 3339 (2026-11-22T20:15:00Z); UTC.
A user agent is a claim: what is not "verified" was called so by the client itself.
exit status: 0 fine, 1 `verify` found something to look at, 2 bad input or usage"""

_OUTCOMES: Final = ("allow", "refuse", "throttle", "would-refuse", "would-throttle")
#: Rows of a listing for people, where they ask for no other number.
_LISTED: Final = 50
_FOLLOWED: Final = 10
_COUNTED: Final = 20
#: Broken lines that are told one by one.
_TOLD: Final = 5
#: Different clients and the like that are counted; strangers choose them, so there is an end to it.
_KEYS_COUNTED: Final = 500_000
_OTHERS: Final = "(others)"
#: From here on, `top` has room for all its columns.
_COUNTED_WIDE_COLUMNS: Final = 120


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
    parser.add_argument("--limit", type=_count, metavar="N", help="the newest N, or with `top` the first; 0: all")
    parser.add_argument("--json", action="store_true", help="one JSON object a line; all, if no --limit says otherwise")
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
    if words[:1] == ["verify"]:
        return verify(_listed(words[1:], arguments.config), as_json=arguments.json)
    selection = _selection(arguments, now=clock())
    if words[:1] == ["top"]:
        if arguments.follow:
            raise LogError("`top` counts what is there; it does not follow")
        if len(words) < 2 or words[1] not in _TOP:
            raise LogError(f"`noscrape log top` wants one of {', '.join(_TOP)}")
        return top(_listed(words[2:], arguments.config), words[1], selection=selection, arguments=arguments)
    if arguments.follow:
        return follow(_lister(words, arguments.config), selection=selection, arguments=arguments, pause=pause)
    return list_(_listed(words, arguments.config), selection=selection, arguments=arguments)


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


def _lister(files: Sequence[str], config: str | None) -> Callable[[], Sequence[Path]]:
    """What lists the files: those that were named, or those of the configured log, which come and go."""
    if files:
        if "-" in files:
            raise LogError("stdin cannot be followed; pipe it into `noscrape log -` instead")
        return lambda: [Path(file) for file in files]
    path = _configured(config)
    return lambda: files_of(path)


def _listed(files: Sequence[str], config: str | None) -> Sequence[Path]:
    """The files to read. Raises LogError where one that was named is missing, or there is none at all."""
    if files:
        missing = [file for file in files if file != "-" and not Path(file).exists()]
        if missing:
            raise LogError("\n".join(f"{file}: no such file" for file in missing))
        return [Path(file) for file in files]
    path = _configured(config)
    found = files_of(path)
    if not found:
        raise LogError(f"{path}: nothing has been recorded there yet, or it was recorded elsewhere (see [log] path)")
    return found


def _configured(config: str | None) -> str:
    path = load(found(config)).config.log.path
    if path in ("", "-"):
        where = "to stdout" if path else "nowhere"
        raise LogError(f"[log] path sends the log {where}; name the files to read")
    return path


class _Broken:
    """Tells of broken lines on stderr, the first few one by one."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, line: BrokenLine) -> None:
        self.count += 1
        if self.count <= _TOLD:
            say(sys.stderr, f"noscrape: {line}")

    def sum_up(self) -> None:
        if self.count > _TOLD:
            say(sys.stderr, f"noscrape: {self.count:,} lines or files in all could not be read")


def _events(items: Iterable[Event | BrokenLine], *, selection: Selection, broken: _Broken) -> Iterator[Event]:
    for item in items:
        if isinstance(item, BrokenLine):
            broken.tell(item)
        elif selection.holds(item):
            yield item


def list_(files: Sequence[Path], *, selection: Selection, arguments: argparse.Namespace) -> Status:
    """Print the newest events, or all."""
    broken = _Broken()
    found = _events(read(files, since=selection.since), selection=selection, broken=broken)
    limit = arguments.limit if arguments.limit is not None else 0 if arguments.json else _LISTED
    matching = 0
    if limit:
        newest: deque[Event] = deque(maxlen=limit)
        for event in found:
            matching += 1
            newest.append(event)
        found = iter(newest)
    for line in map(Event.to_json, found) if arguments.json else _Listing().lines(found):
        put(sys.stdout, line)
    broken.sum_up()
    if matching > limit:
        say(sys.stderr, f"the newest {limit} of {matching:,} events; --limit 0 shows all")
    return Status.OK


def follow(
    files: Callable[[], Sequence[Path]],
    *,
    selection: Selection,
    arguments: argparse.Namespace,
    pause: Callable[[float], None],
) -> Status:
    """Print events as they come, until Ctrl-C."""
    broken, listing = _Broken(), _Listing()
    limit = _FOLLOWED if arguments.limit is None else arguments.limit
    follower = Follower(files, from_start=selection.since is not None or arguments.limit == 0)
    try:
        before: deque[Event] = deque(maxlen=limit or None)
        while items := follower.poll():
            before.extend(_events(items, selection=selection, broken=broken))
            if not limit:
                break
        coming: Iterable[Event] = before
        if not arguments.json:
            listing.settle(before)
        while True:
            for event in coming:
                for line in [event.to_json()] if arguments.json else listing.row(event):
                    put(sys.stdout, line)
            sys.stdout.flush()
            items = follower.poll()
            if not items:
                pause(arguments.interval)
            coming = _events(items, selection=selection, broken=broken)
    except KeyboardInterrupt:
        broken.sum_up()
        return Status.OK


class _Listing:
    """Events as rows for people: on one line where the terminal is wide enough, else on two."""

    #: From here on, everything has its own column.
    WIDE_COLUMNS: Final = 160

    def __init__(self) -> None:
        columns = screen_columns(sys.stdout)
        self._wide = columns is None or columns >= self.WIDE_COLUMNS
        self._table = Table(_WIDE if self._wide else _NARROW, columns=columns)

    def lines(self, events: Iterable[Event]) -> Iterator[str]:
        return self._table.lines(map(self._row, events))

    def settle(self, sample: Iterable[Event]) -> None:
        self._table.settle([self._row(event) for event in sample], more=True)
        put(sys.stdout, self._table.heading())

    def row(self, event: Event) -> Iterator[str]:
        return self._table.row(self._row(event))

    def _row(self, event: Event) -> Row:
        at = time_text(event.time)[:19].replace("T", " ")
        done = f"{event.outcome} {event.status}" if event.status is not None else event.outcome
        client = event.client or ""
        tracks = ", ".join(event.tracks)
        # A space in a path would let it go on like the columns of the table.
        asked = " ".join(part.replace(" ", "%20") for part in (event.method, event.path) if part)
        why = ": ".join(part for part in (event.rule, event.reason) if part)
        if self._wide:
            return Row((at, done, _who(event), tracks, asked, why, client))
        what = f"track {tracks}" if tracks else ""
        return Row((at, done, _who(event), client), below=[part for part in (what, asked, why) if part])


_WIDE: Final = (
    Column("time (UTC)", least=19),
    Column("action", least=11, usual=16),
    Column("who", least=24, usual=44),
    Column("track", least=5),
    Column("request", least=14, usual=32),
    Column("rule and reason", least=24, usual=44),
    Column("client", least=14, usual=18),
)
_NARROW: Final = (
    Column("time (UTC)", least=19),
    Column("action", least=11, usual=16),
    Column("who", least=20, usual=44),
    Column("client", least=8, usual=18),
)


def _who(event: Event) -> str:
    """Nobody came where noscrape tells of itself."""
    return who(event) if event.method is not None or event.token or event.user_agent else "noscrape"


@dataclass(slots=True)
class _Tally:
    """What was counted under one key."""

    first: float
    last: float
    events: int = 0
    stopped: int = 0
    would_stop: int = 0
    bytes: int = 0

    def add(self, event: Event) -> None:
        self.first, self.last = min(self.first, event.time), max(self.last, event.time)
        self.events += 1
        self.bytes += event.bytes or 0
        if event.action not in ("", "allow"):
            self.stopped += event.enforced
            self.would_stop += not event.enforced


def _agents(event: Event) -> Iterable[str]:
    return (_who(event),) if event.method is not None else ()


def _clients(event: Event) -> Iterable[str]:
    return (event.client,) if event.client is not None else ()


def _rules(event: Event) -> Iterable[str]:
    return (event.rule,) if event.rule else ()


def _tracks(event: Event) -> Iterable[str]:
    return event.tracks if event.method is not None else ()


#: What `top` counts by: the key in JSON, and the values that an event counts under.
_TOP: Final[dict[str, tuple[str, Callable[[Event], Iterable[str]]]]] = {
    "agents": ("agent", _agents),
    "tracks": ("track", _tracks),
    "clients": ("client", _clients),
    "rules": ("rule", _rules),
}


def top(files: Sequence[Path], what: str, *, selection: Selection, arguments: argparse.Namespace) -> Status:
    """Print who or what came most often."""
    title, keys_of = _TOP[what]
    broken, tallies = _Broken(), dict[str, _Tally]()
    for event in _events(read(files, since=selection.since), selection=selection, broken=broken):
        for key in keys_of(event):
            tally = tallies.get(key)
            if tally is None:
                name = key if len(tallies) < _KEYS_COUNTED else _OTHERS
                tally = tallies.setdefault(name, _Tally(event.time, event.time))
            tally.add(event)
    ranked = sorted(tallies.items(), key=lambda item: (-item[1].events, item[0]))
    limit = arguments.limit if arguments.limit is not None else 0 if arguments.json else _COUNTED
    shown = ranked[:limit] if limit else ranked
    lines = (_as_json(title, *item) for item in shown) if arguments.json else _counted(title, shown)
    for line in lines:
        put(sys.stdout, line)
    broken.sum_up()
    if len(shown) < len(ranked):
        say(sys.stderr, f"the first {limit} of {len(ranked):,} {what}; --limit 0 shows all")
    return Status.OK


def _as_json(title: str, name: str, tally: _Tally) -> str:
    return json.dumps(
        {
            title: name,
            "events": tally.events,
            "stopped": tally.stopped,
            "would_stop": tally.would_stop,
            "bytes": tally.bytes,
            "first": time_text(tally.first),
            "last": time_text(tally.last),
        }
    )


def _counted(title: str, tallies: Iterable[tuple[str, _Tally]]) -> Iterator[str]:
    columns = screen_columns(sys.stdout)
    wide = columns is None or columns >= _COUNTED_WIDE_COLUMNS
    layout = [
        Column(title, least=20),
        Column("events", right=True),
        Column("stopped", least=7, right=True),
        Column("would stop", least=10, right=True),
        Column("last (UTC)", least=16),
    ]
    if wide:
        layout += [Column("first (UTC)", least=16), Column("bytes", right=True)]

    def cells(name: str, tally: _Tally) -> Iterator[str]:
        yield from (name, f"{tally.events:,}", f"{tally.stopped:,}", f"{tally.would_stop:,}", _minute(tally.last))
        if wide:
            yield from (_minute(tally.first), f"{tally.bytes:,}")

    return Table(layout, columns=columns).lines(Row(tuple(cells(*item))) for item in tallies)


def _minute(epoch_seconds: float) -> str:
    return time_text(epoch_seconds)[:16].replace("T", " ")


def verify(files: Sequence[Path], *, as_json: bool) -> Status:
    """Check each process's lines for gaps and edits."""
    faults = 0
    found: list[Chain] = []
    for chain in chains(files):
        faults += chain.faults
        found.append(chain)
        for line in chain.broken:
            say(sys.stderr, f"noscrape: {line}")
        if chain.faults > len(chain.broken):
            say(sys.stderr, f"noscrape: {chain.name}: {chain.faults - len(chain.broken):,} more")
    for text in map(_chain_json, found) if as_json else _chain_table(found):
        put(sys.stdout, text)
    if not as_json:
        for text in _LIMITS_OF_PROOF.splitlines():
            say(sys.stderr, text)
    return Status.FOUND if faults else Status.OK


_LIMITS_OF_PROOF: Final = (
    "A whole chain has no gaps and no careless edits. It proves nothing against whoever holds\n"
    "the machine, unless its heads were published elsewhere."
)


def _chain_json(chain: Chain) -> str:
    return json.dumps(
        {
            "name": chain.name,
            "lines": chain.lines,
            "first": chain.first,
            "last": chain.last,
            "head": chain.head,
            "faults": chain.faults,
            "broken": [str(line) for line in chain.broken],
        }
    )


def _chain_table(found: Iterable[Chain]) -> Iterator[str]:
    table = Table(
        (
            Column("log", least=20),
            Column("lines", right=True),
            Column("from", least=4, right=True),
            Column("to", least=2, right=True),
            Column("head", least=16),
            Column("", least=10),
        ),
        columns=screen_columns(sys.stdout),
    )
    return table.lines(
        Row(
            (
                chain.name,
                f"{chain.lines:,}",
                f"{chain.first:,}",
                f"{chain.last:,}",
                chain.head,
                f"{chain.faults:,} faults"
                if chain.faults
                else "earlier lines are gone"
                if chain.first > 1
                else "whole",
            )
        )
        for chain in found
    )
