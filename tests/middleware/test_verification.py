"""Who claims to be a crawler, through the whole middleware: lists on disk, forwarded addresses, decisions, the log."""

from pathlib import Path
from typing import Any

import pytest

from noscrape import Event, NoScrape
from noscrape.accepted import Accepted, read, write
from noscrape.agreement import disagreements
from noscrape.config import Reloader
from noscrape.site import accept, builtin_catalog, review
from noscrape.verify.snapshots import INDEX, keep
from tests.asgi import FIREFOX, GPTBOT, Answer, App, Clock, answering, ask, scope_of
from tests.verify.nameserver import Nameserver, Silent
from tests.verify.test_ranges import listed

GOOGLEBOT = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
TRUE, FALSE = "66.249.64.7", "8.8.8.8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All lists of Google's, as they were fetched just now; and OpenAI's for GPTBot, which is not complete."""
    urls = {url for each in builtin_catalog().crawlers if each.operator == "Google" for url in each.ranges}
    for url in urls:
        common = "common-crawlers" in url
        keep(tmp_path, url, listed("66.249.64.0/27" if common else "66.102.0.0/24"), fetched=Clock().now, created="")
    gpt = builtin_catalog().find("GPTBot")
    assert gpt is not None
    keep(tmp_path, gpt.ranges[0], listed("20.171.206.0/24"), fetched=Clock().now, created="")
    return tmp_path


def protect(app: App, folder: Path, *, events: list[Event] | None = None, **settings: Any) -> NoScrape:
    verification = {"folder": str(folder)} | settings.pop("verification", {})
    config = {"log": {"path": "", "record": ["all"]}, "verification": verification} | settings
    return NoScrape(app, config=config, on_event=None if events is None else events.append, clock=Clock())


def edit(folder: Path, files: str, data: bytes) -> None:
    """As somebody does who knows better."""
    for file in folder.glob(files):
        file.write_bytes(data)


async def visit(app: NoScrape, address: str, agent: bytes = GOOGLEBOT, **more: Any) -> Answer:
    return await ask(app, scope_of(agent=agent, client=(address, 1), **more))


async def test_a_false_googlebot_is_known_at_once_and_refused_once_a_true_one_was_seen(folder: Path) -> None:
    """Recorded before, for a proxy may hide addresses; the log holds the proof either way."""
    events: list[Event] = []
    app = protect(answering(), folder, events=events)
    statuses = [(await visit(app, address)).status for address in (FALSE, TRUE, FALSE)]
    assert [200, 200, 403] == statuses
    assert ["contradicted", "verified", "contradicted"] == [event.verification for event in events]
    assert [("impostor", False), ("default", True), ("impostor", True)] == [(e.rule, e.enforced) for e in events]
    assert events[2].evidence["how"] == events[2].verified_how
    assert "its address is not in" in str(events[2].verified_how)
    assert not any(FALSE in event.reason + str(event.evidence) for event in events)


async def test_a_listener_beside_them_is_left_alone(folder: Path) -> None:
    """Nothing is claimed, so nothing is looked at."""
    events: list[Event] = []
    app = protect(answering(), folder, events=events)
    assert 200 == (await visit(app, FALSE, FIREFOX)).status
    assert [(None, None)] == [(event.verification, event.verified_how) for event in events]


@pytest.mark.parametrize(
    ("address", "verification"), [("20.171.206.9", "verified"), (FALSE, "unknown"), ("10.0.0.9", "unknown")]
)
async def test_outside_of_a_list_that_may_lack_some(folder: Path, address: str, verification: str) -> None:
    """GPTBot is refused as GPTBot wherever it comes from, and never called false."""
    events: list[Event] = []
    assert 403 == (await visit(protect(answering(), folder, events=events), address, GPTBOT)).status
    assert [("purpose:training", verification)] == [(event.rule, event.verification) for event in events]


async def test_allow_verified_lets_the_true_one_in(folder: Path) -> None:
    """And nobody who only says so."""
    app = protect(answering(), folder, crawlers={"agents": {"GPTBot": "allow-verified"}})
    assert [200, 403] == [(await visit(app, address, GPTBOT)).status for address in ("20.171.206.9", FALSE)]


async def test_the_address_is_the_one_that_the_trusted_proxy_saw(folder: Path) -> None:
    """Forging the header makes nobody a Googlebot, and makes no impostor of a true one."""
    app = protect(answering(), folder, clients={"trusted_proxies": ["10.0.0.5"]})

    async def through(forwarded: bytes) -> int:
        return (await visit(app, "10.0.0.5", headers=[(b"x-forwarded-for", forwarded)])).status

    assert [200, 403, 403, 200] == [
        await through(text) for text in (b"66.249.64.7", b"8.8.8.8", b"66.249.64.7, 8.8.8.8", b"1.1.1.1, 66.249.64.8")
    ]


