"""`noscrape log` and `noscrape log -f`: events, one by one."""

import argparse
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from noscrape.cli.log.cells import named, request, second, told
from noscrape.cli.log.sources import NONE_MATCH, Broken, events
from noscrape.cli.status import Status
from noscrape.log.event import Event
from noscrape.log.reader import Follower, read
from noscrape.log.selection import Selection
from noscrape.terminal import Column, Row, Table, put, say, screen_columns

#: Rows, where nobody asks for another number.
_LISTED: Final = 50
_FOLLOWED: Final = 10


def list_(files: Sequence[Path], *, selection: Selection, arguments: argparse.Namespace) -> Status:
    """Print the newest events, or all."""
    broken, matching = Broken(), 0

    def counted() -> Iterator[Event]:
        nonlocal matching
        for event in events(read(files, since=selection.since), selection=selection, broken=broken):
            matching += 1
            yield event

    limit = arguments.limit if arguments.limit is not None else 0 if arguments.json else _LISTED
    found = iter(deque(counted(), maxlen=limit)) if limit else counted()
    for line in map(Event.to_json, found) if arguments.json else _Listing(selection).lines(found):
        put(sys.stdout, line)
    broken.sum_up()
    if limit and matching > limit:
        say(sys.stderr, f"the newest {limit} of {matching:,} events; --limit 0 shows all")
    elif not matching and not arguments.json:
        say(sys.stderr, NONE_MATCH)
    return Status.OK


def follow(
    files: Callable[[], Sequence[Path]],
    *,
    selection: Selection,
    arguments: argparse.Namespace,
    pause: Callable[[float], None],
) -> Status:
    """Print events as they come, until Ctrl-C."""
    broken, listing = Broken(), _Listing(selection)
    limit = _FOLLOWED if arguments.limit is None else arguments.limit
    follower = Follower(files, from_start=selection.since is not None or arguments.limit == 0)
    try:
        before: deque[Event] = deque(maxlen=limit or None)
        while items := follower.poll():
            before.extend(events(items, selection=selection, broken=broken))
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
            coming = events(items, selection=selection, broken=broken)
    except KeyboardInterrupt:
        broken.sum_up()
        return Status.OK


class _Listing:
    """Events as rows for people: on one line where the terminal is wide enough, else on two.

    Where they are those of certain tracks, a wide listing also tells what of the track was asked for, and how much of
    it was sent.
    """

    #: From here on, everything has its own column.
    WIDE_COLUMNS: Final = 160

    def __init__(self, selection: Selection) -> None:
        columns = screen_columns(sys.stdout)
        self._wide = columns is None or columns >= self.WIDE_COLUMNS
        self._of_tracks = bool(selection.tracks)
        wide = _WIDE_OF_TRACKS if self._of_tracks else _WIDE
        self._table = Table(wide if self._wide else _NARROW, columns=columns)

    def lines(self, events: Iterable[Event]) -> Iterator[str]:
        return self._table.lines(map(self._row, events))

    def settle(self, sample: Iterable[Event]) -> None:
        self._table.settle([self._row(event) for event in sample], more=True)
        put(sys.stdout, self._table.heading())

    def row(self, event: Event) -> Iterator[str]:
        return self._table.row(self._row(event))

    def _row(self, event: Event) -> Row:
        at = second(event.time)
        done = f"{event.outcome} {event.status}" if event.status is not None else event.outcome
        client = ", ".join(part for part in (event.client, f"account {event.account}" if event.account else "") if part)
        tracks = ", ".join(event.tracks)
        asked = request(event.method, event.path)
        why = ": ".join(part for part in (event.rule, event.reason) if part) or told(event)
        if self._wide:
            size = f"{event.bytes:,}" if event.bytes is not None else ""
            of_track = (event.serves or "", size) if self._of_tracks else ()
            return Row((at, done, named(event), tracks, *of_track, asked, why, client))
        what = f"track {tracks}" if tracks else ""
        return Row((at, done, named(event), client), below=[part for part in (what, asked, why) if part])


_WIDE: Final = (
    Column("time (UTC)", least=19),
    Column("action", least=11, usual=16),
    Column("who", least=24, usual=44),
    Column("track", least=5),
    Column("request", least=14, usual=32),
    Column("rule and reason", least=24, usual=44),
    Column("client", least=14, usual=18),
)
_WIDE_OF_TRACKS: Final = (
    *_WIDE[:4],
    Column("serves", least=8),
    Column("bytes", least=7, right=True, usual=11),
    *_WIDE[4:],
)
_NARROW: Final = (
    Column("time (UTC)", least=19),
    Column("action", least=11, usual=16),
    Column("who", least=20, usual=44),
    Column("client", least=8, usual=18),
)
