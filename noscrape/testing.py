"""For the tests of your own site: is a route protected, and does a browser still get through?

    from noscrape.testing import assert_open, assert_protected

    def test_tracks_are_protected():
        assert_protected(app, "/tracks/42")
        assert_open(app, "/tracks/7")

An app is called in this process, over ASGI, with no server and no network. Its lifespan runs around each visit, so that
what it opens at startup is there. As a plugin of pytest this adds the fixture `noscrape_visit`, which is `visit`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

try:
    import pytest
except ImportError:  # the functions need nothing but the standard library
    pytest = None  # type: ignore[assignment]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

#: Collects training data, and says so.
TRAINING_CRAWLER: Final = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
)
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

#: Bytes of a body that are read: a stream may have no end.
_READ_BYTES: Final = 65_536

#: An address that nobody has (RFC 5737).
_CLIENT: Final = "203.0.113.80"

_SIGNALS: Final = ("x-robots-tag", "tdm-reservation", "content-usage")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a client got: the first 64 KiB of the body at most, and header names in lower case.

    `observing` tells that noscrape only observes, None that no noscrape let the request through.
    """

    user_agent: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    observing: bool | None = None

    def header(self, name: str) -> str | None:
        """The values of a header, joined; None where it is absent."""
        values = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(values) if values else None

    @property
    def refused(self) -> bool:
        """Whether noscrape refused it, and not the app."""
        return self.status in (403, 429) and self.header("x-support-id") is not None

    @property
    def reserved(self) -> bool:
        """Whether the answer says that the work is reserved against AI training."""
        robots = (self.header("x-robots-tag") or "").lower().replace(",", " ").split()
        usage = (self.header("content-usage") or "").replace(" ", "").split(",")
        return "noai" in robots or self.header("tdm-reservation") == "1" or "train-ai=n" in usage


def visit(
    app: App,
    path: str,
    *,
    user_agent: str = BROWSER,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    client: str = _CLIENT,
    lifespan: bool = True,
) -> Visit:
    """Make one request, and tell what came back. `path` is as in a URL, with its query.

    Call it from plain and from async tests alike; the app runs on an event loop of its own. `lifespan=False` leaves the
    app's startup and shutdown alone, for an app that runs already. Raises what the app raises.
    """
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    return _run(app, (_scope(path, user_agent, method, pairs, client),), lifespan=lifespan)[0]


def assert_protected(app: App, path: str, *, method: str = "GET", lifespan: bool = True) -> None:
    """Fail unless a training crawler is refused there, and a browser is let in and told that the work is reserved."""
    __tracebackhide__ = True
    crawler, browser = _both(app, path, method, lifespan=lifespan)
    problems = []
    if not crawler.refused:
        problems.append(f"a training crawler (GPTBot) was not refused, it got {_told(crawler)}")
    elif crawler.status != 403:
        problems.append(f"a training crawler (GPTBot) was refused with {crawler.status}, wanted 403")
    problems += _kept_out(browser)
    if not problems and not browser.reserved:
        problems.append(f"a browser's answer has none of the headers {', '.join(_SIGNALS)} that say it is reserved")
    if problems:
        raise AssertionError(_list(f"{method} {path} is not protected", problems))


def assert_open(app: App, path: str, *, method: str = "GET", lifespan: bool = True) -> None:
    """Fail unless a training crawler and a browser are both let in there, and nothing says that it is reserved."""
    __tracebackhide__ = True
    crawler, browser = _both(app, path, method, lifespan=lifespan)
    problems = []
    if crawler.refused:
        problems.append(f"a training crawler (GPTBot) was refused with {crawler.status}")
    problems += _kept_out(browser)
    said = [f"{name}: {browser.header(name)}" for name in _SIGNALS if browser.header(name) is not None]
    if not problems and browser.reserved:
        problems.append(f"a browser's answer says that it is reserved: {'; '.join(said)}")
    if problems:
        raise AssertionError(_list(f"{method} {path} is not open", problems))


def _both(app: App, path: str, method: str, *, lifespan: bool) -> list[Visit]:
    scopes = [_scope(path, agent, method, [], _CLIENT) for agent in (TRAINING_CRAWLER, BROWSER)]
    return _run(app, scopes, lifespan=lifespan)


