"""Who the app says is asking: partners pass, accounts are counted by themselves."""

import asyncio
from typing import Any

import pytest

from noscrape import Account, Event, NoScrape, Partner
from tests.asgi import GPTBOT, App, Clock, Scope, answering, ask, scope_of

QUOTA: dict[str, Any] = {"patterns": {"quota": [{"name": "few", "limit": "2/day"}]}}


def protect(app: App, *, identity: Any = None, events: list[Event] | None = None, **settings: Any) -> NoScrape:
    told = None if events is None else events.append
    return NoScrape(app, config={"log": {"path": ""}} | settings, identity=identity, on_event=told, clock=Clock())


class TestPartners:
    """Exempt by contract."""

    @pytest.mark.parametrize("how", ["callable", "async", "scope"])
    async def test_they_pass_every_rule(self, how: str) -> None:
        """By a callable of either kind, or by the one key of the scope; the log calls them by name."""

        async def later(scope: Scope) -> Partner:
            return Partner("Acme Radio")

        events: list[Event] = []
        identity = {"callable": lambda scope: Partner("Acme Radio"), "async": later, "scope": None}[how]
        app = protect(answering(), identity=identity, events=events, log={"path": "", "record": ["all"]})
        said = {"noscrape.identity": Partner("Acme Radio")} if how == "scope" else {}

        assert 200 == (await ask(app, scope_of(agent=GPTBOT) | said)).status
        assert [("partner", "Acme Radio is a partner, by the app's word")] == [
            (event.rule, event.reason) for event in events
        ]

    async def test_nobody_becomes_one_by_a_header(self) -> None:
        """The key is in the scope, which no client writes."""
        headers = [(b"noscrape.identity", b"Partner('x')"), (b"noscrape-identity", b"x")]
        assert 403 == (await ask(protect(answering()), scope_of(agent=GPTBOT, headers=headers))).status


class TestAccounts:
    """Known, and still counted."""

    async def test_counted_by_account_and_not_by_address(self) -> None:
        """Two at one address have a quota each; one at two addresses has one."""
        app = protect(answering(), identity=lambda scope: Account(scope["user"]), **QUOTA)
        statuses = [
            (await ask(app, scope_of(f"/tracks/{n}", user=user, client=(client, 1)))).status
            for n, (user, client) in enumerate(
                [("ann", "198.51.100.1"), ("ann", "198.51.100.2"), ("ben", "198.51.100.1"), ("ann", "198.51.100.3")]
            )
        ]
        assert [200, 200, 200, 429] == statuses

    async def test_no_account_is_an_address(self) -> None:
        """Whoever names itself like one has a count of its own."""
        app = protect(answering(), identity=lambda scope: scope.get("who"), **QUOTA)
        for n in range(2):
            await ask(app, scope_of(f"/tracks/{n}", who=Account("198.51.100.7")))
        assert 200 == (await ask(app, scope_of("/tracks/9"))).status

    async def test_a_crawler_that_is_signed_in_is_refused_all_the_same(self) -> None:
        """To be known is not to be exempt; the log says who it was."""
        events: list[Event] = []
        app = protect(answering(), identity=lambda scope: Account("ann"), events=events)
        assert 403 == (await ask(app, scope_of(agent=GPTBOT))).status
        assert [("ann", "purpose:training")] == [(event.account, event.rule) for event in events]


class TestFailure:
    """An app that cannot say who is asking: nobody is exempt, and nobody is refused for it."""

    async def test_it_raises(self, caplog: pytest.LogCaptureFixture) -> None:
        """Counted, and told once."""

        def broken(scope: Scope) -> Partner:
            raise LookupError("no session")

        app = protect(answering(), identity=broken)
        for expected, agent in ((403, GPTBOT), (200, b"Firefox/145.0"), (200, b"Firefox/145.0")):
            assert expected == (await ask(app, scope_of(agent=agent))).status
        assert (3, 1) == (app.counters["failures"], caplog.text.count("identity failed"))

    async def test_it_takes_too_long(self) -> None:
        """Its time limit is the configuration's."""

        async def never(scope: Scope) -> Partner:
            await asyncio.Event().wait()
            return Partner("late")

        app = protect(answering(), identity=never, clients={"identity_timeout_seconds": 0.001})
        assert 403 == (await ask(app, scope_of(agent=GPTBOT))).status
        assert 1 == app.counters["failures"]

    @pytest.mark.parametrize("said", ["partner", True, {"name": "x"}, 7])
    async def test_it_says_something_else(self, said: object, caplog: pytest.LogCaptureFixture) -> None:
        """A word of another type, also under the key in the scope, is no exemption."""
        app = protect(answering())
        scope = scope_of(agent=GPTBOT) | {"noscrape.identity": said}
        assert 403 == (await ask(app, scope)).status
        assert "identity is of no known type" in caplog.text

    async def test_each_type_is_told_once(self, caplog: pytest.LogCaptureFixture) -> None:
        """One fault does not hide another; all are counted."""
        app = protect(answering(), identity=lambda scope: scope["said"])
        for said in ("ann", 7, "ben", 8):
            await ask(app, scope_of(said=said))
        assert 4 == app.counters["failures"]
        told = [record.message.partition(": ")[2].partition(",")[0] for record in caplog.records]
        assert ["got str", "got int"] == [text for text in told if text.startswith("got")]
