r"""From a line of an access log to the facts of a request, in whichever format the line is.

| format                      | told by            | user agent                       | other headers |
|-----------------------------|--------------------|----------------------------------|---------------|
| common (nginx, Apache)      | no leading `{`     | not recorded                     | not recorded  |
| combined (nginx, Apache)    | two quoted fields  | recorded; `-` is an absent one   | not recorded  |
| Caddy's JSON                | a `request` in it  | recorded                         | recorded      |
| JSON Lines of requests      | other JSON         | as far as `headers`/`user_agent` | as `headers`  |

What was answered is told by all: JSON Lines by `status`, `bytes` and `seconds` (of audio), where they are there.

A header that a format does not record is "not recorded", which is another thing than absent: `Facts.headers` is None.
Further fields after those of the combined format are skipped, and so is Apache's leading `host:port` of virtual hosts.
In quoted fields nginx writes `\xHH`, Apache `\"`, `\\` and `\n` besides.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, NamedTuple, overload
from urllib.parse import unquote_to_bytes

from noscrape.crawlers import CAP_BYTES
from noscrape.errors import ReplayError
from noscrape.networks import address
from noscrape.request import Facts, Headers, new_tuple

#: Bytes of a line that are read. Servers cut a request's line and headers far below.
LONGEST_LINE: Final = 65_536

#: Spellings of a time that are kept with what they mean.
_TIMES_KEPT: Final = 1024


class UnreadLineError(ReplayError):
    """A line of which no request can be told. The message never quotes the line."""


class NoRequestError(UnreadLineError):
    """A line in order, of a connection on which no request was made that the server could read."""


_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'

#: The usual request is told apart here; whatever else stands in its quotes, by `_request`.
_ACCESS: Final = re.compile(
    rb"([^\s{]\S*+) (\S++) .*?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    rb'"(?:(' + _TOKEN + rb') ([^\s"\\]++)(?: HTTP/[0-9.]+)?|(' + _QUOTED + rb'))" (\d{3}|-) (\d++|-)'
    rb'(?: "' + _QUOTED + rb'" "(' + _QUOTED + rb')"(?:\s.*)?|\s[^"].*|\s*)\Z',
    re.DOTALL,
).match

_METHOD: Final = re.compile(_TOKEN).fullmatch
_SCHEME_AND_HOST: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*").match
_ESCAPE: Final = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f", b"a": b"\a"}

_MONTHS: Final = {
    name: month for month, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_COMMON_TIME: Final = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})").fullmatch
#: RFC 3339, ISO 8601 as zap writes it, and Caddy's `wall` times, which are UTC.
_OTHER_TIME: Final = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d{1,12})?(?:[zZ]|([+-]\d\d:?\d\d))?", re.ASCII
).fullmatch

#: Epoch times are in seconds up to the first of these, then in milliseconds, microseconds and nanoseconds.
_EPOCH_UNITS: Final = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))

#: What a header's parts may be.
_LISTS: Final = frozenset({list})
_TEXTS: Final = frozenset({str})
_TWO: Final = frozenset({2})

_AGENT: Final = len("user-agent")

_decode: Final[Callable[[str], Any]] = json.JSONDecoder().decode


class Line(NamedTuple):
    """One request of a log: when, what, and what was answered; None for what the log does not tell.

    `time` is in epoch seconds, `sent` in bytes, `seconds` are of audio.
    """

    time: float
    facts: Facts
    status: int | None = None
    sent: int | None = None
    seconds: float | None = None


class Parser:
    """Reads lines of any of the formats, mixed as they come. State: a bounded cache of times."""

    def __init__(self) -> None:
        self._times: dict[bytes | str, float] = {}

    def parse(self, line: bytes) -> Line:
        """What a line tells. Raises UnreadLineError, and nothing else."""
        if len(line) > LONGEST_LINE:
            raise UnreadLineError("longer than 64 KiB")
        match = _ACCESS(line)
        if match is None:
            return self._other(line)
        peer, ident, stamp, method, target, request, status, sent, agent = match.groups()
        try:
            time = self._times[stamp]
        except KeyError:
            time = self._time(stamp, stamp.decode("ascii"))
        if method is None:
            method, target = _request(request)
        if ident != b"-" and address(ident.decode("latin-1")) and not address(peer.decode("latin-1")):
            peer = ident  # behind the name of a virtual host
        if agent is not None:
            if b"\\" in agent:
                agent = _unescaped(agent)
            agent = b"" if agent == b"-" else agent[:CAP_BYTES]
        path, query = _split(target)
        client = peer.decode("latin-1") if peer != b"-" else None
        facts = Facts(method.decode("ascii"), path, "", query, agent, None, client)
        answered = int(status) if status != b"-" else None
        return new_tuple(Line, (time, facts, answered, int(sent) if sent != b"-" else None, None))

    def _other(self, line: bytes) -> Line:
        text = line.strip()
        if not text:
            raise UnreadLineError("empty line")
        if not text.startswith(b"{"):
            raise UnreadLineError("neither JSON nor the common or combined log format, or cut off")
        try:
            document = _decode(text.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise UnreadLineError("broken JSON, or cut off") from None
        request = document.get("request")
        if isinstance(request, dict):
            return self._caddy(document, request)
        return self._described(document)

    def _caddy(self, entry: dict[str, Any], request: dict[str, Any]) -> Line:
        """An entry of Caddy's access log; its log of errors tells of the same requests again."""
        logger = entry.get("logger")
        if isinstance(logger, str) and not logger.startswith("http.log.access"):
            raise UnreadLineError("an entry of another log of Caddy's than the access log")
        peer = _text(request, "client_ip") or _text(request, "remote_ip") or _text(request, "remote_addr")
        given = request.get("headers")
        headers = agent = None
        if given is not None:
            if not isinstance(given, dict) or not _LISTS.issuperset(map(type, given.values())):
                raise UnreadLineError("request.headers: wanted lists by name")
            if not _TEXTS.issuperset(map(type, chain.from_iterable(given.values()))):
                raise UnreadLineError("request.headers: wanted values that are texts")
            host = _text(request, "host")
            pairs = ((name, value) for name, values in given.items() for value in values)
            headers = _Recorded(pairs if host is None else chain(pairs, [("host", host)]))
            agent = _agent(given.get("User-Agent") or given.get("user-agent") or ())
        line = self._facts(entry.get("ts"), "ts", request, "uri", agent=agent, headers=headers, peer=peer)
        return line._replace(status=_whole(entry.get("status")), sent=_whole(entry.get("size")))

    def _described(self, request: dict[str, Any]) -> Line:
        """A line of `{"t", "ip", "method", "path", "headers" or "user_agent", ...}`; only `t` and `path` must be."""
        given = request.get("headers")
        headers = agent = None
        if given is not None:
            if not isinstance(given, list) or not _LISTS.issuperset(map(type, given)):
                raise UnreadLineError("headers: wanted a list of [name, value]")
            if not _TWO.issuperset(map(len, given)) or not _TEXTS.issuperset(map(type, chain.from_iterable(given))):
                raise UnreadLineError("headers: wanted names and values that are texts")
            headers = _Recorded(given)
            agent = _agent([value for name, value in given if len(name) == _AGENT and name.lower() == "user-agent"])
        if not agent and (named := _text(request, "user_agent")) is not None:
            agent = _bytes(named)[:CAP_BYTES]
        line = self._facts(
            request.get("t"), "t", request, "path", agent=agent, headers=headers, peer=_text(request, "ip")
        )
        return new_tuple(
            Line,
            (
                line.time,
                line.facts,
                _whole(request.get("status")),
                _whole(request.get("bytes")),
                _duration(request.get("seconds")),
            ),
        )

    def _facts(
        self,
        time: object,
        time_key: str,
        request: dict[str, Any],
        target_key: str,
        *,
        agent: bytes | None,
        headers: Headers | None,
        peer: str | None,
    ) -> Line:
        target = _text(request, target_key)
        if target is None:
            raise UnreadLineError(f"no {target_key}")
        method = _text(request, "method")
        path, query = _split(_bytes(target))
        seconds = self._epoch(time, time_key)
        return Line(seconds, Facts("GET" if method is None else method, path, "", query, agent, headers, peer))

    def _epoch(self, value: object, key: str) -> float:
        if isinstance(value, str):
            known = self._times.get(value)
            return self._time(value, value) if known is None else known
        if isinstance(value, int | float) and not isinstance(value, bool):
            for below, unit in _EPOCH_UNITS:
                if 0 <= value < below:
                    return value / unit
        raise UnreadLineError(f"{key}: no time, wanted epoch seconds")

    def _time(self, key: bytes | str, text: str) -> float:
        time = _seconds(text)
        if time is None:
            raise UnreadLineError("no time that can be")
        if len(self._times) >= _TIMES_KEPT:
            self._times.clear()
        self._times[key] = time
        return time


