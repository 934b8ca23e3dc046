"""`noscrape check --url`: a running site from outside, as a listener and as a crawler."""

import argparse
import json
import math
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any, Final

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.crawlers import Catalog
from noscrape.errors import NoScrapeError
from noscrape.probe import (
    Answer,
    Asker,
    Document,
    Fetched,
    Question,
    Remark,
    Severity,
    Visit,
    address,
    ask,
    probe,
    remarks,
)
from noscrape.probe.reading import Told, away, between, lines, robots, size, stated_of, tdm
from noscrape.site import builtin_catalog, catalog_of
from noscrape.standards.robots_txt import Line
from noscrape.standards.tdmrep import Statement
from noscrape.terminal import Column, Row, StatusLine, Table, cut, put, safe, say, screen_columns, width

_AGENT: Final = "GPTBot"
_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 600.0
#: Lines of text where nobody knows how wide the screen is.
_COLUMNS: Final = 100
_NARROWEST: Final = 40
_INDENT: Final = "  "


def add_options(parser: argparse.ArgumentParser) -> None:
    """Register what `check` takes for looking from outside."""
    group = parser.add_argument_group(
        "from outside",
        "Looks at a running site instead: what arrives at a listener and at a crawler, and what stands between. Some "
        "ten requests, to this host alone and without the proxies of the environment. They stand in your log under "
        "the names that they go by. Exit status 1: there is a problem; 2: the site cannot be reached.",
    )
    group.add_argument("--url", metavar="URL", help="a track's page or file: https://the.site/tracks/42")
    group.add_argument("--as", dest="token", metavar="TOKEN", help=f"the crawler to ask as; default: {_AGENT}")
    group.add_argument(
        "--pause",
        type=_seconds,
        metavar="SECONDS",
        help=f"between two requests; default: {_PAUSE_SECONDS:g}",
    )


def without_url(arguments: argparse.Namespace) -> None:
    """Raises NoScrapeError for options that mean nothing where no site is looked at."""
    for option, given in (("--as", arguments.token), ("--pause", arguments.pause)):
        if given is not None:
            raise NoScrapeError(f"{option} goes with --url: no site is asked without it")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_PAUSE_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {_LONGEST_PAUSE_SECONDS:g}")
    return seconds


