"""One configuration at work: what it makes of places, statements and crawlers, for every shell alike."""

from pathlib import Path
from typing import Any

import pytest

from noscrape.config import load
from noscrape.crawlers import CAP_BYTES
from noscrape.errors import ConfigError, NoScrapeError
from noscrape.policy import Case, decide
from noscrape.readers import NOTHING, CallableReader
from noscrape.request import Facts
from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, UNSTATED, Reservation, Terms
from noscrape.signals import robots
from noscrape.site import (
    Judgement,
    Sent,
    Site,
    builtin_catalog,
    catalog_of,
    emission_of,
    own_paths,
    policy_of,
    quotas_of,
    reader_of,
    terms_words,
    waits_for_restart,
)
from noscrape.site.documents import robots_policy
from noscrape.standards import robots_txt
from noscrape.tracks import UNJUDGEABLE, Place
from noscrape.words import PURPOSES, Action, Answer, Mode, Purpose, Serves, Stance, Voice
from tests.asgi import FIREFOX, GPTBOT, SIGNALS, Clock
from tests.readers.audio import audio

ROUTES = {"tracks": {"routes": [{"path": "/tracks/{track_id}"}]}}
TRACK = Place(("42",), Serves.PAGE, routed=True)
NOWHERE = Place((), Serves.PAGE)


def site_of(settings: dict[str, Any] | None = None, **more: Any) -> Site:
    return Site(load(settings or {}), clock=more.pop("clock", Clock()), **more)


def facts_of(path: str = "/tracks/42", agent: bytes | None = FIREFOX, **more: Any) -> Facts:
    given = {"method": "GET", "root_path": "", "query": b"", "headers": [], "peer": "198.51.100.7"} | more
    return Facts(path=path, user_agent=agent, **given)


def judged(site: Site, facts: Facts, said: Reservation = NOTHING) -> Judgement:
    return site.judge(facts, site.place(facts), said, site.clock())


class TestPlace:
    """Which work a request asks for."""

    def test_by_path(self) -> None:
        """The route table's answer."""
        assert site_of(ROUTES).place(facts_of()).tracks == ("42",)

    @pytest.mark.parametrize(("host", "tracks"), [(b"a.example", ("42",)), (b"b.example", ()), (None, ())])
    def test_by_host(self, host: bytes | None, tracks: tuple[str, ...]) -> None:
        """Where a route names one."""
        site = site_of({"tracks": {"routes": [{"path": "/tracks/{id}", "host": "a.example"}]}})
        headers = [] if host is None else [(b"host", host)]
        assert site.place(facts_of(headers=headers)).tracks == tracks

    def test_by_query(self) -> None:
        """Ids also come there."""
        site = site_of({"tracks": {"routes": [{"path": "/download", "track": "query:id", "serves": "download"}]}})
        assert site.place(facts_of("/download", query=b"id=42&x=1")).tracks == ("42",)

    @pytest.mark.parametrize(
        ("settings", "path", "own"),
        [
            ({}, "/robots.txt", True),
            ({}, "/", False),
            ({"site": {"policy": "https://music.example/ai"}}, "/ai", True),
            ({"site": {"licence": "https://music.example/license.xml"}}, "/license.xml", True),
            ({"site": {"policy": "https://music.example/"}}, "/", False),
            ({"site": {"policy": "https://music.example"}}, "/", False),
            ({"site": {"policy": "https://music.example/tracks/42"}, **ROUTES}, "/tracks/42", False),
            ({"tracks": {"routes": [{"path": "/.well-known/{track_id}"}]}}, "/.well-known/42", False),
        ],
    )
    def test_documents_that_tell_the_rules(self, settings: dict[str, Any], path: str, own: bool) -> None:
        """Never the front page, and never a track's route."""
        assert site_of(settings).place(facts_of(path)).own is own


