"""From a path to the tracks that it serves.

An app may understand a path in more ways than one: `//`, `.` and `..` collapsed or not, a `root_path` in it or not, an
id `042` that means 42. Every such reading is matched, and every track that one of them names counts; of their
reservations the most protective wins. A reading too many costs nothing; one too few would be a hole.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.routing import compile_path

from noscrape.words import Serves

#: A path with more characters than this is not judged: it takes the most protected answer.
LONGEST_PATH: Final = 2048

#: A query that names more tracks than this is not judged either: each of them would have to be read.
MOST_TRACKS: Final = 64

#: Paths kept, with what they serve; older ones go once as many again have come.
CACHE_ENTRIES: Final = 8192

#: What has more than one reading. A path without any of this, and without a root path, has one.
_ODD: Final = re.compile(r"//|/\.|;|.[/\s]\Z|\A[^/]", re.DOTALL)

#: However many they are, they change no number; but Python converts no more than 4,300 digits.
_LEADING_ZEROS: Final = re.compile(r"\A\s*([+-]?)(?:0_?)+(?=\d)")

#: A path that climbs: what it serves depends on where the app's mounts and folders begin, which no path tells.
_CLIMBING: Final = re.compile(r"(?:\A|[/\\])\.\.(?:[/\\;\s]|\Z)")

#: A parameter of a path template: its name, and its convertor with the colon.
PARAMETER: Final = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")

_EXTENSIONS: Final = {
    **dict.fromkeys("css js mjs map woff woff2 ttf otf eot ico wasm webmanifest".split(), Serves.ASSET),
    **dict.fromkeys("png jpg jpeg gif webp avif svg bmp".split(), Serves.ARTWORK),
    **dict.fromkeys("mp3 m4a m4s aac ogg oga opus flac wav aif aiff ts mp4 m3u8 mpd webm".split(), Serves.MEDIA),
    **dict.fromkeys("rss atom".split(), Serves.FEED),
    **dict.fromkeys("json xml".split(), Serves.DATA),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table. `track` is "path:NAME", "query:NAME" or None where the route serves no one track."""

    path: str
    serves: Serves = Serves.PAGE
    track: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What a path stands for: the ids of the tracks, every spelling of them, and how they are represented.

    `routed` tells that a row of the table, or the app's hook, named it; `unjudgeable` that it is too long, or
    too crooked, to be sure of all that it serves, so that it takes the most protected answer whatever the tracks say;
    `own` that it is the exact path of a document that tells the site's rules, and no track's.
    `queries` are the parameters of the query that hold ids, still to be read from each request.
    """

    tracks: tuple[str, ...]
    serves: Serves
    routed: bool = False
    unjudgeable: bool = False
    own: bool = False
    queries: tuple[str, ...] = ()

    def with_query(self, query: bytes) -> "Place":
        """With the ids that the query names."""
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
        values = dict.fromkeys(value for key, value in pairs if key in self.queries)
        if len(values) > MOST_TRACKS:
            return Place(self.tracks, self.serves, routed=True, unjudgeable=True)
        named = dict.fromkeys((*self.tracks, *(spelling for value in values for spelling in spellings(value))))
        return Place(tuple(named), self.serves, routed=True, unjudgeable=self.unjudgeable)


UNJUDGEABLE: Final = Place((), Serves.PAGE, unjudgeable=True)


@dataclass(frozen=True, slots=True)
class _Row:
    route: Route
    exact: re.Pattern[str]
    wide: re.Pattern[str]
    parameter: str | None
    query: str | None
    integer: bool


class RouteTable:
    """The route table, compiled. State: a cache of paths, bounded by `cache_entries` twice.

    `own_paths` are those of the documents that tell the site's rules, beside `/.well-known/*`.
    Raises ValueError for a template or a `track` that cannot be used.
    """

    def __init__(
        self, routes: Iterable[Route], *, own_paths: Iterable[str] = (), cache_entries: int = CACHE_ENTRIES
    ) -> None:
        self._rows = tuple(map(_row, routes))
        self._own_paths = frozenset(own_paths)
        #: Whether a place depends on the host that was asked.
        self.by_host = any(row.route.host for row in self._rows)
        self._limit = cache_entries
        self._recent: dict[str | tuple[str, ...], Place] = {}
        self._older: dict[str | tuple[str, ...], Place] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def place(self, path: str, root_path: str = "", query: bytes = b"", host: bytes | None = None) -> Place:
        """What a path serves, from the cache where it was asked before."""
        key: str | tuple[str, ...] = (root_path, path) if root_path else path
        if self.by_host:
            key = (root_path, path, _host(host))
        place = self._recent.get(key)
        if place is None:
            place = self._older.get(key) or self.look(path, root_path=root_path, host=_host(host))
            if len(self._recent) >= self._limit:
                self._older, self._recent = self._recent, {}
            if len(path) <= LONGEST_PATH:
                self._recent[key] = place
        return place.with_query(query) if place.queries else place

    def look(self, path: str, *, root_path: str = "", host: str = "") -> Place:
        """The same without the cache, and without the ids of the query."""
        if len(path) > LONGEST_PATH:
            return UNJUDGEABLE
        tracks: dict[str, None] = {}
        queries: dict[str, None] = {}
        serves: list[Serves] = []
        for reading in readings(path, root_path):
            for row in self._rows:
                if row.route.host and row.route.host.lower() != host:
                    continue
                match = row.wide.match(reading)
                if match is None:
                    continue
                serves.append(row.route.serves)
                if row.parameter:
                    tracks.update(dict.fromkeys(spellings(match[row.parameter], integer=row.integer)))
                if row.query:
                    queries[row.query] = None
                if row.exact.match(reading):  # else the app may go on to a later route, and so do we
                    break
        if not serves:
            if self._rows and _CLIMBING.search(path):
                return UNJUDGEABLE
            return Place((), _by_extension(path), own=self._own(path, root_path))
        climbing = _CLIMBING.search(path) is not None
        return Place(tuple(tracks), serves[0], routed=True, unjudgeable=climbing, queries=tuple(queries))

    def _own(self, path: str, root_path: str) -> bool:
        if root_path and path.startswith(root_path + "/"):
            path = path[len(root_path) :]
        return origin_document(path) or path in self._own_paths


def origin_document(path: str) -> bool:
    """Whether a path is `/robots.txt` or under `/.well-known/`, spelled exactly: never refused, whatever happens."""
    return path == "/robots.txt" or (path.startswith("/.well-known/") and collapsed(path) == path and ";" not in path)


def _row(route: Route) -> _Row:
    try:
        exact, _, convertors = compile_path(route.path)
    except AssertionError as error:  # how Starlette names a convertor that it does not know
        raise ValueError(str(error)) from error
    kind, _, name = (route.track or "").partition(":")
    if route.track and (kind not in ("path", "query") or not name):
        raise ValueError(f"track: got {route.track!r}, wanted 'path:NAME' or 'query:NAME'")
    if kind == "path" and name not in convertors:
        raise ValueError(f"track: {route.path} has no parameter {name!r}, it has {', '.join(convertors) or 'none'}")
    parameter = name if kind == "path" else None if kind == "query" else _only_parameter(route.path)
    integer = bool(parameter) and type(convertors[parameter]).__name__ == "IntegerConvertor" if parameter else False
    return _Row(route, exact, widened(route.path), parameter, name if kind == "query" else None, integer)


def _only_parameter(template: str) -> str | None:
    names = [name for name, convertor in PARAMETER.findall(template) if convertor != ":path"]
    every = [name for name, _ in PARAMETER.findall(template)]
    return next(iter(names or every), None)


def widened(template: str) -> re.Pattern[str]:
    """A template with each parameter as wide as any app may read it: `{id:int}` must not miss `+42` or `42\\n`."""
    expression, position = "", 0
    for match in PARAMETER.finditer(template):
        expression += re.escape(template[position : match.start()])
        expression += f"(?P<{match[1]}>{'.*' if match[2] == ':path' else '[^/]+'})"
        position = match.end()
    return re.compile(expression + re.escape(template[position:]) + r"\s?\Z", re.DOTALL)


def readings(path: str, root_path: str = "") -> tuple[str, ...]:
    """Every way in which an app may read a path, the plain one first."""
    if not root_path and not _ODD.search(path):
        return (path,)
    found = [path]
    if "://" in path.split("/", 3)[0] + "//" and not path.startswith("/"):
        found.append("/" + [*path.split("/", 3), "", "", ""][3])
    root = root_path.rstrip("/")
    if root:
        found += [reading[len(root) :] for reading in found if reading.startswith(root + "/")]
        found += [reading[len(root) :] for reading in map(collapsed, found) if reading.startswith(root + "/")]
    found += [collapsed(reading) for reading in found]
    found += [re.sub(r";[^/]*", "", reading) for reading in found if ";" in reading]
    found += [reading.rstrip("/") or "/" for reading in found]
    return tuple(dict.fromkeys(found))


def collapsed(path: str) -> str:
    """A path with `//`, `.` and `..` resolved, as file systems and some routers do it."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def spellings(track: str, *, integer: bool = False) -> tuple[str, ...]:
    """The ids that a spelling may mean to the app: as it stands, as a number, as a UUID.

    Web frameworks read `+42`, `042`, ` 42`, `4_2` and `42.0` as 42, and a UUID in any case and bracket. Where the
    template says that the id is an integer, only the number counts.
    """
    text = track.strip()
    number = _number(text)
    if integer and number is not None:
        return (number,)
    found = (track, text, number, _uuid(text))
    return tuple(dict.fromkeys(spelling for spelling in found if spelling is not None))