def run(
    arguments: argparse.Namespace,
    *,
    catalog: Catalog | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Status:
    """Look at a site, and tell what was seen. Without a `catalog`, the built-in one with the entries of the config.

    `clock` gives seconds from anywhere, for the time limit of each question.
    """
    catalog = catalog or _catalog(arguments)
    token = _AGENT if arguments.token is None else arguments.token
    pause_seconds = _PAUSE_SECONDS if arguments.pause is None else arguments.pause
    crawler = catalog.find(token)
    if crawler is None:
        raise NoScrapeError(
            f"--as {token!r}: no such crawler in the catalog; `noscrape crawlers list` shows all tokens"
        )
    status = StatusLine(stream=sys.stderr, clock=clock, between_seconds=0)

    def asked(question: Question) -> Answer:
        status.show(lambda: f"asking as {_who(question.asker, crawler.token)}: {question.address.target}")
        return ask(question, clock=clock)

    try:
        visit = probe(
            address(arguments.url),
            crawler=crawler,
            controls=[each for each in catalog.crawlers if each.control_only and each.robots_token],
            ask=asked,
            pause=lambda: sleep(pause_seconds),
            fresh=lambda: f"noscrape={secrets.token_hex(6)}",
        )
    finally:
        status.clear()
    told = remarks(visit)
    if arguments.json:
        print(json.dumps(_as_json(visit, told)))
    else:
        for line in _text(visit, told, columns=screen_columns(sys.stdout)):
            put(sys.stdout, line)
        _sum_up(visit, told)
    return Status.FOUND if any(remark.severity is Severity.PROBLEM for remark in told) else Status.OK


def _catalog(arguments: argparse.Namespace) -> Catalog:
    catalog = builtin_catalog()
    named = getattr(arguments, "file", None) or arguments.config
    return catalog_of(load(found(named), tokens=catalog.tokens), catalog)


def _who(asker: Asker, token: str) -> str:
    return "a listener" if asker is Asker.LISTENER else token


def _sum_up(visit: Visit, told: Sequence[Remark]) -> None:
    counts = {severity: sum(remark.severity is severity for remark in told) for severity in Severity}
    asked = sum(answer.status is not None for answer in visit.answers)
    problems, notes = counts[Severity.PROBLEM], counts[Severity.NOTE]
    say(sys.stderr, f"{_many(asked, 'request')}: {_many(problems, 'problem')}, {_many(notes, 'note')}")
    say(sys.stderr, "Seen from here and now: another address, or another node of a CDN, may get something else.")


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _text(visit: Visit, told: Sequence[Remark], *, columns: int | None) -> Iterator[str]:
    """A section for each thing that was looked at, and the remarks, the gravest last: that is where the eye is."""
    crawler = visit.crawler
    who = ", ".join(filter(None, (crawler.operator, crawler.purpose.value if crawler.purpose else crawler.kind.value)))
    yield str(visit.address)
    for heading, section in (
        ("as a listener (Firefox)", _page(visit.pages.listener)),
        (f"as {crawler.token} ({who})", _page(visit.pages.crawler)),
        ("robots.txt", _robots(visit)),
        ("tdmrep.json", _tdmrep(visit)),
        ("licence and policy", _documents(visit)),
        ("in between", _between(visit)),
    ):
        yield ""
        yield _fitted(safe(heading), columns)
        yield from _section(section, columns=columns)
    yield ""
    yield "remarks"
    for remark in sorted(told, key=lambda each: _GRAVITY[each.severity]):
        yield from _remark(remark, columns=max(columns or _COLUMNS, _NARROWEST))


_GRAVITY: Final = {Severity.OK: 0, Severity.NOTE: 1, Severity.PROBLEM: 2}

#: A line of a section: one text, or cells.
Cells = str | tuple[str, ...]


def _section(section: Iterator[Cells], *, columns: int | None) -> Iterator[str]:
    """Lines of cells that follow each other stand in columns."""
    together: list[Row] = []
    for line in (*section, ""):
        if isinstance(line, tuple):
            together.append(Row(line))
            continue
        if together:
            room = None if columns is None else max(columns - len(_INDENT), 1)
            table = Table([Column("", least=8) for _ in together[0].cells], columns=room)
            table.settle(together)
            for row in together:
                yield from (_INDENT + text for text in table.row(row))
            together = []
        if line:
            yield _fitted(_INDENT + safe(line), columns)


def _fitted(line: str, columns: int | None) -> str:
    return line if columns is None else cut(line, columns)


def _status(answer: Answer) -> str:
    if answer.status is None:
        return answer.problem
    return f"{answer.status} {answer.reason}".rstrip() + (f"; {answer.problem}" if answer.problem else "")


def _page(answer: Answer) -> Iterator[Cells]:
    yield _status(answer) + (f", {answer.media_type}" if answer.media_type else "")
    yield from lines(answer)


def _document(fetched: Fetched) -> str:
    last, followed = fetched.last, len(fetched.answers) - 1
    told = f"after {_many(followed, 'redirect')}, {_status(last)}" if followed else _status(last)
    if fetched.elsewhere:
        return f"{told} to {'itself' if last.leads_to_itself else fetched.elsewhere}, not followed"
    return told + (f", {last.media_type}" if last.media_type else "")


def _robots(visit: Visit) -> Iterator[Cells]:
    mine, theirs = visit.robots_listener, visit.robots_crawler
    length = f", {size(theirs.text)}" if theirs.text is not None else ""
    if mine.last.status == theirs.last.status and mine.last.body == theirs.last.body:
        yield f"{_document(theirs)}{length}, the same for both"
    else:
        yield f"{visit.crawler.token}: {_document(theirs)}{length}"
        yield f"listener: {_document(mine)}"
    for told in robots(visit).told:
        yield told.token, "allowed" if told.verdict.allowed else "disallowed", _rule(told), _usage(told)


def _rule(told: Told) -> str:
    line: Line | None = told.verdict.line
    if line is None:
        return "no rule matches" if told.verdict.agents else "no group is for it"
    return f"line {line.number}: {line.field.capitalize()}: {line.value}"


def _usage(told: Told) -> str:
    stated = [f"{category} {said.value}" for category, said in stated_of(told.usage or {})]
    return ", ".join(stated)


def _tdmrep(visit: Visit) -> Iterator[Cells]:
    yield _document(visit.tdmrep)
    read = tdm(visit)
    if read is None:
        return
    if read.fault:
        yield read.fault
        return
    yield f"{_many(read.rules, 'rule')}; for this page: {_statement(read.first)}"
    if read.first != read.longest:
        yield f"by the longest rule instead of the first: {_statement(read.longest)}"


def _statement(statement: Statement) -> str:
    reserved = {1: "1, reserved", 0: "0, not reserved", None: "nothing"}[statement.reservation]
    return reserved + (f", policy {statement.policy}" if statement.policy else "")


def _documents(visit: Visit) -> Iterator[Cells]:
    if not visit.documents:
        yield "none is named"
    for document in visit.documents:
        yield document.kind, document.url, _fetch(document, visit)


def _fetch(document: Document, visit: Visit) -> str:
    if document.fetched is not None:
        return _document(document.fetched)
    return "not asked for" if document.on_this_host else f"{away(document, visit)}: not asked for"


def _between(visit: Visit) -> Iterator[Cells]:
    """Each request for the page, and what caches and proxies say of themselves."""
    pages, token = visit.pages, visit.crawler.token
    for who, answer in (
        ("listener", pages.listener),
        (token, pages.crawler),
        ("listener, once more", pages.listener_again),
        (f"{token}, with a query", pages.crawler_fresh),
        ("listener, with a query", pages.listener_fresh),
        (f"listener, with {token}'s", pages.listener_after),
    ):
        if answer is not None:
            said = "; ".join(f"{name}: {value}" for name, value in between(answer))
            yield who, str(answer.status or "none"), said or "-"


def _remark(remark: Remark, *, columns: int) -> Iterator[str]:
    label = f"{_INDENT}{remark.severity.value:9}"
    hang = " " * width(label)
    yield from _wrapped(safe(remark.seen), label, hang, columns)
    if remark.advice:
        yield from _wrapped(safe(remark.advice), f"{hang}-> ", f"{hang}   ", columns)


def _wrapped(text: str, first: str, then: str, columns: int) -> Iterator[str]:
    folded = wrap(text, width=columns, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)
    yield from folded or [first.rstrip()]


def _as_json(visit: Visit, told: Sequence[Remark]) -> dict[str, Any]:
    pages, rules = visit.pages, tdm(visit)
    read = robots(visit)
    return {
        "url": str(visit.address),
        "as": visit.crawler.token,
        "user_agents": {answer.question.asker.value: answer.question.agent for answer in visit.answers[:2]},
        "listener": _answer(pages.listener),
        "crawler": _answer(pages.crawler),
        "listener_again": _answer(pages.listener_again),
        "crawler_fresh": _answer(pages.crawler_fresh),
        "listener_fresh": _answer(pages.listener_fresh),
        "listener_after": _answer(pages.listener_after),
        "robots_txt": {
            "listener": _fetched(visit.robots_listener),
            "crawler": _fetched(visit.robots_crawler),
            "same": visit.robots_listener.last.body == visit.robots_crawler.last.body,
            "access": read.access.value if read.access is not None else None,
            "told": [_told(each) for each in read.told],
        },
        "tdmrep_json": _fetched(visit.tdmrep) | {"read": asdict(rules) if rules is not None else None},
        "documents": [
            {
                "kind": document.kind,
                "url": document.url,
                "named_by": document.named_by,
                "on_this_host": document.on_this_host,
                "answer": _fetched(document.fetched) if document.fetched is not None else None,
            }
            for document in visit.documents
        ],
        "remarks": [asdict(remark) | {"severity": remark.severity.value} for remark in told],
    }


def _answer(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "url": str(answer.question.address),
        "status": answer.status,
        "outcome": answer.outcome.value,
        "headers": answer.headers,
        "problem": answer.problem or None,
    }


def _fetched(fetched: Fetched) -> dict[str, Any]:
    last = fetched.last
    return {
        "url": str(last.question.address),
        "status": last.status,
        "redirects": fetched.redirects,
        "elsewhere": fetched.elsewhere or None,
        "content_type": last.value("content-type") or None,
        "bytes": len(last.body),
        "whole": last.whole,
        "problem": last.problem or None,
    }


def _told(told: Told) -> dict[str, Any]:
    line = told.verdict.line
    return {
        "token": told.token,
        "allowed": told.verdict.allowed,
        "by_name": told.by_name,
        "line": asdict(line) if line is not None else None,
        "content_usage": _values(told.usage),
        "content_signal": _values(told.signal),
    }


def _values(said: Any) -> dict[str, str] | None:
    return {key: value.value for key, value in said.items()} if said is not None else None
