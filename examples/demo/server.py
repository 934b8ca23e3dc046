"""A server for a while: uvicorn in a thread, on the loopback alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

#: A shutdown waits this long for visitors who are still being served.
_PATIENCE_SECONDS = 5


@contextmanager
def serving(app: Any, *, port: int = 0) -> Iterator[int]:
    """Serve an ASGI app; the value is the port, a free one where 0 was asked for. Raises OSError where it is taken."""
    listening = socket.create_server(("127.0.0.1", port))
    # X-Forwarded-For is left to noscrape, which has the proxies that may say so in its own configuration.
    config = uvicorn.Config(app, log_config=None, proxy_headers=False, timeout_graceful_shutdown=_PATIENCE_SECONDS)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="music site")
    thread.start()  # the socket listens already: whoever comes before uvicorn is ready waits for a moment
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
