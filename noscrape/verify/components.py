"""What a signature is made over: the signature base of RFC 9421, section 2.5, from the request as it was sent.

Rare forms of fields are serialised by http-message-signatures (extra `noscrape[signatures]`). What is made of the URL
is made here: that library refuses URLs that browsers send (`?a[]=1`), even where they are not covered.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

import http_sf

from noscrape.errors import NoScrapeError
from noscrape.request import Headers

__all__ = [
    "Component",
    "ComponentError",
    "Message",
    "Parameters",
    "SignedRequest",
    "TooLongError",
    "base",
    "covered",
    "dictionary",
    "field",
    "item",
    "signature_base",
]

#: Longer fields are more than a check is worth. A signature of Web Bot Auth takes 0.4 KiB of each.
LONGEST_FIELD_BYTES: Final = 8_192
#: What is taken apart to be covered, which costs 0.6 ms for each KiB: of all such fields together, and of the query.
MOST_PARSED_BYTES: Final = 2_048
LARGEST_BASE_BYTES: Final = 65_536
_QUOTED: Final = 60

_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::(?P<port>[0-9]*))?\Z")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}

Parameters = dict[str, Any]
Component = tuple[str, Parameters]


class ComponentError(NoScrapeError):
    """A component that a signature covers cannot be made from the message."""


class TooLongError(ComponentError):
    """It could be made, and is more than we take."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What can be signed of a request: as the client sent it, before any proxy rewrote it.

    `scheme` and `authority` are those that the client used. `path` and `query` are as sent, not decoded, the query
    without its question mark. `headers` have lower-case names.
    """

    method: str
    scheme: str
    authority: str
    path: bytes
    query: bytes
    headers: Headers


def signature_base(request: SignedRequest, *, label: str) -> str:
    """The text that one of the signatures of a request is made over. Raises ComponentError."""
    member = (dictionary(field(request.headers, b"signature-input") or "") or {}).get(label)
    found = covered(member)
    if found is None:
        raise ComponentError(f"Signature-Input has no list of components by the label {label[:_QUOTED]!r}")
    return base(Message(request), *found).decode("ascii")


# Structured Fields (RFC 9651)


def field(headers: Headers, name: bytes) -> str | None:
    """All lines of a field as one, None where there is none."""
    lines = [value.strip(b" \t").decode("latin-1") for key, value in headers if key == name]
    return ", ".join(lines) if lines else None


def dictionary(value: str, *, unique: bool = False) -> Mapping[str, Any] | None:
    """The members of a Dictionary, None for what is none. Where a label is to be `unique`, one that stands twice is."""
    try:
        members = http_sf.parse(
            value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse if unique else None
        )
    except (ValueError, OverflowError):  # every error of http_sf is a ValueError, but for dates beyond all calendars
        return None
    return members if isinstance(members, dict) else None


def item(value: str) -> object:
    """An Item with its parameters, None for what is none."""
    try:
        return http_sf.parse(value.encode("ascii"), tltype="item")
    except (ValueError, OverflowError):
        return None


def _refuse(key: str, context: str) -> None:
    # Last one wins, says RFC 9651; whoever reads otherwise would take another signature for the one of this label.
    raise ValueError(f"{context} {key!r} stands twice")


def covered(member: object) -> tuple[list[Component], Parameters] | None:
    """Components and parameters of a member of Signature-Input, None where it is no list of Strings."""
    items, parameters = member if isinstance(member, tuple) else (None, {})
    if not isinstance(items, list) or not all(isinstance(name, str) for name, _ in items):
        return None
    return items, parameters


# The signature base (RFC 9421, 2)


class Message:
    """A request, or an answer to it: then fields are those of the answer, and all else is of the request (2.4)."""

    def __init__(self, request: SignedRequest, *, answer: Headers | None = None) -> None:
        self.request = request
        self.answers = answer is not None
        self._headers = request.headers if answer is None else answer
        self._parsed = 0
        self._dictionaries: dict[str, Mapping[str, Any] | None] = {}
        self._query: list[tuple[str, str]] | None = None

    def lines(self, name: str) -> tuple[str, ...]:
        """All lines of a field, as they came. Raises TooLongError."""
        wanted = name.encode("ascii")
        values = tuple(value.decode("latin-1") for key, value in self._headers if key == wanted)
        if sum(map(len, values)) > LONGEST_FIELD_BYTES:
            raise TooLongError(f"a field is covered that is too long: {name[:_QUOTED]!r}")
        return values

    def field(self, name: str, parameters: Parameters) -> str:
        """What a field says, serialised as the parameters of the component want it. Raises ComponentError."""
        lines = self.lines(name)
        if lines and not parameters:
            return ", ".join(line.strip(" \t") for line in lines)
        if lines and parameters.keys() == {"key"}:
            return self._member(name, parameters["key"])
        self._parse(sum(map(len, lines)))
        library = _library()
        component = library.item(name)
        component.params.update(parameters)
        try:
            return str(library.resolver(_Fields(_Lines(name, lines))).resolve(component))
        except (library.error, ValueError, OverflowError) as error:
            raise ComponentError(f"covered component missing, or not readable: {name[:_QUOTED]!r}") from error

    def members(self, name: str) -> Mapping[str, Any] | None:
        """The members of a field that is a Dictionary, None where it is none. Raises TooLongError."""
        if name not in self._dictionaries:
            lines = self.lines(name)
            self._parse(sum(map(len, lines)))
            self._dictionaries[name] = dictionary(", ".join(lines))
        return self._dictionaries[name]

    def parameter(self, name: str) -> list[str]:
        """The values of a parameter of the query. Raises TooLongError."""
        if self._query is None:
            self._parse(len(self.request.query))
            self._query = parse_qsl(self.request.query.decode("latin-1"), keep_blank_values=True)
        return [value for key, value in self._query if key == name]

    def _member(self, name: str, key: object) -> str:
        members = self.members(name)
        if members is None or not isinstance(key, str) or key not in members:
            raise ComponentError(f"covered component missing, or not readable: a member of {name[:_QUOTED]!r}")
        member: Any = members[key]
        return http_sf.ser({"x": member}).removeprefix("x=") if isinstance(member[0], list) else http_sf.ser(member)

    def _parse(self, count: int) -> None:
        self._parsed += count
        if self._parsed > MOST_PARSED_BYTES:
            raise TooLongError(f"more than {MOST_PARSED_BYTES:,} bytes would be taken apart")


class _Lines(NamedTuple):
    """The lines of one field, as that library reads headers."""

    name: str
    values: tuple[str, ...]

    def items(self) -> Iterator[tuple[str, str]]:
        return ((self.name, value) for value in self.values)


@dataclass(frozen=True, slots=True)
class _Fields:
    """A request, as that library reads one, of which nothing is known but a field."""

    headers: _Lines
    method: str = "GET"
    url: str = "https://unused.invalid/"


def base(message: Message, components: list[Component], parameters: Parameters) -> bytes:
    """The signature base. Raises ComponentError."""
    if len({(name, frozenset(given.items())) for name, given in components}) != len(components):
        raise ComponentError("a component is covered twice")
    lines = [f"{http_sf.ser(component)}: {_value(message, *component)}" for component in components]
    inner: Any = {"x": (list(components), parameters)}  # http_sf knows an Inner List only inside of something
    lines.append('"@signature-params": ' + http_sf.ser(inner).removeprefix("x="))
    text = "\n".join(lines)
    if not text.isascii():
        raise ComponentError("what is covered is not ASCII")
    if len(text) > LARGEST_BASE_BYTES:
        raise TooLongError("what is covered is too long")
    return text.encode("ascii")


def _value(message: Message, name: str, parameters: Parameters) -> str:
    if name.startswith("@"):
        value = shown = _derived(message, name, parameters)
    else:
        value = message.field(name, parameters)  # names of fields are in lower case, else there is none
        shown = value.replace("\t", "")  # which may stand within a field
    if not shown.isprintable():  # a line of its own could speak of another component
        raise ComponentError(f"covered component holds control characters: {name[:_QUOTED]!r}")
    return value


def _derived(message: Message, name: str, parameters: Parameters) -> str:
    """A component that is no field (RFC 9421, 2.2); in an answer, one of the request that it answers (2.4)."""
    wanted: Parameters = {"req": True} if message.answers else {}
    if name == "@query-param":
        wanted["name"] = parameters.get("name")
    made = _DERIVED.get(name)
    if made is None or parameters != wanted or not isinstance(parameters.get("name", ""), str):
        raise ComponentError(f"covered component is not known: {name[:_QUOTED]!r}")
    return made(message, parameters)


def _authority(request: SignedRequest) -> str:
    found = _AUTHORITY.match(request.authority)
    if found is None:
        raise ComponentError("the request names no host")
    host, port = found["host"].lower(), (found["port"] or "").lstrip("0")
    return f"{host}:{port}" if port and port != _DEFAULT_PORTS.get(request.scheme.lower()) else host


def _path(request: SignedRequest) -> str:
    """The path; of a target in absolute form, as a proxy is sent one, what comes after the authority."""
    path = request.path.decode("latin-1")
    if path and not path.startswith("/"):
        scheme, separator, rest = path.partition("://")
        if not separator or "/" in scheme:
            raise ComponentError("the request has no path")
        path = rest[rest.find("/") :] if "/" in rest else ""
    return path or "/"


def _query(request: SignedRequest) -> str:
    return "?" + request.query.decode("latin-1")


def _target(request: SignedRequest) -> str:
    return _path(request) + (_query(request) if request.query else "")


def _query_parameter(message: Message, given: Parameters) -> str:
    """The value of the one parameter of this name, encoded as RFC 9421, 2.2.8 wants it."""
    values = message.parameter(unquote(given["name"]))
    if len(values) != 1:
        raise ComponentError("covered component missing or more than once: a parameter of the query")
    return quote(values[0], safe="*").replace("~", "%7E")


#: The `@request-target` is that of HTTP/1.1 in origin form: others do not reach an app.
_DERIVED: Final[Mapping[str, Callable[[Message, Parameters], str]]] = {
    "@method": lambda message, _: message.request.method,
    "@authority": lambda message, _: _authority(message.request),
    "@scheme": lambda message, _: message.request.scheme.lower(),
    "@path": lambda message, _: _path(message.request),
    "@query": lambda message, _: _query(message.request),
    "@query-param": _query_parameter,
    "@request-target": lambda message, _: _target(message.request),
    "@target-uri": lambda message, _: (
        f"{message.request.scheme.lower()}://{_authority(message.request)}{_target(message.request)}"
    ),
}


class _Library(NamedTuple):
    resolver: Any
    item: Any
    error: type[Exception]


@cache
def _library() -> _Library:
    try:
        from http_message_signatures import HTTPMessageSignaturesException, HTTPSignatureComponentResolver
        from http_sf.compat import Item
    except ImportError as error:
        raise NoScrapeError(
            "verifying signed requests needs http-message-signatures: pip install 'noscrape[signatures]'"
        ) from error
    return _Library(HTTPSignatureComponentResolver, Item, HTTPMessageSignaturesException)