class TestSaid:
    """What the owner said, or None where it has to be read."""

    def test_without_a_track_nothing_is(self) -> None:
        """And there is nothing to read."""
        assert site_of().said(NOWHERE, 0.0) is NOTHING

    def test_a_path_that_cannot_be_judged_is_the_most_protected(self) -> None:
        """Whatever the site's default, and without a read."""
        site = site_of({"site": {"default": "open"}, "tracks": {"default": "open"}})
        said = site.said(UNJUDGEABLE, 0.0)
        assert said is not None
        assert site.ruling(UNJUDGEABLE, said).terms == RESERVED

    async def test_one_of_several_that_is_unknown_has_to_be_read(self) -> None:
        """The most protective of them all is what holds."""
        site = site_of(ROUTES, readers=[CallableReader(lambda track, scope: track == "7")])
        both = Place(("42", "7"), Serves.LIST, routed=True)
        assert site.said(both, site.clock()) is None
        await site.read(TRACK, {})
        assert site.said(both, site.clock()) is None
        assert (await site.read(both, {})).terms == RESERVED
        known = site.said(both, site.clock())
        assert known is not None
        assert known.terms == RESERVED
        await site.reservations.close()


class TestRuling:
    """What a statement leaves unsaid is filled from the operator's defaults."""

    @pytest.mark.parametrize(
        ("site_default", "track_default", "place", "said", "expected"),
        [
            ("reserved", "open", NOWHERE, NOTHING, RESERVED),
            ("open", "reserved", NOWHERE, NOTHING, OPEN),
            ("reserved", "open", TRACK, NOTHING, OPEN),
            ("open", "reserved", TRACK, NOTHING, RESERVED),
            ("open", "open", TRACK, Reservation(UNSTATED, "sql", missing=True), RESERVED),
            ("open", "open", TRACK, Reservation(RESERVED, "sql"), RESERVED),
            ("reserved", "reserved", TRACK, Reservation(OPEN, "sql"), OPEN),
            ("open", "reserved", TRACK, Reservation(NO_TRAINING, "sql"), RESERVED),
            (
                "reserved",
                "open",
                TRACK,
                Reservation(NO_TRAINING, "sql"),
                Terms(reserved=NO_TRAINING.reserved, open=PURPOSES - NO_TRAINING.reserved),
            ),
        ],
    )
    def test_the_defaults(
        self, site_default: str, track_default: str, place: Place, said: Reservation, expected: Terms
    ) -> None:
        """A path that is no track's takes the site's, a track its own; a row that is missing is never open."""
        site = site_of({"site": {"default": site_default}, "tracks": {"default": track_default}})
        assert site.ruling(place, said).terms == expected

    def test_it_is_made_once(self) -> None:
        """The same terms, the same lines and decisions."""
        site = site_of(ROUTES)
        assert site.ruling(TRACK, Reservation(RESERVED, "a")) is site.ruling(TRACK, Reservation(RESERVED, "b"))
        assert site.ruling(TRACK, NOTHING).signals == SIGNALS

    def test_observe_mode_emits_nothing(self) -> None:
        """It changes no byte."""
        assert site_of({"mode": "observe"}).ruling(TRACK, NOTHING).signals == ()


