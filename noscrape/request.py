"""What is known of one request, whoever tells it: a server, a log that is replayed, or the command line."""

from collections.abc import Sequence
from typing import Final, NamedTuple

Headers = Sequence[tuple[bytes, bytes]]

#: Makes a named tuple in half the time that its own constructor takes, which every request would feel.
new_tuple: Final = tuple.__new__


class Facts(NamedTuple):
    """One request as it was made. A named tuple, since one is made for each request and it is the quickest to make.

    `path` was percent-decoded once by the server, and holds `root_path` where the server put it in.
    `user_agent` is what all `user-agent` headers say, each cut, joined by newlines; None where it was not recorded.
    `headers` have lower-case names; None where they were not recorded, which is another thing than absent.
    `peer` is the other end of the connection, None on a unix socket.
    `scheme` is the one that the server speaks, "http" for WebSockets too; `raw_path` is the path as it was sent,
    without its query, empty where the server does not tell.
    """

    method: str
    path: str
    root_path: str
    query: bytes
    user_agent: bytes | None
    headers: Headers | None
    peer: str | None
    websocket: bool = False
    scheme: str = "http"
    raw_path: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, None where there is none or none was recorded."""
        return next((value for key, value in self.headers or () if key == name), None)

    @property
    def preflight(self) -> bool:
        """Whether this is a true CORS preflight, as the Fetch standard makes them: asked by the browser itself."""
        return (
            self.method == "OPTIONS"
            and self.header(b"origin") is not None
            and self.header(b"access-control-request-method") is not None
        )