def _kept_out(browser: Visit) -> list[str]:
    if browser.refused:
        return [f"noscrape refused a browser with {browser.status}, which no test of a crawler should cost"]
    if browser.status not in (200, 206, 304):
        target = browser.header("location")
        sent_on = f" to {target}" if target is not None else ""
        return [f"a browser got {browser.status}{sent_on}, so that this says nothing of the route; is the path right?"]
    return []


def _told(found: Visit) -> str:
    if found.observing is None and not found.reserved:
        return f"{found.status}; noscrape was not asked, is it in front of this app?"
    return f"{found.status}; mode = 'observe' refuses nobody" if found.observing else str(found.status)


def _list(title: str, problems: list[str]) -> str:
    return "\n".join([f"{title}:", *(f"  - {problem}" for problem in problems)])


def _scope(path: str, user_agent: str, method: str, headers: list[tuple[str, str]], client: str) -> Scope:
    if not path.startswith("/"):
        raise ValueError(f"got the path {path!r}, wanted one that begins with '/'")
    raw, _, query = path.partition("?")
    pairs = [("host", "testserver"), ("user-agent", user_agent), ("accept", "*/*"), *headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "http",
        "path": unquote(raw),
        "raw_path": raw.encode("utf-8"),
        "query_string": query.encode("utf-8"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in pairs],
        "client": (client, 50_000),
        "server": ("testserver", 80),
    }


def _run(app: App, scopes: Iterable[Scope], *, lifespan: bool) -> list[Visit]:
    """In a thread of its own, since the test may be async and have a running loop."""
    with ThreadPoolExecutor(1, thread_name_prefix="noscrape-testing") as thread:
        return thread.submit(asyncio.run, _visits(app, tuple(scopes), lifespan=lifespan)).result()


async def _visits(app: App, scopes: tuple[Scope, ...], *, lifespan: bool) -> list[Visit]:
    state: dict[str, Any] = {}
    life = _Lifespan(app, state) if lifespan else None
    if life:
        await life.startup()
    try:
        return [await _visit(app, scope | ({"state": dict(state)} if state else {})) for scope in scopes]  # type: ignore[operator]  # all are dictionaries
    finally:
        if life:
            await life.shutdown()


class _EnoughError(OSError):
    """Raised to an app as a server does when the client is gone."""


async def _visit(app: App, scope: Scope) -> Visit:
    coming: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    start: Message = {}
    body = bytearray()
    ended = asyncio.Event()

    async def receive() -> Message:
        if coming:
            return coming.pop()
        await ended.wait()  # a client that stays until it has its answer
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
            if len(body) >= _READ_BYTES:
                ended.set()
                if message.get("more_body"):
                    raise _EnoughError("read enough")
            elif not message.get("more_body"):
                ended.set()

    try:
        await app(scope, receive, send)
    except Exception:  # told that nobody reads on, an app may end in an exception of its own
        if not ended.is_set():
            raise
    door = scope.get("noscrape")
    if not start:
        raise AssertionError(f"the app sent no answer to {scope['method']} {scope['path']}")
    agent = dict(scope["headers"])[b"user-agent"].decode("latin-1")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
    observing = None if door is None else bool(door.site.observing)
    return Visit(agent, start["status"], headers, bytes(body[:_READ_BYTES]), observing)


class _Lifespan:
    """Startup and shutdown of an app, as a server runs them; an app may have none."""

    def __init__(self, app: App, state: dict[str, Any]) -> None:
        self._app = app
        self._scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        self._coming: asyncio.Queue[Message] = asyncio.Queue()
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self._step("startup")

    async def shutdown(self) -> None:
        if self._task is not None and not self._task.done():
            await self._step("shutdown")
            await self._task

    async def _run(self) -> None:
        await self._app(self._scope, self._coming.get, self._sent.put)

    async def _step(self, name: str) -> None:
        task = self._task
        if task is None:
            return
        await self._coming.put({"type": f"lifespan.{name}"})
        answer = asyncio.create_task(self._sent.get())
        await asyncio.wait((answer, task), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():  # the app ended or raised without a word, as those do that know no lifespan
            answer.cancel()
            await asyncio.gather(task, return_exceptions=True)
        elif answer.result()["type"] == f"lifespan.{name}.failed":
            await asyncio.gather(task, return_exceptions=True)
            raise RuntimeError(f"the app's {name} failed: {answer.result().get('message', '')}")


if pytest is not None:

    @pytest.fixture
    def noscrape_visit() -> Callable[..., Visit]:
        """The function `noscrape.testing.visit`, for tests that would rather not import it."""
        return visit
