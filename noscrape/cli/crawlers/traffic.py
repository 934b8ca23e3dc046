"""The user agents of a log, one for each request: an access log of a server's, or noscrape's own."""

import sys
from collections.abc import Iterator

from noscrape.errors import LogError, ReplayError
from noscrape.log import Event
from noscrape.replay import Parser, Source
from noscrape.terminal import say


def user_agents(name: str) -> Iterator[str]:
    """The user agents of a file, plain or gzip. Says at the end how many lines told none.

    Raises ReplayError where the file cannot be read.
    """
    source = Source(name)
    parser = Parser()
    told = unread = 0
    for lines in source.batches():
        for line in lines:
            agent = _user_agent(line, parser) if line else None
            if agent is None:
                unread += bool(line)
            else:
                told += 1
                yield agent
    if unread:
        say(sys.stderr, f"noscrape: {source.name}: {unread:,} of {unread + told:,} lines tell no user agent")


def _user_agent(line: bytes, parser: Parser) -> str | None:
    try:
        agent = parser.parse(line)[1].user_agent
    except ReplayError:
        return _of_event(line)
    return None if agent is None else agent.decode("utf-8", "replace")


def _of_event(line: bytes) -> str | None:
    """Of a line of our own log, if it is one; its lines about other things than requests tell none."""
    if not line.startswith(b"{"):
        return None
    try:
        return Event.from_json(line).user_agent
    except LogError:
        return None
