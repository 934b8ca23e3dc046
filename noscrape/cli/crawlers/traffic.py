"""The user agents of a log, one for each request: an access log of a server's, or noscrape's own."""

import sys
from collections.abc import Iterator

from noscrape.errors import LogError, ReplayError
from noscrape.log import Event
from noscrape.replay import NoRequestError, Parser, Source
from noscrape.terminal import safe, say


def user_agents(name: str) -> Iterator[str]:
    """The user agents of a file, plain or gzip. Says at the end how many lines told none.

    Raises ReplayError where the file cannot be read, and LogError where no line of it is a log's.
    """
    source = Source(name)
    parser = Parser()
    told = unread = strange = 0
    for lines in source.batches():
        for line in filter(None, lines):
            try:
                agent = _user_agent(line, parser)
            except LogError:
                strange, agent = strange + 1, None
            if agent is None:
                unread += 1
            else:
                told += 1
                yield agent
    if strange and strange == unread + told:
        raise LogError(f"{safe(source.name)}: no line of it is of a log: wanted noscrape's own, or an access log")
    if unread:
        say(sys.stderr, f"noscrape: {source.name}: {unread:,} of {unread + told:,} lines tell no user agent")


def _user_agent(line: bytes, parser: Parser) -> str | None:
    """Of a line of a log, None where it tells none. Raises LogError for what is no such line."""
    try:
        agent = parser.parse(line).facts.user_agent
    except NoRequestError:
        return None
    except ReplayError:  # our own log's lines about other things than requests, if anything
        return Event.from_json(line).user_agent
    return None if agent is None else agent.decode("utf-8", "replace")
