"""Where signers publish their keys (draft-ietf-webbotauth-httpsig-protocol-00, sections 3.2 and 4).

A signer names its directory in the request, so the URL comes from a stranger: nothing is fetched that is not on the
allowlist, and a key is known by the URL and its thumbprint together, never by the thumbprint alone. No request waits: a
directory that is not known is fetched by a thread, and holds from the next request on. A directory that resolves
replaces what was known of it; one that fails evicts nothing.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from noscrape.errors import FetchError, NoScrapeError
from noscrape.verify.keys import TEST_KEYS, Key, KeySet, Missing, key_set

__all__ = ["DIRECTORY", "MEDIA_TYPE", "Directories", "Fetch", "Fetched", "LocationError", "identifier", "location"]

logger = logging.getLogger("noscrape")

DIRECTORY: Final = "/.well-known/http-message-signatures-directory"
MEDIA_TYPE: Final = "application/http-message-signatures-directory+json"

#: What a set of keys outside of the well-known place comes as: as a JWK Set (RFC 7517, 8.5) or as metadata of a client.
_SET_TYPES: Final = frozenset({"application/jwk-set+json", "application/json"})

#: For one document, from looking up the name to the last byte.
SECONDS: Final = 5.0
_LONGEST_URL: Final = 2_048
_THREADS: Final = 2

#: What a URL is made of, as it is sent. urllib takes tabs and newlines out in silence.
_URL: Final = re.compile(r"[!-~]+\Z")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)\Z")


class LocationError(NoScrapeError):
    """What a signer names is no place where keys can be."""


class Fetched(Protocol):
    """An answer; header names in lower case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Fetch(Protocol):
    """Fetches without following redirects, and only from public addresses. Blocking; raises FetchError."""

    def __call__(self, url: str, /, *, most_bytes: int, seconds: float) -> Fetched: ...


