"""`noscrape log top`: who or what came most often."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from noscrape.cli.log.cells import minute, named
from noscrape.cli.log.sources import NONE_MATCH, Broken, events
from noscrape.cli.status import Status
from noscrape.log.event import Event, time_text
from noscrape.log.reader import read
from noscrape.log.selection import Selection
from noscrape.terminal import Column, Row, Table, put, say, screen_columns

#: Rows, where nobody asks for another number.
_COUNTED: Final = 20
#: Different clients and the like that are counted; strangers choose them, so there is an end to it.
_KEYS_COUNTED: Final = 500_000
_OTHERS: Final = "(others)"
#: From here on, there is room for all columns.
_WIDE_COLUMNS: Final = 120


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
    return (named(event),) if event.method is not None else ()


def _clients(event: Event) -> Iterable[str]:
    return (event.client,) if event.client is not None else ()


def _rules(event: Event) -> Iterable[str]:
    return (event.rule,) if event.rule else ()


def _tracks(event: Event) -> Iterable[str]:
    return event.tracks if event.method is not None else ()


#: What is counted by: the key in JSON, and the values that an event counts under.
COUNTED_BY: Final[dict[str, tuple[str, Callable[[Event], Iterable[str]]]]] = {
    "agents": ("agent", _agents),
    "tracks": ("track", _tracks),
    "clients": ("client", _clients),
    "rules": ("rule", _rules),
}


def top_(files: Sequence[Path], what: str, *, selection: Selection, arguments: argparse.Namespace) -> Status:
    """Print who or what came most often."""
    title, keys_of = COUNTED_BY[what]
    broken, tallies = Broken(), dict[str, _Tally]()
    for event in events(read(files, since=selection.since), selection=selection, broken=broken):
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
    elif not ranked and not arguments.json:
        say(sys.stderr, NONE_MATCH)
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
    wide = columns is None or columns >= _WIDE_COLUMNS
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
        yield from (name, f"{tally.events:,}", f"{tally.stopped:,}", f"{tally.would_stop:,}", minute(tally.last))
        if wide:
            yield from (minute(tally.first), f"{tally.bytes:,}")

    return Table(layout, columns=columns).lines(Row(tuple(cells(*item))) for item in tallies)
