"""One question over a connection of its own, bounded in time, in bytes and in patience.

Proxies of the environment are not used: what stands between a site and its visitors is what is looked at.
"""

import time
from collections.abc import Callable
from typing import Final

from noscrape.exchange import connection
from noscrape.exchange.connection import Source, connected, told
from noscrape.probe.answer import Answer, Asker, Question

#: For one question: from looking up the name to the last byte.
SECONDS: Final = 20.0

_ACCEPT: Final = {
    Asker.LISTENER: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    Asker.CRAWLER: "*/*",
}


def ask(question: Question, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> Answer:
    """Ask, and take what comes. Whatever goes wrong is told in the answer. `clock` gives seconds from anywhere."""
    end = clock() + seconds

    def remaining() -> float:
        left = end - clock()
        if left <= 0:
            raise TimeoutError
        return left

    try:
        with connected(question.address, remaining) as connection:
            connection.settimeout(remaining())
            connection.sendall(_request(question))
            return received(question, connection, remaining)
    except TimeoutError:
        return Answer(question, problem=f"no answer within {seconds:g} seconds")
    except (OSError, ValueError) as error:
        return Answer(question, problem=told(error, question.address))


def _request(question: Question) -> bytes:
    agent = "".join(char if " " <= char <= "~" else "?" for char in question.agent)
    lines = [
        f"GET {question.address.target} HTTP/1.1",
        f"Host: {question.address.authority}",
        f"User-Agent: {agent}",
        f"Accept: {_ACCEPT[question.asker]}",
        *(["Accept-Language: en-US,en;q=0.5"] if question.asker is Asker.LISTENER else []),
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    return "\r\n".join((*lines, "", "")).encode("ascii")


def received(question: Question, source: Source, remaining: Callable[[], float]) -> Answer:
    """The answer as it comes from a connection; see `connection.received`."""
    reply = connection.received(source, remaining, address=question.address, most_bytes=question.most_bytes)
    return Answer(question, reply.status, reply.reason, reply.headers, reply.body, reply.whole, reply.problem)
