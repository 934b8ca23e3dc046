"""What a page of the app's carries: elements in its head, and a link that no person sees."""

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


def trap_link(request: Any) -> Html:
    """A hidden link to `[patterns] trap_path`, which robots.txt closes to everybody: who follows it is no listener.

    For the body of pages: `{{ noscrape_trap_link(request) }}`. Nothing where no trap is set, where noscrape does not
    stand in front, or where it only observes.
    """
    door = getattr(request, "scope", request).get(SCOPE_KEY)
    return door.trap_link() if isinstance(door, NoScrape) else Html("")
