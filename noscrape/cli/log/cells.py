"""The parts of an event as a person reads them."""

from collections.abc import Mapping

from noscrape.log.event import Event, time_text
from noscrape.log.people import who


def named(event: Event) -> str:
    """Whom an event tells of. Nobody came where noscrape tells of itself."""
    return who(event) if event.method is not None or event.token or event.user_agent else "noscrape"


def second(epoch_seconds: float) -> str:
    """A time to the second."""
    return time_text(epoch_seconds)[:19].replace("T", " ")


def minute(epoch_seconds: float) -> str:
    """A time to the minute."""
    return second(epoch_seconds)[:16]


def request(method: str | None, path: str | None) -> str:
    """Method and path. A space in a path would let it go on like the columns of a table."""
    return " ".join(part.replace(" ", "%20") for part in (method, path) if part)


def told(event: Event) -> str:
    """What an event says that tells of no request, for some kinds."""
    match event.kind:
        case "served":
            size = f"{event.bytes:,} bytes" if event.bytes is not None else ""
            return ", ".join(part for part in (size, f"text {event.served_hash}" if event.served_hash else "") if part)
        case "reservation":
            return _change(event)
        case _:
            return ""


def _change(event: Event) -> str:
    """What was reserved before and is now: "training, dataset: unstated -> reserved"."""
    before, after = event.detail.get("before"), event.reservation or {}
    if not isinstance(before, Mapping):
        before = {}
    changes: dict[str, list[str]] = {}
    for purpose in dict.fromkeys((*before, *after)):
        was, now = str(before.get(purpose, "?")), after.get(purpose, "?")
        if was != now:
            changes.setdefault(f"{was} -> {now}", []).append(str(purpose))
    told = [
        f"{'all' if len(purposes) == len(after) else ', '.join(purposes)}: {change}"
        for change, purposes in changes.items()
    ]
    was_read, read_now = event.detail.get("before_source"), event.reservation_source
    if was_read != read_now and was_read and read_now:
        told.append(f"read from {was_read} -> {read_now}")
    return "; ".join(told)
