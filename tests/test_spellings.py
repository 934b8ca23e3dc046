"""None that the app still serves as a protected track gets past its route.

Real apps are asked, Starlette's and FastAPI's, with scopes as uvicorn builds them: the path decoded once, the root path
in front of it. Whenever an app answers 200 with the content of a track, the route table must have named that track, or
have called the path unjudgeable, which is the most protected answer. What the app does not serve is of no matter.
"""

import asyncio
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Router
from starlette.routing import Route as AppRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message

from noscrape import NoScrape
from noscrape.tracks import Route, RouteTable

pytest.importorskip("fastapi", reason="half of the apps that are asked are FastAPI's")

from fastapi import FastAPI, HTTPException

NUMBER = "42"
WORD = "blue-in-green"
UUID_TEXT = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
DIGITS = "00000000-0000-0000-0000-000000000042"


@dataclass(frozen=True, slots=True)
class House:
    """An app, the route table that its operator wrote, and a path by which it serves a track."""

    app: ASGIApp
    table: RouteTable
    target: str
    root_path: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was seen at the door of the app, and what the app answered."""

    path: str
    root_path: str
    query: bytes
    status: int
    body: str


def work(track: object, *known: object) -> PlainTextResponse:
    """The content of a track; an app's own look-up is exact."""
    if track not in known:
        raise StarletteHTTPException(404)
    return PlainTextResponse(f"track:{track}")


async def as_text(request: Request) -> PlainTextResponse:
    return work(request.path_params["track_id"], WORD, NUMBER)


async def as_python_int(request: Request) -> PlainTextResponse:
    try:
        return work(int(request.path_params["track_id"]), 42)
    except ValueError:
        raise StarletteHTTPException(404) from None


async def as_uuid(request: Request) -> PlainTextResponse:
    return work(request.path_params["track_id"], UUID(UUID_TEXT), UUID(DIGITS))


def starlette(template: str, endpoint: Callable[[Request], Any], *, rows: tuple[str, ...], target: str) -> House:
    return House(Starlette(routes=[AppRoute(template, endpoint)]), table(*rows), target)


def table(*rows: str) -> RouteTable:
    return RouteTable(map(Route, rows))


def fastapi(**options: Any) -> FastAPI:
    app = FastAPI(openapi_url=None, **options)

    @app.get("/tracks/{track_id}")
    async def track(track_id: int) -> PlainTextResponse:
        return work(track_id, 42)

    @app.get("/works/{track_id}")
    async def by_uuid(track_id: UUID) -> PlainTextResponse:
        return work(track_id, UUID(UUID_TEXT), UUID(DIGITS))

    @app.get("/titles/{title}")
    async def by_title(title: str) -> PlainTextResponse:
        return work(title, WORD, NUMBER)

    @app.get("/download")
    async def download(id: int) -> PlainTextResponse:  # noqa: A002  # as the query spells it
        if id != 42:
            raise HTTPException(404)
        return PlainTextResponse(f"track:{id}")

    return app


FASTAPI_ROWS = (
    Route("/tracks/{track_id}"),
    Route("/works/{work_id}"),
    Route("/titles/{title}"),
    Route("/download", track="query:id"),
)