class TestJudge:
    """Who is asking, how have they been behaving, so what do we do."""

    @pytest.mark.parametrize(
        ("settings", "facts", "rule", "action"),
        [
            ({}, facts_of(agent=GPTBOT), "purpose:training", Action.REFUSE),
            ({}, facts_of(), "default", Action.ALLOW),
            ({}, facts_of(agent=None), "default", Action.ALLOW),
            ({}, facts_of("/robots.txt", GPTBOT), "own-documents", Action.ALLOW),
            ({}, facts_of("/robots.txt", GPTBOT, method="POST"), "purpose:training", Action.REFUSE),
            ({"site": {"default": "open"}}, facts_of(agent=GPTBOT), "open", Action.ALLOW),
            ({"stance": "signal-only"}, facts_of(agent=GPTBOT), "default", Action.ALLOW),
            ({"crawlers": {"training": "signal"}}, facts_of(agent=GPTBOT), "purpose:training", Action.ALLOW),
            ({"crawlers": {"agents": {"GPTBot": "allow"}}}, facts_of(agent=GPTBOT), "agent:GPTBot", Action.ALLOW),
            ({"crawlers": {"agents": {"gptbot": "refuse"}}, "site": {"default": "open"}}, facts_of(agent=GPTBOT),
             "agent:GPTBot", Action.REFUSE),
            ({"clients": {"partners": ["198.51.100.0/24"]}}, facts_of(agent=GPTBOT), "partner", Action.ALLOW),
            ({"clients": {"partners": ["192.0.2.0/24"]}}, facts_of(agent=GPTBOT), "purpose:training", Action.REFUSE),
            ({"crawlers": {"extra": [{"token": "AcmeHarvester", "purpose": "dataset"}]}},
             facts_of(agent=b"AcmeHarvester/1"), "purpose:dataset", Action.REFUSE),
        ],
    )  # fmt: skip
    def test_the_rules_in_their_order(self, settings: dict[str, Any], facts: Facts, rule: str, action: Action) -> None:
        """The table of `policy`, with the configuration's settings."""
        decision = judged(site_of(settings), facts).decision
        assert (decision.rule, decision.action) == (rule, action)

    def test_a_partner_behind_a_trusted_proxy(self) -> None:
        """By the address that the proxy saw; and not by a forwarded header that anybody sends."""
        site = site_of({"clients": {"partners": ["192.0.2.0/24"], "trusted_proxies": ["10.0.0.5"]}})
        forwarded = [(b"x-forwarded-for", b"192.0.2.7")]
        assert judged(site, facts_of(agent=GPTBOT, headers=forwarded, peer="10.0.0.5")).decision.rule == "partner"
        assert judged(site, facts_of(agent=GPTBOT, headers=forwarded)).decision.rule == "purpose:training"

    def test_a_quota_counts_by_the_clock_that_is_handed_in(self) -> None:
        """The site reads no clock to judge."""
        site = site_of({"patterns": {"quota": [{"name": "few", "limit": "1/minute"}]}})
        facts = facts_of()
        rules = [site.judge(facts, NOWHERE, NOTHING, now).decision.rule for now in (0.0, 30.0, 180.0)]
        assert rules == ["default", "quota:few", "default"]
        assert site.counters["findings"] == 1

    def test_what_is_open_is_not_counted(self) -> None:
        """A quota protects reserved works."""
        site = site_of({"site": {"default": "open"}, "patterns": {"quota": [{"name": "few", "limit": "1/day"}]}})
        assert [judged(site, facts_of()).decision.rule for _ in range(3)] == ["open"] * 3

    def test_who_is_refused_is_not_counted(self) -> None:
        """A listener behind the same address pays for no crawler."""
        site = site_of({"patterns": {"quota": [{"name": "few", "limit": "1/day"}]}})
        for _ in range(5):
            judged(site, facts_of(agent=GPTBOT))
        assert judged(site, facts_of()).decision.rule == "default"


class TestAnswered:
    """The app's own answer may reserve more."""

    def test_it_is_judged_again(self) -> None:
        """The same request, under the stricter terms."""
        site = site_of({"site": {"default": "open"}, "tracks": {"default": "open", **ROUTES["tracks"]}})
        before = judged(site, facts_of(agent=GPTBOT))
        after = site.answered(before, NO_TRAINING, "header:x-robots-tag", 7.0)
        assert (before.decision.rule, after.decision.rule) == ("open", "purpose:training")
        assert (after.said.source, after.said.by) == ("default+header:x-robots-tag", Voice.OWNER)
        assert site.said(TRACK, 8.0) == Reservation(NO_TRAINING, "header:x-robots-tag", Voice.OWNER, 7.0)

    def test_nothing_is_counted_twice(self) -> None:
        """One request is one access."""
        site = site_of({"patterns": {"quota": [{"name": "few", "limit": "2/day"}]}})
        for _ in range(2):
            judgement = judged(site, facts_of())
            assert site.answered(judgement, NO_TRAINING, "header:x", 0.0).decision.rule == "default"

    def test_what_was_allowed_by_name_stays_allowed(self) -> None:
        """A partner's contract is not undone by a header."""
        site = site_of({"clients": {"partners": ["198.51.100.0/24"]}, "site": {"default": "open"}})
        judgement = judged(site, facts_of(agent=GPTBOT))
        assert site.answered(judgement, NO_TRAINING, "header:x", 0.0).decision.rule == "partner"


