"""The demo's command."""

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event as Signal
from typing import Final

from examples.demo.report import Paint, answer_lines, header_lines, heading, visit_lines
from examples.demo.server import serving
from examples.demo.visitors import VISITORS, BrokenPromiseError, Visit, Works, audio_of, page_of
from examples.musicsite import create, protected, set_up
from noscrape import Event, NoScrapeError
from noscrape.cli import main as noscrape
from noscrape.config import load
from noscrape.log import files_of, read

#: Exit statuses: promises kept; a promise broken; the demo could not run.
KEPT: Final = 0
BROKEN: Final = 1
FAULT: Final = 2

#: The log is written by a thread of its own, a moment later.
_LOG_SECONDS: Final = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo",
        description="Starts a music site with noscrape in front, lets visitors come, and shows what each got and why.",
        epilog="exit status: 0 all went as promised, 1 something did not, 2 the demo could not run",
    )
    parser.add_argument("--serve", action="store_true", help="keep the site running afterwards, until Ctrl-C")
    parser.add_argument("--port", type=_port, default=0, help="port on the loopback (a free one)")
    parser.add_argument("--folder", type=Path, help="where the site's files go (a new temporary folder)")
    arguments = parser.parse_args(argv)
    try:
        return run(arguments.folder, port=arguments.port, serve=arguments.serve)
    except (OSError, sqlite3.Error, NoScrapeError, BrokenPromiseError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return FAULT


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port, from 0 to 65535")
    return int(text)


def run(folder: Path | None, *, port: int, serve: bool) -> int:
    """Set the site up, let the visitors come, print, and serve on where that is wanted."""
    folder = folder.resolve() if folder else Path(tempfile.mkdtemp(prefix="noscrape-demo-"))
    set_up(folder)
    loaded = load(folder / "noscrape.toml")
    works = Works.of(folder, loaded.config)
    paint = Paint(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    with serving(protected(folder), port=port) as serving_port:
        _print_welcome(works, serving_port, paint=paint)
        visits = [Visit(visitor, works, port=serving_port).run() for visitor in VISITORS]
        events = _logged(folder, {exchange.id for visit in visits for exchange in visit.exchanges})
        broken = [visit.broken for visit in visits if visit.broken]
        broken += [problem for visit in visits for problem in _contradictions(visit, events)]
        print(heading(paint))
        for visit in visits:
            print("\n".join(visit_lines(visit, events, loaded=loaded, paint=paint)))
        broken += _print_answers(folder, visits, works, paint=paint)
        broken += _print_summary(folder, paint=paint)
        for problem in broken:
            print(f"demo: not as promised: {problem}", file=sys.stderr)
        if not broken:
            count = sum(len(visit.exchanges) for visit in visits)
            kept = f"As promised: {count} requests, no listener refused, nothing reserved given to GPTBot."
            print(paint(kept, "green"))
        try:
            print("\n".join(_to_try(folder, works, serving_port) if serve else _next(folder, works)), flush=True)
            if serve:
                while not Signal().wait(1):  # in turns, since a wait without an end may sleep through Ctrl-C
                    pass
        except KeyboardInterrupt:
            print()
    return BROKEN if broken else KEPT


def _print_welcome(works: Works, port: int, *, paint: Paint) -> None:
    said = {True: "say no AI", False: "are open to it", None: "have said nothing yet"}
    counts = [f"{sum(track.no_ai is word for track in works.all)} {text}" for word, text in said.items()]
    print(paint(f"A music site with noscrape in front of it, at http://127.0.0.1:{port}/", "bold"))
    print(f"{len(works.all)} tracks: {', '.join(counts)}. {len(VISITORS)} visitors come, over HTTP.\n", flush=True)


def _print_answers(folder: Path, visits: Sequence[Visit], works: Works, *, paint: Paint) -> Iterator[str]:
    """Two answers in full, beside what the app alone would send. Yields what is wrong with them."""
    path, refused = page_of(works.reserved), audio_of(works.reserved)
    answers = [exchange for visit in visits for exchange in visit.exchanges]
    given = next((answer for answer in answers if (answer.path, answer.status) == (path, 200)), None)
    if given is not None:
        with serving(create(folder)) as port:
            alone = Visit(VISITORS[0], works, port=port).get(path, 200)
        print(paint(f"What noscrape adds to {path}, for everybody alike (marked +)", "bold"))
        print("\n".join(header_lines(given, alone, paint=paint)))
        if alone.body != given.body:
            yield f"{path} has another body than the app alone serves"
    told = next((answer for answer in answers if (answer.path, answer.status) == (refused, 403)), None)
    if told is not None:
        print(paint(f"\nWhat is sent instead of {refused}: {told.status}", "bold"))
        print("\n".join(answer_lines(told)))


def _print_summary(folder: Path, *, paint: Paint) -> Iterator[str]:
    """What the log has to say by itself. Yields what is wrong with it."""
    for command in ("log top agents", "log top rules", "log robots"):
        print(paint(f"\n$ noscrape {command}", "bold"), flush=True)
        if noscrape([*command.split(), "--config", str(folder / "noscrape.toml")]) not in (0, 1):  # 1: see what it says
            yield f"noscrape {command} failed"
    print(flush=True)


def _logged(folder: Path, wanted: set[str]) -> dict[str, Event]:
    """The log's events of these requests, as soon as they have been written."""
    found: dict[str, Event] = {}
    end = time.monotonic() + _LOG_SECONDS
    while len(found) < len(wanted) and time.monotonic() < end:
        time.sleep(0.05)
        for item in read(files_of(folder / "noscrape.jsonl")):
            if isinstance(item, Event) and item.request_id in wanted:
                found[item.request_id] = item
    return found


def _contradictions(visit: Visit, events: Mapping[str, Event]) -> Iterator[str]:
    """Where the answers and the log tell different stories."""
    for exchange in visit.exchanges:
        event, support_id = events.get(exchange.id), exchange.header("x-support-id")
        if event is None:
            yield f"{visit.visitor.name}: the log has no line for {exchange.path}"
        elif (event.status, event.path) != (exchange.status, exchange.path):
            yield f"{visit.visitor.name}: got {exchange.status} for {exchange.path}, and the log says {event.status}"
        elif support_id and support_id != event.id:
            yield f"{visit.visitor.name}: was told the support id {support_id}, and the log says {event.id}"


def _command() -> str:
    """How this Python's `noscrape` is called."""
    own = Path(sys.executable).with_name("noscrape")
    if not own.exists():
        return f"{sys.executable} -m noscrape"
    return "noscrape" if shutil.which("noscrape") == str(own) else str(own)


def _next(folder: Path, works: Works) -> Iterator[str]:
    command = _command()
    yield ""
    yield f"Everything is in {folder}. Try next:"
    yield f"  cd {folder}"
    yield f"  {command} log --agent GPTBot"
    yield f"  {command} explain --user-agent GPTBot/1.2 --path {audio_of(works.reserved)}"
    yield f"  {command} check"
    yield "The same site, to try with a browser and curl: python -m examples.demo --serve"


def _to_try(folder: Path, works: Works, port: int) -> Iterator[str]:
    site = f"http://127.0.0.1:{port}"
    yield ""
    yield f"Serving until Ctrl-C. Open {site}/ in a browser, and try:"
    yield f"  curl -i -A GPTBot/1.2 {site}{page_of(works.reserved)}"
    yield f"  curl -i -A GPTBot/1.2 {site}{page_of(works.open)}"
    yield f"  curl -i -A GPTBot/1.2 {site}/robots.txt"
    yield f"  curl -sD - -o part.wav -r 0-65535 {site}{audio_of(works.reserved)}"
    yield f"  {_command()} log -f --config {folder / 'noscrape.toml'}"


if __name__ == "__main__":
    sys.exit(main())