def location(url: str, *, kind: str = "directory") -> str:
    """The URL that identifies a signer, made of what its `Signature-Agent` says; `kind` is the `type` there.

    A directory is named by its origin; a `jwks_uri` and a `cimd` by themselves, without query (section 4). Raises
    LocationError.
    """
    if kind not in ("directory", "jwks_uri", "cimd"):
        raise LocationError("Signature-Agent is of an unsupported type")
    if len(url) > _LONGEST_URL or not _URL.match(url) or "\\" in url:
        raise LocationError("Signature-Agent is no URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise LocationError("Signature-Agent is no URL") from error
    if parts.scheme != "https":
        raise LocationError("Signature-Agent is not https")
    if "@" in parts.netloc:
        raise LocationError("Signature-Agent holds a user name")
    host = f"[{host}]" if ":" in host else host
    if not _HOST.match(host):
        raise LocationError("Signature-Agent has no host")
    origin = f"https://{host}" + ("" if port in (None, 443) else f":{port}")
    if kind != "directory":
        return origin + (parts.path or "/")
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise LocationError("Signature-Agent is no origin, as a directory has to be")
    return origin + DIRECTORY


def identifier(word: str) -> str:
    """The identifier of a signer that the operator or the catalog names: by its origin, or by the URL of its keys."""
    return _identified(word)[0]


def _identified(word: str) -> tuple[str, str]:
    """An identifier, and the URL to fetch for it: a query is sent, and is no part of the identifier (section 4)."""
    path = word.partition("://")[2].partition("/")[2]
    identified = location(word, kind="jwks_uri" if path else "directory")
    return identified, word.partition("#")[0] if path else identified


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one directory. `tried` is when the last attempt began, `fetched` when one last succeeded."""

    keys: Mapping[str, Key]
    fetched: float | None
    tried: float
    problem: str = ""


class Directories:
    """The keys of the signers that the operator, or the catalog, knows. Bounded by the allowlist.

    `allowed` are origins (`https://chatgpt.com`), each for the directory there, or URLs with a path, each for the very
    set of keys there; LocationError for another. Without `fetch` nothing is ever fetched. A directory is fetched anew
    after `fresh_seconds`; after `negative_seconds` where that failed, or where a key is asked for that it lacked.
    `test_keys` lets keys in that anybody can sign with: for tests.
    """

    def __init__(
        self,
        *,
        allowed: Iterable[str],
        fetch: Fetch | None = None,
        keys_at_most: int = 100,
        largest_bytes: int = 262_144,
        fresh_seconds: float = 3_600.0,
        negative_seconds: float = 300.0,
        test_keys: bool = False,
        counters: Counter[str] | None = None,
        threads: Executor | None = None,
    ) -> None:
        self._places = dict(map(_identified, allowed))
        self._fetch = fetch
        self._keys_at_most = keys_at_most
        self._largest = largest_bytes
        self._fresh = fresh_seconds
        self._negative = negative_seconds
        self._test_keys = test_keys
        self._counters = Counter[str]() if counters is None else counters
        self._known: dict[str, _Known] = {}
        self._fetching: dict[str, Future[None]] = {}
        self._threads = threads

    def key(self, url: str, keyid: str, now: float) -> Key | Missing:
        """What is known of a key now; whatever has to be fetched for it is begun, and not waited for."""
        if url not in self._places:
            return Missing.NOT_ALLOWED
        if keyid in TEST_KEYS and not self._test_keys:
            return Missing.TEST_KEY
        known = self._known.get(url)
        key = known.keys.get(keyid) if known else None
        if self._due(known, key, now):
            self._begin(url, now)
        if key is not None:
            return key if key.in_force(now) else Missing.NOT_IN_FORCE
        if known is None:
            return Missing.FETCHING
        return Missing.FAILED if known.fetched is None else Missing.NO_SUCH_KEY

    def ages(self, now: float) -> Mapping[str, float | None]:
        """How many seconds ago each directory was fetched, None where it never was."""
        known = {url: self._known.get(url) for url in self._places}
        return {url: now - one.fetched if one and one.fetched is not None else None for url, one in known.items()}

    def close(self) -> None:
        """Begin nothing more; what is being fetched ends by itself, within its time limit."""
        self._fetch = None
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _due(self, known: _Known | None, key: Key | None, now: float) -> bool:
        if known is None or known.fetched is None:
            return known is None or now - known.tried >= self._negative
        waits = self._fresh if key is not None else self._negative
        return now - known.fetched >= waits and now - known.tried >= self._negative

    def _begin(self, url: str, now: float) -> None:
        if self._fetch is None or url in self._fetching:
            return
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="noscrape-directories")
        self._counters["directories_asked"] += 1
        fetching = self._threads.submit(self._refresh, url, now, self._fetch)
        self._fetching[url] = fetching
        fetching.add_done_callback(lambda _: self._fetching.pop(url, None))

    def _refresh(self, url: str, now: float, fetch: Fetch) -> None:
        try:
            found = self._read(url, fetch)
        except Exception as error:  # `fetch` is handed in: whatever it raises is a failure, and none may go unseen
            self._failed(url, now, error)
            return
        self._known[url] = _Known(found.keys, now, now)
        if found.problems:
            self._counters["directory_keys_refused"] += len(found.problems)
            logger.warning("the key directory %s: %s", url, "; ".join(found.problems[:3]))

    def _read(self, url: str, fetch: Fetch) -> KeySet:
        fetched = fetch(self._places[url], most_bytes=self._largest, seconds=SECONDS)
        if fetched.status != 200:
            raise FetchError(f"it answers {fetched.status}, and only 200 counts; redirects are not followed")
        if len(fetched.body) > self._largest:
            raise FetchError(f"it is larger than {self._largest:,} bytes")
        directory = url.endswith(DIRECTORY)
        media_type = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in ({MEDIA_TYPE} if directory else _SET_TYPES):
            raise FetchError(f"it comes as {media_type[:60]!r}, not as {MEDIA_TYPE if directory else 'a JWK Set'}")
        return key_set(fetched.body, at_most=self._keys_at_most, kid_is_thumbprint=directory)

    def _failed(self, url: str, now: float, error: Exception) -> None:
        self._counters["directory_failures"] += 1
        before = self._known.get(url)
        problem = str(error) if isinstance(error, NoScrapeError) else repr(error)
        if before is None:
            self._known[url] = _Known({}, None, now, problem)
        else:
            self._known[url] = _Known(before.keys, before.fetched, now, problem)
        if before is not None and before.problem == problem:
            return
        logger.warning(
            "the key directory %s cannot be used: %s; keys that it published before hold on, and it is asked again in "
            "%g s",
            url,
            problem,
            self._negative,
            exc_info=None if isinstance(error, NoScrapeError) else error,
        )