class TestEvent:
    """What is remembered of a request."""

    def test_nothing_is_made_up(self) -> None:
        """What is not known is None, and no crawler is verified by its name."""
        site = site_of()
        facts = facts_of(agent=None, peer=None)
        event = site.event(facts, judged(site, facts), 7.0, support_id="abc", sent=Sent())
        assert (event.client, event.user_agent, event.token, event.verification, event.status, event.bytes) == (
            None,
            None,
            None,
            None,
            None,
            None,
        )

    def test_the_client_is_the_one_behind_the_proxy(self) -> None:
        """In full: the log shows as much of it as it is told to."""
        site = site_of({"clients": {"trusted_proxies": ["10.0.0.5"]}})
        facts = facts_of(peer="10.0.0.5", headers=[(b"x-forwarded-for", b"198.51.100.99")])
        assert site.event(facts, judged(site, facts), 7.0, support_id="", sent=Sent()).client == "198.51.100.99"

    @pytest.mark.parametrize("agent", [b"\x00", b"\xff" * CAP_BYTES, b"\x1b[2J", b"a\nb", "é\u202e".encode()], ids=repr)
    def test_any_bytes_make_one_line(self, agent: bytes) -> None:
        """In ASCII, so that no terminal is moved by them."""
        site = site_of()
        facts = facts_of("/\udcff\x1b\n", agent)
        line = site.event(facts, judged(site, facts), 7.0, support_id="", sent=Sent()).to_json()
        assert line.isascii()
        assert line.isprintable()

    def test_the_configuration_and_the_catalog_are_named(self) -> None:
        """So that a decision can be traced to what was in force."""
        site = site_of()
        event = site.event(facts_of(), judged(site, facts_of()), 7.0, support_id="", sent=Sent())
        assert (event.config, event.catalog) == (site.loaded.digest, site.catalog.version)


class TestReplaced:
    """One site follows another when the configuration changes."""

    def test_what_outlives_it(self) -> None:
        """Counters, caches and counts; the matcher as long as the list of crawlers is the same."""
        first = site_of()
        second = site_of({"stance": "no-ai"}, previous=first)
        assert second.counters is first.counters
        assert second.reservations is first.reservations
        assert second.counts is first.counts
        assert second.matcher is first.matcher

    def test_a_new_crawler_makes_a_new_matcher(self) -> None:
        """Its verdicts were cached under the old list."""
        first = site_of()
        judged(first, facts_of(agent=b"AcmeHarvester/1"))
        second = site_of({"crawlers": {"extra": [{"token": "AcmeHarvester", "purpose": "training"}]}}, previous=first)
        assert judged(second, facts_of(agent=b"AcmeHarvester/1")).decision.rule == "purpose:training"

    @pytest.mark.parametrize(
        ("settings", "waiting"),
        [
            ({}, ()),
            ({"stance": "no-ai", "tracks": {"default": "open"}}, ()),
            ({"log": {"record": ["all"]}}, ()),
            ({"log": {"path": "other.jsonl"}}, ("log",)),
            ({"tracks": {"cache_seconds": 1.0, "on_failure": "open"}}, ("tracks.cache_seconds", "tracks.on_failure")),
            ({"patterns": {"clients": 500}}, ("patterns.clients",)),
        ],
    )
    def test_what_waits_for_a_restart(self, settings: dict[str, Any], waiting: tuple[str, ...]) -> None:
        """And is told."""
        assert waits_for_restart(load({}).config, load(settings).config) == waiting


