"""Watching visitors: who is found, and who never is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_network

import pytest

from noscrape.crawlers import Claim, Matcher
from noscrape.decision import Finding
from noscrape.patterns import WIDTH, Kind, Settings, Stop, Thresholds, Visit, Watch
from noscrape.patterns.evidence import Field
from noscrape.request import Facts, Headers
from noscrape.site import builtin_catalog
from noscrape.tracks import Place
from noscrape.words import Action, Serves

NOW = 1_800_000_000.0
MATCHER = Matcher(builtin_catalog())
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3 Safari/605.1.15"
)
TOOL = "python-requests/2.32.3"


def pairs(*items: tuple[str, str]) -> Headers:
    return [(name.encode(), value.encode()) for name, value in items]


def browser(user_agent: str = CHROME, *, site: str = "same-origin", hints: bool = True) -> Headers:
    found = [("host", "x"), ("user-agent", user_agent), ("accept", "text/html"), ("accept-language", "en")]
    if hints:
        found += [("sec-ch-ua", "x"), ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")]
        found += [("sec-fetch-dest", "document")]
    return pairs(*found, ("accept-encoding", "gzip"))


BARE = pairs(("host", "x"), ("user-agent", TOOL), ("accept-encoding", "gzip"), ("accept", "*/*"), ("connection", "x"))


class Town:
    """A site and its visitors. Time goes on with every request."""

    def __init__(self, **settings: object) -> None:
        self.watch = Watch(Settings(**settings), unlisted=MATCHER.unlisted)  # type: ignore[arg-type]
        self.now = NOW

    def visit(
        self,
        track: str = "",
        *,
        client: str = "203.0.113.7",
        agent: str = CHROME,
        headers: Headers | None = None,
        serves: Serves = Serves.PAGE,
        path: str = "",
        address: str = "",
        trusted: bool = True,
        protected: bool = True,
        method: str = "GET",
        routed: bool = True,
    ) -> Visit:
        place = Place((track,) if track else (), serves, routed=routed)
        data = agent.encode("latin-1")
        facts = Facts(method, path or f"/{serves.value}/{track}", "", b"", data, headers, client)
        claim: Claim | None = MATCHER.claim_of(data)
        return Visit(client, place, facts, claim, address or client, trusted, protected)

    def ask(self, visit: Visit, *, status: int = 200, sent: int | None = 20_000, after: float = 1.0) -> Finding | None:
        """One request, answered where nothing stops it."""
        self.now += after
        finding = self.watch.observe(visit, self.now)
        if finding is None or not finding.enforced:
            self.watch.delivered(visit, self.now, status=status, sent=sent)
        return finding

    def listen(
        self, client: str, tracks: Iterable[str], *, agent: str = CHROME, headers: Headers | None = None
    ) -> None:
        """A person: pages with what they need, and the music."""
        for track in tracks:
            shown = browser(agent) if headers is None else headers
            page = self.visit(track, client=client, agent=agent, headers=shown)
            assert not stopped(self.ask(page, after=20.0))
            for serves in (Serves.ARTWORK, Serves.ASSET, Serves.ASSET):
                self.ask(self.visit(track, client=client, agent=agent, serves=serves), after=0.1)
            for _ in range(3):
                media = self.visit(track, client=client, agent=agent, serves=Serves.MEDIA)
                assert not stopped(self.ask(media, sent=400_000, after=20.0))

    def people(self, count: int, tracks: int = 20, *, referers: bool = False) -> None:
        """So many listeners, of three browsers, each from a network of its own."""
        for number in range(count):
            agent = (CHROME, FIREFOX, SAFARI)[number % 3]
            headers = [*browser(agent), (f"x-{number % 3}".encode(), b"x")]
            headers += pairs(("referer", "https://x/")) if referers else []
            names = [str(1_000_000 + (number * 7 + track) % 40) for track in range(tracks)]
            self.listen(f"60.{number // 250}.{number % 250}.1", names, agent=agent, headers=headers)

    def scrape(self, count: int, *, first: int = 0, after: float = 2.0, **visit: object) -> tuple[int, Finding | None]:
        """Pages one after the other, by ids that nobody could guess: how many it had until it was stopped."""
        for number in range(count):
            finding = self.ask(self.visit(f"id-{(first + number) * 7919}", **visit), after=after)  # type: ignore[arg-type]
            if stopped(finding):
                return number, finding
        return count, None


def stopped(finding: Finding | None) -> bool:
    return finding is not None and finding.enforced


class TestScrapers:
    """Who is found."""

    @pytest.mark.parametrize(
        ("agent", "headers"),
        [
            (TOOL, BARE),
            (CHROME, browser(hints=False)),
            ("", BARE),
            (CHROME.replace("Chrome", "HeadlessChrome"), browser()),
        ],
        ids=["a library", "a browser's name", "nobody", "a headless browser"],
    )
    def test_from_one_address(self, agent: str, headers: Headers) -> None:
        """Pages without what they need, which no link led to, and no music."""
        town = Town()
        town.people(80)
        had, finding = town.scrape(300, agent=agent, headers=headers)
        assert had <= 80
        assert finding is not None
        assert (Action.REFUSE, "patterns") == (finding.action, finding.setting)

    def test_however_slow(self) -> None:
        """Rate is the wrong axis."""
        town = Town()
        town.people(80)
        had, _ = town.scrape(300, agent=CHROME, headers=browser(hints=False), after=45.0)
        assert had <= 120

    def test_a_new_user_agent_each_time(self) -> None:
        """Its address has a record of its own."""
        town = Town()
        town.people(80)
        had = 0
        for number in range(400):
            agent = CHROME.replace("141", str(100 + number % 97)) + f" Edg/{number}"
            had += not stopped(town.ask(town.visit(f"id-{number}", agent=agent, headers=browser(agent, hints=False))))
        assert had < 120
        assert Kind.NETWORK in {stop.kind for stop in town.watch.stops.current(town.now)}

    def test_many_addresses_in_one_order(self) -> None:
        """One tool behind many names leaves one mark."""
        town = Town()
        town.people(80)
        had = 0
        for number in range(1_500):
            agent = (CHROME, FIREFOX, SAFARI)[number % 3]
            client = f"70.1.{number % 10}.9"
            headers = browser(agent, hints=False)
            visit = town.visit(f"id-{number}", client=client, agent=agent, headers=headers)
            had += not stopped(town.ask(visit, after=3.0))
        assert had <= 0.15 * 1_500
        assert Kind.FINGERPRINT in {stop.kind for stop in town.watch.stops.current(town.now)}

    def test_a_walk_by_number(self) -> None:
        """Albums make runs of ten to thirty; nobody listens to two hundred ids in their order."""
        town = Town()
        town.people(80)
        for number in range(300):
            finding = town.ask(town.visit(str(number), agent=TOOL, headers=BARE), after=2.0)
            if stopped(finding):
                break
        v = town.watch.clients.numbers
        assert max(v[row * WIDTH + Field.LONGEST_RUN] for row in range(len(town.watch.clients))) >= 5

    def test_the_trap_after_robots_txt(self) -> None:
        """One who was told, went where nobody goes, and in a hurry."""
        town = Town(trap="/hidden")
        robots = town.visit(path="/robots.txt", agent=TOOL, headers=BARE)
        town.watch.read_robots(robots, NOW)
        found = [town.ask(town.visit(str(n), agent=TOOL, headers=BARE), after=0.2) for n in range(20)]
        found.append(town.ask(town.visit(path="/hidden", agent=TOOL, headers=BARE), after=0.2))
        found.append(town.ask(town.visit(path="/hidden", agent=TOOL, headers=BARE), after=0.2))
        assert stopped(found[-1])
        assert "policy 4.0" in (found[-1] or found[0]).measured  # type: ignore[union-attr]

    def test_an_impostor_is_no_declared_crawler(self) -> None:
        """A name that is contradicted saves nobody."""
        town = Town()
        town.people(80)
        agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        had, _ = town.scrape(300, agent=agent, headers=BARE, trusted=False)
        assert had < 80

    def test_what_it_had_is_told_once(self) -> None:
        """In the line in which it is stopped; the others name the stop."""
        town = Town()
        town.people(80)
        had, finding = town.scrape(300, agent=TOOL, headers=BARE)
        assert finding is not None
        assert (str(had), "client") == (finding.evidence["touched"], finding.evidence["kind"])
        assert finding.evidence["tracks"].startswith("id-7919, id-15838")
        again = town.ask(town.visit("id-1", agent=TOOL, headers=BARE))
        assert again is not None
        assert {"stop": finding.evidence["stop"], "kind": "client"} == again.evidence
        assert again.retry_after_seconds < 900

    def test_the_data_behind_the_pages(self) -> None:
        """Data of many tracks with no picture, and no music."""
        town = Town()
        town.people(80)
        had, finding = town.scrape(300, agent=TOOL, headers=BARE, serves=Serves.DATA)
        assert had <= 80
        assert finding is not None
        assert "with 0 pictures" in finding.measured

    def test_a_downloader(self) -> None:
        """Audio that nothing has shown, faster than it can be heard, by a library."""
        town = Town()
        town.people(80)
        had, finding = _fetch(town, 200, after=3.0)
        assert had <= 80
        assert finding is not None
        assert "tracks fetched, faster than they can be heard" in finding.measured


def _fetch(town: Town, count: int, **other: object) -> tuple[int, Finding | None]:
    """Whole tracks of 200 seconds each: how many it had until it was stopped."""
    visit: dict[str, object] = {"agent": TOOL, "headers": BARE} | other
    after = visit.pop("after")
    for number in range(count):
        media = town.visit(f"audio-{number}", serves=Serves.MEDIA, **visit)  # type: ignore[arg-type]
        town.now += after  # type: ignore[operator]
        finding = town.watch.observe(media, town.now)
        if stopped(finding):
            return number, finding
        town.watch.delivered(media, town.now, status=200, sent=3_200_000, seconds=200.0)
    return count, None


class TestPeople:
    """Who never is."""

    def test_curiosity(self) -> None:
        """A person who reads robots.txt, and looks at what it closes, on a site of which nothing is known yet."""
        town = Town(trap="/hidden")
        town.watch.read_robots(town.visit(path="/robots.txt", headers=browser(hints=False)), NOW)
        for number in range(150):
            page = town.visit(f"id-{number}", headers=browser(hints=False))
            assert not stopped(town.ask(page, after=10.0 + 7.0 * (number % 7)))
            if number in (1, 2):
                assert not stopped(town.ask(town.visit(path="/hidden", headers=browser(hints=False)), after=3.0))

    def test_a_library_taken_along(self) -> None:
        """Everything that somebody has marked, for a journey, by the app that shows it; or by one that only plays."""
        app = pairs(("host", "x"), ("user-agent", "Shop/4 (iPhone)"), ("accept", "*/*"), ("accept-encoding", "gzip"))
        for shown in (0, 4):
            town = Town()
            town.people(80)
            for number in range(shown):
                town.ask(town.visit(f"list-{number}", agent="Shop/4 (iPhone)", headers=app, serves=Serves.DATA))
            assert (600, None) == _fetch(town, 600, agent="Shop/4 (iPhone)", headers=app, after=2.0)

    def test_an_office_with_an_app_that_nobody_else_has(self) -> None:
        """Thirty at one address, by an app that says which HTTP library it is made with: it shows what it plays."""
        town = Town()
        town.people(80)
        for number in range(600):
            data = town.visit(f"id-{number % 50}", agent="okhttp/4.12.0", headers=BARE, serves=Serves.DATA)
            assert not stopped(town.ask(data, after=5.0))
            town.ask(town.visit(agent="okhttp/4.12.0", serves=Serves.ARTWORK), after=0.1)
            media = town.visit(f"audio-{number}", agent="okhttp/4.12.0", headers=BARE, serves=Serves.MEDIA)
            assert not stopped(town.watch.observe(media, town.now))
            town.watch.delivered(media, town.now, status=200, sent=3_200_000, seconds=200.0)

    def test_a_library_that_plays_as_it_is_heard(self) -> None:
        """A loudspeaker of one's own, all day long."""
        town = Town()
        town.people(80)
        assert (300, None) == _fetch(town, 300, after=200.0)

    def test_data_with_pictures(self) -> None:
        """An app that shows much to somebody who plays nothing."""
        town = Town()
        town.people(80)
        for number in range(300):
            data = town.visit(f"id-{number}", agent="Shop/4 (iPhone)", serves=Serves.DATA, headers=BARE)
            assert not stopped(town.ask(data, after=5.0 + number % 7))
            town.ask(town.visit(agent="Shop/4 (iPhone)", serves=Serves.ARTWORK), after=0.1)

    def test_listeners(self) -> None:
        """Nobody of those who play."""
        town = Town()
        town.people(150, tracks=30)
        assert 0 == len(town.watch.stops)

    @pytest.mark.parametrize(
        "agent", ["Googlebot/2.1 (+http://www.google.com/bot.html)", "OwnBot/1 (+https://x.example)"]
    )
    def test_who_says_what_it_is(self, agent: str) -> None:
        """A declared crawler reads everything, without images; rules for its name decide about it."""
        town = Town()
        town.people(80)
        assert (500, None) == town.scrape(500, agent=agent, headers=BARE)

    def test_a_school_behind_one_address(self) -> None:
        """Makes pace, and nothing else."""
        town = Town()
        town.people(80)
        for number in range(3_000):
            visit = town.visit(str(number % 60), headers=browser())
            assert not stopped(town.ask(visit, after=0.2))
            town.ask(town.visit(serves=Serves.ASSET), after=0.0)
            if number % 10 == 0:
                town.ask(town.visit(str(number % 60), serves=Serves.MEDIA), sent=400_000, after=0.0)

    def test_a_class_that_hears_one_track_together(self) -> None:
        """Thirty of the same computers behind one address look at much, and play the same few tracks."""
        town = Town()
        town.people(80)
        for number in range(40):
            for _ in range(8):
                assert not stopped(town.ask(town.visit(f"lesson-{number}", headers=browser()), after=0.6))
                town.ask(town.visit(serves=Serves.ASSET), after=0.0)
            if number < 3:
                for _ in range(30):
                    assert not stopped(
                        town.ask(town.visit("one-track", serves=Serves.MEDIA), sent=1_600_000, after=0.5)
                    )

    def test_who_reads_and_never_plays(self) -> None:
        """Shows one family: sixty pages with all that they need, by links."""
        town = Town()
        town.people(80)
        for number in range(200):
            page = town.visit(f"id-{number}", headers=browser())
            assert not stopped(town.ask(page, after=10.0 + 7.0 * (number % 7)))
            for _ in range(2):
                town.ask(town.visit(serves=Serves.ASSET), after=0.1)

    def test_a_text_browser(self) -> None:
        """Loads no images and no scripts, and follows links."""
        town = Town()
        town.people(80)
        headers = [*pairs(("host", "x"), ("accept", "*/*"), ("accept-encoding", "gzip"), ("accept-language", "en"))]
        headers += pairs(("user-agent", "Lynx/2.9.0"), ("referer", "https://x/"))
        assert (150, None) == town.scrape(150, agent="Lynx/2.9.0", headers=headers, after=40.0)

    def test_an_order_that_people_have_too(self) -> None:
        """A campaign that came first, in the very order of a browser's headers, makes no mark of them."""
        town = Town()
        names = (CHROME, FIREFOX, SAFARI)

        def campaign(count: int) -> int:
            had = 0
            for number in range(count):
                agent = names[number % 3]
                headers = [*browser(agent), (b"x-0", b"x")]
                visit = town.visit(f"id-{town.now}", client=f"70.{number % 200}.1.9", agent=agent, headers=headers)
                had += not stopped(town.ask(visit, after=1.0))
            return had

        campaign(600)
        town.people(80)
        campaign(600)
        for number in range(40):
            headers = [*browser(CHROME), (b"x-0", b"x")]
            page = town.visit(f"new-{number}", client=f"71.{number}.1.9", headers=headers)
            assert not stopped(town.ask(page, after=10.0))

    @pytest.mark.parametrize("referers", [True, False])
    def test_who_keeps_silent_about_links(self, referers: bool) -> None:
        """Where the site forbids referers, and where a reader of text does: it is told by fetch metadata alone."""
        town = Town()
        town.people(80, referers=referers)
        lynx = pairs(("host", "x"), ("accept", "*/*"), ("accept-encoding", "gzip"), ("accept-language", "en"))
        assert (150, None) == town.scrape(150, agent="Lynx/2.9.0", headers=lynx, after=40.0)
        old = SAFARI.replace("18.3", "15.6")
        for number in range(150):
            page = town.visit(f"id-{number}", agent=old, headers=browser(old, hints=False))
            assert not stopped(town.ask(page, after=10.0 + 7.0 * (number % 7)))
            for _ in range(2):
                town.ask(town.visit(agent=old, serves=Serves.ASSET), after=0.1)

    def test_podcasts(self) -> None:
        """Downloads and feeds are no evidence, however many."""
        town = Town()
        for serves in (Serves.DOWNLOAD, Serves.FEED):
            assert (300, None) == town.scrape(300, agent=TOOL, headers=BARE, serves=serves, after=0.1)
        assert 0 == len(town.watch.clients)

    def test_a_player_of_another_name(self) -> None:
        """Pages by one program, and the music by another, at one address."""
        town = Town()
        town.people(80)
        player = "AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_gb)"
        for number in range(120):
            page = town.visit(f"id-{number}", headers=browser(hints=False))
            assert not stopped(town.ask(page, after=20.0))
            for _ in range(3):
                media = town.visit(f"id-{number}", agent=player, serves=Serves.MEDIA)
                assert not stopped(town.ask(media, sent=400_000, after=20.0))
        assert 0 == len(town.watch.stops)

    def test_nobody_knows_whom(self) -> None:
        """A client without a key is not watched."""
        town = Town()
        assert (300, None) == town.scrape(300, client="", agent=TOOL, headers=BARE)

    def test_a_network_that_is_exempt(self) -> None:
        """Until its day; after it, as all others."""
        until = NOW + 1e6
        town = Town(exempt=((ip_network("203.0.113.0/24"), until),))
        town.people(80)
        assert (1_000, None) == town.scrape(1_000, agent=TOOL, headers=BARE)
        town.now = until
        had, _ = town.scrape(1_000, agent=TOOL, headers=BARE)
        assert had < 200

    def test_what_is_sent_and_not_fetched(self) -> None:
        """Scripts tell a site a great deal; a client that is stopped may not even that."""
        town = Town()
        town.people(80)
        assert (300, None) == town.scrape(300, agent=TOOL, headers=BARE, method="POST")
        town.scrape(300, agent=TOOL, headers=BARE)
        assert stopped(town.ask(town.visit("id-1", agent=TOOL, headers=BARE, method="POST")))

    def test_what_a_script_fetches_is_no_page(self) -> None:
        """Where no route says what a path is for: a site of one page needs no images with its data."""
        town = Town(by_path=True)
        fetched = [*pairs(("host", "x"), ("user-agent", CHROME), ("accept", "*/*"), ("sec-fetch-mode", "cors"))]
        for number in range(5):
            town.ask(town.visit(path=f"/api/{number}", headers=fetched, routed=False))
        assert (4.0, 0.0) == (
            town.watch.clients.numbers[Field.DOCUMENTS],
            town.watch.clients.numbers[Field.PAGES],
        )

    def test_a_browser_that_looks_ahead(self) -> None:
        """Of somebody in good standing, what nobody has asked for is not counted."""
        town = Town()
        town.listen("203.0.113.7", ["1", "2", "3"])
        before = town.watch.clients.numbers[Field.DOCUMENTS]
        for number in range(50):
            ahead = [*browser(), (b"sec-purpose", b"prefetch")]
            assert not stopped(town.ask(town.visit(f"ahead-{number}", headers=ahead)))
        assert before == town.watch.clients.numbers[Field.DOCUMENTS]


