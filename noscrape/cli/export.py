"""`noscrape export`: what noscrape serves, as files for whoever serves the site's own documents."""

import argparse
import csv
import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from noscrape.cli.status import Status
from noscrape.config import Config, found, load
from noscrape.config.model import Route
from noscrape.errors import ExportError, ReservationError
from noscrape.reservation import UNSTATED, Terms, from_text
from noscrape.signals import robots, tdmrep
from noscrape.site import Site, builtin_catalog, robots_base
from noscrape.site.documents import (
    licence_document,
    locations,
    policy_document,
    robots_policy,
    tdmrep_document,
)
from noscrape.standards.robots_txt import LARGEST_BYTES
from noscrape.terminal import say
from noscrape.tracks import PARAMETER
from noscrape.words import Purpose, RobotsTxt

_DESCRIPTION: Final = """Prints what noscrape would serve, for sites whose documents come from elsewhere (a web server,
a CDN), or to look at. In observe mode, too, it prints what would be said."""
_EPILOG: Final = """exit status: 0 fine, 1 there is something to look at (told on stderr), 2 bad input or usage"""
_EPILOGS: Final = {
    "robots": '--merge FILE: the text that the site has now; "-" is stdin.\n',
    "tdmrep": """--tracks FILE: for each track a line with its id and what its owner said, such as
42,no-ai; "-" is stdin. The text is UTF-8, with commas, semicolons or tabs
between: whichever comes first in the first line. That line may name the
columns, the first of them id, track, track_id, trackid, "track id" or slug.
Only what is reserved is written, and a 0 where the owner said just
"tdm-reservation: 0". A track that was opened in other words cannot be told
apart by the file where the site or its tracks are reserved.
""",
}


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser("export", help="print robots.txt, tdmrep.json, policy or licence")
    documents = parser.add_subparsers(metavar="DOCUMENT", required=True)
    for name, (made, unserved, help_) in _DOCUMENTS.items():
        document = documents.add_parser(
            name,
            help=help_,
            description=_DESCRIPTION,
            epilog=_EPILOGS.get(name, "") + _EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        document.add_argument("--config", metavar="FILE", help="configuration; ./noscrape.toml where there is one")
        document.add_argument("--output", metavar="FILE", help="write this file, whole or not at all; default: stdout")
        if name == "robots":
            document.add_argument("--merge", metavar="FILE", help="the site's own robots.txt, to be merged with ours")
        if name == "tdmrep":
            document.add_argument("--tracks", metavar="FILE", help="say it of each track, from a CSV file")
        document.set_defaults(run=run, made=made, unserved=unserved)


def run(arguments: argparse.Namespace) -> Status:
    """Print one document."""
    loaded = load(found(arguments.config), tokens=builtin_catalog().tokens)
    site = Site(loaded, clock=time.time)
    data, notes = arguments.made(site, arguments)
    notes = [*notes, *arguments.unserved(site.loaded.config)]
    for note in notes:
        say(sys.stderr, f"noscrape: {note}")
    if arguments.output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    else:
        _write(Path(arguments.output), data)
    return Status.FOUND if notes else Status.OK


Made = tuple[bytes, Iterable[str]]


def _robots(site: Site, arguments: argparse.Namespace) -> Made:
    policy = robots_policy(site.loaded.config, site.catalog)
    text = _read(arguments.merge).decode("utf-8", "surrogateescape") if arguments.merge else robots_base(site.loaded)
    if text is None:
        return robots.generated(policy).encode("utf-8"), ()
    merged = robots.merged(policy, text)
    return merged.text.encode("utf-8", "surrogateescape"), merged.notes


def _tdmrep(site: Site, arguments: argparse.Namespace) -> Made:
    config = site.loaded.config
    if arguments.tracks is None:
        return tdmrep_document(config) or b"[]\n", ()
    if not config.tracks.routes:
        raise ExportError("--tracks: no [[tracks.routes]] says where a track's pages and files are")
    tracks, areas = _tracks(arguments.tracks), locations(config)
    made = tdmrep.document([*_of_tracks(config, tracks), *areas], policy=config.site.policy or "")
    opened = sum(Purpose.DATASET in terms.open and not terms.tdm_zero for terms in tracks.values())
    if not opened or not any(area.reserved for area in areas):
        return made, ()
    which = "1 track that its owner" if opened == 1 else f"{opened:,} tracks that their owners"
    note = (
        f"{which} opened cannot be told apart by the file, since what is around is reserved; headers and refusals "
        "still tell them apart; `tdm-reservation: 0` writes a 0"
    )
    return made, [note]


def _policy(site: Site, arguments: argparse.Namespace) -> Made:
    made = policy_document(site.loaded.config)
    if not made:
        raise ExportError("there is no [site] policy, whose URL names the policy")
    return made, ()


def _licence(site: Site, arguments: argparse.Namespace) -> Made:
    made = licence_document(site.loaded.config)
    if not made:
        raise ExportError("nothing is reserved by default, so there is nothing to license")
    return made, ()


def _robots_unserved(config: Config) -> Iterator[str]:
    if config.documents.robots_txt is RobotsTxt.OFF:
        yield _unserved('[documents] robots_txt is "off"')


def _tdmrep_unserved(config: Config) -> Iterator[str]:
    if not config.documents.tdmrep:
        yield _unserved("[documents] tdmrep is false")
    if not config.signals.tdm_reservation:
        yield _unserved("[signals] tdm_reservation is false")


def _policy_unserved(config: Config) -> Iterator[str]:
    if not config.documents.policy:
        yield _unserved("[documents] policy is false")


def _licence_unserved(config: Config) -> Iterator[str]:
    if not config.documents.licence:
        yield _unserved("[documents] licence is false")
    if not config.site.licence:
        yield _unserved("there is no [site] licence, whose URL says where it stands")


def _unserved(why: str) -> str:
    return f"not served by noscrape itself: {why}"


#: How each is made, why noscrape itself would not serve it, and what it is.
_DOCUMENTS: Final[
    dict[str, tuple[Callable[[Site, argparse.Namespace], Made], Callable[[Config], Iterable[str]], str]]
] = {
    "robots": (_robots, _robots_unserved, "robots.txt, from nothing or merged with the site's own"),
    "tdmrep": (_tdmrep, _tdmrep_unserved, "/.well-known/tdmrep.json, by area or by track"),
    "policy": (_policy, _policy_unserved, "the ODRL policy that tdm-policy names"),
    "licence": (_licence, _licence_unserved, "the RSL licence"),
}


def _of_tracks(config: Config, tracks: Mapping[str, Terms]) -> Iterator[tdmrep.Location]:
    """A location for each address of each track."""
    templates = [(route.path, name) for route in config.tracks.routes if (name := _parameter(route))]
    for track, terms in tracks.items():
        filled = terms.filled(config.tracks.default)
        reserved = True if Purpose.DATASET in filled.reserved else False if terms.tdm_zero else None
        for template, parameter in templates:
            address = _filled(template, parameter, quote(track, safe=""))
            yield tdmrep.Location(robots.path_pattern(address), reserved=reserved)


def _parameter(route: Route) -> str:
    """The parameter of a route's path that holds the track's id, "" for none: a query has no place in a pattern."""
    kind, _, name = (route.track or "").partition(":")
    if kind == "query":
        return ""
    return name or next(iter(route.names), "")


def _filled(template: str, parameter: str, value: str) -> str:
    """A path template with one of its parameters filled in."""
    return PARAMETER.sub(lambda match: value if match[1] == parameter else match[0], template)


#: What the first column may be called, for its line to be taken for names.
_COLUMNS: Final = frozenset({"id", "track", "track_id", "trackid", "track id", "slug"})
#: A first cell, be it in quotes, and the separator behind it.
_SEPARATOR: Final = re.compile(r'(?:"(?:[^"]|"")*"|[^",;\t\r\n]*)([,;\t])')


def _tracks(name: str) -> dict[str, Terms]:
    """What the owners of tracks said, from a CSV file. Raises ExportError, with the line, for what cannot be read."""
    found: dict[str, Terms] = {}
    for line, row in _rows(name):
        track, word = row[0].strip(), row[1] if len(row) > 1 else ""
        if not track or (line == 1 and track.casefold() in _COLUMNS):
            continue
        try:
            found[track] = found.get(track, UNSTATED).combined(from_text(word))
        except ReservationError as error:
            raise ExportError(f"{_shown(name)}:{line}: {error}") from None
    if not found:
        raise ExportError(f"{_shown(name)}: names no track: wanted lines such as 42,no-ai")
    if all(terms == UNSTATED for terms in found.values()):
        raise ExportError(f"{_shown(name)}: says nothing of any track: wanted lines such as 42,no-ai")
    return found


def _rows(name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of the line where it begins."""
    data, line = _read(name, limit=None), 1
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise ExportError(f"{_shown(name)}:{line}: is not UTF-8") from None
    separator = _SEPARATOR.match(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator[1] if separator else ",", strict=True)
    try:
        for row in rows:
            if any("\0" in cell for cell in row):
                raise ExportError(f"{_shown(name)}:{line}: there is a NUL in it, which no text has")
            if row:
                yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        raise ExportError(f"{_shown(name)}:{line}: {_WORDS.get(str(error), error)}") from None


#: csv's own words are those of its insides.
_WORDS: Final = {"unexpected end of data": "a quote is opened, and not closed again"}


def _shown(name: str) -> str:
    return "stdin" if name == "-" else name


def _read(name: str, *, limit: int | None = LARGEST_BYTES) -> bytes:
    """A file, or stdin for "-"."""
    most = -1 if limit is None else limit + 1
    try:
        if name == "-":
            data = sys.stdin.buffer.read(most)
        else:
            with open(name, "rb") as file:
                data = file.read(most)
    except OSError as error:
        raise ExportError(f"{_shown(name)}: cannot be read: {error.strerror or type(error).__name__}") from None
    if limit is not None and len(data) > limit:
        raise ExportError(f"{_shown(name)}: has more than {limit:_} bytes, and crawlers read no further")
    return data


def _write(named: Path, data: bytes) -> None:
    """Whole or not at all: a crawler that comes meanwhile must not see half of it. A link stays one."""
    file = Path(os.path.realpath(named))
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(data)
            os.chmod(name, file.stat().st_mode & 0o777 if file.exists() else 0o644)
            os.replace(name, file)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise ExportError(f"{named}: cannot be written: {error.strerror or type(error).__name__}") from None
