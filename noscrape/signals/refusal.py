"""What a refused client is sent: a status, headers, and a body in the form that it asked for."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from html import escape
from http import HTTPStatus
from json import dumps
from typing import Final

from noscrape.decision import Decision
from noscrape.words import Action

#: Header under which the support id travels.
SUPPORT_ID: Final = b"x-support-id"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finished answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def status_of(decision: Decision) -> int:
    """429 for what goes away by waiting, 403 for the rest. Never 401 and never a challenge."""
    return int(HTTPStatus.TOO_MANY_REQUESTS if decision.action is Action.THROTTLE else HTTPStatus.FORBIDDEN)


def refusal(
    decision: Decision,
    *,
    support_id: str,
    accept: bytes | None = None,
    origin: bytes | None = None,
    signals: tuple[tuple[bytes, bytes], ...] = (),
    contact: str = "",
    policy: str = "",
    by_owner: bool = False,
) -> Refusal:
    """The answer to a decision that stops a request. It names no threshold, and nothing about other clients.

    `by_owner` tells that it is the work's owner who reserved it, and not the site by default.
    """
    status, number = status_of(decision), support_id.encode("ascii")
    said = _said(decision, status, by_owner)
    media, before, after = _parts(_wanted(accept[:1024]) if accept else "text", status, said, contact, policy)
    body = before + number + after
    headers = [
        (b"content-type", media),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (SUPPORT_ID, number),
        *signals,
    ]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", b"%d" % max(1, decision.retry_after_seconds)))
    if origin is not None:  # so that a player on another site can read why
        headers += [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", SUPPORT_ID)]
    return Refusal(status, headers, body)


class _Said(Enum):
    """What is said: title and sentence."""

    LATER = (
        "Too many requests",
        "This client has asked for more than this site allows for the moment. Please come back later.",
    )
    BY_OWNER = (
        "Automated use is not permitted",
        "The owner of this work has reserved it against the use that this client is known for.",
    )
    BY_SITE = (
        "Automated use is not permitted",
        "This site does not permit the use that this client is known for.",
    )
    PATTERN = (
        "Automated collection is not permitted",
        "This looks like the collection of a whole catalogue. If you are a person, please tell us the support id.",
    )
    IMPOSTOR = (
        "Not the crawler that it names",
        "This client goes by the name of a crawler, and was found not to be it. Please use a name of your own.",
    )


def _said(decision: Decision, status: int, by_owner: bool) -> _Said:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _Said.LATER
    if decision.rule == _IMPOSTOR:
        return _Said.IMPOSTOR
    if decision.rule.startswith(_PATTERN):
        return _Said.PATTERN
    return _Said.BY_OWNER if by_owner else _Said.BY_SITE


#: The rule by which somebody is refused for not being who it says: what the crawler is known for is not its own doing.
_IMPOSTOR: Final = "impostor"

#: And those by which it is refused for what it does.
_PATTERN: Final = "pattern:"

#: Stands for the support id while a body is made; nothing that an operator writes holds a NUL.
_HERE: Final = "\0"


@lru_cache(maxsize=32)
def _parts(form: str, status: int, said: _Said, contact: str, policy: str) -> tuple[bytes, bytes, bytes]:
    """Media type, and the body before and after the support id."""
    title, detail = said.value
    media, written = _FORMS[form]
    before, _, after = written(title, status, detail, contact, policy).partition(_HERE)
    return media, before.encode("utf-8"), after.encode("utf-8")


def _json(title: str, status: int, detail: str, contact: str, policy: str) -> str:
    problem: dict[str, object] = {"type": policy or "about:blank", "title": title, "status": status, "detail": detail}
    if contact:
        problem["contact"] = contact
    return f'{dumps(problem)[:-1]}, "support_id": "{_HERE}"}}'


def _html(title: str, status: int, detail: str, contact: str, policy: str) -> str:
    lines = [f"<p>{escape(detail)}</p>"]
    if policy:
        lines.append(f'<p>What is permitted: <a href="{escape(policy)}">{escape(policy)}</a></p>')
    if contact:
        lines.append(f"<p>Listening, and turned away? Write to {escape(contact)}.</p>")
    lines.append(f"<p><small>Support id: <code>{_HERE}</code></small></p>")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>\n'
        '<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem">'
        f"\n<h1>{escape(title)}</h1>\n" + "\n".join(lines) + "\n</body></html>\n"
    )


def _text(title: str, status: int, detail: str, contact: str, policy: str) -> str:
    lines = [title, "", detail]
    lines += [f"What is permitted: {policy}"] if policy else []
    lines += [f"Listening, and turned away? Write to {contact}."] if contact else []
    return "\n".join([*lines, f"Support id: {_HERE}", ""])


_FORMS: Final = {
    "json": (b"application/problem+json", _json),
    "html": (b"text/html; charset=utf-8", _html),
    "text": (b"text/plain; charset=utf-8", _text),
}

#: Media types that a client may name, and the form that each asks for. Order breaks ties.
_ACCEPTED: Final = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/problem+json": "json",
    "application/json": "json",
    "text/plain": "text",
}


@lru_cache(maxsize=256)
def _wanted(accept: bytes) -> str:
    """The form that an `Accept` header prefers; plain text where it has no preference."""
    best, form = 0.0, "text"
    for part in accept.decode("latin-1").lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        candidate = _ACCEPTED.get(media) or ("json" if media.endswith("+json") else None)
        quality = next((_quality(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        if candidate and quality > best:
            best, form = quality, candidate
    return form


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
