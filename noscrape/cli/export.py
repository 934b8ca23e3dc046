"""`noscrape export`: what noscrape serves, as files for whoever serves the site's own documents."""

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from noscrape.cli.status import Status
from noscrape.config import Config, found, load
from noscrape.config.model import Route
from noscrape.errors import ExportError, ReservationError
from noscrape.reservation import Terms, from_text
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
from noscrape.words import Purpose

_DESCRIPTION: Final = """Prints what noscrape would serve, for sites whose documents come from elsewhere (a web server,
a CDN), or to look at. In observe mode, too, it prints what would be said."""
_EPILOG: Final = """--tracks FILE: a CSV file with a track's id and what its owner said, such as 42,no-ai; "-" is stdin.
exit status: 0 fine, 1 there is something to look at (told on stderr), 2 bad input or usage"""


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser("export", help="print robots.txt, tdmrep.json, policy or licence")
    documents = parser.add_subparsers(metavar="DOCUMENT", required=True)
    for name, (made, help_) in _DOCUMENTS.items():
        document = documents.add_parser(
            name,
            help=help_,
            description=_DESCRIPTION,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        document.add_argument("--config", metavar="FILE", help="configuration; ./noscrape.toml where there is one")
        document.add_argument("--output", metavar="FILE", help="write this file, whole or not at all; default: stdout")
        if name == "robots":
            document.add_argument("--merge", metavar="FILE", help="the site's own robots.txt, to be merged with ours")
        if name == "tdmrep":
            document.add_argument("--tracks", metavar="FILE", help="say it of each track, from a CSV file")
        document.set_defaults(run=run, made=made)


def run(arguments: argparse.Namespace) -> Status:
    """Print one document."""
    loaded = load(found(arguments.config), tokens=builtin_catalog().tokens)
    site = Site(loaded, clock=time.time)
    data, notes = arguments.made(site, arguments)
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
    told = [*_of_tracks(config, arguments.tracks), *locations(config)]
    return tdmrep.document(told, policy=config.site.policy or ""), ()


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


_DOCUMENTS: Final[dict[str, tuple[Callable[[Site, argparse.Namespace], Made], str]]] = {
    "robots": (_robots, "robots.txt, from nothing or merged with the site's own"),
    "tdmrep": (_tdmrep, "/.well-known/tdmrep.json, by area or by track"),
    "policy": (_policy, "the ODRL policy that tdm-policy names"),
    "licence": (_licence, "the RSL licence"),
}


def _of_tracks(config: Config, file: str) -> Iterator[tdmrep.Location]:
    """A location for each address of each track of a CSV file."""
    templates = [(route.path, name) for route in config.tracks.routes if (name := _parameter(route))]
    for track, terms in _tracks(file):
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


def _tracks(name: str) -> Iterator[tuple[str, Terms]]:
    text = (sys.stdin.buffer.read() if name == "-" else _read(name, limit=None)).decode("utf-8-sig", "replace")
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if not row or not row[0].strip():
            continue
        try:
            yield row[0].strip(), from_text(row[1] if len(row) > 1 else "")
        except ReservationError as error:
            if number == 1:  # names of columns
                continue
            raise ExportError(f"{name}:{number}: {error}") from None


def _read(name: str, *, limit: int | None = LARGEST_BYTES) -> bytes:
    try:
        with open(name, "rb") as file:
            data = file.read() if limit is None else file.read(limit + 1)
    except OSError as error:
        raise ExportError(f"{name}: cannot be read: {error.strerror or type(error).__name__}") from None
    if limit is not None and len(data) > limit:
        raise ExportError(f"{name}: has more than {limit:_} bytes, and crawlers read no further")
    return data


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all: a crawler that comes meanwhile must not see half of it."""
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
        raise ExportError(f"{file}: cannot be written: {error.strerror or type(error).__name__}") from None
