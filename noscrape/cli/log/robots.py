"""`noscrape log robots`: who fetched robots.txt, and what they then did of what it told them not to."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from noscrape.cli.log.cells import minute, request, second
from noscrape.cli.log.sources import NONE_MATCH, Broken, parsed
from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.errors import LogError
from noscrape.log.copies import Copy
from noscrape.log.event import Event, time_text
from noscrape.log.people import who
from noscrape.log.reader import read
from noscrape.log.robots import Conduct, Conducts, Offence
from noscrape.log.selection import Selection
from noscrape.site import builtin_catalog, catalog_of
from noscrape.standards.robots_txt import LARGEST_BYTES, Access
from noscrape.terminal import Column, Row, Table, cut, put, safe, say, screen_columns
from noscrape.words import Verification

#: Crawlers, where nobody asks for another number.
_LISTED: Final = 20
#: Patterns that are told of a text; JSON has all.
_PATTERNS_TOLD: Final = 6
#: From here on, the rule that was broken stands beside a request.
_WIDE_COLUMNS: Final = 120
#: On terminals that are narrower than this, sentences are cut.
_NARROWEST: Final = 20
_INDENT: Final = "    "

_LIMITS: Final = (
    'A name is a claim, unless it says "verified". What one client fetched is taken',
    "to be known to all of its name, and a copy may be used for 24 hours (RFC 9309).",
    "Paths are judged without their query, which the log leaves out.",
)


def robots_(files: Sequence[Path], *, selection: Selection, arguments: argparse.Namespace) -> Status:
    """Print what each crawler did. Raises LogError for what is no log at all."""
    broken, conducts = Broken(), Conducts(_robots_tokens(arguments), selection=selection, text=_given(arguments.robots))
    # What was fetched before the time that is asked for tells as well, so all of it is read.
    is_log = False
    for event in parsed(read(files), broken=broken):
        conducts.add(event)
        is_log = True
    if not is_log:
        broken.sum_up()
        raise LogError("no line could be read: is this a log of noscrape's?" if broken.count else "the log is empty")
    ranked = conducts.found()
    limit = arguments.limit if arguments.limit is not None else 0 if arguments.json else _LISTED
    shown = ranked[:limit] if limit else ranked
    for line in map(_as_json, shown) if arguments.json else _report(shown, columns=screen_columns(sys.stdout)):
        put(sys.stdout, line)
    broken.sum_up()
    if conducts.passed_over:
        say(
            sys.stderr,
            f"{conducts.passed_over:,} events of further crawlers were passed over: there are too many names",
        )
    if not arguments.json:
        _talk(shown, of=len(ranked))
    return Status.FOUND if any(conduct.against for conduct in ranked) else Status.OK


def _talk(shown: Sequence[Conduct], *, of: int) -> None:
    if len(shown) < of:
        say(sys.stderr, f"the first {len(shown)} of {of:,} crawlers; --limit 0 shows all")
    for line in _LIMITS if shown else [NONE_MATCH]:
        say(sys.stderr, line)


def _robots_tokens(arguments: argparse.Namespace) -> Mapping[str, str]:
    catalog = builtin_catalog()
    loaded = load(found(arguments.config), tokens=catalog.tokens)
    crawlers = catalog_of(loaded, catalog).crawlers
    return {crawler.token: crawler.robots_token for crawler in crawlers if crawler.robots_token}


def _given(file: str | None) -> bytes | None:
    if file is None:
        return None
    try:
        with open(file, "rb") as stream:
            return stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise LogError(f"{file}: {error.strerror or error}") from None


def _as_json(conduct: Conduct) -> str:
    now = conduct.now
    written = {
        "token": conduct.token,
        "operator": conduct.operator,
        "robots_token": conduct.robots_token,
        "verification": conduct.verifications,
        "fetches": conduct.fetches,
        "first_fetch": _time(conduct.first_fetch),
        "last_fetch": _time(conduct.last_fetch),
        "answers": [
            asdict(answer) | {"first": _time(answer.first), "last": _time(answer.last)} for answer in conduct.answers
        ],
        "now": now.value if isinstance(now, Access) else Access.RULES.value if now is not None else None,
        "text": conduct.text,
        "by_name": now.by_name if isinstance(now, Copy) else None,
        "forbidden": now.forbidden if isinstance(now, Copy) else None,
        "excepted": now.excepted if isinstance(now, Copy) else None,
        "requests": conduct.requests,
        "before": conduct.before,
        "after": conduct.after,
        "against": conduct.against,
        "outcomes": conduct.outcomes,
        "by_others": conduct.by_others,
        "text_missing": conduct.text_missing,
        "unclear": conduct.unclear,
        "offences": [_offence(offence) for offence in conduct.offences],
    }
    return json.dumps(written)


def _offence(offence: Offence) -> dict[str, Any]:
    return asdict(offence) | {"time": _time(offence.time)}


def _time(epoch_seconds: float | None) -> str | None:
    return time_text(epoch_seconds) if epoch_seconds is not None else None


def _report(conducts: Iterable[Conduct], *, columns: int | None) -> Iterator[str]:
    """A paragraph for each."""
    for number, conduct in enumerate(conducts):
        if number:
            yield ""
        yield _fitted(safe(_name(conduct)), columns)
        for sentence in _sentences(conduct):
            yield from _wrapped(safe(sentence), columns)
        yield from _examples(conduct, columns=columns)


def _fitted(line: str, columns: int | None) -> str:
    return line if columns is None else cut(line, columns)


def _wrapped(sentence: str, columns: int | None) -> Iterator[str]:
    if columns is None:
        yield _INDENT + sentence
        return
    lines = wrap(
        sentence,
        width=max(columns, _NARROWEST),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (cut(line, columns) for line in lines)


def _name(conduct: Conduct) -> str:
    """Who it says it is; where only some of it was verified, how much."""
    known = conduct.verifications
    if len(known) > 1:
        operator = f" ({conduct.operator})" if conduct.operator else ""
        verified, contradicted = (
            known.get(Verification.VERIFIED.value, 0),
            known.get(Verification.CONTRADICTED.value, 0),
        )
        doubts = f", {contradicted:,} contradicted" if contradicted else ""
        count = f"{verified:,} of {sum(known.values()):,} events verified"
        return f"calling itself {conduct.token}, {count}{doubts}{operator}"
    verification = next(iter(known), None)
    return who(Event(kind="request", time=0, token=conduct.token, operator=conduct.operator, verification=verification))


def _sentences(conduct: Conduct) -> Iterator[str]:
    """What it did, in sentences of which it is the subject."""
    if conduct.first_fetch is None or conduct.last_fetch is None:
        yield f"never fetched robots.txt in this log, and made {_requests(conduct.requests)}"
        return
    first, last = minute(conduct.first_fetch), minute(conduct.last_fetch)
    when = f", {last} UTC" if conduct.fetches == 1 else f" from {first} to {last} UTC"
    texts = len({answer.text for answer in conduct.answers if answer.text})
    yield f"fetched robots.txt {_times(conduct.fetches)}{when}" + (f"; {texts} different texts" if texts > 1 else "")
    yield _told(conduct)
    judged = conduct.after - conduct.text_missing - conduct.unclear
    if conduct.against:
        against = f"{conduct.against:,} against what it was told: {_outcomes(conduct.outcomes)}"
        yield f"then made {_requests(judged)}, {against}"
    elif judged:
        yield f"then made {_requests(judged)}, none against what it was told"
    elif not conduct.after:
        yield "made no request after that"
    if conduct.by_others == 1:
        yield "1 of these came from a client that had not fetched robots.txt itself"
    elif conduct.by_others:
        yield f"{conduct.by_others:,} of these came from clients that had not fetched robots.txt themselves"
    if conduct.text_missing:
        yield f"{_requests(conduct.text_missing)} cannot be judged: text not recorded"
    if conduct.unclear:
        yield f"{_requests(conduct.unclear)} cannot be judged: it depends on what the log leaves out of the path"
    if conduct.before:
        yield f"{_requests(conduct.before)} came before it first fetched robots.txt"


def _told(conduct: Conduct) -> str:
    """What the last fetch told it."""
    now = conduct.now
    if now is None:
        return "was told something that is not in this log: text not recorded"
    if isinstance(now, Access):
        means = "which forbids nothing" if now is Access.EVERYTHING else "which forbids everything"
        statuses = [answer.status for answer in conduct.answers if answer.text is None and answer.status != 304]
        last = "last " if conduct.fetches > 1 else ""
        return f"was {last}answered {statuses[-1]}, {means}" if statuses else f"{last}got an answer {means}"
    name = f" (as {conduct.robots_token})" if conduct.robots_token != conduct.token else ""
    how = f"by name{name}" if now.by_name else "like everybody"
    text = f"; text {conduct.text}" if conduct.text else ""
    if not now.forbidden:
        return f"was told that it may fetch everything{text}"
    told = f"was told {how} not to fetch {_patterns(now.forbidden)}"
    return f"{told}, but that it may fetch {_patterns(now.excepted)}{text}" if now.excepted else told + text


def _patterns(patterns: Sequence[str]) -> str:
    more = len(patterns) - _PATTERNS_TOLD
    told = ", ".join(patterns[:_PATTERNS_TOLD])
    return f"{told} and {more:,} more" if more > 0 else told


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number:,} requests"


_DONE: Final = {
    "allow": "allowed",
    "refuse": "refused",
    "throttle": "throttled",
    "would-refuse": "observed, not refused",
    "would-throttle": "observed, not throttled",
}


def _outcomes(outcomes: Mapping[str, int]) -> str:
    """What was done with requests: "all refused", or how often each."""
    told = {_DONE.get(outcome, outcome): number for outcome, number in outcomes.items()}
    if len(told) == 1:
        (done, number), *_ = told.items()
        return done if number == 1 else f"all {done}"
    return ", ".join(f"{number:,} {done}" for done, number in told.items())


def _examples(conduct: Conduct, *, columns: int | None) -> Iterator[str]:
    """The first requests that were against it, in columns of their own."""
    offences = conduct.offences
    if not offences:
        return
    wide = columns is None or columns >= _WIDE_COLUMNS
    layout = _WIDE if wide else _NARROW
    table = Table(layout, columns=None if columns is None else max(columns - len(_INDENT), 1))
    rows = [Row(_cells(offence)[: len(layout)]) for offence in offences]
    table.settle(rows)
    for row in rows:
        yield from (_fitted(_INDENT + line, columns) for line in table.row(row))
    if conduct.against > len(offences):
        yield _fitted(f"{_INDENT}and {conduct.against - len(offences):,} more", columns)


_NARROW: Final = (
    Column("", least=19),
    Column("", least=8),
    Column("", least=10),
    Column("", least=16),
)
_WIDE: Final = (*_NARROW, Column("", least=12))


def _cells(offence: Offence) -> tuple[str, ...]:
    done = f"{offence.outcome} {offence.status}" if offence.status is not None else offence.outcome
    return (second(offence.time), request(offence.method, offence.path), done, offence.id, offence.rule)
