"""What is asked, in which order: few questions, to one host alone, each for a reason."""

import pytest

from noscrape.crawlers import Crawler, Kind
from noscrape.errors import NoScrapeError
from noscrape.probe import Answer, Asker, Question, Visit, probe
from noscrape.probe.visit import LISTENER_AGENT, user_agent
from tests.probe.world import (
    CATALOG,
    HTML,
    JSON,
    PAGE,
    PLAIN,
    REFUSED,
    ROBOTS,
    SERVED,
    Reply,
    Site,
    look,
    pages,
    paths,
    robots,
    rules,
)

PAGES_OF_A_GOOD_SITE = ["listener /tracks/42", "crawler /tracks/42", "listener /tracks/42"]
DOCUMENTS = ["listener /robots.txt", "crawler /robots.txt", "crawler /.well-known/tdmrep.json"]


def asked_of(*sites: Site) -> tuple[list[str], Visit]:
    questions: list[Question] = []
    visit = look(*sites, asked=questions)
    return [f"{question.asker.value} {question.address.target}" for question in questions], visit


def test_a_good_site() -> None:
    """The page as both, the listener once more, robots.txt as both, tdmrep.json."""
    asked, visit = asked_of()
    assert PAGES_OF_A_GOOD_SITE + DOCUMENTS == asked
    assert (200, 403) == (visit.pages.listener.status, visit.pages.crawler.status)
    assert 6 == len(visit.answers)


def test_who_asks() -> None:
    """A browser's user agent, and the crawler's own; of pages no body is read."""
    questions: list[Question] = []
    look(asked=questions)
    assert {(question.asker, question.agent) for question in questions} == {
        (Asker.LISTENER, LISTENER_AGENT),
        (
            Asker.CRAWLER,
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        ),
    }
    assert [0, 0, 0, 512_001, 512_001, 512_001] == [question.most_bytes for question in questions]


@pytest.mark.parametrize(
    ("site", "asked"),
    [
        (pages(SERVED, SERVED), ["listener /tracks/42", "crawler /tracks/42", "crawler /tracks/42?fresh=0"]),
        (pages(REFUSED, REFUSED), ["listener /tracks/42", "crawler /tracks/42", "listener /tracks/42?fresh=0"]),
        (pages(Reply(429), REFUSED), ["listener /tracks/42", "crawler /tracks/42"]),
        (pages(Reply(404), Reply(404)), ["listener /tracks/42", "crawler /tracks/42"]),
        (pages(SERVED, Reply(None, problem="no answer")), PAGES_OF_A_GOOD_SITE),
        (
            lambda question: SERVED if question.address.target == "/tracks/42" else None,
            [
                "listener /tracks/42",
                "crawler /tracks/42",
                "crawler /tracks/42?fresh=0",
                "listener /tracks/42?fresh=1",
                "listener /tracks/42?fresh=0",
            ],
        ),
    ],
    ids=["let in", "refused", "throttled", "missing", "no answer", "by a cache"],
)
def test_questions_about_the_page(site: Site, asked: list[str]) -> None:
    """As many as tell something."""
    assert asked + DOCUMENTS == asked_of(site)[0]


def test_a_query_stays() -> None:
    """What keeps caches out is added to it."""
    questions: list[Question] = []
    look(pages(SERVED, SERVED), page=PAGE.at("/tracks/42?a=1"), asked=questions)
    assert "/tracks/42?a=1&fresh=0" == questions[2].address.target


def test_a_site_that_cannot_be_reached() -> None:
    """The first question ends it; what the other side sent is escaped."""
    questions: list[Question] = []
    with pytest.raises(NoScrapeError, match=r"^music\.example: what came is no HTTP: '\\x1b\[2J'$"):
        look(pages(Reply(None, problem="what came is no HTTP: '\x1b[2J'")), asked=questions)
    assert 1 == len(questions)


