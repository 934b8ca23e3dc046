"""Taking an answer of HTTP from a connection, bounded in time, in bytes and in patience.

http.client reads the answer. Three of its habits are mended here: its time limit starts again with every byte, it skips
any number of interim answers, and it takes 103 (Early Hints) for the answer itself.

Proxies of the environment are not used.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import MissingHeaderBodySeparatorDefect
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from io import BufferedReader, RawIOBase
from typing import Any, Final, Protocol, cast

from noscrape.exchange.address import Address

#: Status line and headers, those of interim answers included.
_LARGEST_HEAD_BYTES: Final = 65_536
#: What may come with a body beside itself: the frames of a chunked one.
_FRAMES_BYTES: Final = 65_536
_MOST_INTERIM: Final = 10
_QUOTED: Final = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What came. Names of headers are in lower case, values in latin-1, each line by itself and in their order.

    `whole` tells that `body` is all of it. `problem` says in words why there is no answer (`status` is None), or why
    it is not complete; it may quote the other side, and has to be escaped where it is shown.
    """

    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    whole: bool = False
    problem: str = ""


class RefusedPlaceError(OSError):
    """An address that nothing is asked of."""


class _TooMuchError(Exception):
    """More bytes came than are taken."""


class Source(Protocol):
    """Where bytes come from: a socket."""

    def settimeout(self, value: float | None, /) -> None: ...
    def recv_into(self, buffer: Any, /) -> int: ...


class _Incoming(RawIOBase):
    """Bytes of a connection, as long as there is time and room for them."""

    def __init__(self, source: Source, remaining: Callable[[], float]) -> None:
        super().__init__()
        self._source = source
        self._remaining = remaining
        self.room = _LARGEST_HEAD_BYTES

    @property
    def untouched(self) -> bool:
        """Whether nothing has come yet."""
        return self.room == _LARGEST_HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.room <= 0:
            raise _TooMuchError
        self._source.settimeout(self._remaining())
        count = self._source.recv_into(memoryview(buffer)[: self.room])
        self.room -= count
        return count


class _Stream(BufferedReader):
    """Stays open when http.client has had enough: the next answer may be the one."""

    def close(self) -> None:
        """Nothing: the connection is closed by whoever opened it."""

    def makefile(self, mode: str) -> "_Stream":
        """As of a socket, which is all that http.client wants from it."""
        return self


#: What getaddrinfo tells of one address.
Place = tuple[Any, Any, int, str, Any]


@contextmanager
def connected(
    address: Address, remaining: Callable[[], float], *, vet: Callable[[str], bool] = lambda place: True
) -> Iterator[socket.socket]:
    """A connection, encrypted where the address says so.

    Its name is looked up once. Every address that is found has to pass `vet`, and the connection goes to one of these:
    a name that leads elsewhere the next time gains nothing. Raises OSError, RefusedPlaceError for one that does not.
    """
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    for place in found:
        if not vet(str(place[4][0])):
            raise RefusedPlaceError(f"{address.host} leads to {place[4][0]}, which is not on the public internet")
    with _first(found, remaining) as connection:
        if not address.secure:
            yield connection
            return
        connection.settimeout(remaining())
        with ssl.create_default_context().wrap_socket(connection, server_hostname=address.host) as secured:
            yield secured


def _first(found: list[Place], remaining: Callable[[], float]) -> socket.socket:
    """A connection to the first of these addresses that takes one."""
    refused: OSError | None = None
    for left, (family, kind, protocol, _, place) in zip(range(len(found), 0, -1), found, strict=True):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(remaining() / left)  # so that one that stays silent leaves time for the next
            connection.connect(place)
        except OSError as error:
            connection.close()
            refused = error
        else:
            return connection
    raise refused or OSError("its name has no address")


def received(source: Source, remaining: Callable[[], float], *, address: Address, most_bytes: int) -> Reply:
    """The answer as it comes from a connection. Of the body, `most_bytes` are read.

    `remaining` gives the seconds that are left, and raises TimeoutError when none are. So does this function, where
    nothing came at all.
    """
    incoming = _Incoming(source, remaining)
    stream = _Stream(incoming)
    try:
        response = _final(stream)
    except _TooMuchError:
        return Reply(problem=f"its headers are longer than {_LARGEST_HEAD_BYTES // 1024} KiB")
    except TimeoutError:
        if incoming.untouched:
            raise
        return Reply(problem="its headers did not come to an end in time")
    except (OSError, HTTPException, ValueError) as error:
        return Reply(problem=told(error, address))
    incoming.room = 2 * most_bytes + _FRAMES_BYTES
    body, whole, problem = _body(response, most_bytes) if most_bytes else (b"", False, "")
    if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in response.msg.defects):
        problem = "a malformed line stands among its headers: what follows it was not read"
    headers = tuple((name.lower(), str(value).strip()) for name, value in response.headers.items())
    return Reply(response.status, response.reason, headers, body, whole, problem)


def _final(stream: _Stream) -> HTTPResponse:
    for _ in range(_MOST_INTERIM):
        response = HTTPResponse(cast(socket.socket, stream), method="GET")
        response.begin()
        if response.status >= 200 or response.status == 101:
            return response
    raise HTTPException(f"more than {_MOST_INTERIM} interim answers, and no final one")


def _body(response: HTTPResponse, most_bytes: int) -> tuple[bytes, bool, str]:
    """As much of the body as is wanted, whether that is all, and what went wrong."""
    parts: list[bytes] = []
    size = 0
    try:
        while size <= most_bytes:
            part = response.read(min(65_536, most_bytes + 1 - size))
            if not part:
                complete = response.length in (None, 0)
                return b"".join(parts), complete, "" if complete else "it ended before all of it had come"
            parts.append(part)
            size += len(part)
    except IncompleteRead as error:
        return b"".join((*parts, error.partial)), False, "it ended before all of it had come"
    except TimeoutError:
        return b"".join(parts), False, "it did not come to an end in time"
    except _TooMuchError:
        return b"".join(parts), False, "it is sent in so many chunks that it was not read to its end"
    except (OSError, HTTPException, ValueError) as error:
        return b"".join(parts), False, f"it broke off: {_words(error)}"
    return b"".join(parts)[:most_bytes], False, ""


def told(error: Exception, address: Address) -> str:
    """What went wrong, in words for somebody who has not read the library."""
    match error:
        case socket.gaierror():
            return f"the name {address.host} was not found"
        case RefusedPlaceError():
            return str(error)
        case ConnectionRefusedError():
            return f"nothing listens on port {address.port}"
        case ssl.SSLCertVerificationError():
            authority = "; SSL_CERT_FILE names a file of authorities of your own"
            return f"its certificate is not good: {error.verify_message.rstrip('.')}{authority}"
        case ssl.SSLError():
            return f"no TLS connection: {(error.reason or 'it broke off').lower().replace('_', ' ')}"
        case RemoteDisconnected():
            return "the connection was closed without an answer"
        case ConnectionError():
            return "the connection was broken off"
        case BadStatusLine():
            return f"what came is no HTTP: {str(error).strip()[:_QUOTED]!r}"
        case _:
            return _words(error)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)[: 2 * _QUOTED] or type(error).__name__
