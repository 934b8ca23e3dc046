"""What users test their own sites with."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

from noscrape import NoScrape
from noscrape.testing import BROWSER, TRAINING_CRAWLER, Visit, assert_open, assert_protected, visit
from tests.asgi import Answers, App, Message, Receive, Scope, Send, answering

ROUTES = {"tracks": {"routes": [{"path": "/tracks/{track_id}"}]}, "log": {"path": ""}}


def site(app: App | None = None, **settings: Any) -> NoScrape:
    """A site on which 42 is reserved and everything else is open."""
    config = ROUTES | {"site": {"default": "open"}} | settings
    return NoScrape(app or answering(), config=config, reader=lambda track, scope: track == "42")


class TestVisit:
    """One request, and what came back."""

    def test_what_came_back(self) -> None:
        """Status, headers in lower case, body."""
        inner = answering(201, headers=[(b"X-One", b"1"), (b"x-one", b"2")], body=b"made")
        found = visit(inner, "/")
        assert found == Visit(BROWSER, 201, (("x-one", "1"), ("x-one", "2")), b"made")
        assert (found.header("X-One"), found.header("missing"), found.refused) == ("1, 2", None, False)

    def test_what_is_asked(self) -> None:
        """The path is as in a URL; a mapping of headers, or pairs where one comes twice."""
        inner = answering()
        visit(
            inner, "/tracks/%34%32?a=%20b", method="post", headers={"Range": "bytes=0-"}, user_agent="x/1", client="::1"
        )
        visit(inner, "/", headers=[("a", "1"), ("a", "2")])
        first, second = (scope for scope in inner.scopes if scope["type"] == "http")
        assert (first["path"], first["query_string"], first["method"], first["client"][0]) == (
            "/tracks/42",
            b"a=%20b",
            "POST",
            "::1",
        )
        assert (b"range", b"bytes=0-") in first["headers"]
        assert (b"user-agent", b"x/1") in first["headers"]
        assert [value for name, value in second["headers"] if name == b"a"] == [b"1", b"2"]

    def test_a_path_that_is_none(self) -> None:
        """Told at once."""
        with pytest.raises(ValueError, match="begins with '/'"):
            visit(answering(), "tracks/42")

    @pytest.mark.parametrize(
        ("agent", "path", "refused", "reserved"),
        [
            (TRAINING_CRAWLER, "/tracks/42", True, True),
            (BROWSER, "/tracks/42", False, True),
            (BROWSER, "/", False, False),
        ],
    )
    def test_what_it_means(self, agent: str, path: str, refused: bool, reserved: bool) -> None:
        """Refused by noscrape, and not by the app; reserved by any of the signals."""
        found = visit(site(), path, user_agent=agent)
        assert (found.refused, found.reserved) == (refused, reserved)
        assert visit(answering(403), "/").refused is False

    @pytest.mark.parametrize(
        ("name", "value", "reserved"),
        [
            (b"x-robots-tag", b"NoAI, noimageai", True),
            (b"x-robots-tag", b"noindex", False),
            (b"tdm-reservation", b"1", True),
            (b"tdm-reservation", b"0", False),
            (b"content-usage", b"search=y, train-ai=n", True),
            (b"content-usage", b"train-ai=y", False),
        ],
    )
    def test_each_signal_counts(self, name: bytes, value: bytes, reserved: bool) -> None:
        """As some sites switch others off."""
        assert visit(answering(headers=[(name, value)]), "/").reserved is reserved

    async def test_in_an_async_test(self) -> None:
        """The app runs on a loop of its own."""
        assert visit(site(), "/tracks/42").status == 200

    def test_an_endless_stream_ends(self) -> None:
        """After the beginning was read."""

        async def forever() -> Any:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0)

        async def radio(request: Request) -> StreamingResponse:
            return StreamingResponse(forever())

        assert len(visit(Starlette(routes=[Route("/", radio)]), "/").body) == 65_536

    def test_what_the_app_raises_is_raised(self) -> None:
        """With its own traceback."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                raise LookupError("no such table")

        with pytest.raises(LookupError, match="no such table"):
            visit(app, "/")

    def test_an_app_that_says_nothing(self) -> None:
        """Is told as such."""
        with pytest.raises(AssertionError, match="no answer to GET /x"):
            visit(Answers(), "/x")