class TestCredit:
    """Playing is hearing."""

    @pytest.mark.parametrize(("sent", "played"), [(1, 0.0), (30_000, 0.0), (70_000, 1.0)])
    def test_bytes(self, sent: int, played: float) -> None:
        """A few bytes of a track are no play."""
        town = Town()
        for _ in range(2):
            town.ask(town.visit("1", serves=Serves.MEDIA), status=206, sent=sent)
        assert played == town.watch.clients.numbers[Field.PLAYED]

    def test_a_range_that_nobody_counted(self) -> None:
        """A log without sizes: `bytes=0-0` is not playing, and no range is."""
        for asked, played in ((b"bytes=0-0", 0.0), (b"bytes=0-", 1.0)):
            town = Town()
            for _ in range(2):
                town.ask(town.visit("1", serves=Serves.MEDIA, headers=[(b"range", asked)]), sent=None)
            assert played == town.watch.clients.numbers[Field.PLAYED]

    def test_pieces_of_one_track_are_one_play(self) -> None:
        """And another track is another."""
        town = Town()
        for number in range(60):
            town.ask(town.visit(str(number // 30), serves=Serves.MEDIA), status=206, sent=50_000)
        assert 2.0 == town.watch.clients.numbers[Field.PLAYED]
        assert 2.0 == town.watch.clients.numbers[Field.TOUCHED]

    def test_what_was_not_delivered(self) -> None:
        """Is no play."""
        town = Town()
        for _ in range(3):
            town.ask(town.visit("1", serves=Serves.MEDIA), status=404, sent=100_000)
        assert 0.0 == town.watch.clients.numbers[Field.PLAYED]


class TestStops:
    """What a stop does."""

    def found(self, **settings: object) -> Town:
        town = Town(**settings)
        town.people(80)
        town.scrape(300, agent=TOOL, headers=BARE)
        return town

    def test_it_ends_and_comes_back_longer(self) -> None:
        """Where its client goes on."""
        town = self.found()
        town.now += 900.0
        assert not stopped(town.ask(town.visit("id-1", agent=TOOL, headers=BARE)))
        _, finding = town.scrape(300, first=1_000, agent=TOOL, headers=BARE)
        assert finding is not None
        assert 3_590 < finding.retry_after_seconds <= 3_600

    def test_a_track_that_is_playing_is_not_cut(self) -> None:
        """Its pieces go on; another track does not begin."""
        town = Town()
        town.people(80)
        for number in range(300):
            town.ask(town.visit("mine", agent=TOOL, headers=BARE, serves=Serves.MEDIA), status=206, sent=9_000)
            if stopped(town.ask(town.visit(f"id-{number}", agent=TOOL, headers=BARE))):
                break
        assert 1 == len(town.watch.stops)
        assert not stopped(town.ask(town.visit("mine", agent=TOOL, headers=BARE, serves=Serves.MEDIA)))
        assert stopped(town.ask(town.visit("other", agent=TOOL, headers=BARE, serves=Serves.MEDIA)))

    @pytest.mark.parametrize("by", ["id", "key", "address"])
    def test_lifted(self, by: str) -> None:
        """And what led to it is forgotten: it does not come back with the next page."""
        town = self.found()
        (stop,) = town.watch.stops.current(town.now)
        assert (stop,) == town.watch.lift(getattr(stop, by))
        had, _ = town.scrape(10, first=5_000, agent=TOOL, headers=BARE)
        assert 10 == had

    def test_where_nothing_is_protected(self) -> None:
        """A stopped client may have what is open."""
        town = self.found()
        assert town.ask(town.visit("id-1", agent=TOOL, headers=BARE, protected=False)) is None

    def test_observed(self) -> None:
        """`mode = "observe"` for patterns alone: found, told, and let through."""
        town = self.found(enforced=False)
        finding = town.ask(town.visit("id-9", agent=TOOL, headers=BARE))
        assert finding is not None
        assert not finding.enforced

    def test_a_detector_that_is_observed_stops_nobody(self) -> None:
        """What is left without it is not enough."""
        town = self.found(observed=frozenset({"tool", "assets", "links"}))
        finding = town.ask(town.visit("id-9", agent=TOOL, headers=BARE))
        assert finding is not None
        assert not finding.enforced

    def test_a_detector_that_is_off_says_nothing(self) -> None:
        """Not even in words."""
        town = Town(off=frozenset({"tool", "assets", "links"}))
        town.people(80)
        had, finding = town.scrape(300, agent=TOOL, headers=BARE)
        assert (300, None) == (had, finding)

    def test_good_clients_under_a_network_that_is_stopped(self) -> None:
        """Go on; newcomers share a small budget."""
        town = Town()
        town.people(80)
        for number in range(400):
            agent = CHROME + f" Edg/{number}"
            town.ask(town.visit(f"id-{number}", agent=agent, headers=browser(agent, hints=False)))
        assert Kind.NETWORK in {stop.kind for stop in town.watch.stops.current(town.now)}
        good = FIREFOX
        had = 0
        for track in range(3):
            had += not stopped(town.ask(town.visit(str(track), agent=good, headers=browser(good)), after=60.0))
            for _ in range(3):
                town.ask(town.visit(str(track), agent=good, serves=Serves.MEDIA), sent=400_000, after=60.0)
        assert 3 == had
        assert not any(
            stopped(town.ask(town.visit(f"new-{n}", agent=good, headers=browser(good)), after=10.0)) for n in range(20)
        )

    def test_told_by_another_process(self) -> None:
        """A stop that began there holds here, and no longer than there."""
        town = self.found()
        (stop,) = town.watch.stops.current(town.now)
        other = Town()
        other.now = town.now
        other.watch.take(stop)
        assert stopped(other.ask(other.visit("id-1", agent=TOOL, headers=BARE)))
        other.now = stop.until
        assert not stopped(other.ask(other.visit("id-1", agent=TOOL, headers=BARE)))

    def test_an_account(self) -> None:
        """Is known by itself, whatever its address."""
        town = Town()
        town.people(80)
        for number in range(300):
            address = f"70.1.{number % 200}.1"
            visit = town.visit(f"id-{number}", client="account 7", address=address, agent=TOOL, headers=BARE)
            if stopped(town.ask(visit)):
                break
        assert ["account 7"] == [stop.client for stop in town.watch.stops.current(town.now)]


class Board:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.published: list[Stop] = []
        self.suspects: list[tuple[str, Sequence[float]]] = []

    def publish(self, stop: Stop) -> None:
        self.published.append(stop)

    def lift(self, target: str) -> None:
        """Nobody lifts here."""

    def suspect(self, key: str, sums: Sequence[float]) -> None:
        self.suspects.append((key, sums))


class TestSeveralProcesses:
    """What processes tell each other."""

    def test_four_see_as_much_as_one(self) -> None:
        """Sums of a suspect are merged, so that it is stopped after about as many tracks."""
        towns, board = [Town() for _ in range(4)], Board()
        totals: dict[str, list[float]] = {}
        for town in towns:
            town.people(80)
            town.watch.board = board
        had = 0
        for number in range(600):
            town = towns[number % 4]
            town.now = NOW + 1e6 + 2.0 * number
            if stopped(town.ask(town.visit(f"id-{number}", agent=TOOL, headers=BARE))):
                break
            had += 1
            while board.suspects:
                key, sums = board.suspects.pop()
                before = totals.get(key, [0.0] * WIDTH)
                totals[key] = [a + b for a, b in zip(before, sums, strict=True)]
                for other in towns:
                    other.watch.merge(key, totals[key])
        assert had < 80
        assert 1 == len(board.published)


class TestHostile:
    """What a client cannot do."""

    def test_forge_a_site_into_blindness(self) -> None:
        """Forwarded headers from strangers make pace inert, and nothing else."""
        town = Town()
        forged = [*BARE, (b"x-forwarded-for", b"1.2.3.4")]
        for number in range(300):
            town.ask(town.visit(f"id-{number}", client=f"70.2.{number % 250}.1", headers=forged, agent="x"), after=0.1)
        assert town.watch.proxied
        town = Town(proxies=True)
        for number in range(300):
            town.ask(town.visit(f"id-{number}", headers=forged, agent="x"), after=0.1)
        assert not town.watch.proxied

    def test_teach_the_site_from_one_place(self) -> None:
        """Good visitors of one network are three at most, until there are many others."""
        town = Town()
        for number in range(60):
            agent = f"{CHROME} x/{number}"
            town.listen(
                "60.9.9.9", [str(track) for track in range(6)], agent=agent, headers=browser(agent, hints=False)
            )
        assert town.watch.trust.good <= 3

    def test_a_spray_of_addresses(self) -> None:
        """Records keep to their bounds."""
        town = Town(bounds=(500, 200, 100))
        for number in range(5_000):
            client = f"{number % 200 + 1}.{number // 200 % 200}.{number % 7}.9"
            for _ in range(2):
                town.ask(town.visit("1", client=client, agent=f"a{number}", headers=browser()), after=0.01)
        watch = town.watch
        assert (500, 200, True) == (len(watch.clients), len(watch.networks), len(watch.orders) <= 100)

    def test_clocks_that_jump(self) -> None:
        """Back by a year and forth by ten: nobody is stopped for it, and nothing fails."""
        town = Town()
        for jump in (0.0, -3e7, 3e8, -3e8):
            town.now += jump
            for track in range(20):
                visit = town.visit(str(track), headers=browser())
                assert not stopped(town.ask(visit))
                town.ask(town.visit(serves=Serves.ASSET))

    def test_merged_sums_of_another_width(self) -> None:
        """Are passed over, and so are those of nobody."""
        town = Town()
        town.watch.merge("00000000000000aa", [1.0])
        town.watch.merge("00000000000000aa", [1.0] * WIDTH)
        assert {} == town.watch._others


def test_thresholds_are_settings() -> None:
    """A higher one lets more through."""
    had = []
    for stop in (9.1, 11.0):
        town = Town(thresholds=Thresholds(stop=stop))
        town.people(80)
        had.append(town.scrape(300, agent=TOOL, headers=BARE)[0])
    assert had[0] < had[1]


def test_settings_change_while_it_runs() -> None:
    """What has been counted stays."""
    town = Town()
    town.people(80)
    town.scrape(300, agent=TOOL, headers=BARE)
    town.watch.configure(replace(town.watch.settings, enforced=False), unlisted=MATCHER.unlisted, shown=str)
    assert 1 == len(town.watch.stops)
    assert town.watch.trust.warm


def test_status() -> None:
    """What is trusted and what is not, with the reason."""
    town = Town(off=frozenset({"clockwork"}), observed=frozenset({"pace"}))
    town.people(80)
    status = town.watch.status()
    assert (True, True) == (status["warm"], status["good"] >= 50)
    assert ("off", "observe", "on") == tuple(status["traits"][name]["state"] for name in ("clockwork", "pace", "trap"))
    assert status["records"]["client"] >= 80
    assert "play through the app" in status["playback"]
