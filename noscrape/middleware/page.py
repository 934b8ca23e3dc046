"""The elements that a page of the app's carries in its head."""

from typing import Any

from noscrape.middleware.door import SCOPE_KEY, NoScrape
from noscrape.signals import Html


def meta(request: Any, track: str | int | None = None) -> Html:
    """The `<meta>` and `<link>` elements for the page of a request, or for a track by its id.

    For the `<head>` of a template: `templates.env.globals["noscrape_meta"] = noscrape.meta`, then
    `{{ noscrape_meta(request) }}`. `request` is Starlette's, or an ASGI scope. They cover the page alone and not the
    audio in it, which the headers do. Nothing where noscrape does not stand in front, or only observes.
    """
    scope = getattr(request, "scope", request)
    door = scope.get(SCOPE_KEY)
    return door.meta(scope, track) if isinstance(door, NoScrape) else Html("")