class TestRedirects:
    """Of documents they are followed, on the same host."""

    def test_on_the_same_host(self) -> None:
        """To the end, which is what is read; relative ones, too."""
        moved = Reply(301, (("location", "other.txt"),))
        asked, visit = asked_of(paths({"/robots.txt": moved, "/other.txt": Reply(200, PLAIN, ROBOTS)}))
        assert ["listener /robots.txt", "listener /other.txt", "crawler /robots.txt", "crawler /other.txt"] == asked[
            3:7
        ]
        assert (1, "", ROBOTS) == (
            visit.robots_crawler.redirects,
            visit.robots_crawler.elsewhere,
            visit.robots_crawler.text,
        )

    @pytest.mark.parametrize(
        ("location", "elsewhere"),
        [
            ("https://other.example/robots.txt", "https://other.example/robots.txt"),
            ("//other.example/robots.txt", "https://other.example/robots.txt"),
            ("http://music.example/robots.txt", "http://music.example/robots.txt"),
            ("https://music.example:8443/", "https://music.example:8443/"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("https://[", "https://["),
        ],
    )
    def test_to_another_host(self, location: str, elsewhere: str) -> None:
        """It is told, and never asked."""
        questions: list[Question] = []
        visit = look(robots(Reply(302, (("location", location),))), asked=questions)
        assert {"music.example"} == {question.address.authority for question in questions}
        assert (1, elsewhere) == (visit.robots_crawler.redirects, visit.robots_crawler.elsewhere)

    def test_in_a_circle(self) -> None:
        """Five are followed."""
        asked, visit = asked_of(robots(Reply(302, (("location", "/robots.txt"),))))
        assert 6 == asked.count("crawler /robots.txt")
        assert (6, "https://music.example/robots.txt") == (
            visit.robots_crawler.redirects,
            visit.robots_crawler.elsewhere,
        )

    @pytest.mark.parametrize("reply", [Reply(301), Reply(304, (("location", "/a"),))])
    def test_that_lead_nowhere(self, reply: Reply) -> None:
        """The answer is what it is."""
        visit = look(robots(reply))
        assert (0, reply.status) == (visit.robots_crawler.redirects, visit.robots_crawler.last.status)

    def test_of_the_page(self) -> None:
        """They are not followed: it is not the page that was asked about."""
        asked, _ = asked_of(pages(Reply(301, (("location", "/elsewhere"),))))
        assert ["listener /tracks/42", "crawler /tracks/42", *DOCUMENTS] == asked


def test_there_is_an_end_to_it() -> None:
    """However many redirects a site has to offer: five of robots.txt, two of everything else."""
    named = (("link", "</license.xml>; rel=license"), ("tdm-policy", "/ai"))

    def site(question: Question) -> Reply | None:
        target = question.address.target
        if not target.startswith(PAGE.target):
            return Reply(302, (("location", target + "x"),))
        fresh_crawler = question.asker is Asker.CRAWLER and "?" in target
        return REFUSED if fresh_crawler else SERVED.plus(*named)

    asked, visit = asked_of(site)
    assert 26 == len(asked)
    assert "https://music.example/.well-known/tdmrep.jsonxxx" == visit.tdmrep.elsewhere


class TestDocuments:
    """Licence and policy are asked for as the crawler, wherever they are named."""

    LICENCE = "https://music.example/license.xml"

    def test_of_headers(self) -> None:
        """Each once, though both answers name them."""
        signals = (
            ("link", f'<{self.LICENCE}>; rel="license"; type="application/rsl+xml"'),
            ("tdm-policy", "https://music.example/ai"),
        )
        asked, visit = asked_of(pages(SERVED.plus(*signals), REFUSED.plus(*signals)))
        assert ["crawler /license.xml", "crawler /ai"] == asked[-2:]
        assert [
            ("licence", self.LICENCE, ("Link",), True, True),
            ("policy", "https://music.example/ai", ("tdm-policy",), True, True),
        ] == self.summed_up(visit)

    def test_of_documents(self) -> None:
        """robots.txt names licences, tdmrep.json policies; only those that hold for the page."""
        told = (
            b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "/ai"}, {"location": "/x", "tdm-policy": "/no"}]'
        )
        asked, visit = asked_of(robots(Reply(200, PLAIN, b"License: /license.xml\n")), rules(Reply(200, JSON, told)))
        assert ["crawler /license.xml", "crawler /ai"] == asked[-2:]
        assert [
            ("licence", "/license.xml", ("robots.txt",), True, True),
            ("policy", "/ai", ("tdmrep.json",), True, True),
        ] == self.summed_up(visit)

    def test_of_a_refusal(self) -> None:
        """It names the policy by a link."""
        _, visit = asked_of(pages(crawler=REFUSED.plus(("link", '<https://music.example/ai>; rel="describedby"'))))
        assert [("policy", "https://music.example/ai", ("Link",), True, True)] == self.summed_up(visit)

    def test_on_other_hosts_and_in_numbers(self) -> None:
        """What is elsewhere is not asked for, of several only the first one is, and of many three are told."""
        urls = ["https://other.example/l", "mailto:me", "/a", "/b", *(f"/{number}" for number in range(400))]
        asked, visit = asked_of(pages(SERVED.plus(*(("link", f"<{url}>; rel=license") for url in urls))))
        assert ["crawler /a"] == asked[6:]
        assert [
            ("licence", "https://other.example/l", ("Link",), False, False),
            ("licence", "mailto:me", ("Link",), False, False),
            ("licence", "/a", ("Link",), True, True),
        ] == self.summed_up(visit)
        asked, visit = asked_of(pages(SERVED.plus(*(("link", f"<{url}>; rel=license") for url in urls[2:]))))
        assert ["crawler /a"] == asked[6:]
        assert [True, False, False] == [document.fetched is not None for document in visit.documents]

    def summed_up(self, visit: Visit) -> list[tuple[str, str, tuple[str, ...], bool, bool]]:
        return [
            (each.kind, each.url, each.named_by, each.on_this_host, each.fetched is not None)
            for each in visit.documents
        ]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, PLAIN, b"x"),
        Reply(200, HTML, b"x"),
        Reply(200, PLAIN, b"\xef\xbb\xbf \n<!doctype html>"),
        Reply(200, (*PLAIN, ("content-encoding", "gzip")), b"\x1f\x8b"),
        Reply(None, problem="no answer"),
    ],
    ids=["missing", "html", "html as text", "packed", "none"],
)
def test_what_is_no_text(reply: Reply) -> None:
    """It is not read as one."""
    assert look(robots(reply)).robots_crawler.text is None


