"""Single values of the configuration: each function takes what was written and returns what is meant.

What cannot be used raises WrongValueError, in words that say what was got and what was wanted.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit

import limits
from limits import RateLimitItem
from starlette.convertors import CONVERTOR_TYPES

from noscrape.clients import Provider
from noscrape.clients import providers as parse_providers
from noscrape.config.parsing import Parts, WrongValueError, closest, cut, either, items, nearest, shown
from noscrape.crawlers.catalog import unsafe
from noscrape.errors import ReservationError
from noscrape.networks import Network, address
from noscrape.patterns.evidence import NAMES as DETECTOR_NAMES
from noscrape.reservation import from_text
from noscrape.tags import tells_of_ai
from noscrape.tracks import PARAMETER


def _text(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}")
    return value


# ---- networks


def network(value: object) -> Network:
    """A network or a single address, by its first address and not by one inside it."""
    if isinstance(value, IPv4Network | IPv6Network):
        found: Network = value
    else:
        wanted = "an address or a network such as '192.0.2.7' or '192.0.2.0/24'"
        text = _text(value, wanted)
        if text == "*":
            raise WrongValueError(f"got '*', wanted {wanted}: to trust everybody is to let everybody choose an address")
        try:
            found = ip_network(text, strict=False)
        except ValueError:
            raise WrongValueError(f"got {shown(value)}, wanted {wanted}") from None
        try:
            ip_network(text)
        except ValueError:
            raise WrongValueError(f"got {shown(value)}, an address inside a network, did you mean '{found}'?") from None
    if "%" in str(found):
        raise WrongValueError(f"got {shown(str(found))}, wanted it without a zone (what follows '%')")
    if isinstance(found, IPv6Network) and (mapped := found.network_address.ipv4_mapped) and found.prefixlen >= 96:
        raise WrongValueError(f"got {shown(value)}, did you mean '{mapped}/{found.prefixlen - 96}'?")
    if found.prefixlen == 0:
        raise WrongValueError(
            f"got {shown(str(found))}, which is every address there is; wanted the ones that you know"
        )
    return found


@cache
def providers() -> Mapping[str, Provider]:
    """Operators of proxies that are known by name."""
    return parse_providers((files("noscrape.clients") / "providers.toml").read_bytes())


def proxy(value: object) -> Network | Provider:
    """A network of the operator's own proxies, or the name of somebody who runs proxies for others."""
    if isinstance(value, Provider):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z -]*", value):
        return network(value)
    known = providers()
    if value not in known:
        wanted = f"an address, a network, or one of {', '.join(known)}"
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}{nearest(value, known)}")
    return known[value]


def write_proxy(value: Network | Provider) -> str:
    """As it is written in the file."""
    return value.name if isinstance(value, Provider) else str(value)


def proxies_networks(proxies: Iterable[Network | Provider]) -> Iterator[Network]:
    """The networks of them all."""
    for each in proxies:
        yield from each.networks if isinstance(each, Provider) else (each,)


def overlapping(partners: object, proxies: Iterable[Network | Provider]) -> Parts:
    """Partners that are proxies too: everybody who comes through one would be exempt."""
    networks = tuple(proxies_networks(proxies))
    for number, written in enumerate(items(partners)):
        try:
            partner = network(written)
        except WrongValueError:  # told where it stands
            continue
        for network_ in networks:
            if partner.version == network_.version and partner.overlaps(network_):
                problem = (
                    f"got '{partner}', which overlaps the trusted proxy '{network_}': everybody behind it would pass"
                )
                yield (number,), problem
                break


_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")


def field_name(value: str) -> str:
    """The name of a header field (RFC 9110, section 5.1)."""
    if not _FIELD_NAME.fullmatch(value):
        raise WrongValueError(f"got {shown(value)}, wanted the name of a header such as 'X-Forwarded-For'")
    return value


def nameserver(value: object) -> str:
    """The address of a name server, with a port where it is not 53."""
    wanted = "the address of a name server such as '192.0.2.53' or '[2001:db8::53]:5353'"
    text = _text(value, wanted)
    port = text.rpartition(":")[2] if re.fullmatch(r"[0-9.]+:[0-9]{1,5}|\[[0-9a-fA-F:.]+\]:[0-9]{1,5}", text) else "53"
    if address(text) is None or not 0 < int(port) < 65_536:
        raise WrongValueError(f"got {shown(text)}, wanted {wanted}")
    return text


