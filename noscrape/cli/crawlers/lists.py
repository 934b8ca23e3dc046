"""`noscrape crawlers import`, `diff` and `gate`: lists of crawlers that others keep, or the operator."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from noscrape.cli.crawlers.traffic import user_agents
from noscrape.cli.status import Status
from noscrape.crawlers import Catalog, Crawler, Kind
from noscrape.crawlers.difference import Difference, difference
from noscrape.crawlers.gate import Generated, Verdict, gate, generated, shrunk, usable, with_trials
from noscrape.crawlers.importing import LARGEST_BYTES, OUR_TOML, Imported, imported
from noscrape.crawlers.writing import written
from noscrape.errors import CatalogError, Fault, GateError
from noscrape.site import builtin_catalog
from noscrape.site.parts import builtin_corpus
from noscrape.terminal import put, safe

#: The list that comes with the package, as a word in the place of a file.
BUILTIN: Final = "builtin"

#: Lines of one kind that are shown as text; `--json` has them all.
_SHOWN: Final = 20

#: What a list would change on the traffic of a log, by the report's key.
_CHANGED: Final = {
    "newly": "newly caught",
    "no_longer": "no longer caught",
    "loosened": "caught, and no longer as training",
}

_FORMATS: Final = """FILE is the robots.json of ai.robots.txt, the JSON of crawler-user-agents, a plain list of names (a
line each, # for comments), or a list of noscrape's own (TOML); which one is told from what is in it."""


def add(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verbs."""
    take = inner.add_parser(
        "import",
        help="make a list of your own from somebody else's",
        description=f"{_FORMATS} Entries that cannot be used are left out and told, and so are those that the built-in "
        "list knows better. What is left must pass the gate before it is written.",
        epilog="exit status: 0 all of it taken or known, 1 something was refused, 2 bad input or usage",
    )
    take.add_argument("file", metavar="FILE")
    take.add_argument("--output", metavar="OUR.toml", help="where to write what was taken; nowhere if not given")
    take.add_argument("--override", action="store_true", help="take its purposes for crawlers that are built in, too")
    take.add_argument(
        "--class",
        dest="unclassed",
        choices=[kind.value for kind in Kind if kind is not Kind.UNLISTED],
        default=Kind.SERVICE.value,
        help="what an entry of crawler-user-agents is that has no tag (service)",
    )
    take.set_defaults(run=import_)

    compare = inner.add_parser(
        "diff",
        help="what sets two lists apart",
        description=f"{_FORMATS} The word {BUILTIN} is the list that comes with the package.",
        epilog="exit status: 0 no difference, 1 some, 2 bad input or usage",
    )
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")
    compare.set_defaults(run=diff_)

    judge = inner.add_parser(
        "gate",
        help="whether a list may be used",
        description=f"{_FORMATS} It is judged as it would be used, beside the built-in list, which the word {BUILTIN} "
        "names.",
        epilog="exit status: 0 passed, 1 refused, 2 bad input or usage",
    )
    judge.add_argument("file", metavar="FILE")
    judge.set_defaults(run=gate_)

    for verb in (take, judge):
        verb.add_argument("--log", metavar="LOG", help="shows what would change: noscrape's log, or an access log")
    for verb in (take, compare, judge):
        verb.add_argument("--json", action="store_true")


def import_(arguments: argparse.Namespace) -> Status:
    """Take what can be used of a list; write it where the gate lets it through."""
    builtin = builtin_catalog()
    listed = imported(
        _read(arguments.file),
        name=Path(arguments.file).name,
        known=builtin,
        overriding=arguments.override,
        unclassed=Kind(arguments.unclassed),
    )
    taken = listed.crawlers
    unusable: tuple[Fault, ...] = ()
    verdict = Verdict(problems=(), shown=())
    if taken:
        if listed.format == OUR_TOML:  # a list of one's own is told what is wrong with it, and stays whole
            taken = tuple(map(with_trials, taken))
        else:
            taken, unusable = usable(taken, current=builtin, corpus=builtin_corpus())
    refused = (*listed.refused, *unusable)
    kept = {crawler.token for crawler in taken}
    made = [each for crawler in listed.crawlers if crawler.token in kept and (each := generated(crawler))]
    if taken:
        verdict = _verdict(taken, builtin, arguments)
    wrote = _output(taken, verdict, arguments)
    report = _report(arguments.file, listed, taken, generated=made, refused=refused, verdict=verdict)
    if arguments.json:
        print(json.dumps(report | {"written": wrote}))
    else:
        _tell(report)
    _talk(taken, verdict, arguments, wrote=wrote)
    return Status.OK if verdict.passed and not refused else Status.FOUND


def _verdict(taken: tuple[Crawler, ...], builtin: Catalog, arguments: argparse.Namespace) -> Verdict:
    """Of the gate, beside the built-in list; and beside what an earlier import wrote to the same file."""
    log = user_agents(arguments.log) if arguments.log else None
    verdict = gate(builtin.extended(taken), current=builtin, corpus=builtin_corpus(), log=log)
    if not arguments.output or not Path(arguments.output).exists():
        return verdict
    before = imported(_read(arguments.output), name=arguments.output)
    if before.format != OUR_TOML or before.refused:
        raise GateError(
            f"{arguments.output}: is there already, and no list of noscrape's; name another file, or move it"
        )
    smaller = shrunk(taken, before.crawlers, name=arguments.output)
    return Verdict(problems=(*verdict.problems, *smaller), shown=verdict.shown, traffic=verdict.traffic)


def _output(taken: tuple[Crawler, ...], verdict: Verdict, arguments: argparse.Namespace) -> str | None:
    if not arguments.output or not taken or not verdict.passed:
        return None
    head = f"Crawlers from {Path(arguments.file).name}, made by `noscrape crawlers import`. In noscrape.toml:\n\n"
    head += f'[crawlers]\nlists = ["{Path(arguments.output).name}"]'
    _write(Path(arguments.output), f"{written(taken, head=head)}".encode())
    return str(arguments.output)


def _talk(taken: tuple[Crawler, ...], verdict: Verdict, arguments: argparse.Namespace, *, wrote: str | None) -> None:
    if not verdict.passed:
        words = "refused: the list does not pass the gate, and nothing was written"
    elif not taken:
        words = "nothing to take: no entry that can be used, or that the built-in list does not have"
    elif wrote:
        name = Path(wrote).name
        words = f'written to {wrote}; it is used with `[crawlers] lists = ["{name}"]` in noscrape.toml'
    else:
        words = "passed; `--output OUR.toml` writes it"
    print(f"noscrape: {safe(words)}", file=sys.stderr)


def gate_(arguments: argparse.Namespace) -> Status:
    """Judge a list as it stands: what import would leave out counts against it."""
    builtin = builtin_catalog()
    if arguments.file == BUILTIN:
        listed = Imported(crawlers=builtin.crawlers, refused=(), format=OUR_TOML)
    else:
        listed = imported(_read(arguments.file), name=Path(arguments.file).name, known=builtin)
    candidate = builtin.extended(listed.crawlers)
    log = user_agents(arguments.log) if arguments.log else None
    verdict = gate(candidate, current=builtin, corpus=builtin_corpus(), log=log)
    verdict = Verdict(problems=(*listed.refused, *verdict.problems), shown=verdict.shown, traffic=verdict.traffic)
    report = _report(arguments.file, listed, listed.crawlers, generated=verdict.shown, refused=(), verdict=verdict)
    if arguments.json:
        print(json.dumps(report))
    else:
        _tell(report)
    print(f"noscrape: {'passed' if verdict.passed else 'refused'}", file=sys.stderr)
    return Status.OK if verdict.passed else Status.FOUND


def diff_(arguments: argparse.Namespace) -> Status:
    """Print what came, what went and what is said differently."""
    found = difference(_catalog(arguments.first), _catalog(arguments.second))
    if arguments.json:
        for row in _rows(found):
            print(json.dumps(row))
    else:
        for row in _rows(found):
            token, sign = safe(row["token"]), {"added": "+", "removed": "-"}.get(row["what"], "~")
            rest = ", ".join(filter(None, (row.get("operator"), row.get("class"), row.get("purpose"))))
            if "key" in row:
                rest = f"{row['key']}: {row['was'] or '(none)'} -> {row['now'] or '(none)'}"
            put(sys.stdout, f"{sign} {token:32}  {safe(rest)}".rstrip())
    added, removed = len(found.added), len(found.removed)
    changed = len({change.token for change in found.changed})
    print(f"{added} added, {removed} removed, {changed} changed", file=sys.stderr)
    return Status.OK if found.none else Status.FOUND


def _rows(found: Difference) -> Iterator[dict[str, Any]]:
    for what, crawlers in (("added", found.added), ("removed", found.removed)):
        yield from ({"what": what} | _entry(crawler) for crawler in crawlers)
    yield from ({"what": "changed"} | asdict(change) for change in found.changed)


def _catalog(word: str) -> Catalog:
    """The list that a word names, with its own facts. Raises CatalogError where nothing of it can be read."""
    if word == BUILTIN:
        return builtin_catalog()
    data = _read(word)
    listed = imported(data, name=word)
    if not listed.crawlers:
        raise CatalogError(listed.refused)
    for fault in listed.refused:
        print(f"noscrape: left out: {safe(str(fault))}", file=sys.stderr)
    return Catalog(crawlers=listed.crawlers, version=sha256(data).hexdigest()[:12])


def _entry(crawler: Crawler) -> dict[str, Any]:
    return {
        "token": crawler.token,
        "operator": crawler.operator or None,
        "class": crawler.kind.value,
        "purpose": crawler.purpose.value if crawler.purpose else None,
        "match": list(crawler.match),
    }


def _report(
    file: str,
    listed: Imported,
    taken: Iterable[Crawler],
    *,
    generated: Iterable[Generated],
    refused: Iterable[Fault],
    verdict: Verdict,
) -> dict[str, Any]:
    return {
        "file": file,
        "format": listed.format or None,
        "passed": verdict.passed,
        "taken": [_entry(crawler) for crawler in taken],
        "known": list(listed.known),
        "generated": [asdict(each) for each in generated],
        "refused": [str(fault) for fault in refused],
        "problems": [str(fault) for fault in verdict.problems],
        "traffic": asdict(verdict.traffic) if verdict.traffic else None,
    }


def _tell(report: dict[str, Any]) -> None:
    put(sys.stdout, f"{safe(report['file'])}: {report['format'] or 'no list that can be read'}")
    _lines("taken", (_named(entry) for entry in report["taken"]), len(report["taken"]))
    _lines("known, and left as built in", report["known"], len(report["known"]))
    made = (
        f"{each['token']}: {kind} {each[key]!r}"
        for each in report["generated"]
        for key, kind in (("example", "found in"), ("near_miss", "not found in"))
        if each[key]
    )
    _lines("made, where the list had none", made, 2 * len(report["generated"]))
    _lines("refused", report["refused"], len(report["refused"]))
    _lines("problems", report["problems"], len(report["problems"]))
    if report["traffic"]:
        _tell_traffic(report["traffic"])


def _named(entry: dict[str, Any]) -> str:
    return ", ".join(filter(None, (entry["token"], entry["operator"], entry["class"], entry["purpose"])))


def _lines(title: str, lines: Iterable[str], count: int) -> None:
    if not count:
        return
    put(sys.stdout, f"{title}: {count:,}" if "made" not in title else f"{title}:")
    for number, line in enumerate(lines):
        if number == _SHOWN:
            put(sys.stdout, "  ... (--json has them all)")
            break
        put(sys.stdout, f"  {safe(line)}")


def _tell_traffic(traffic: dict[str, Any]) -> None:
    requests, before, after = traffic["requests"], traffic["caught_before"], traffic["caught_after"]
    put(sys.stdout, f"in the log: {requests:,} requests, by AI agents {before:,} before and {after:,} after")
    for key, words in _CHANGED.items():
        seen = (f"{each['requests']:,} x {each['token']}: {each['user_agent']}" for each in traffic[key])
        _lines(f"{words}, {traffic[f'{key}_requests']:,} requests; user agents", seen, len(traffic[key]))


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise GateError(f"{safe(name)}: {reason}") from None


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all: a server that starts meanwhile must not read half of it."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as unfinished:
                unfinished.write(data)
                unfinished.flush()
                os.fsync(unfinished.fileno())
            os.chmod(name, file.stat().st_mode & 0o777 if file.exists() else 0o644)
            os.replace(name, file)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise GateError(f"{file}: cannot be written: {error.strerror or type(error).__name__}") from None
