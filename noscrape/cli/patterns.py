"""`noscrape patterns`: what is trusted on this site, who is stopped for scraping, why, and letting them go."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from noscrape.cli.status import Status
from noscrape.config import Config, Loaded, found, load
from noscrape.errors import NoScrapeError
from noscrape.kept import Found, lift, read_learnt, read_stops
from noscrape.log.reader import BrokenLine, files_of, read
from noscrape.networks import address
from noscrape.patterns.stop import Stop
from noscrape.patterns.visitor import digest
from noscrape.patterns.written import as_dict
from noscrape.shared import lift_in, stops_in
from noscrape.site import builtin_catalog, clients_of, patterns_folder, shared_store
from noscrape.terminal import Column, Row, Table, put, safe, say, screen_columns

_DAY_SECONDS: Final = 86_400.0

_EPILOG: Final = """CLIENT is an address, an account ("account ID"), the id of a stop, or the support id of a refusal.
exit status: 0 fine, 1 nobody is stopped under that name, 2 bad input or usage"""

#: Tracks that are listed one below the other.
_TRACKS_SHOWN: Final = 100


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser("patterns", help="who is stopped for scraping, and what is trusted on this site")
    inner = parser.add_subparsers(metavar="VERB", required=True)
    told: tuple[tuple[str, str, Callable[[argparse.Namespace], Status], str], ...] = (
        ("status", "what is trusted on this site, what is not, and why", _status, ""),
        ("list", "who is stopped now", _list, ""),
        ("explain", "why a client is stopped, and what it had by then", _explain, "client"),
        ("lift", "let a client go", _lift, "client"),
    )
    for verb, text, run, argument in told:
        one = inner.add_parser(
            verb, help=text, description=text, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if argument:
            one.add_argument(argument, metavar="CLIENT")
        one.add_argument("--config", metavar="FILE", help="configuration; ./noscrape.toml where there is one")
        one.add_argument("--json", action="store_true")
        one.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where stops are to be found: the folder, and the store of several workers, "" for none."""

    loaded: Loaded
    folder: Path | None
    store: str
    now: float

    def found(self) -> Found:
        """All that is in force, each once. Raises StoreError where the store cannot be asked."""
        here = read_stops(self.folder, self.now) if self.folder is not None else Found()
        for problem in here.problems:
            say(sys.stderr, f"noscrape: {problem}")
        stops = {stop.key: stop for stop in here.stops}
        if self.store:
            stops |= {stop.key: stop for stop in stops_in(self.store, self.now)}
        return Found(tuple(sorted(stops.values(), key=lambda stop: stop.since)), here.processes)


def _place(arguments: argparse.Namespace) -> _Place:
    loaded = load(found(arguments.config), tokens=builtin_catalog().tokens)
    place = _Place(loaded, patterns_folder(loaded), shared_store(loaded.config), time.time())
    if place.folder is None and not place.store:
        raise NoScrapeError("nothing is kept: there is no noscrape.toml, and [patterns] folder is not set")
    return place


def _named(name: str, place: _Place) -> tuple[str, ...]:
    """What a person's word for a client may be known by: an id, or a digest."""
    if name.startswith("account "):
        return (f"{digest(name):016x}",)
    if (one := address(name)) is not None:
        clients = clients_of(place.loaded.config)
        return (f"{digest(clients.key_of(one)):016x}",)
    return (name, *_by_support_id(name, place.loaded.config))


def _by_support_id(name: str, config: Config) -> Iterator[str]:
    """The stops that a line of the log names under a support id."""
    if not config.log.path or config.log.path == "-":
        return
    for event in read(files_of(config.log.path)):
        if not isinstance(event, BrokenLine) and event.id == name and (stop := event.evidence.get("stop")):
            yield stop


def _meant(name: str, place: _Place) -> tuple[Stop, ...]:
    targets = _named(name, place)
    return tuple(stop for stop in place.found().stops if any(map(stop.named, targets)))


# ---- the verbs


def _list(arguments: argparse.Namespace) -> Status:
    place = _place(arguments)
    stops = place.found().stops
    if arguments.json:
        print(json.dumps([as_dict(stop) for stop in stops], indent=2))
        return Status.OK
    if not stops:
        put(sys.stderr, "nobody is stopped")
        return Status.OK
    layout = (
        Column("stop", least=16),
        Column("what", least=7),
        Column("client", least=12),
        Column("left", right=True, least=6),
        Column("time", right=True, least=4),
        Column("tracks", right=True, least=6),
        Column("user agent", least=10),
    )
    rows = (
        Row(
            (
                stop.id,
                stop.kind.value,
                stop.client or "-",
                _span(stop.until - place.now),
                f"{stop.strikes}",
                f"{stop.touched:,}",
                stop.user_agent or "-",
            ),
            below=(stop.words,),
        )
        for stop in stops
    )
    for line in Table(layout, columns=screen_columns(sys.stdout)).lines(rows):
        put(sys.stdout, line)
    return Status.OK


def _explain(arguments: argparse.Namespace) -> Status:
    place = _place(arguments)
    stops = _meant(arguments.client, place)
    if arguments.json:
        print(json.dumps([as_dict(stop) for stop in stops], indent=2))
        return Status.OK if stops else Status.FOUND
    if not stops:
        say(sys.stderr, f"{arguments.client} is not stopped")
        return Status.FOUND
    for number, stop in enumerate(stops):
        if number:
            put(sys.stdout, "")
        for line in _told(stop, place.now):
            put(sys.stdout, safe(line))
    return Status.OK