def origin(value: object) -> str:
    """An https origin, as a signer's directory has one."""
    wanted = "an https origin such as 'https://chatgpt.com'"
    text = _text(value, wanted)
    try:
        parts = urlsplit(text)
        fine = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise WrongValueError(f"got {shown(text)}, wanted {wanted}")
    return f"https://{parts.netloc.lower()}"


# ---- addresses of pages and databases


def page(value: object) -> str:
    """An absolute http(s) URL, fit for a header."""
    wanted = "an absolute URL such as 'https://music.example/ai'"
    text = _text(value, wanted)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise WrongValueError(f"got an address that no URL can have, wanted {wanted}") from None
    if "@" in parts.netloc:
        raise WrongValueError(f"got a URL with a user or password in it, and it is published; wanted {wanted}")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        near = f", did you mean 'https://{text}'?" if re.match(r"[a-z0-9-]+\.[a-z0-9.-]+(/[\w/.-]*)?\Z", text) else ""
        raise WrongValueError(f"got {shown(text)}, wanted {wanted}{near}")
    if odd := re.search(r"[^!#-;=?-Z\[\]_a-z~]", text):
        raise WrongValueError(f"got {shown(odd[0])} in a URL, wanted it percent-encoded, as it goes into a header")
    return text


_ASYNC: Final = {
    "sqlite": ("aiosqlite",),
    "postgresql": ("asyncpg", "psycopg", "psycopg_async"),
    "mysql": ("aiomysql", "asyncmy"),
    "mariadb": ("aiomysql", "asyncmy"),
    "oracle": ("oracledb", "oracledb_async"),
    "mssql": ("aioodbc",),
}
_BLOCKING: Final = frozenset(
    {"cx_oracle", "mariadbconnector", "mysqlconnector", "mysqldb", "pg8000", "psycopg2", "psycopg2cffi"}
    | {"pygresql", "pymssql", "pymysql", "pyodbc", "pysqlcipher", "pysqlite"}
)


def database(value: str) -> str:
    """A SQLAlchemy URL with a driver that does not block. Messages never show it, for it may hold a password."""
    match = re.match(r"([A-Za-z0-9_]+)(?:\+([A-Za-z0-9_]+))?://", value)
    if match is None:
        raise WrongValueError("got no SQLAlchemy URL, wanted one such as 'sqlite+aiosqlite:///music.db'")
    dialect, driver = match[1], match[2]
    known = "postgresql" if dialect in ("postgres", "pgsql") else dialect
    drivers = _ASYNC.get(known)
    if drivers is None and (near := closest(dialect, _ASYNC)):
        raise WrongValueError(f"got the dialect '{dialect}', did you mean '{near}+{_ASYNC[near][0]}'?")
    if drivers is None and driver is None:
        raise WrongValueError(f"got '{dialect}' without a driver, wanted one that is async, such as 'sqlite+aiosqlite'")
    if driver in _BLOCKING or (drivers and driver is None):
        got = f"{dialect}+{driver}" if driver else dialect
        meant = f", did you mean '{known}+{drivers[0]}'?" if drivers else ""
        raise WrongValueError(f"got '{got}', which would block the server; wanted an async driver{meant}")
    if drivers and (driver not in drivers or known != dialect):
        near = closest(driver, drivers) or drivers[0]
        raise WrongValueError(f"got '{dialect}+{driver}', wanted an async driver, did you mean '{known}+{near}'?")
    return value


_BIND: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def query(value: str) -> str:
    """SQL that is asked with `:track_id`, and with nothing else that somebody would have to fill."""
    names = _BIND.findall(value)
    others = [name for name in dict.fromkeys(names) if name != "track_id"]
    if others:
        raise WrongValueError(
            f"got the parameter ':{cut(others[0])}', wanted ':track_id' and no other (a colon: '\\:')"
        )
    if not names:
        raise WrongValueError("got no ':track_id', wanted SQL such as 'SELECT no_ai FROM tracks WHERE id = :track_id'")
    return value


# ---- files of tracks


def file_template(value: str) -> str:
    """The name of a track's file, with `{track_id}` in it once."""
    wanted = "a file name with '{track_id}', such as 'media/{track_id}.flac'"
    if not value.isprintable() or value.startswith("~"):
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}, without control characters or '~'")
    names = re.findall(r"\{([^{}]*)\}", value)
    if names.count("track_id") != 1 or len(names) > 1 or re.search(r"[{}]", value.replace("{track_id}", "")):
        meant = ", did you mean '{track_id}'?" if len(names) == 1 and closest(names[0], ("track_id", "id")) else ""
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}{meant}")
    return value


