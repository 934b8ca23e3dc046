"""A small music site behind noscrape, as real servers run it. Track 42 is reserved; `NOSCRAPE_TEST_LOG` is its log."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from noscrape import NO_SUCH_TRACK, NoScrape

MEDIA = Path(__file__)
TAGGED = {"42": True, "7": False, "8": False, "9": False}
FOREVER = b"0123456789abcdef" * 64


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"track {request.path_params['track_id']}")


async def media(request: Request) -> FileResponse:
    return FileResponse(MEDIA, media_type="audio/mpeg")


async def forever() -> AsyncIterator[bytes]:
    """Longer than any test listens, yet with an end: not every server tells that a listener has left."""
    for _ in range(1_000):
        yield FOREVER
        await asyncio.sleep(0.005)


async def radio(request: Request) -> StreamingResponse:
    """A stream without end."""
    return StreamingResponse(forever(), media_type="audio/mpeg")


async def tagged(request: Request) -> StreamingResponse:
    """The same, of which only the app knows that it is reserved."""
    return StreamingResponse(forever(), media_type="audio/mpeg", headers={"X-Robots-Tag": "noai"})


async def robots(request: Request) -> PlainTextResponse:
    return PlainTextResponse("User-agent: *\nAllow: /\n")


async def chat(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


site = Starlette(
    routes=[
        Route("/robots.txt", robots),
        Route("/tracks/{track_id}", page, methods=["GET", "HEAD", "POST"]),
        Route("/media/{track_id}", media),
        Route("/radio/{track_id}", radio),
        Route("/tagged/{track_id}", tagged),
        WebSocketRoute("/chat/{track_id}", chat),
    ]
)

KINDS = {"tracks": "page", "media": "media", "radio": "media", "tagged": "media", "chat": "play"}

app = NoScrape(
    site,
    config={
        "site": {"default": "open"},
        "tracks": {"routes": [{"path": f"/{name}/{{track_id}}", "serves": serves} for name, serves in KINDS.items()]},
        "log": {"path": os.environ.get("NOSCRAPE_TEST_LOG", ""), "record": ["all"]},
    },
    reader=lambda track, scope: TAGGED.get(track, NO_SUCH_TRACK),
)