def _told(stop: Stop, now: float) -> Iterator[str]:
    whose = f"{stop.kind.value} {stop.client}".rstrip()
    yield f"stop {stop.id}: {whose}" + (f", calling itself {stop.user_agent!a}" if stop.user_agent else "")
    yield (
        f"  since    {_moment(stop.since)} UTC, for the {_ordinal(stop.strikes)} time; ends by itself in "
        f"{_span(stop.until - now)}, at {_moment(stop.until)}"
    )
    yield f"  answered {'429, with Retry-After' if stop.action.value == 'throttle' else '403'}"
    for number, family in enumerate(stop.words.split("; ") if "(" not in stop.words else _families(stop.words)):
        yield f"  {'because  ' if not number else '         '}{family}"
    yield (
        f"  had      {stop.touched:,} tracks and documents, {stop.sent:,} bytes, from {_moment(stop.first)} "
        f"to {_moment(stop.last)}"
    )
    for track in stop.tracks[:_TRACKS_SHOWN]:
        yield f"           {track}"
    yield f"  to let it go: noscrape patterns lift {stop.id}; it comes back if it goes on as before"


def _families(words: str) -> list[str]:
    """`catalogue 4.6 (45 touched; 1 played); navigation 4.5 (...)` by family."""
    return words.replace("); ", ")\n").split("\n")


def _lift(arguments: argparse.Namespace) -> Status:
    place = _place(arguments)
    stops = _meant(arguments.client, place)
    for stop in stops:
        if place.store:
            lift_in(place.store, stop.id, place.now)
        if place.folder is not None:
            try:
                lift(place.folder, stop.id, place.now)
            except OSError as error:
                raise NoScrapeError(f"{place.folder} cannot be written: {error.strerror or error}") from None
    if arguments.json:
        print(json.dumps([stop.id for stop in stops]))
    else:
        where = "through the store at once" if place.store else "within some seconds"
        for stop in stops:
            put(sys.stdout, safe(f"lifted {stop.id} ({stop.kind.value} {stop.client}".rstrip() + f"), {where}"))
    if not stops:
        say(sys.stderr, f"{arguments.client} is not stopped")
        return Status.FOUND
    return Status.OK


def _status(arguments: argparse.Namespace) -> Status:
    place = _place(arguments)
    everything = place.found()
    learnt, problem = read_learnt(place.folder) if place.folder is not None else (None, "")
    running = [one for one in everything.processes if place.now - one.get("time", 0.0) < _DAY_SECONDS]
    if problem:
        say(sys.stderr, f"noscrape: {problem}")
    if arguments.json:
        told = {"processes": running, "stops": len(everything.stops), "learnt": learnt is not None}
        print(json.dumps(told, indent=2))
        return Status.OK
    if not running:
        put(sys.stderr, "no process has written its status within a day: is an app running with this configuration?")
        return Status.OK
    latest = max(running, key=lambda one: one.get("time", 0.0))
    for line in _about(latest, running, len(everything.stops)):
        put(sys.stdout, safe(line))
    rows = (_trait(name, trait) for name, trait in _mapping(latest, "traits").items() if isinstance(trait, dict))
    layout = (
        Column("detector", least=12),
        Column("family", least=10),
        Column("state", least=7),
        Column("counts for", right=True, least=10),
        Column("why", least=20),
    )
    put(sys.stdout, "")
    for line in Table(layout, columns=screen_columns(sys.stdout)).lines(rows):
        put(sys.stdout, line)
    return Status.OK


def _about(latest: Mapping[str, Any], running: list[Mapping[str, Any]], stops: int) -> Iterator[str]:
    known = "is known" if latest.get("warm") else "is not known yet, so that evidence weighs little"
    yield f"this site {known}: {latest.get('good', 0)} good visitors were learnt from"
    yield f"  mode      {latest.get('mode', '?')}"
    yield f"  playback  {latest.get('playback', '?')}"
    yield f"  links     {latest.get('links', '?')}"
    yield f"  apps      made {latest.get('apps', '?')}"
    yield f"  orders    of headers are {latest.get('orders', '?')}"
    if latest.get("proxied"):
        yield "  proxy     all visitors look like one: name it in [clients] trusted_proxies, for pace to count"
    yield f"  stopped   {stops} now; {latest.get('good_tagged', 0)} good visitors were ever suspected"
    records = ", ".join(f"{count:,} by {kind}" for kind, count in _mapping(latest, "records").items())
    yield f"  records   {records}; {latest.get('evicted', 0):,} had to make room"
    when = _moment(float(latest.get("time", 0.0)))
    yield f"  told by   process {latest.get('pid', '?')} at {when} UTC, one of {len(running)} that ran within a day"


def _trait(name: str, trait: Mapping[str, Any]) -> Row:
    worth = f"{trait.get('points', 0):g} of {trait.get('of', 0):g}"
    return Row((name, str(trait.get("family", "")), str(trait.get("state", "")), worth, str(trait.get("why", ""))))


def _mapping(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = told.get(key)
    return value if isinstance(value, dict) else {}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _span(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole >= 3_600:
        return f"{whole // 3_600} h {whole % 3_600 // 60} min"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