class TestLifespan:
    """What an app opens at startup is there, and is closed again."""

    @staticmethod
    def app(steps: list[str], *, fail: str = "") -> App:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                steps.append(str(scope.get("state", {}).get("database")))
                await answering()(scope, receive, send)
                return
            for step in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{step}"
                steps.append(step)
                scope["state"]["database"] = "open"
                outcome: Message = {"type": f"lifespan.{step}.complete"}
                if step == fail:
                    outcome = {"type": f"lifespan.{step}.failed", "message": "the database is gone"}
                await send(outcome)
                if step == fail:
                    raise OSError

        return app

    def test_it_runs_around_the_visit(self) -> None:
        """And its state is handed to the request."""
        steps: list[str] = []
        visit(site(self.app(steps)), "/")
        assert steps == ["startup", "open", "shutdown"]

    def test_once_around_both_visits_of_an_assertion(self) -> None:
        """Opening a database takes its time."""
        steps: list[str] = []
        assert_open(self.app(steps), "/")
        assert steps == ["startup", "open", "open", "shutdown"]

    def test_it_can_be_left_alone(self) -> None:
        """For an app that runs already."""
        steps: list[str] = []
        visit(self.app(steps), "/", lifespan=False)
        assert steps == ["None"]

    @pytest.mark.parametrize("step", ["startup", "shutdown"])
    def test_a_failure_is_told(self, step: str) -> None:
        """In the app's own words."""
        with pytest.raises(RuntimeError, match=f"the app's {step} failed: the database is gone"):
            visit(self.app([], fail=step), "/")

    def test_an_app_without_one(self) -> None:
        """Is served all the same, as servers do."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                raise NotImplementedError
            await answering()(scope, receive, send)

        assert visit(app, "/").status == 200


class TestAssertProtected:
    """A known training crawler is refused, a browser is not, and is told that the work is reserved."""

    def test_a_protected_route(self) -> None:
        """Passes."""
        assert_protected(site(), "/tracks/42")
        assert_protected(site(), "/tracks/42", method="HEAD")

    @pytest.mark.parametrize(
        ("app", "path", "problem"),
        [
            (site(), "/tracks/7", "a training crawler (GPTBot) was not refused, it got 200"),
            (answering(), "/tracks/42", "noscrape was not asked, is it in front of this app?"),
            (site(mode="observe"), "/tracks/42", "mode = 'observe' refuses nobody"),
            (site(answering(404)), "/tracks/42", "a browser got 404, so that this says nothing of the route"),
            (site(answering(302, headers=[(b"location", b"/login")])), "/tracks/42", "a browser got 302 to /login"),
            (site(signals={"x_robots_tag": False, "tdm_reservation": False, "content_usage": "off"}), "/tracks/42",
             "none of the headers x-robots-tag, tdm-reservation, content-usage"),
            (site(crawlers={"agents": {"GPTBot": "allow"}}), "/tracks/42", "was not refused"),
            (site(patterns={"quota": [{"name": "few", "limit": "1/day", "action": "refuse"}]}), "/tracks/42", ""),
        ],
    )  # fmt: skip
    def test_one_that_is_not(self, app: App, path: str, problem: str) -> None:
        """Fails, and says why."""
        if not problem:  # one browser, one visit: within the quota
            assert_protected(app, path)
            return
        with pytest.raises(AssertionError) as failed:
            assert_protected(app, path)
        assert str(failed.value).startswith(f"GET {path} is not protected:\n  - ")
        assert problem in str(failed.value)

    def test_a_browser_that_is_refused(self) -> None:
        """A test that passes by refusing everybody would be none."""
        app = site(patterns={"quota": [{"name": "few", "limit": "1/day", "action": "refuse"}]})
        visit(app, "/tracks/42")
        with pytest.raises(AssertionError, match="noscrape refused a browser with 403"):
            assert_protected(app, "/tracks/42")

    def test_inside_a_framework(self) -> None:
        """By `add_middleware`, as most will have it."""

        async def page(request: Request) -> PlainTextResponse:
            return PlainTextResponse("a track")

        async def old(request: Request) -> RedirectResponse:
            return RedirectResponse("/tracks/42")

        app = Starlette(routes=[Route("/tracks/{track_id}", page), Route("/old", old)])
        app.add_middleware(NoScrape, config=ROUTES)
        assert_protected(app, "/tracks/42")


class TestAssertOpen:
    """A training crawler and a browser are both let in, and nothing says that it is reserved."""

    def test_an_open_route(self) -> None:
        """Passes."""
        assert_open(site(), "/tracks/7")
        assert_open(site(), "/")

    @pytest.mark.parametrize(
        ("app", "problem"),
        [
            (site(), "a training crawler (GPTBot) was refused with 403"),
            (site(stance="signal-only"), "says that it is reserved: x-robots-tag: noai, noimageai; tdm-reservation: 1"),
            (site(answering(404)), "a browser got 404"),
        ],
    )
    def test_one_that_is_not(self, app: App, problem: str) -> None:
        """Fails, and says why."""
        with pytest.raises(AssertionError) as failed:
            assert_open(app, "/tracks/42")
        assert str(failed.value).startswith("GET /tracks/42 is not open:\n  - ")
        assert problem in str(failed.value)


def test_the_plugin(tmp_path: Path) -> None:
    """pytest finds the fixture, and a failure shows the test's own line and not the inside of ours."""
    (tmp_path / "test_site.py").write_text(
        "from noscrape import NoScrape\n"
        "from noscrape.testing import assert_open\n"
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
        "site = NoScrape(app, config={'log': {'path': ''}})\n"
        "def test_one(noscrape_visit):\n"
        "    assert noscrape_visit(site, '/', user_agent='GPTBot').refused\n"
        "def test_two():\n"
        "    assert_open(site, '/')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "GPTBot) was refused with 403" in done.stdout
    assert "problems" not in done.stdout


def test_it_needs_no_pytest() -> None:
    """The functions work where pytest is not installed."""
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "import noscrape.testing as t\n"
        "assert not hasattr(t, 'noscrape_visit') and callable(t.assert_protected)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_crawler_is_one_that_is_known() -> None:
    """And the browser is not."""
    app = site(site={"default": "reserved"})
    check: Callable[..., Visit] = visit
    assert check(app, "/", user_agent=TRAINING_CRAWLER).status == 403
    assert check(app, "/").status == 200
