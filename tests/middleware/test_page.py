"""The elements that a page carries in its head."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from noscrape import NoScrape, meta
from tests.asgi import Receive, Scope, Send, ask, scope_of

ROUTES = {"routes": [{"path": "/tracks/{track_id}"}]}


async def page_of(path: str, asked: Callable[[Scope], Any], settings: dict[str, Any] | None = None, **more: Any) -> str:
    """What a page would print, behind noscrape."""
    told = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told.append(str(asked(scope)))

    config = {"log": {"path": ""}, "tracks": ROUTES} | (settings or {})
    await ask(NoScrape(app, config=config, **more), scope_of(path))
    return told[0]


async def test_a_reserved_track() -> None:
    """Robots with noarchive, which Amazon and Bing read on pages, and tdm."""
    page = await page_of("/tracks/42", meta, reader=lambda track, scope: True)

    assert '<meta name="robots" content="noai, noimageai, noarchive">' in page
    assert '<meta name="tdm-reservation" content="1">' in page


async def test_the_request_may_be_starlettes() -> None:
    """As templates have it."""
    page = await page_of("/tracks/42", lambda scope: meta(Request(scope)), reader=lambda track, scope: True)

    assert "noai" in page


async def test_an_open_track() -> None:
    """The owner's settled no prints nothing."""
    assert "" == await page_of("/tracks/42", meta, reader=lambda track, scope: False)


async def test_another_track_that_was_not_read() -> None:
    """What holds where reading fails, since a template cannot wait."""
    page = await page_of("/tracks/42", lambda scope: meta(scope, 7), reader=lambda track, scope: False)

    assert "noai" in page


async def test_the_track_that_the_apps_hook_names() -> None:
    """The page is for what noscrape took the request to be for."""
    page = await page_of("/anything", meta, track_of=lambda scope: "7", reader=lambda track, scope: track != "7")

    assert "" == page


async def test_a_path_that_is_no_tracks() -> None:
    """The site's default."""
    assert "noai" in await page_of("/about", meta)
    assert "" == await page_of("/about", meta, {"site": {"default": "open"}})


async def test_observe_prints_nothing() -> None:
    """It changes no byte of any response."""
    assert "" == await page_of("/tracks/42", meta, {"mode": "observe"})


@pytest.mark.parametrize("scope", [{}, {"noscrape": "something else"}, scope_of()])
def test_without_noscrape_in_front(scope: Scope) -> None:
    """The same template serves a site that is not protected."""
    assert "" == meta(scope)
