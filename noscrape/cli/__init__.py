"""The command line: `noscrape VERB ...`. stdout is data, stderr is talk."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from noscrape.cli import check, config, crawlers, explain, export, log, patterns, replay, tag
from noscrape.cli.status import Status
from noscrape.errors import FaultsError, NoScrapeError
from noscrape.terminal import safe

COMMANDS = (check, config, crawlers, explain, export, log, patterns, replay, tag)


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="noscrape",
        description="Makes a track's no-AI tag hold.",
        epilog="exit status: 0 fine, 1 something to look at, 2 bad input or usage",
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(verbs)
    return top


class _Brief(logging.Formatter):
    """What the package tells operators, without the traceback that belongs into a server's log."""

    def format(self, record: logging.LogRecord) -> str:
        return f"noscrape: {safe(record.getMessage())}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    talk = logging.StreamHandler()
    talk.setFormatter(_Brief())
    logging.getLogger("noscrape").addHandler(talk)
    try:
        return _run(argv)
    finally:
        logging.getLogger("noscrape").removeHandler(talk)


def _parsed(top: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, files also where they stand behind an option, which argparse by itself leaves over."""
    arguments, left = top.parse_known_args(argv)
    words = getattr(arguments, "words", None)
    if words and not any(word.startswith("-") and word != "-" for word in left):
        words += left
    elif left:
        top.error(f"unrecognized arguments: {' '.join(left)}")
    return arguments


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = _parsed(parser(), argv)
        status: Status = arguments.run(arguments)
        sys.stdout.flush()
    except FaultsError as error:  # each line begins with its own file and line
        print(error, file=sys.stderr)
        return Status.FAULT
    except NoScrapeError as error:
        print(f"noscrape: {error}", file=sys.stderr)
        return Status.FAULT
    except BrokenPipeError:  # whoever read has seen enough; what Python still holds back must not raise again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Status.OK
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
