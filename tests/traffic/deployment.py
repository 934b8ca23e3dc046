"""What an app sees of its visitors: all, or what a network in front of it leaves."""

from collections.abc import Callable

from tests.traffic.event import Event

Seen = Callable[[Event], Event | None]

_HINTS = ("sec-ch-ua", "sec-fetch-")


def whole(event: Event) -> Event | None:
    """Everything goes through the app."""
    return event


def api(event: Event) -> Event | None:
    """Pages and pictures come from elsewhere: data and audio alone."""
    return event if event.path.startswith(("/api/", "/m/", "/robots.txt", "/feed")) else None


def no_referers(event: Event) -> Event | None:
    """The site forbids referers."""
    return event._replace(headers=[pair for pair in event.headers if pair[0] != "referer"])


def sorted_headers(event: Event) -> Event | None:
    """A network in front sorts headers."""
    return event._replace(headers=sorted(event.headers))


def stripped(event: Event) -> Event | None:
    """It drops client hints and fetch metadata."""
    return event._replace(headers=[pair for pair in event.headers if not pair[0].startswith(_HINTS)])


def no_playback(event: Event) -> Event | None:
    """Audio comes from elsewhere."""
    return None if event.path.startswith(("/m/", "/d/")) else event


def no_assets(event: Event) -> Event | None:
    """Pictures, scripts and styles do."""
    return None if event.path.startswith(("/img/", "/assets/")) else event


def hard(event: Event) -> Event | None:
    """All of these at once."""
    seen: Event | None = event
    for one in (no_referers, sorted_headers, stripped, no_playback, no_assets):
        seen = one(seen) if seen is not None else None
    return seen


DEPLOYMENTS: dict[str, Seen] = {
    "app": whole,
    "api": api,
    "no-referers": no_referers,
    "sorted-headers": sorted_headers,
    "stripped": stripped,
    "no-playback": no_playback,
    "no-assets": no_assets,
    "hard": hard,
}
