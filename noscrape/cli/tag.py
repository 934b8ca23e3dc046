"""`noscrape tag`: what audio files say about AI, and how to have them say it."""

import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from noscrape.cli.folders import Bar, Walk
from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.config.model import Files
from noscrape.errors import NoScrapeError
from noscrape.readers.files import Found, Reading, State
from noscrape.readers.reading import LONGEST_SHOWN, Wanted, read, wanted
from noscrape.site import anchors_of
from noscrape.tagging import TaggingError, beside, check, fields, standing, within, write
from noscrape.tags import TDM_POLICY
from noscrape.terminal import Column, Row, Table, put, safe, say, screen_columns, width
from noscrape.words import PURPOSES, Purpose

_READ_DESCRIPTION: Final = """Shows what each file says about its use by AI, and which field says so: the tags
Content-Usage and tdm-reservation; where asked for, signed manifests and XMP.
Folders are gone through in their order, without hidden files and links to
other folders. What is read in them: mp3 wav aif aiff flac ogg oga opus m4a
mp4 m4b, and with --xmp also jpg jpeg png webp svg."""
_READ_EPILOG: Final = """A tag may restrict and never opens. One such as AIGC, which tells that a file was
made by AI, reserves nothing.
exit status: 0 fine, 1 a file could not be read, 2 no such file, or bad usage"""
_WRITE_DESCRIPTION: Final = """Writes Content-Usage: train-ai=n and tdm-reservation: 1 into audio files, each
as its kind keeps such fields. Everything else in a file stays: that is proven
before the file takes its place, and what cannot be written so is refused. The
time of the last change is that of now. Of a file that says so already, a copy
is made as it is. The names are noscrape's own convention, which nobody else is
known to read."""
_WRITE_EPILOG: Final = """Needs mutagen, which is not installed with noscrape: pip install mutagen
exit status: 0 fine, 1 a file was refused, 2 no such file, or bad usage"""

AUDIO: Final = frozenset("mp3 wav aif aiff flac ogg oga opus m4a mp4 m4b".split())
ARTWORK: Final = frozenset("jpg jpeg png webp svg".split())