def _number(text: str) -> str | None:
    whole, dot, fraction = text.partition(".")
    if dot and (not fraction or fraction.strip("0")):
        return None
    try:
        return str(int(_LEADING_ZEROS.sub(r"\1", whole)))
    except ValueError:
        return None


def _uuid(text: str) -> str | None:
    if not 32 <= len(text) <= 45:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _by_extension(path: str) -> Serves:
    _, dot, extension = path.rpartition(".")
    return _EXTENSIONS.get(extension.lower(), Serves.PAGE) if dot else Serves.PAGE


def _host(header: bytes | None) -> str:
    host = (header or b"").decode("latin-1").strip().lower()
    return host if host.endswith("]") else re.sub(r":\d*\Z", "", host).rstrip(".")


def place_of(answer: object, serves: Serves) -> Place:
    """What the app's `track_of` hook answered: an id, several, or None, as they are or with a representation.

    The representation comes as `(ids, "media")`. Raises ValueError for anything else.
    """
    match answer:
        case (tracks, word) if isinstance(answer, tuple) and (named := _representation(word)) is not None:
            answer, serves = tracks, named
    if answer is None:
        return Place((), serves)
    if isinstance(answer, str | int) and not isinstance(answer, bool):
        return Place((str(answer),), serves, routed=True)
    if isinstance(answer, Sequence | set | frozenset) and not isinstance(answer, bytes | bytearray):
        return Place(tuple(dict.fromkeys(map(str, answer))), serves, routed=True)
    raise ValueError(f"track_of returned {type(answer).__name__}, wanted an id, several ids or None")


def _representation(word: object) -> Serves | None:
    if isinstance(word, Serves):
        return word
    if isinstance(word, str):
        return next((serves for serves in Serves if serves.value == word), None)
    return None