def houses(folder: Path) -> Iterator[tuple[str, House]]:
    """Every app that is asked."""
    files = folder / "files"
    (files / "42").mkdir(parents=True)
    (files / "7").mkdir()
    for name in ("42.mp3", "42/seg-1.ts"):
        (files / name).write_text("track:42")
    for name in ("7.mp3", "7/seg-1.ts"):
        (files / name).write_text("track:7")

    yield "str", starlette("/tracks/{track_id}", as_text, rows=("/tracks/{track_id}",), target=f"/tracks/{WORD}")
    yield "python int", starlette("/tracks/{track_id}", as_python_int, rows=("/tracks/{id}",), target="/tracks/42")
    yield "int", starlette("/tracks/{track_id:int}", as_python_int, rows=("/tracks/{id:int}",), target="/tracks/42")
    yield "int, str row", starlette("/t/{track_id:int}", as_python_int, rows=("/t/{id}",), target="/t/42")
    yield "str, int row", starlette("/t/{track_id}", as_python_int, rows=("/t/{id:int}",), target="/t/42")
    yield "uuid", starlette("/w/{track_id:uuid}", as_uuid, rows=("/w/{id:uuid}",), target=f"/w/{UUID_TEXT}")
    yield "uuid of digits", starlette("/w/{track_id:uuid}", as_uuid, rows=("/w/{id}",), target=f"/w/{DIGITS}")
    yield "suffix", starlette("/t/{track_id}/page", as_python_int, rows=("/t/{id}/page",), target="/t/42/page")

    media = Mount("/media", StaticFiles(directory=files))
    rows = ("/media/{track_id}.mp3", "/media/{track_id}/{segment:path}")
    yield "static file", House(Starlette(routes=[media]), table(*rows), "/media/42.mp3")
    yield "static segment", House(Starlette(routes=[media]), table(*rows), "/media/42/seg-1.ts")
    yield "static under a root path", House(Starlette(routes=[media]), table(*rows), "/media/42.mp3", "/api")

    tracks = AppRoute("/tracks/{track_id:int}", as_python_int)
    nested = Starlette(routes=[Mount("/v1", Router([tracks]))])
    yield "mounted", House(nested, table("/v1/tracks/{track_id}"), "/v1/tracks/42")
    yield "mounted under a root path", House(nested, table("/v1/tracks/{track_id}"), "/v1/tracks/42", "/api")
    slashed = Starlette(routes=[tracks])
    yield "a root path with a slash", House(slashed, table("/tracks/{track_id}"), "/tracks/42", "/api/")

    app = fastapi()
    for name, target in (
        ("int", "/tracks/42"),
        ("uuid", f"/works/{UUID_TEXT}"),
        ("uuid of digits", f"/works/{DIGITS}"),
        ("str", f"/titles/{WORD}"),
        ("query", "/download?id=42"),
    ):
        yield f"fastapi {name}", House(app, RouteTable(FASTAPI_ROWS), target)
        yield f"fastapi {name} under a root path", House(app, RouteTable(FASTAPI_ROWS), target, "/api")


NAMES = (
    *("str", "python int", "int", "int, str row", "str, int row", "uuid", "uuid of digits", "suffix"),
    *("static file", "static segment", "static under a root path"),
    *("mounted", "mounted under a root path", "a root path with a slash"),
    *(f"fastapi {name}" for name in ("int", "uuid", "uuid of digits", "str", "query")),
    *(f"fastapi {name} under a root path" for name in ("int", "uuid", "uuid of digits", "str", "query")),
)