class TestSettings:
    """From the configuration's words to what each room needs."""

    def test_the_policy(self) -> None:
        """Tokens by any case."""
        config = load(
            {"stance": "no-ai", "mode": "observe", "crawlers": {"search": "allow", "agents": {"GPTBot": "observe"}}}
        ).config
        policy = policy_of(config)
        assert (policy.stance, policy.mode) == (Stance.NO_AI, Mode.OBSERVE)
        assert (policy.purposes, policy.agents) == ({Purpose.SEARCH: Answer.ALLOW}, {"gptbot": Answer.OBSERVE})

    def test_the_emission(self) -> None:
        """Each signal can be switched off."""
        emission = emission_of(load({"signals": {"content_usage": "off", "x_robots_tag": False}}).config)
        assert [name for name, _ in emission.lines(RESERVED)] == [b"tdm-reservation"]

    @pytest.mark.parametrize(
        ("action", "mode", "expected"),
        [
            ("throttle", "enforce", (Action.THROTTLE, True)),
            ("refuse", "enforce", (Action.REFUSE, True)),
            ("observe", "enforce", (Action.THROTTLE, False)),
            ("refuse", "observe", (Action.REFUSE, False)),
        ],
    )
    def test_the_quotas(self, action: str, mode: str, expected: tuple[Action, bool]) -> None:
        """A quota that observes has no effect, nor has any where the patterns observe."""
        quota = {"name": "few", "limit": "1/day", "action": action}
        (made,) = quotas_of(load({"patterns": {"mode": mode, "quota": [quota]}}).config)
        assert (made.action, made.enforced) == expected
        assert made.setting == "patterns.quota.0"

    def test_own_paths(self) -> None:
        """What the configuration points to, beside those that every origin has."""
        site = {"policy": "https://music.example/ai?x=1", "licence": "https://music.example/license.xml#a"}
        assert list(own_paths(load({"site": site}).config)) == ["/ai", "/license.xml"]

    def test_a_crawler_of_the_operators_own(self) -> None:
        """It replaces a built-in one of the same token, and is found in user agents."""
        extra = [{"token": "gptbot", "purpose": "search", "operator": "Acme", "match": ["AcmeBot"]}]
        catalog = catalog_of(load({"crawlers": {"extra": extra}}), builtin_catalog())
        found = catalog.find("GPTBot")
        assert found is not None
        assert (found.operator, found.purpose, found.match) == ("Acme", Purpose.SEARCH, ("AcmeBot",))
        assert len(catalog.crawlers) == len(builtin_catalog().crawlers)

    def test_terms_in_words(self) -> None:
        """Each purpose, as the log spells it."""
        terms = Terms(reserved=frozenset({Purpose.TRAINING}), open=frozenset({Purpose.SEARCH}))
        words = terms_words(terms)
        assert (words["training"], words["search"], words["agent"], len(words)) == (
            "reserved",
            "open",
            "unstated",
            len(Purpose),
        )

    def test_a_reader_that_cannot_be_made(self) -> None:
        """Told when the site is built, with the key."""
        pytest.importorskip("sqlalchemy", reason="needs noscrape[sql]")
        reader = {"kind": "sql", "url": "mystery+async://x/y", "query": "SELECT 1 FROM t WHERE id = :track_id"}
        with pytest.raises(NoScrapeError, match=r"tracks\.reader"):
            site_of({"tracks": {"reader": reader}})


def test_the_catalog_is_a_value() -> None:
    """Apps that share it share nothing that can change."""
    assert builtin_catalog() is builtin_catalog()
    assert hash(builtin_catalog().crawlers[0]) is not None
    with pytest.raises(AttributeError):
        builtin_catalog().crawlers = ()  # type: ignore[misc]  # what is tested