def tag_name(value: str) -> str:
    """The name of a tag in audio files. One that tells of how the music was made is refused: it is the opposite."""
    if not value.strip() or not value.isprintable() or len(value) > 100:
        raise WrongValueError(f"got {shown(value)}, wanted the name of a tag, at most 100 visible characters")
    if tells_of_ai(value):
        raise WrongValueError(f"got {shown(value)}, which tells that a file was made by AI, and reserves nothing")
    return value


def tag_word(value: str) -> str:
    """What a tag of one's own says: a word or a field that `reservation.from_text` reads, and that reserves."""
    wanted = "what it says, such as 'no-ai', 'no-training' or 'train-ai=n'"
    try:
        terms = from_text(value)
    except ReservationError:
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}") from None
    if not terms.reserved:
        raise WrongValueError(f"got {shown(value)}, which reserves nothing: a tag in a file may only restrict")
    return value


# ---- routes


def template(value: str) -> str:
    """One of Starlette's path templates that cannot be slow to match and that a path can meet."""
    wanted = "a path such as '/tracks/{track_id}'"
    if not value.startswith("/"):
        meant = f", did you mean {shown(f'/{value}')}?" if value and "//" not in value and len(value) < 60 else ""
        raise WrongValueError(f"got {shown(value)}, wanted {wanted}{meant}")
    if "?" in value or "#" in value:
        raise WrongValueError(f"got {shown(value)}, wanted the path alone; an id in the query is track = 'query:NAME'")
    if re.search("%[0-9A-Fa-f]{2}", value):
        raise WrongValueError(f"got {shown(value)}, wanted it decoded: paths are compared as the app sees them")
    if re.search(r"//|/\.{1,2}(/|\Z)", value):
        raise WrongValueError(f"got {shown(value)}, wanted it without '//', '/.' and '/..', which no path keeps")
    if any(not char.isprintable() for char in value):
        raise WrongValueError(f"got {shown(value)}, wanted {wanted} without control characters")
    if odd := re.search("[{}]", PARAMETER.sub("", value)):
        raise WrongValueError(
            f"got {shown(value)}, in which '{odd[0]}' belongs to no parameter; "
            "a parameter is '{name}' or '{name:path}', its name of letters, digits and '_'"
        )
    found = PARAMETER.findall(value)
    for _, kind in found:
        if kind and kind[1:] not in CONVERTOR_TYPES:
            near = {"integer": "int", "string": "str", "number": "int", "any": "path"}.get(kind[1:])
            meant = f", did you mean '{near}'?" if near else nearest(kind[1:], CONVERTOR_TYPES)
            raise WrongValueError(f"got the convertor {shown(kind[1:])}, wanted {either(CONVERTOR_TYPES)}{meant}")
    names = [name for name, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise WrongValueError(f"got the parameter '{twice}' twice, wanted each name once")
    if sum(kind == ":path" for _, kind in found) > 1:
        raise WrongValueError(f"got {shown(value)}, wanted at most one ':path', as more would be slow to match")
    if "}{" in value or any(len(PARAMETER.findall(segment)) > 2 for segment in value.split("/")):
        raise WrongValueError(
            f"got {shown(value)}, wanted at most two parameters between slashes, with text between them"
        )
    return value


def parameters(path: str) -> dict[str, str]:
    """The parameters of a template with their convertors, "str" where none is named."""
    return {name: kind[1:] or "str" for name, kind in PARAMETER.findall(path)}


def track(value: str, path: str) -> str:
    """`path:NAME` with one of the path's own parameters, or `query:NAME`."""
    kind, _, name = value.partition(":")
    names = parameters(path)
    if kind == "query" and re.match(r"[^\s=&#]+\Z", name):
        return value
    if kind != "path" or not name:
        meant = f", did you mean 'path:{value}'?" if value in names else ""
        if name and not meant and (near := closest(kind, ("path", "query"))):
            meant = f", did you mean {shown(f'{near}:{name}')}?"
        raise WrongValueError(f"got {shown(value)}, wanted 'path:NAME' or 'query:NAME'{meant}")
    if name not in names:
        has = f"has {either(names)}" if names else "has no parameter"
        raise WrongValueError(
            f"got {shown(value)}, but {shown(path)} {has}{nearest(value, [f'path:{one}' for one in names])}"
        )
    return value


def prefix_or_template(value: str) -> str:
    """Where a quota applies: the beginning of a path, or a template that fits the whole of it."""
    if "{" in value or "}" in value:
        return template(value)
    if not value.startswith("/"):
        raise WrongValueError(f"got {shown(value)}, wanted the beginning of a path such as '/tracks/'")
    return value


def host(value: str) -> str:
    """A host name or address, lower case, without scheme and port."""
    lowered = value.strip().lower()
    if re.match(r"(?!.*\.\.)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\Z|\[[0-9a-f:.]+\]\Z", lowered) and len(lowered) < 254:
        return lowered
    inner = re.match(r"(?:https?://)?([a-z0-9_.-]*[a-z0-9_])(?::\d+)?/?\Z", lowered)
    meant = f", did you mean '{inner[1]}'?" if inner else ""
    raise WrongValueError(f"got {shown(value)}, wanted one host name such as 'cdn.music.example'{meant}")


def authority(value: str) -> str:
    """A host with its port, where that is not the scheme's own."""
    name, _, port = value.strip().partition(":") if value.count(":") == 1 else (value, "", "")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise WrongValueError(f"got {shown(value)}, wanted a host such as 'music.example' or 'music.example:8443'")
    return f"{host(name)}:{port}" if port else host(name)


# ---- crawlers


def token(value: str) -> str:
    """A product token, or a string that stands in a user agent."""
    if problems := unsafe(value):
        raise WrongValueError(*problems)
    if not value.isprintable() or value != value.strip() or len(value) > 100:
        raise WrongValueError(f"got {shown(value)}, wanted at most 100 visible characters with no blank around them")
    return value


# ---- quotas

_UNITS: Final = ("second", "minute", "hour", "day", "month", "year")
_SHORT_UNITS: Final = {"s": "second", "m": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "y": "year"}
MOST_HITS: Final = 1_000_000_000
LONGEST_WINDOW_SECONDS: Final = 366 * 86_400


def limit(value: object) -> RateLimitItem:
    """A rate in the grammar of the `limits` library: `120/minute`, `1000 per 2 hours`."""
    wanted = "a rate such as '120/minute' or '1000/2 hours'"
    if isinstance(value, RateLimitItem):
        item = value
    else:
        text = _text(value, wanted)
        if re.search("[,;|]", text):
            raise WrongValueError(f"got {shown(text)}, wanted one rate; a second one is a second [[patterns.quota]]")
        try:
            item = limits.parse(text)
        except ValueError:
            raise WrongValueError(f"got {shown(text)}, wanted {wanted}{_nearest_rate(text)}") from None
        if re.search(r"(/|per)\s*0", text, re.IGNORECASE):
            raise WrongValueError(f"got {shown(text)}, wanted a time longer than nothing")
    if not 1 <= item.amount <= MOST_HITS:
        raise WrongValueError(f"got {shown(item.amount)} in {shown(value)}, wanted 1 to {MOST_HITS:_}")
    if item.get_expiry() > LONGEST_WINDOW_SECONDS:
        raise WrongValueError(f"got {shown(value)}, wanted a time of at most a year")
    return item


def _nearest_rate(text: str) -> str:
    match = re.match(r"\s*(\d{1,9})\s*(?:/|per\b)?\s*(\d{1,9})?\s*([a-zA-Z]+)\.?\s*\Z", text)
    if match is None:
        return ""
    word = match[3].lower().rstrip("s") or "s"
    longer = [unit for unit in _UNITS if len(word) > 1 and unit.startswith(word)]
    unit = _SHORT_UNITS.get(word) or (longer[0] if len(longer) == 1 else closest(word, _UNITS))
    return f", did you mean '{match[1]}/{match[2] + ' ' if match[2] else ''}{unit}'?" if unit else ""


def write_limit(item: RateLimitItem) -> str:
    """The inverse of `limit`."""
    each = f"{item.multiples} {item.GRANULARITY.name}s" if item.multiples > 1 else item.GRANULARITY.name
    return f"{item.amount}/{each}"


def quota_name(value: str) -> str:
    """A name that rules, headers and logs can carry."""
    if re.match(r"[a-z0-9-]{1,40}\Z", value):
        return value
    slug = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")[:40]
    meant = f", did you mean '{slug}'?" if slug else ""
    raise WrongValueError(f"got {shown(value)}, wanted 1 to 40 of a to z, 0 to 9 and '-'{meant}")


def detector(value: str) -> str:
    """The name of a detector."""
    if value not in DETECTOR_NAMES:
        near = closest(value, DETECTOR_NAMES)
        meant = f", did you mean '{near}'?" if near else f", wanted one of {', '.join(DETECTOR_NAMES)}"
        raise WrongValueError(f"{shown(value)} is no detector{meant}")
    return value


def trap(value: str) -> str:
    """The path of a trap, "" for none: nothing that stands there already, and nothing that a pattern would match."""
    if not value:
        return value
    if re.fullmatch(r"/[A-Za-z0-9._~/-]{2,200}", value) and "//" not in value and not value.endswith("/"):
        if value.startswith("/.well-known/") or value == "/robots.txt":
            raise WrongValueError(f"got {shown(value)}, which crawlers must be able to read; wanted a path of its own")
        return value
    raise WrongValueError(f"got {shown(value)}, wanted a path such as '/members/archive-index'")


def day(value: object) -> float:
    """The end of a day (UTC), in epoch seconds."""
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise WrongValueError(f"got {shown(value)}, wanted a day such as 2027-01-31")
    try:
        found = value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        raise WrongValueError(f"got {shown(value)}, wanted a day such as 2027-01-31") from None
    return (found.toordinal() + 1 - _EPOCH.toordinal()) * _DAY_SECONDS


def write_day(end: float) -> str:
    """The inverse of `day`."""
    return date.fromordinal(int(end / _DAY_SECONDS) - 1 + _EPOCH.toordinal()).isoformat()


_EPOCH: Final = date(1970, 1, 1)
_DAY_SECONDS: Final = 86_400.0


#: Stores that several workers share, as the library `limits` spells them.
_STORES: Final = ("redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster", "valkey", "valkeys")


def store(value: str) -> str:
    """Where counts are kept. The value may hold a password, so messages do not show it."""
    scheme, colon, rest = value.partition("://")
    if value == "memory://":
        return value
    if not colon or scheme not in _STORES:
        near = closest(scheme, (*_STORES, "memory"))
        meant = f", did you mean '{near}://'?" if near and colon else ""
        raise WrongValueError(
            f"got something else, wanted 'memory://' or a URL such as 'redis://localhost:6379/0'{meant}"
        )
    if not rest:
        raise WrongValueError(f"got '{scheme}://' without a host, wanted a URL such as 'redis://localhost:6379/0'")
    return value


# ---- files and texts


def printable(value: str) -> str:
    """Text for a person, of one line."""
    if not value.strip() or not value.isprintable() or len(value) > 300:
        raise WrongValueError(f"got {shown(value)}, wanted one line of 1 to 300 visible characters")
    return value


def readable_file(value: str) -> str:
    """The name of a file to read."""
    if not value.strip() or not value.isprintable() or value.startswith("~") or value.endswith("/"):
        raise WrongValueError(f"got {shown(value)}, wanted the name of a file")
    return value


def folder(value: str) -> str:
    """The name of a folder."""
    if not value.strip() or not value.isprintable() or value.startswith("~"):
        raise WrongValueError(f"got {shown(value)}, wanted the name of a folder")
    return value


def log_file(value: str) -> str:
    """A file, "-" for stdout, or "" for no log."""
    if any(not char.isprintable() for char in value):
        raise WrongValueError(f"got {shown(value)}, wanted a file name without control characters")
    if value.startswith("~"):
        raise WrongValueError(f"got {shown(value)}, wanted the folder's full name: '~' is not looked up")
    if value.endswith(("/", "/.", "/..")) or value in (".", ".."):
        raise WrongValueError(f"got {shown(value)}, which is a folder, wanted a file")
    return value


def key(value: str) -> str:
    """A secret. Messages count its characters and say no more."""
    if len(value) < 16:
        raise WrongValueError(
            f"got {len(value)} characters, wanted 16 or more; `openssl rand -hex 32` makes a good one"
        )
    return value


def known(value: str, tokens: Mapping[str, str] | None, purposes: Collection[str]) -> str:
    """A crawler's product token that somebody knows; `tokens` by their case-folded spelling, None for no check."""
    if value in purposes:
        raise WrongValueError(f"is a purpose and no crawler; `{value} = ...` stands under [crawlers]")
    if tokens is None or value.casefold() in tokens:
        return value
    meant = nearest(value, tokens.values())
    more = "" if meant else "; `noscrape crawlers list` shows all, [[crawlers.extra]] adds one"
    raise WrongValueError(f"unknown crawler{meant}{more}")


def spelled_twice(tokens: object) -> Parts:
    """Crawlers that are named twice, in another case."""
    seen: dict[str, str] = {}
    for token in tokens if isinstance(tokens, Mapping) else ():
        first = seen.setdefault(token.casefold(), token) if isinstance(token, str) else token
        if first != token:
            yield (token,), f"is the same crawler as {shown(first)}, wanted each one once"