Ask = Callable[[House, str], Asked]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> dict[str, House]:
    """All houses, by name."""
    found = dict(houses(tmp_path_factory.mktemp("spellings")))
    assert NAMES == tuple(sorted(found, key=NAMES.index))
    return found


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Asks an app for a target, as a server would that got it on the request line."""
    with asyncio.Runner() as runner:
        yield lambda house, target: runner.run(answer(house.app, target, house.root_path))


async def answer(app: ASGIApp, target: str, root_path: str) -> Asked:
    raw_path, _, query = target.partition("?")
    path = root_path + unquote(raw_path)
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": (root_path + raw_path).encode("ascii"),
        "root_path": root_path,
        "query_string": query.encode("ascii"),
        "headers": [(b"host", b"music.example"), (b"user-agent", b"GPTBot/1.2")],
        "client": ("192.0.2.1", 1234),
        "server": ("192.0.2.80", 80),
        "state": {},
    }
    seen = dict(scope)
    status, body = 0, b""

    async def receive() -> Message:
        return await asyncio.Future()  # a client that has sent everything, and stays

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except (ValueError, OSError):
        status = 500  # the app's own trouble with a path: not served
    return Asked(seen["path"], seen["root_path"], seen["query_string"], status, body.decode("utf-8", "replace"))


def served(asked: Asked) -> str | None:
    """The track whose content went out."""
    return asked.body.removeprefix("track:") if asked.status == 200 and asked.body.startswith("track:") else None


def protected(house: House, asked: Asked) -> bool:
    """Whether the table has named the track that the app served, where it served one."""
    track = served(asked)
    if track is None:
        return True
    place = house.table.place(asked.path, asked.root_path, asked.query)
    return (place.routed and track in place.tracks) or place.unjudgeable


#: Spellings that are served: should an app stop serving one of them, the corpus below would test nothing.
SERVED = [
    ("str", f"/tracks/{WORD}"),
    ("str", "/tracks/%62lue-in-green"),
    ("str", "/tracks%2Fblue-in-green"),
    ("python int", "/tracks/+42"),
    ("python int", "/tracks/%D9%A4%D9%A2"),
    ("python int", "/tracks/%2042%0A"),
    ("python int", "/tracks/4_2"),
    ("python int", "/tracks/42%C2%85"),
    ("int", "/tracks/42%0a"),
    ("int", "/tracks/00042"),
    ("int, str row", "/t/42%0a"),
    ("str, int row", "/t/+42"),
    ("uuid", f"/w/{UUID_TEXT.upper()}"),
    ("uuid", f"/w/{UUID_TEXT.replace('-', '')}%0a"),
    ("uuid of digits", f"/w/{DIGITS.replace('-', '')}"),
    ("suffix", "/t/042/page%0a"),
    ("static file", "/media//42.mp3"),
    ("static file", "/media/42.mp3/"),
    ("static file", "/media/42.mp3//."),
    ("static file", "/media/./42%2emp3"),
    ("static file", "/media/7.mp3/%2e%2e/42.mp3"),
    ("static file", "/media/../files/42.mp3"),
    ("static file", "/media/%2e%2e/%66iles/42.mp3"),
    ("static file", "/media/7/../../files/42.mp3"),
    ("static segment", "/media/7/../42/seg-1.ts"),
    ("static segment", "/media/7/../../files/42/seg-1.ts"),
    ("static segment", "/media/42//seg-1.ts"),
    ("static under a root path", "/media//42.mp3"),
    ("mounted", "/v1/tracks/042"),
    ("mounted under a root path", "/v1/tracks/042"),
    ("fastapi int", "/tracks/+42"),
    ("fastapi int", "/tracks/042"),
    ("fastapi int", "/tracks/%2042"),
    ("fastapi int", "/tracks/4_2"),
    ("fastapi int", "/tracks/42.0"),
    ("fastapi int", "/tracks/+0_42.00%20"),
    ("fastapi int", "/tracks/" + "0" * 1900 + "42"),
    ("fastapi int", "/tracks/42%0a"),
    ("fastapi uuid", f"/works/urn:uuid:{UUID_TEXT}"),
    ("fastapi uuid", f"/works/%7b{UUID_TEXT}%7d"),
    ("fastapi uuid", f"/works/{UUID_TEXT.replace('-', '').upper()}"),
    ("fastapi uuid of digits", f"/works/{DIGITS.replace('-', '')}"),
    ("fastapi str", "/titles/blue%2din%2dgreen"),
    ("fastapi query", "/download?id=%2042"),
    ("fastapi query", "/download?id=7&id=42"),
    ("fastapi query", "/download?%69d=%2B0042.0"),
    ("fastapi query", "/download?id=" + "0" * 5000 + "42"),
    ("fastapi int under a root path", "/tracks/%2042"),
]


@pytest.mark.parametrize(("name", "target"), SERVED, ids=lambda part: part[:60])
def test_served_and_named(street: dict[str, House], ask: Ask, name: str, target: str) -> None:
    """These spellings are served by the app as a track, and named by the table."""
    house = street[name]
    asked = ask(house, target)
    assert served(asked) is not None
    assert protected(house, asked)


#: Spellings tried on every app, served or not. `{head}` and `{last}` are the target's path, cut at its last slash.
CORPUS = [
    "{head}/{last}",
    "/{head}/{last}",
    "//{head}/{last}",
    "{head}//{last}",
    "{head}%2F{last}",
    "{head}%2f{last}",
    "{head}%252F{last}",
    "{head}/./{last}",
    "{head}/%2e/{last}",
    "/.{head}/{last}",
    "{head}/x/../{last}",
    "{head}/x/%2e%2e/{last}",
    "{head}/x/%2E./{last}",
    "{head}/x/.%2e/{last}",
    "{head}/x/%252e%252e/{last}",
    "/x/..{head}/{last}",
    "/..{head}/{last}",
    "/../..{head}/{last}",
    "{head}/..{head}/{last}",
    "{head}/{last}/",
    "{head}/{last}//",
    "{head}/{last}/.",
    "{head}/{last}/x/..",
    "{head}/{last}%2F",
    "{head}/{last}%0A",
    "{head}/{last}%0D",
    "{head}/{last}%0D%0A",
    "{head}/{last}%20",
    "{head}/{last}%09",
    "{head}/{last}%00",
    "{head}/{last}%C2%A0",
    "{head}/{last}%E2%80%83",
    "{head}/{last}%85",
    "{head}/{last};",
    "{head}/{last};x=1",
    "{head}/;x/{last}",
    "{head};x/{last}",
    "{head}/x/..;/{last}",
    "{head}/{last}%3Bx",
    "{head}/{last}?x=1",
    "{head}/{last}%3Fx=1",
    "{head}/{last}%23x",
    "{head}/%20{last}",
    "{head}%20/{last}",
    "{head}/+{last}",
    "{head}/0{last}",
    "{head}/00000000{last}",
    "{head}/-{last}",
    "{head}/{last}.0",
    "{head}/{last}.",
    "{head}/{last}e0",
    "{head}/{last}.json",
    "{head}/{last}_",
    "{head}\\{last}",
    "{head}%5C{last}",
    "{head}/x%5C..%5C{last}",
    "\\{head}/{last}",
    "http://music.example{head}/{last}",
    "HTTP://music.example{head}/{last}",
    "https://user@music.example:443{head}/{last}",
    "//music.example{head}/{last}",
    "{head}/http://music.example/{last}",
    "/api{head}/{last}",
    "/api/api{head}/{last}",
    "/API{head}/{last}",
    "//api{head}/{last}",
    "api{head}/{last}",
    "/v1{head}/{last}",
    "/files{head}/{last}",
    "/media/..{head}/{last}",
    "/%2e%2e/files{head}/{last}",
    "*",
    "",
    "/",
    "?",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus(street: dict[str, House], ask: Ask, name: str) -> None:
    """Known tricks, in the case given, in upper case and with each letter and digit escaped."""
    house = street[name]
    path, mark, query = house.target.partition("?")
    head, _, last = path.rpartition("/")
    targets = [spelling.format(head=head, last=last) + mark + query for spelling in CORPUS]
    targets += [target.upper() for target in targets]
    targets += [spelling.format(head=head, last=escaped(last)) + mark + query for spelling in CORPUS]
    targets += [spelling.format(head=escaped(head), last=last) + mark + query for spelling in CORPUS]
    past = [target for target in targets if not protected(house, ask(house, target))]
    assert past == []
    assert served(ask(house, house.target)) is not None


def escaped(text: str) -> str:
    """With each letter and digit as its escape."""
    return "".join(f"%{ord(char):02x}" if char.isalnum() else char for char in text)


PIECES = st.sampled_from(
    (
        *("/", "//", "/./", "/../", "/x/../", "%2e", "%2E%2e", "%2F", "%252F", "\\", "%5c", ";", ";x"),
        *("%0a", "%0d", "%20", "%09", "%00", "%C2%A0", "%1c", "+", "-", "0", "00", "_", ".0", "."),
        *("{", "%7b", "%7D", "urn:uuid:", "api", "/api", "media", "files", "tracks", "7", "7.mp3", "42", "42.mp3"),
        *("seg-1.ts", "%D9%A4%D9%A2", "%34%32", "%EF%BC%94", "?", "&", "id=42", "id=", "id=7&", "#", "%", "%zz", "%ff"),
    )
)


@st.composite
def respelled(draw: st.DrawFn, target: str) -> str:
    """A target with a few pieces put in or in place of others, and a few characters escaped."""
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(target)))
        end = start + draw(st.sampled_from((0, 0, 0, 1, 2)))
        target = target[:start] + draw(PIECES) + target[end:]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(target) - 1)))
        if target[at : at + 1] not in ("", "%", "?", "&", "="):
            target = target[:at] + f"%{ord(target[at]):02X}" + target[at + 1 :]
    return target


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_spelling(street: dict[str, House], ask: Ask, name: str, data: st.DataObject) -> None:
    """Whatever is served is named."""
    house = street[name]
    target = data.draw(respelled(house.target))
    assert protected(house, ask(house, target)), f"{target!r} got past"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=8).map("".join))
def test_any_pieces(street: dict[str, House], ask: Ask, name: str, pieces: str) -> None:
    """The same for paths put together from nothing but tricks."""
    house = street[name]
    head = house.target.split("/")[1]
    assert protected(house, ask(house, f"/{head}/{pieces}")), f"{pieces!r} got past"


def tagged(track: str, scope: object) -> bool | None:
    """One track is tagged no-AI; nothing was said of the others."""
    return True if track == NUMBER else None


@pytest.mark.parametrize("outside", [True, False], ids=["NoScrape(app)", "app.add_middleware(NoScrape)"])
@pytest.mark.parametrize(
    "target", ["/tracks/42", "/api/tracks/42", "/api/tracks/%2042", "//api/tracks/42", "/api//tracks/42"]
)
def test_an_app_that_knows_its_own_root_path(ask: Ask, outside: bool, target: str) -> None:
    """FastAPI puts its own root path over the server's, behind whatever stands around it: so it is read there."""
    app = fastapi()
    app.root_path = "/api"
    config = {
        "site": {"default": "open"},
        "tracks": {"default": "open", "routes": [{"path": "/tracks/{track_id}"}]},
        "log": {"path": ""},
    }
    door: ASGIApp = app
    if outside:
        door = NoScrape(app, config=config, reader=tagged)
    else:
        app.add_middleware(NoScrape, config=config, reader=tagged)
    house = House(door, RouteTable(()), target)
    assert served(ask(house, target)) is None
    assert ask(house, "/tracks/7").status == 404