def _request(quoted: bytes) -> tuple[bytes, bytes]:
    """Method and target of an unusual request line: without protocol, with escapes, or with blanks in the target."""
    method, _, rest = (_unescaped(quoted) if b"\\" in quoted else quoted).partition(b" ")
    target, _, protocol = rest.rpartition(b" ")
    target = (target if protocol.startswith(b"HTTP/") else rest).strip()
    if not target or not _METHOD(method):
        raise NoRequestError("no request that the server could read")
    return method, target


#: The longest audio that one answer can hold, in seconds.
_LONGEST_AUDIO: Final = 1e6


def _duration(value: object) -> float | None:
    """Seconds of audio, None where there are none that can be."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST_AUDIO:
        return None
    return float(value)


def _whole(value: object) -> int | None:
    """A status or a size, None where there is none that can be."""
    return value if type(value) is int and 0 <= value < _LARGEST else None


_LARGEST: Final = 1 << 53


def _split(target: bytes) -> tuple[str, bytes]:
    """Path and query of a request target, the path decoded once, as ASGI servers do: UTF-8, or else U+FFFD."""
    if not target.startswith(b"/") and (start := _SCHEME_AND_HOST(target)):
        target = target[start.end() :]
        if not target.startswith(b"/"):
            target = b"/" + target
    if b"#" in target:
        target = target.partition(b"#")[0]
    path, _, query = target.partition(b"?")
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("utf-8", "replace"), query


def _unescaped(field: bytes) -> bytes:
    return _ESCAPE.sub(_escaped, field)


def _escaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 3:
        return bytes((int(code[1:], 16),))
    return code if code in b'"\\' else _ESCAPED.get(code, match[0])


def _seconds(text: str) -> float | None:
    """Epoch seconds of a time as logs spell it, None where there is no such time."""
    match = _COMMON_TIME(text)
    if match is not None:
        day, name, year, hour, minute, second, zone = match.groups()
        month = _MONTHS.get(name, 0)
    else:
        match = _OTHER_TIME(text)
        if match is None:
            return None
        year, digits, day, hour, minute, second, zone = match.groups()
        month = int(digits)
    if not 1970 <= int(year) < 9999:
        return None
    try:  # a leap second is taken for the one before it
        time = datetime(int(year), month, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    except ValueError:
        return None
    ahead = int(zone[0] + zone[1:3]) * 3600 + int(zone[0] + zone[-2:]) * 60 if zone else 0
    return time.timestamp() - ahead


def _text(document: dict[str, Any], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise UnreadLineError(f"{key}: wanted a text")
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Recorded(Sequence[tuple[bytes, bytes]]):
    """Headers as ASGI has them, made of a log's when somebody looks: most requests are judged without."""

    __slots__ = ("_made", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._made: list[tuple[bytes, bytes]] | None = None

    def _headers(self) -> list[tuple[bytes, bytes]]:
        if self._made is None:
            self._made = [(_bytes(name.lower()), _bytes(value)) for name, value in self._pairs]
        return self._made

    def __len__(self) -> int:
        return len(self._headers())

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._headers())

    @overload
    def __getitem__(self, index: int) -> tuple[bytes, bytes]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[bytes, bytes]]: ...
    def __getitem__(self, index: int | slice) -> tuple[bytes, bytes] | Sequence[tuple[bytes, bytes]]:
        return self._headers()[index]


def _agent(values: Iterable[str]) -> bytes:
    """What all `user-agent` headers say, each cut; empty where there is none."""
    return b"\n".join([_bytes(value)[:CAP_BYTES] for value in values])
