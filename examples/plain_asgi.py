"""An ASGI app of no framework with noscrape in front: `uvicorn examples.plain_asgi:app`.

Nothing is configured, so everything is reserved: `curl -A GPTBot/1.2 localhost:8000/` is refused, a browser is served.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from noscrape import NoScrape

Message = MutableMapping[str, Any]


async def site(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """A page for everybody."""
    if scope["type"] != "http":  # websockets, and the lifespan messages of a server
        return
    body = b"User-agent: GPTBot\nDisallow: /\n" if scope["path"] == "/robots.txt" else b"Tidal Glass, by Mira Solheim\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = NoScrape(site)