def test_between_two_questions_there_is_a_pause() -> None:
    """Between, and neither before the first nor after the last."""
    told: list[str] = []

    def ask(question: Question) -> Answer:
        told.append("ask")
        return Answer(question, 404)

    crawler = CATALOG.find("GPTBot")
    assert crawler is not None
    probe(PAGE, crawler=crawler, controls=(), ask=ask, pause=lambda: told.append("pause"), fresh=lambda: "x")
    assert ["ask", *["pause", "ask"] * 4] == told


class TestUserAgents:
    """What a crawler calls itself."""

    def test_that_of_the_catalog(self) -> None:
        """The first example, which its operator documents."""
        crawler = CATALOG.find("CCBot")
        assert crawler is not None
        assert crawler.examples[0] == user_agent(crawler)

    def test_that_of_an_own_entry(self) -> None:
        """It may have none."""
        assert "Mozilla/5.0 (compatible; AcmeHarvester/1.0)" == user_agent(Crawler("AcmeHarvester", "Acme", Kind.AI))

    def test_a_control_token_has_none(self) -> None:
        """Nobody asks as Google-Extended."""
        control = CATALOG.find("Google-Extended")
        assert control is not None
        with pytest.raises(NoScrapeError, match=r"^Google-Extended is a word for robots\.txt"):
            user_agent(control)


def test_all_answers_are_told() -> None:
    """Those of redirects and documents, too."""
    link = ("link", "<https://music.example/license.xml>; rel=license")
    visit = look(pages(SERVED.plus(link), SERVED))
    assert (200, 200, 200, 200, 200, 200, 404) == tuple(answer.status for answer in visit.answers)