async def test_nothing_is_disproved_behind_a_proxy_that_nobody_named(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All visitors have its address; the operator is told once which setting is missing."""
    app = protect(answering(), folder)
    for _ in range(3):
        answer = await visit(app, "10.0.0.5", headers=[(b"x-forwarded-for", b"66.249.64.7")])
        assert 200 == answer.status
    assert 1 == caplog.text.count("[clients] trusted_proxies does not name")


@pytest.mark.parametrize(("impostors", "status", "rules"), [("observe", 200, "impostor"), ("off", 200, "default")])
async def test_the_rule_can_be_watched_and_switched_off(folder: Path, impostors: str, status: int, rules: str) -> None:
    """By its name."""
    events: list[Event] = []
    app = protect(answering(), folder, events=events, verification={"impostors": impostors})
    await visit(app, TRUE)
    assert status == (await visit(app, FALSE)).status
    assert rules == events[1].rule


async def test_a_list_that_grows_old_disproves_nothing(folder: Path) -> None:
    """It still proves."""
    events: list[Event] = []
    app = NoScrape(
        answering(),
        config={"log": {"path": "", "record": ["all"]}, "verification": {"folder": str(folder)}},
        on_event=events.append,
        clock=Clock(Clock().now + 8 * 86_400),
    )
    for address in (TRUE, FALSE):
        assert 200 == (await visit(app, address)).status
    assert ["verified", "unknown"] == [event.verification for event in events]


async def test_a_list_that_was_edited_is_told_and_not_used(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The site stays up, and nobody is disproved by what nobody fetched."""
    edit(folder, "*common-crawlers*", listed("8.8.8.0/24"))
    events: list[Event] = []
    app = protect(answering(), folder, events=events)
    assert [200, 200] == [(await visit(app, address)).status for address in (TRUE, FALSE)]
    app.close()
    assert ["unknown", "unknown"] == [event.verification for event in events]
    assert 1 == caplog.text.count("the file is not the one that was fetched")
    (told,) = (fault for fault in disagreements(app.site) if fault.key == "verification.folder")
    assert "fetch it again" in told.problem


async def test_robots_txt_is_never_refused_to_an_impostor(folder: Path) -> None:
    """What tells the rules is open to everybody."""
    app = protect(answering(404), folder)
    await visit(app, TRUE)
    assert [200, 403] == [
        (await ask(app, scope_of(path, agent=GOOGLEBOT, client=(FALSE, 1)))).status for path in ("/robots.txt", "/x")
    ]


async def test_robots_txt_is_logged_with_what_is_known_of_who_asked(folder: Path) -> None:
    """A false one that reads the rules is told from the true one, and the true one's visit counts as one."""
    events: list[Event] = []
    app = protect(answering(404), folder, events=events)
    for address in (FALSE, TRUE):
        assert 200 == (await ask(app, scope_of("/robots.txt", agent=GOOGLEBOT, client=(address, 1)))).status
    asked = [event for event in events if event.kind == "own-document"]
    assert ["contradicted", "verified"] == [event.verification for event in asked]
    assert ["own-documents", "own-documents"] == [event.rule for event in asked]
    assert "its address is not in" in str(asked[0].verified_how)
    assert {"Google"} == app.site.verifier.seen


async def test_an_impostor_is_told_that_it_is_one(folder: Path) -> None:
    """What the crawler does that it is not, is not its own doing."""
    app = protect(answering(), folder)
    await visit(app, TRUE)
    body = (await visit(app, FALSE)).body.decode()
    assert "was found not to be it" in body
    assert "known for" not in body
    assert "Google" not in body


@pytest.mark.parametrize("harm", ["a file", "the index", "no index"])
async def test_what_was_read_before_stays_when_the_folder_is_damaged(
    folder: Path, tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A live change of the configuration loses no list that is in use, and the damage is told."""
    file = tmp_path / "noscrape.toml"
    file.write_text('[log]\npath = ""\n[verification]\nfolder = "."\n')
    app = NoScrape(answering(), config=file, clock=Clock())
    assert [200, 403] == [(await visit(app, address)).status for address in (TRUE, FALSE)]
    if harm == "a file":
        edit(folder, "*common-crawlers*", b"{")
    elif harm == "the index":
        edit(folder, INDEX, b"{")
    else:
        (folder / INDEX).unlink()
    replaced(app, file, 'stance = "no-ai"\n' + file.read_text())
    assert [200, 403] == [(await visit(app, address)).status for address in (TRUE, FALSE)]
    assert "what was read before stays in use" in caplog.text
    app.close()


def replaced(app: NoScrape, file: Path, text: str) -> None:
    """The configuration changes while the app runs."""
    reloader = Reloader(file, app.site.loaded, app._swap, app._keep, tokens=app.site.catalog.tokens)
    file.write_text(text)
    reloader.poll()
    reloader.poll()
    assert app.site.loaded.digest == reloader.current.digest


@pytest.mark.parametrize(
    ("settings", "headers", "told"),
    [
        ({"trusted_proxies": ["10.0.0.5"]}, [], "without X-Forwarded-For"),
        ({"trusted_proxies": ["10.0.0.5"], "header": "X-Real-IP"}, [(b"x-forwarded-for", b"1.1.1.1")], "X-Real-IP"),
        ({"trusted_proxies": ["10.0.0.5"]}, [(b"x-forwarded-for", b"none")], "or with one that tells no address"),
        ({"trusted_proxies": ["10.0.0.5"]}, [], "--no-proxy-headers"),
        ({}, [(b"x-forwarded-for", b"1.1.1.1")], "--no-proxy-headers"),
    ],
    ids=["no header", "another header", "no address", "uvicorn", "uvicorn, and a stranger"],
)
async def test_a_proxy_that_hides_everybody_is_told_once(
    settings: dict[str, Any],
    headers: list[tuple[bytes, bytes]],
    told: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the header that is missing: nobody behind it is counted."""
    app = protect(answering(), tmp_path, clients=settings)
    for _ in range(3):
        await visit(app, "10.0.0.5", FIREFOX, headers=headers)
    assert 1 == caplog.text.count("requests come")
    assert told in caplog.text
    app.close()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"header": "X-Real-IP"}, 1),
        ({}, 0),
        ({"header": "X-Real-IP", "trusted_proxies": ["10.0.0.5"]}, 0),
    ],
    ids=["no proxies", "nothing set", "both"],
)
async def test_a_header_that_is_read_from_nobody_is_told_once(
    settings: dict[str, Any], told: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has no effect without a peer that is trusted to write it."""
    app = protect(answering(), tmp_path, clients=settings)
    for _ in range(3):
        await visit(app, FALSE, FIREFOX)
    assert told == caplog.text.count("[clients] header is set, and no peer is in trusted_proxies")
    app.close()


async def test_observe_mode_changes_nothing(folder: Path) -> None:
    """An impostor is recorded."""
    inner = answering()
    events: list[Event] = []
    app = protect(inner, folder, events=events, mode="observe")
    await visit(app, TRUE)
    assert (await visit(app, FALSE)).messages == list(inner.messages)
    assert ("impostor", False) == (events[1].rule, events[1].enforced)


@pytest.mark.dns
async def test_no_request_waits_for_a_name(folder: Path) -> None:
    """With a name server that never answers, the first request is answered all the same."""
    async with Nameserver(Silent()) as server:
        app = protect(
            answering(), folder / "none", dns={"enabled": True, "servers": [server.address], "timeout_seconds": 30.0}
        )
        assert 200 == (await visit(app, TRUE)).status
        assert app.site.verifier.dns is not None
        assert 1 == app.site.verifier.dns.counters["asked"]
        await app.site.close()


async def test_a_catalog_that_brought_a_crawler_only_watches_it_until_it_is_accepted(tmp_path: Path) -> None:
    """`[crawlers] new = "observe"`: recorded before it is refused."""
    file = tmp_path / "accepted.json"
    known = dict.fromkeys(builtin_catalog().tokens - {"GPTBot"}, "refused")
    write(file, Accepted("before", known))
    events: list[Event] = []
    settings: dict[str, Any] = {"crawlers": {"new": "observe", "accepted": str(file)}}
    app = protect(answering(), tmp_path, events=events, **settings)
    assert [200, 403] == [(await visit(app, FALSE, agent)).status for agent in (GPTBOT, b"CCBot/2.0")]
    assert ("purpose:training", False, "crawlers.new") == (events[0].rule, events[0].enforced, events[0].setting)
    app.close()  # the app tells of it by itself, in a thread
    (told,) = review(app.site)
    assert "1 new, which are only observed until `noscrape crawlers accept`: GPTBot (refused)" in told
    accept(app.site, file)
    assert "GPTBot" in (read(file).actions or {})
    assert 403 == (await visit(protect(answering(), tmp_path, **settings), FALSE, GPTBOT)).status
