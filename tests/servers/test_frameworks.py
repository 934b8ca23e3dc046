"""The middleware with Starlette and FastAPI: added, wrapped around, mounted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from noscrape import NoScrape
from tests.asgi import GPTBOT, SIGNALS, App, ask, scope_of

SETTINGS: dict[str, Any] = {"log": {"path": ""}, "tracks": {"routes": [{"path": "/tracks/{track_id}"}]}}


def tagged(track: str, scope: Any) -> bool:
    return track == "42"


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"track {request.path_params['track_id']}", headers={"set-cookie": "a=1"})


async def broken(request: Request) -> PlainTextResponse:
    raise LookupError


def routes() -> list[Route]:
    return [Route("/tracks/{track_id}", page), Route("/broken", broken)]


def starlette_added() -> App:
    app = Starlette(routes=routes())
    app.add_middleware(NoScrape, config=SETTINGS, reader=tagged)
    return app


def starlette_wrapped() -> App:
    return NoScrape(Starlette(routes=routes()), config=SETTINGS, reader=tagged)


def fastapi_app() -> Any:
    fastapi = pytest.importorskip("fastapi", reason="fastapi is not installed")
    app = fastapi.FastAPI()

    def track(track_id: int) -> Any:
        return PlainTextResponse(f"track {track_id}", headers={"set-cookie": "a=1"})

    app.add_api_route("/tracks/{track_id}", track)
    return app


def fastapi_added() -> App:
    app = fastapi_app()
    app.add_middleware(NoScrape, config=SETTINGS, reader=tagged)
    return app  # type: ignore[no-any-return]  # FastAPI may be missing


def fastapi_wrapped() -> App:
    return NoScrape(fastapi_app(), config=SETTINGS, reader=tagged)


@pytest.mark.parametrize("make", [starlette_added, starlette_wrapped, fastapi_added, fastapi_wrapped])
async def test_however_it_is_put_in_front(make: Any) -> None:
    """Refused where reserved, open where not, and all of the app's headers stay."""
    app = make()
    assert (await ask(app, scope_of("/tracks/42", agent=GPTBOT))).status == 403
    assert (await ask(app, scope_of("/tracks/7", agent=GPTBOT))).body == b"track 7"
    listener = await ask(app, scope_of("/tracks/42"))
    assert (listener.status, listener.body, listener.values(b"set-cookie")) == (200, b"track 42", [b"a=1"])
    assert listener.headers[-len(SIGNALS) :] == list(SIGNALS)
    assert (await ask(app, scope_of("/nowhere"))).status == 404


@pytest.mark.parametrize("make", [fastapi_added, fastapi_wrapped])
@pytest.mark.parametrize("spelling", ["+42", "042", " 42", "42.0", "4_2", "42 "])
async def test_an_id_means_what_it_means_to_the_app(make: Any, spelling: str) -> None:
    """FastAPI reads all of these as 42."""
    app = make()
    assert (await ask(app, scope_of(f"/tracks/{spelling}"))).body == b"track 42"
    assert (await ask(app, scope_of(f"/tracks/{spelling}", agent=GPTBOT))).status == 403


@pytest.mark.parametrize("make", [starlette_added, starlette_wrapped])
async def test_the_apps_own_failure_stays_the_apps(make: Any) -> None:
    """Its 500 page, and then its exception for the server to log."""
    with pytest.raises(LookupError):
        await ask(make(), scope_of("/broken"))


async def test_mounted_under_a_prefix() -> None:
    """Starlette leaves `path` whole and sets `root_path`."""
    app = Starlette(routes=[Mount("/music", starlette_wrapped())])
    assert (await ask(app, scope_of("/music/tracks/42", agent=GPTBOT))).status == 403
    assert (await ask(app, scope_of("/music/tracks/7", agent=GPTBOT))).body == b"track 7"
    assert (await ask(app, scope_of("/music/robots.txt", agent=GPTBOT))).status == 404


async def test_around_a_mount() -> None:
    """The route table names the whole path then."""
    settings = SETTINGS | {"tracks": {"routes": [{"path": "/music/tracks/{track_id}"}]}}
    app = NoScrape(Starlette(routes=[Mount("/music", routes=routes())]), config=settings, reader=tagged)
    assert (await ask(app, scope_of("/music/tracks/42", agent=GPTBOT))).status == 403
    assert (await ask(app, scope_of("/music/tracks/7", agent=GPTBOT))).body == b"track 7"


@pytest.mark.parametrize("spec_version", ["2.0", "2.3", "2.4"])
async def test_an_endless_stream_that_is_refused_ends(spec_version: str) -> None:
    """Starlette learns of it by what `send` raises, whatever ASGI version the server has."""

    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0)

    async def radio(request: Request) -> StreamingResponse:
        return StreamingResponse(forever(), headers={"tdm-reservation": "1"})

    settings = SETTINGS | {"site": {"default": "open"}}
    inner = Starlette(routes=[Route("/radio", radio)])
    scope = scope_of("/radio", agent=GPTBOT, asgi={"version": "3.0", "spec_version": spec_version})
    stays = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> Any:
        await stays.wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await NoScrape(inner, config=settings)(scope, receive, send)
    assert ([message["type"] for message in sent], sent[0]["status"]) == (
        ["http.response.start", "http.response.body"],
        403,
    )


def test_the_test_client_again_and_again() -> None:
    """Each `with` is one life of the app, each request may have an event loop of its own; the reader goes on."""
    pytest.importorskip("httpx2", reason="Starlette's test client needs it")
    from starlette.testclient import TestClient

    settings = SETTINGS | {"tracks": {**SETTINGS["tracks"], "cache_seconds": 0.0}}
    app = Starlette(routes=routes())
    app.add_middleware(NoScrape, config=settings, reader=tagged)
    headers = {"user-agent": GPTBOT.decode()}
    for _ in range(3):
        with TestClient(app) as client:
            assert client.get("/tracks/7", headers=headers).status_code == 200
            assert client.get("/tracks/42", headers=headers).status_code == 403
    client = TestClient(app)
    statuses = [client.get(f"/tracks/{track}", headers=headers).status_code for track in (7, 42, 7)]
    assert statuses == [200, 403, 200]
