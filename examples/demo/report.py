"""What the demo prints: each visitor's requests beside what the log says of them."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import Final

from examples.demo.visitors import Exchange, Visit
from noscrape import Event
from noscrape.config import Loaded

_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_COLOURS: Final = {"allow": "green", "refuse": "red", "throttle": "yellow"}
_LINE: Final = "  {asked:44} {status:>3}  {action:8} {rule:17} {reserved}"
#: Text is broken to fit this.
_COLUMNS: Final = 100
_INDENT: Final = "      "
#: So many requests alike become one line.
_FOLDED: Final = 3


@dataclass(frozen=True, slots=True)
class Paint:
    """Words for a terminal; without colours where it has none."""

    colours: bool

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colours else text


@dataclass(frozen=True, slots=True)
class _Line:
    """One request, or several alike in a row."""

    exchanges: tuple[Exchange, ...]
    events: tuple[Event, ...]

    @property
    def asked(self) -> str:
        first = self.exchanges[0]
        if len(self.exchanges) > 1:
            return f"{PurePosixPath(first.path).parent}/...  {len(self.exchanges)} tracks"
        return f"{first.path}  bytes {first.range}" if first.range else first.path

    @property
    def reserved(self) -> str:
        """What is said of training, and by whom: the owner of the work, or the site's default."""
        said = (self.events[0].reservation or {}).get("training", "")
        voices = {event.reservation_by for event in self.events}
        return f"{said} (by {voices.pop()})" if len(voices) == 1 else said


def heading(paint: Paint) -> str:
    """The titles of the columns of all visits."""
    return paint(
        _LINE.format(asked="asked for", status="got", action="noscrape", rule="rule", reserved="training"), "dim"
    )


def visit_lines(visit: Visit, events: Mapping[str, Event], *, loaded: Loaded, paint: Paint) -> Iterator[str]:
    """One visitor: what was asked for, what came back, and why. The why is the log's."""
    visitor = visit.visitor
    yield f"{paint(visitor.name, 'bold')} {paint(f'({visitor.address})', 'dim')}, {visitor.what}"
    for reason, group in groupby(_folded(visit.exchanges, events), key=lambda line: _why(line.events[0], loaded)):
        for line in group:
            event = line.events[0]
            yield _LINE.format(
                asked=line.asked,
                status=line.exchanges[0].status,
                # Padded before it is painted, as colours have no width.
                action=paint(f"{event.outcome:8}", _COLOURS.get(event.outcome, "bold")),
                rule=event.rule,
                reserved=line.reserved,
            )
        because = textwrap.fill(
            f"because: {reason}", _COLUMNS, initial_indent=_INDENT, subsequent_indent=_INDENT + " " * len("because: ")
        )
        yield paint(because, "dim")
    yield ""


def _folded(exchanges: Iterable[Exchange], events: Mapping[str, Event]) -> Iterator[_Line]:
    """Requests for the tracks of one folder that had the same fate, one after the other, are one line."""

    def fate(exchange: Exchange) -> tuple[object, ...]:
        event = events[exchange.id]
        alike = str(PurePosixPath(exchange.path).parent) if event.tracks and not exchange.range else exchange.id
        return alike, exchange.status, event.rule, event.reason

    for _, alike in groupby((exchange for exchange in exchanges if exchange.id in events), key=fate):
        group = tuple(alike)
        for part in [group] if len(group) >= _FOLDED else [(exchange,) for exchange in group]:
            yield _Line(part, tuple(events[exchange.id] for exchange in part))


def _why(event: Event, loaded: Loaded) -> str:
    """The reason, and the line of the configuration that it rests on."""
    place = loaded.place(event.setting) if event.setting else ""
    return f"{event.reason} ({PurePosixPath(place).name}, {event.setting})" if place else event.reason


def header_lines(exchange: Exchange, bare: Exchange, *, paint: Paint) -> Iterator[str]:
    """An answer's headers beside those of the app alone, which did not have what is marked."""
    app = {name.lower() for name, _ in bare.headers}
    for name, value in exchange.headers:
        added = name.lower() not in app
        line = f"  {'+' if added else ' '} {name}: {value}"
        yield paint(line, "green" if added else "dim")


def answer_lines(exchange: Exchange) -> Iterator[str]:
    """An answer as it went over the wire."""
    for name, value in exchange.headers:
        yield f"    {name}: {value}"
    yield ""
    for line in exchange.body.decode("utf-8", "replace").splitlines():
        yield f"    {line}".rstrip()
