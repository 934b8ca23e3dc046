"""`noscrape replay`: access logs of what has been, through the rules of now."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedReader
from typing import Final

from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.crawlers import Kind
from noscrape.errors import ReplayError
from noscrape.log.people import described
from noscrape.replay import Listener, Listing, Progress, Replay, Row, Source, Summary
from noscrape.site import builtin_catalog
from noscrape.terminal import Column, Table, put, safe, say, screen_columns
from noscrape.terminal import Row as TableRow
from noscrape.words import Action, Mode

_DESCRIPTION: Final = """Judges every request of access logs as it would be judged now, in the log's own time. Formats,
told line by line: common and combined (nginx, Apache), Caddy's JSON, and JSON Lines of requests
({"t": epoch seconds, "ip", "method", "path", "headers": [[name, value], ...] or "user_agent"}); plain or gzip, and
"-" for stdin. Files are taken one after the other: name the oldest first."""
_EPILOG: Final = """A header that a log does not record is not taken for absent. No name is looked up, counts are kept
in memory, and reservations are read as they are today.
exit status: 0 fine, 2 bad input or usage, or a file that could not be read to its end"""

#: Rows of each part of the summary.
_CRAWLERS_SHOWN: Final = 50
_TRACKS_SHOWN: Final = 10
_LISTENERS_SHOWN: Final = 20
#: User agents that are described, which takes half a millisecond each, to see which of them are bots after all.
_LISTENERS_DESCRIBED: Final = 500


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser(
        "replay",
        help="what would have been decided about the requests of an access log",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="+", metavar="FILE", help='access logs, the oldest first; "-" for stdin')
    parser.add_argument("--json", action="store_true", help="one decision a line instead of a summary")
    parser.add_argument("--no-reader", action="store_true", help="take the defaults for what is said of a track")
    parser.add_argument("--limit", type=_count, metavar="N", help="the first N lines only")
    parser.add_argument("--config", metavar="FILE", help="configuration; ./noscrape.toml where there is one")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


def run(
    arguments: argparse.Namespace,
    *,
    clock: Callable[[], float] = time.time,
    ticks: Callable[[], float] = time.monotonic,
) -> Status:
    """Replay the files, and print the summary or the decisions."""
    catalog = builtin_catalog()
    loaded = load(found(arguments.config), tokens=catalog.tokens)
    sources = _sources(arguments.file)
    replay = Replay(loaded, today=clock(), catalog=catalog, with_reader=not arguments.no_reader)
    progress = Progress(sources, stream=sys.stderr, clock=ticks)
    summary = Summary(replay.client)
    listing = Listing(sys.stdout.write, client_of=replay.client)
    interrupted = False
    try:
        account = listing if arguments.json else summary
        replay.run(sources, account=account, limit=arguments.limit, progress=progress.show)
    except KeyboardInterrupt:  # what has been counted until then is worth showing
        interrupted = True
    finally:
        progress.clear()
    if not arguments.json:
        for line in _text(replay, summary, sources, arguments):
            put(sys.stdout, line)
    for problem in (*listing.failures, *summary.failures):
        say(sys.stderr, f"noscrape: {problem}")
    if listing.unread_lines:
        say(sys.stderr, f"noscrape: {_many(listing.unread_lines, 'line')} told of no request")
    if interrupted:
        after = f" after {_many(summary.lines, 'line')}" if not arguments.json else ""
        say(sys.stderr, f"noscrape: stopped{after}")
    return Status.FAULT if interrupted or listing.failures or summary.failures else Status.OK


def _sources(names: Sequence[str]) -> list[Source]:
    """The inputs. Raises ReplayError that names each one that is not there, before any is read."""
    if names.count("-") > 1:
        raise ReplayError('"-" is stdin, and can be read once')
    sources, missing = [], []
    for name in names:
        try:
            sources.append(Source(name, stdin=_stdin() if name == "-" else None))
        except ReplayError as error:
            missing.append(str(error))
    if missing:
        raise ReplayError("\n".join(missing))
    return sources


def _stdin() -> BufferedReader:
    if sys.stdin.isatty():
        raise ReplayError("stdin is a terminal; pipe a log into it")
    buffer = sys.stdin.buffer
    return buffer if isinstance(buffer, BufferedReader) else BufferedReader(buffer)  # type: ignore[arg-type]  # any binary file does


# ---- the summary


def _text(replay: Replay, summary: Summary, sources: Sequence[Source], arguments: argparse.Namespace) -> Iterator[str]:
    yield from _head(replay, summary, sources, arguments)
    for title, action in (("would have been refused", Action.REFUSE), ("would have been throttled", Action.THROTTLE)):
        rows = summary.rows(action)
        yield ""
        yield f"{title}: {_requests(rows, summary)}"
        yield from _table(_WHO, (_who(row) for row in rows), shown=_CRAWLERS_SHOWN)
    yield from _scrapers(summary)
    yield from _listeners(summary)
    named = [row for row in summary.rows(Action.ALLOW) if row.token and row.crawler_class != Kind.PLAYER.value]
    yield ""
    yield f"crawlers let through: {_requests(named, summary)}"
    yield from _table(_WHO, (_who(row) for row in named), shown=_CRAWLERS_SHOWN)
    tracks = summary.tracks.top(_TRACKS_SHOWN)
    if tracks:
        yield ""
        at_least = ", at least (there were too many to count each)" if summary.tracks.dropped else ""
        yield f"tracks asked for most often{at_least}:"
        yield from _table(
            (Column("track"), Column("requests", right=True), Column("of them stopped", right=True)),
            (TableRow((name, f"{count:,}", f"{summary.stopped_tracks.count(name):,}")) for name, count in tracks),
            shown=_TRACKS_SHOWN,
        )
    yield from _broken(replay, summary)


def _head(replay: Replay, summary: Summary, sources: Sequence[Source], arguments: argparse.Namespace) -> Iterator[str]:
    names = ", ".join(source.name for source in sources[:3]) + (" ..." if len(sources) > 3 else "")
    timeline = replay.timeline
    counts = [_many(summary.lines, "line"), _many(summary.requests, "request"), _many(summary.broken, "broken line")]
    if summary.without_request:
        counts.append(f"{_many(summary.without_request, 'connection')} without a request")
    yield safe(f"{names}: {', '.join(counts)}")
    if timeline.first is not None and timeline.last is not None:
        yield f"from {_moment(timeline.first)} to {_moment(timeline.last)} UTC, in the log's own time"
    if timeline.turns:
        yield f"the log went back in time {_times(timeline.turns)}; behaviour was counted anew from there"
    config = replay.site.loaded.config
    if arguments.no_reader:
        yield "what is said of tracks: not read, the defaults were taken (--no-reader)"
    elif config.tracks.reader is None:
        yield "what is said of tracks: the defaults, as [tracks.reader] names no reader"
    else:
        yield f"what is said of tracks: as it is today, read from {config.tracks.reader.kind}"
    if replay.reader_failures:
        gave_up = ", and was not asked again after that" if replay.gave_up else ""
        yield f"the reader failed {_times(replay.reader_failures)}{gave_up}: [tracks] on_failure was taken instead"
    if config.mode is Mode.OBSERVE:
        yield 'mode is "observe": this is what would be decided, and nothing of it is enforced'


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _requests(rows: Iterable[Row], summary: Summary) -> str:
    count = sum(row.requests for row in rows)
    return f"{_many(count, 'request')} ({count / summary.requests:.2%})" if count else "nothing"


_WHO: Final = (
    Column("token", least=12),
    Column("operator", least=8),
    Column("class", least=6),
    Column("purpose", least=8),
    Column("rule", least=14),
    Column("requests", right=True, least=8),
    Column("clients", right=True, least=7),
    Column("", least=8),
)


def _who(row: Row) -> TableRow:
    clients = f"{len(row.clients):,}{'+' if row.more_clients else ''}"
    remark = "" if row.enforced else "only observed"
    token = row.token or "(names no crawler)"
    cells = (token, row.operator, row.crawler_class, row.purpose, row.rule, f"{row.requests:,}", clients, remark)
    return TableRow(cells)


def _scrapers(summary: Summary) -> Iterator[str]:
    yield ""
    if not summary.scrapers_found:
        yield "found scraping by how it behaves: nobody"
        return
    yield f"found scraping by how it behaves: {_times(summary.scrapers_found)}, each after so many tracks"
    yield from _table(
        (
            Column("client", least=12),
            Column("what", least=7),
            Column("tracks", right=True, least=6),
            Column("seconds", right=True, least=7),
            Column("user agent", least=12),
            Column(""),
        ),
        (
            TableRow(
                (
                    found.client,
                    found.kind,
                    found.touched,
                    found.seconds,
                    found.user_agent,
                    "" if found.enforced else "only observed",
                ),
                below=(found.words,),
            )
            for found in summary.scrapers
        ),
        shown=len(summary.scrapers),
    )


def _listeners(summary: Summary) -> Iterator[str]:
    found: list[tuple[Listener, str]] = []
    listed = summary.listeners(_LISTENERS_DESCRIBED)
    for listener in listed:
        who = described(listener.user_agent)
        if not who.endswith(", a bot"):
            found.append((listener, who))
    yield ""
    if not found:
        yield "looks like a listener among them: nobody"
        return
    more = " or more" if summary.listeners_dropped or len(listed) == _LISTENERS_DESCRIBED else ""
    total = _many(sum(listener.requests for listener, _ in found), "request")
    yield f"looks like a listener among them: {_many(len(found), 'user agent')}{more}, {total}; look at these"
    yield from _table(
        (Column("who", least=20), Column("action"), Column("rule", least=14), Column("requests", right=True, least=8)),
        (
            TableRow((who, item.row.action.value, item.row.rule, f"{item.requests:,}"), below=(item.user_agent,))
            for item, who in found
        ),
        shown=_LISTENERS_SHOWN,
    )


def _broken(replay: Replay, summary: Summary) -> Iterator[str]:
    if not summary.broken:
        return
    yield ""
    yield f"lines that could not be read: {summary.broken:,}"
    for problem, count in sorted(summary.problems.items(), key=lambda item: -item[1]):
        yield f"  {count:,} {problem}"
    first = summary.first_broken
    yield "the first of them:" if len(first) < summary.broken else "these:"
    yield from _table(
        (Column("n", right=True, least=2), Column("line", least=12), Column("begins", least=20)),
        (TableRow((f"{line.number}", replay.place(line.number), line.excerpt)) for line in first),
        shown=len(first),
    )


def _table(layout: Sequence[Column], rows: Iterable[TableRow], *, shown: int) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    yield from Table(layout, columns=screen_columns(sys.stdout)).lines(listed[:shown])
    if len(listed) > shown:
        yield f"and {len(listed) - shown:,} more"