class TestReaders:
    """Where reservations are read, as the configuration and the app name it."""

    def test_none(self) -> None:
        """Then nobody is asked."""
        assert reader_of(load({})) is None
        assert reader_of(load({"tracks": {"files": {"xmp": True}}})) is None

    @pytest.mark.sql
    @pytest.mark.files
    def test_all(self, tmp_path: Path) -> None:
        """The app's own first, then the database, then the files."""
        tracks = {
            "reader": {"kind": "sql", "url": "sqlite+aiosqlite://", "query": "SELECT :track_id"},
            "files": {"paths": [f"{tmp_path}/{{track_id}}.mp3"]},
        }

        found = reader_of(load({"tracks": tracks}), [CallableReader(lambda track, scope: None)])

        assert found is not None
        assert "reader+sql+file" == found.source

    @pytest.mark.files
    async def test_a_file_reserves_what_the_app_leaves_open(self, tmp_path: Path) -> None:
        """The most restrictive of several, with its sources."""
        (tmp_path / "42.mp3").write_bytes(audio("mp3", {"Content-Usage": "train-ai=n"}))
        site = site_of(
            ROUTES,
            readers=[CallableReader(lambda track, scope: False)],
            file_of=lambda track: tmp_path / f"{track}.mp3",
        )

        said = await site.read(TRACK, {})

        assert (NO_TRAINING.reserved, "reader+file") == (said.terms.reserved, said.source)

    @pytest.mark.files
    def test_a_missing_file_of_anchors_is_fatal_at_the_start(self, tmp_path: Path) -> None:
        """With its setting."""
        files = {"paths": ["{track_id}.mp3"], "c2pa_anchors": str(tmp_path / "absent.pem")}

        with pytest.raises(ConfigError, match=r"tracks\.files\.c2pa_anchors: .*absent\.pem cannot be read"):
            site_of({"tracks": {"files": files}})


class TestDocuments:
    """What is said of the site as a whole, from the policy that also decides."""

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"stance": "no-ai"},
            {"stance": "signal-only"},
            {"crawlers": {"agents": {"GPTBot": "allow", "Googlebot": "refuse"}}},
            {"crawlers": {"search": "refuse", "training": "observe"}},
            {"crawlers": {"extra": [{"token": "AcmeHarvester", "purpose": "training"}]}},
            {"site": {"default": "open"}, "tracks": {"routes": [{"path": "/tracks/{id}"}]}},
            {"mode": "observe"},
        ],
        ids=str,
    )
    def test_robots_txt_refuses_just_whom_requests_are_refused(self, settings: dict[str, Any]) -> None:
        """Each crawler that has a token of its own, on a track and elsewhere."""
        loaded = load(settings)
        site = site_of(settings | {"mode": "enforce"})
        read = robots_txt.parse(robots.generated(robots_policy(loaded.config, site.catalog)))

        for crawler in site.catalog.crawlers:
            shared = [one for one in site.catalog.crawlers if one.robots_token == crawler.robots_token and one.bot]
            if not crawler.robots_token or not crawler.bot:
                continue
            for path in ("/tracks/42", "/about"):
                ruling = site.ruling(site.place(facts_of(path)), NOTHING)
                decisions = [decide(Case(ruling.terms, crawlers=(one,)), site.policy) for one in shared]
                refused = all(decision.stops for decision in decisions)
                assert refused is not read.allows(crawler.robots_token, path), (crawler.token, path)

    def test_a_crawler_stays_out_for_no_other(self) -> None:
        """Two that share a token, of which one is refused: neither is told to stay away."""
        settings = {"crawlers": {"agent": "refuse"}}
        site = site_of(settings)
        policy = robots_policy(site.loaded.config, site.catalog)

        told = {token for refused in policy.refused for token in refused.tokens}

        assert "Claude-User" not in told

    @pytest.mark.parametrize(
        ("settings", "signal"),
        [
            ({}, "ai-train=no"),
            ({"stance": "no-ai"}, "ai-input=no, ai-train=no"),
            ({"crawlers": {"search": "refuse", "assistant": "refuse"}}, "ai-input=no, ai-train=no"),
            ({"stance": "no-ai", "crawlers": {"assistant": "signal"}}, "ai-train=no"),
            ({"signals": {"content_signal": False}}, ""),
        ],
    )
    def test_content_signal_denies_what_is_refused(self, settings: dict[str, Any], signal: str) -> None:
        """`ai-input` only where both of those that it speaks of are."""
        site = site_of(settings)

        (statement,) = robots_policy(site.loaded.config, site.catalog).statements

        assert signal == statement.signal
