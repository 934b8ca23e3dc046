"""Sites for the tests: answers handed in, and servers on loopback that send whatever bytes a test wants."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from socketserver import BaseRequestHandler, ThreadingTCPServer
from ssl import SSLContext

from noscrape.probe import Address, Answer, Asker, Question, Remark, Severity, Visit, probe, remarks
from noscrape.probe.visit import ROBOTS_TXT, TDMREP
from noscrape.site import builtin_catalog

CATALOG = builtin_catalog()
CONTROLS = tuple(crawler for crawler in CATALOG.crawlers if crawler.control_only)

PAGE = Address("https", "music.example", 443, "/tracks/42")

Headers = tuple[tuple[str, str], ...]

RESERVED: Headers = (
    ("content-type", "text/html"),
    ("x-robots-tag", "noai, noimageai"),
    ("tdm-reservation", "1"),
    ("content-usage", "train-ai=n"),
)
REFUSAL: Headers = (("content-type", "text/plain"), ("cache-control", "no-store"), ("x-support-id", "0123456789abcdef"))
PLAIN: Headers = (("content-type", "text/plain"),)
JSON: Headers = (("content-type", "application/json"),)
HTML: Headers = (("content-type", "text/html"),)

ROBOTS = b"User-agent: GPTBot\nUser-agent: Google-Extended\nUser-agent: Applebot-Extended\nDisallow: /\n"
RULES = b'[{"location": "/", "tdm-reservation": 1}]'


@dataclass(frozen=True, slots=True)
class Reply:
    """What a site says to one question."""

    status: int | None = 200
    headers: Headers = ()
    body: bytes = b""
    whole: bool = True
    problem: str = ""

    def plus(self, *headers: tuple[str, str]) -> "Reply":
        """With more headers."""
        return Reply(self.status, (*self.headers, *headers), self.body, self.whole, self.problem)


Site = Callable[[Question], Reply | None]

SERVED = Reply(200, RESERVED)
REFUSED = Reply(403, REFUSAL)


def good(question: Question) -> Reply:
    """A site as it should be."""
    match question.address.target.partition("?")[0]:
        case "/robots.txt":
            return Reply(200, PLAIN, ROBOTS)
        case "/.well-known/tdmrep.json":
            return Reply(200, JSON, RULES)
        case PAGE.target:
            return SERVED if question.asker is Asker.LISTENER else REFUSED
    return Reply(404)


def pages(listener: Reply = SERVED, crawler: Reply = REFUSED) -> Site:
    """Whoever asks for the page, with whatever query, gets always the same."""
    return lambda question: (
        (listener if question.asker is Asker.LISTENER else crawler)
        if question.address.target.partition("?")[0] == PAGE.target
        else None
    )


def paths(replies: Mapping[str, Reply]) -> Site:
    """These paths have these answers, to everybody."""
    return lambda question: replies.get(question.address.target)


def robots(listener: Reply, crawler: Reply | None = None) -> Site:
    """What stands for robots.txt."""
    replies = {Asker.LISTENER: listener, Asker.CRAWLER: crawler or listener}
    return lambda question: replies[question.asker] if question.address.target == ROBOTS_TXT else None


def rules(reply: Reply) -> Site:
    """What stands for tdmrep.json."""
    return paths({TDMREP: reply})


def answer(question: Question, reply: Reply) -> Answer:
    return Answer(question, reply.status, "", reply.headers, reply.body, reply.whole, reply.problem)


def look(*sites: Site, token: str = "GPTBot", asked: list[Question] | None = None, page: Address = PAGE) -> Visit:
    """A visit to a site: the first of these that has an answer gives it, and a good one the rest."""
    questions = asked if asked is not None else []

    def ask(question: Question) -> Answer:
        questions.append(question)
        replies = (site(question) for site in sites)
        return answer(question, next((reply for reply in replies if reply is not None), None) or good(question))

    crawler = CATALOG.find(token)
    assert crawler is not None
    numbers = count()
    return probe(
        page,
        crawler=crawler,
        controls=CONTROLS,
        ask=ask,
        pause=lambda: None,
        fresh=lambda: f"fresh={next(numbers)}",
    )


def told(visit: Visit) -> dict[str, Remark]:
    """The remarks of a visit by name."""
    return {remark.name: remark for remark in remarks(visit)}


def grave(visit: Visit, *severities: Severity) -> set[str]:
    """The names of those remarks that are problems and notes, or what else is wanted."""
    wanted = severities or (Severity.PROBLEM, Severity.NOTE)
    return {remark.name for remark in remarks(visit) if remark.severity in wanted}


def http(status: str = "200 OK", *headers: str, body: bytes = b"") -> bytes:
    """An answer as it is sent."""
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1") + body


#: A server: what it sends to a request's head. It is closed after that; `HOLD` waits until the client has closed.
Serve = Callable[[bytes], Iterable[bytes | None]]
HOLD = None


@contextmanager
def serving(serve: Serve, *, context: SSLContext | None = None) -> Iterator[int]:
    """A server on a port of its own, which is given; with a `context`, of TLS."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            # Whatever a client does to the connection, and be it closing it, is its own affair.
            with suppress(OSError):
                if context is None:
                    _serve(self.request)
                    return
                with context.wrap_socket(self.request, server_side=True) as secured:
                    _serve(secured)

    def _serve(connection: socket.socket) -> None:
        head = b""
        # What begins with \x16 is TLS, to whose end a server without it does not wait either.
        while b"\r\n\r\n" not in head and not head.startswith(b"\x16") and (part := connection.recv(65_536)):
            head += part
        for piece in serve(head):
            if piece is HOLD:
                connection.recv(1)
                return
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