#: What can be asked for alone.
_ONLY: Final = ("reserved", "untagged", "unreadable")
_URL: Final = re.compile(r"https?://[!-~]+\Z")


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its own verbs."""
    parser = verbs.add_parser("tag", help="what audio files say about AI, and how to say it")
    inner = parser.add_subparsers(metavar="VERB", required=True)

    reading = inner.add_parser(
        "read",
        help="what each file says, and why",
        description=_READ_DESCRIPTION,
        epilog=_READ_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    reading.add_argument("path", nargs="+", metavar="FILE|FOLDER")
    reading.add_argument("--json", action="store_true", help="one JSON object a line")
    reading.add_argument("--only", choices=_ONLY, help="list these alone")
    reading.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="NAME=WORD",
        help="a tag of your own, and what it says when it is set: NO-AI=no-ai; may be given several times",
    )
    reading.add_argument("--c2pa", action="store_true", help="signed manifests as well")
    reading.add_argument("--xmp", action="store_true", help="XMP as well, and artwork")
    reading.add_argument("--config", metavar="FILE", help="[tracks.files] of it; ./noscrape.toml where there is one")
    reading.set_defaults(run=read_)

    writing = inner.add_parser(
        "write",
        help="write the no-AI tag",
        description=_WRITE_DESCRIPTION,
        epilog=_WRITE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    writing.add_argument("path", nargs="+", metavar="FILE")
    writing.add_argument("--no-ai", action="store_true", required=True, help="what to say: no training of AI")
    writing.add_argument("--policy", type=_url, metavar="URL", help="say as well where your terms are")
    where = writing.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", type=Path, metavar="FOLDER", help="tag copies, in this folder")
    where.add_argument(
        "--suffix",
        type=_suffix,
        metavar="TEXT",
        help="tag copies beside: --suffix=-noai makes song-noai.mp3 of song.mp3",
    )
    where.add_argument("--in-place", action="store_true", help="tag the file itself; the original stays as FILE.bak")
    writing.add_argument("--replace", action="store_true", help="also where a file says something else until now")
    writing.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")
    writing.add_argument("--json", action="store_true", help="one JSON object a line")
    writing.set_defaults(run=write_)


def _url(text: str) -> str:
    if not _URL.match(text) or len(text) > LONGEST_SHOWN:
        raise argparse.ArgumentTypeError(f"{text!r} is no URL with http or https of at most {LONGEST_SHOWN} characters")
    return text


def _suffix(text: str) -> str:
    if not text or {"/", "\\", "\0"} & set(text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be part of a file's name")
    return text


# ---- read


def read_(arguments: argparse.Namespace, *, ticks: Callable[[], float] = time.monotonic) -> Status:
    """List what files say."""
    what = _wanted(arguments)
    missing = [path for path in arguments.path if not os.path.lexists(path)]
    for path in missing:
        say(sys.stderr, f"noscrape: {path}: no such file or folder")
    walk = Walk(AUDIO | ARTWORK if what.xmp else AUDIO)
    there = [path for path in arguments.path if path not in missing]
    bar, tally = Bar(stream=sys.stderr, clock=ticks), Counter[str]()
    with_bar = bar.wanted and any(map(os.path.isdir, there))
    readings = _readings(there, walk, what, tally, bar if with_bar else None)
    try:
        _list(readings, bar, only=arguments.only, as_json=arguments.json)
    finally:
        bar.clear()
    sys.stdout.flush()
    say(sys.stderr, _summary(tally, walk, missing=len(missing)))
    return Status.FAULT if missing else Status.FOUND if tally["unreadable"] else Status.OK


def _wanted(arguments: argparse.Namespace) -> Wanted:
    """What to look for: what the site looks for, and what is asked for besides."""
    loaded = load(found(arguments.config))
    files = loaded.config.tracks.files or Files()
    aliases = {**files.aliases, **dict(map(_alias, arguments.alias))}
    c2pa, xmp = files.c2pa or arguments.c2pa, files.xmp or arguments.xmp
    return wanted(aliases, c2pa=c2pa, xmp=xmp, anchors=anchors_of(loaded))


def _alias(text: str) -> tuple[str, str]:
    name, equals, word = text.partition("=")
    if not (equals and name.strip() and word.strip()):
        raise NoScrapeError(f"--alias {text!r}: wanted NAME=WORD, such as NO-AI=no-ai")
    return name.strip(), word.strip()


Told = tuple[str, Reading]


def _readings(paths: Sequence[str], walk: Walk, what: Wanted, tally: Counter[str], bar: Bar | None) -> Iterator[Told]:
    """Each file with what it says, counted."""
    total = bar.count(_files(paths, Walk(walk.endings))) if bar else 0
    for done, (path, problem) in enumerate(_files(paths, walk)):
        if bar:
            bar.show(path, done=done, total=total)
        reading = Reading(State.UNREADABLE, problem=problem) if problem else read(path, what)
        tally[_sort(reading)] += 1
        yield path, reading


def _files(paths: Sequence[str], walk: Walk) -> Iterator[tuple[str, str]]:
    for path in paths:
        yield from walk.files(path) if os.path.isdir(path) else [(path, "")]


def _sort(reading: Reading) -> str:
    """The word that a file is counted and chosen by. One that has gone meanwhile could not be read."""
    if reading.terms.reserved:
        return "reserved"
    return "unreadable" if reading.state is State.MISSING else reading.state.value


def _list(readings: Iterable[Told], bar: Bar, *, only: str | None, as_json: bool) -> None:
    chosen = (each for each in readings if only in (None, _sort(each[1])))
    for line in map(_line, chosen) if as_json else _table(chosen):
        bar.clear()
        put(sys.stdout, line)


def _table(chosen: Iterable[Told]) -> Iterator[str]:
    """The files in a table; none where there is nothing to stand in it."""
    columns = screen_columns(sys.stdout)
    rows = (_row(*each, columns=columns) for each in chosen)
    for first in rows:
        yield from Table(_LAYOUT, columns=columns).lines(chain([first], rows))


def _summary(tally: Counter[str], walk: Walk, *, missing: int) -> str:
    parts = [f"{tally[word]:,} {word}" for word in _ONLY]
    if tally["tagged"]:
        parts.insert(1, f"{tally['tagged']:,} tagged but not reserved")
    if missing:
        parts.append(f"{missing:,} missing")
    if walk.links:
        parts.append(f"{_many(walk.links, 'link')} to folders not followed")
    return f"{_many(tally.total() + missing, 'file')}: {', '.join(parts)}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


_LAYOUT: Final = (Column("state", least=10), Column("reserved", least=12), Column("file", least=20))
#: Columns that are left for the name of a file, beside the others at their usual widths.
_BESIDE: Final = 45


def _row(path: str, reading: Reading, *, columns: int | None) -> Row:
    reserved = _purposes(reading.terms.reserved)
    state = "unreadable" if reading.state is State.MISSING else reading.state.value
    if reading.state is State.TAGGED and not reserved:
        reserved = "nothing"
    return Row((state, reserved, _ending(path, columns)), below=tuple(_why(reading)))


def _why(reading: Reading) -> Iterator[str]:
    for one in reading.found:
        yield f"{one.where} {one.name}={one.value}{_remark(one)}"
    if reading.problem:
        yield reading.problem


def _remark(found: Found) -> str:
    if found.malformed:
        return " (malformed, says nothing)"
    return "" if found.terms.reserved or found.name == TDM_POLICY else " (reserves nothing)"


def _purposes(purposes: frozenset[Purpose]) -> str:
    return "all purposes" if purposes == PURPOSES else ", ".join(_ordered(purposes))


def _ordered(purposes: frozenset[Purpose]) -> list[str]:
    return [purpose.value for purpose in Purpose if purpose in purposes]


def _ending(path: str, columns: int | None) -> str:
    """A path, cut in front where the terminal is too narrow for it: its end tells more."""
    path = safe(path)
    room = max((columns or 0) - _BESIDE, 20)
    if columns is None or width(path) <= room:
        return path
    kept = path[-room + 1 :]
    while width(kept) > room - 1:
        kept = kept[1:]
    return f"…{kept}"


def _line(told: Told) -> str:
    path, reading = told
    entry = {
        "file": path,
        "state": "unreadable" if reading.state is State.MISSING else reading.state.value,
        "reserved": _ordered(reading.terms.reserved),
        "open": _ordered(reading.terms.open),
        "found": [
            {
                "where": found.where,
                "name": found.name,
                "value": found.value,
                "reserved": _ordered(found.terms.reserved),
                "open": _ordered(found.terms.open),
                "malformed": found.malformed,
            }
            for found in reading.found
        ],
        "problem": reading.problem or None,
    }
    return json.dumps(entry)


# ---- write


def write_(arguments: argparse.Namespace) -> Status:
    """Tag files, one after the other; what is refused stops none of the others."""
    check()
    folder: Path | None = arguments.to
    if folder is not None and os.path.lexists(folder) and not folder.is_dir():
        raise TaggingError(safe(f"{folder} is no folder"))
    what, tally = wanted({}, c2pa=False, xmp=False), Counter[str]()
    for path in arguments.path:
        if not os.path.lexists(path):
            say(sys.stderr, f"noscrape: {path}: no such file")
            tally["missing"] += 1
            continue
        try:
            done = _write(path, arguments, what)
        except TaggingError as error:
            say(sys.stderr, f"noscrape: {path}: {error}")
            done = {"outcome": "refused", "problem": str(error)}
        tally[done["outcome"]] += 1
        if arguments.json:
            print(json.dumps(dict.fromkeys(_KEYS) | {"file": path} | done))
        elif done["outcome"] != "refused":
            put(sys.stdout, safe(f"{path}: {_sentence(done)}"))
    sys.stdout.flush()
    parts = [f"{tally[outcome]:,} {text}" for outcome, text in _OUTCOMES.items() if tally[outcome]]
    say(sys.stderr, f"{_many(tally.total(), 'file')}: {', '.join(parts)}")
    return Status.FAULT if tally["missing"] else Status.FOUND if tally["refused"] else Status.OK


_KEYS: Final = ("file", "outcome", "fields", "copy", "backup", "before", "problem")
_OUTCOMES: Final = {
    "tagged": "tagged",
    "would-tag": "would be tagged",
    "copied": "copied (said so already)",
    "would-copy": "would be copied (said so already)",
    "unchanged": "said so already",
    "refused": "refused",
    "missing": "missing",
}
_ON_A_DRY_RUN: Final = {"tagged": "would-tag", "copied": "would-copy"}


def _write(path: str, arguments: argparse.Namespace, what: Wanted) -> dict[str, Any]:
    """Tag one file; what became of it. Raises TaggingError where it is refused."""
    original, said = Path(path), fields(policy=arguments.policy or "")
    found = standing(said, _tags(original, what))
    if not found.missing and arguments.in_place:
        return {"outcome": "unchanged", "fields": {}}
    before = [f"{name}={value}" for name, value in found.contrary]
    if before and not arguments.replace:
        raise TaggingError(f"it says {', '.join(before)}; with --replace that is written over")
    to = within(arguments.to, original) if arguments.to else beside(original, arguments.suffix or "")

    def proof(copy: Path) -> None:
        if standing(said, _tags(copy, what)).missing:
            raise TaggingError("read back, it would not say so, or say something else besides")

    written = write(
        original, found.missing, to=None if arguments.in_place else to, proof=proof, dry_run=arguments.dry_run
    )
    outcome = "tagged" if found.missing else "copied"
    return {
        "outcome": _ON_A_DRY_RUN[outcome] if arguments.dry_run else outcome,
        "fields": dict(found.missing),
        "copy": None if arguments.in_place else str(written.path),
        "backup": str(written.backup) if written.backup else None,
        "before": before,
    }


def _tags(path: Path, what: Wanted) -> list[tuple[str, str]]:
    """The fields that a file has. Raises TaggingError for one that could not be read to its end."""
    reading = read(path, what)
    if reading.problem:
        raise TaggingError(reading.problem)
    return [(found.name, found.value) for found in reading.found if found.where == "tag"]


_DONE: Final = {
    "tagged": "tagged",
    "would-tag": "would be tagged",
    "copied": "copied",
    "would-copy": "would be copied",
}


def _sentence(done: dict[str, Any]) -> str:
    if done["outcome"] == "unchanged":
        return "says so already"
    text = _DONE[done["outcome"]]
    if done["copy"]:
        text += f" as {done['copy']}"
    if not done["fields"]:
        text += ", says so already"
    if done["backup"]:
        text += f"; the original is {done['backup']}"
    if done["before"]:
        text += f"; said {', '.join(done['before'])} before"
    return text
