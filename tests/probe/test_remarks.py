"""What is made of the answers: each thing that can be wrong, and nothing where nothing is."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.probe import Asker, Question, Severity, remarks
from tests.probe.world import (
    HTML,
    JSON,
    PAGE,
    PLAIN,
    REFUSAL,
    REFUSED,
    ROBOTS,
    SERVED,
    Headers,
    Reply,
    Site,
    grave,
    look,
    pages,
    paths,
    robots,
    rules,
    told,
)

OPEN = Reply(200, HTML)


def test_a_good_site() -> None:
    """It has no problem, and nothing worth a note; what was seen is told."""
    assert {
        "page-served": "a listener gets the page: 200",
        "page-reserved": "it says that training is reserved: X-Robots-Tag, tdm-reservation, Content-Usage",
        "crawler-refused": "GPTBot is refused: 403",
        "refusal-whole": "the refusal has its support id, and no cache may keep it",
        "robots-read": "robots.txt can be read, and is the same for both",
        "tdmrep-read": "tdmrep.json can be read: 1 rule",
        "cache-unseen": "no sign of a cache",
    } == {remark.name: remark.seen for remark in remarks(look())}
    assert set() == grave(look())


def served(*headers: tuple[str, str]) -> Site:
    """A page with these headers, and a crawler that is refused."""
    return pages(Reply(200, headers))


PAGES: dict[str, tuple[Site, set[str]]] = {
    "a listener is refused by noscrape": (pages(REFUSED, REFUSED), {"listener-refused"}),
    "a listener is refused by another": (pages(Reply(403), Reply(403)), {"listener-refused"}),
    "a listener is throttled": (pages(Reply(429), Reply(429)), {"listener-throttled"}),
    "a redirect": (pages(Reply(301, (("location", "/x"),)), Reply(301)), {"page-moved"}),
    "no page": (pages(Reply(404), Reply(404)), {"page-missing"}),
    "an error": (pages(Reply(502), Reply(502)), {"page-missing"}),
    "nothing reserved, and refused": (served(), {"page-silent", "tdmrep-alone"}),
    "nothing reserved, and let in": (
        pages(OPEN, OPEN),
        {"page-silent", "robots-forbids-served", "tdmrep-alone"},
    ),
    "noai for one crawler": (
        served(("x-robots-tag", "googlebot: noai")),
        {"page-silent", "robots-tag-unread", "tdmrep-alone"},
    ),
    "noai with a semicolon": (
        served(("x-robots-tag", "noai; noimageai")),
        {"page-silent", "robots-tag-unread", "tdmrep-alone"},
    ),
    "a colon in the line": (
        served(("x-robots-tag", "noai, max-snippet:0"), ("tdm-reservation", "1")),
        {"robots-tag-colon"},
    ),
    "a merged line": (
        served(("x-robots-tag", "noai, noimageai, googlebot: noindex"), ("tdm-reservation", "1")),
        {"robots-tag-colon"},
    ),
    "a colon in another line": (
        served(("x-robots-tag", "noai"), ("x-robots-tag", "googlebot: noindex"), ("tdm-reservation", "1")),
        {"robots-tag-beside-colon"},
    ),
    "a colon without noai": (served(("x-robots-tag", "googlebot: noindex"), ("tdm-reservation", "1")), set()),
    "capitals": (served(("x-robots-tag", "NoAI"), ("tdm-reservation", "1")), {"robots-tag-case"}),
    "two reservations": (
        served(("tdm-reservation", "1"), ("tdm-reservation", "1"), ("x-robots-tag", "noai")),
        {"tdm-reservation-doubled"},
    ),
    "merged reservations": (
        served(("tdm-reservation", "1, 1"), ("x-robots-tag", "noai")),
        {"tdm-reservation-doubled"},
    ),
    "a reservation that is none": (
        served(("tdm-reservation", "yes"), ("x-robots-tag", "noai")),
        {"tdm-reservation-unset"},
    ),
    "not reserved": (
        served(("tdm-reservation", "0"), ("x-robots-tag", "noai")),
        {"tdm-reservation-zero", "tdmrep-contradicts"},
    ),
    "usage that does not parse": (
        served(("content-usage", "train-ai=n,"), ("tdm-reservation", "1")),
        {"content-usage-malformed"},
    ),
    "usage that allows": (
        served(("content-usage", "train-ai=n, train-ai=y"), ("tdm-reservation", "1")),
        {"content-usage-open"},
    ),
    "usage of another draft": (
        served(("content-usage", "ai-train=no"), ("tdm-reservation", "1")),
        {"content-usage-silent"},
    ),
    "let in though reserved": (pages(SERVED, SERVED), {"crawler-let-in", "robots-forbids-served"}),
    "throttled": (pages(crawler=Reply(429, REFUSAL)), {"crawler-throttled"}),
    "sent elsewhere": (pages(crawler=Reply(302, (("location", "/sorry"),))), {"crawler-moved"}),
    "told that there is none": (pages(crawler=Reply(404)), {"crawler-misled"}),
    "cut off": (pages(crawler=Reply(None, problem="the connection was broken off")), {"crawler-cut-off"}),
    "an error for the crawler": (pages(crawler=Reply(500)), {"crawler-failed"}),
    "refused by another": (pages(crawler=Reply(403)), {"refusal-of-another"}),
    "no-store lost": (
        pages(crawler=Reply(403, (("x-support-id", "1"), ("cache-control", "max-age=60")))),
        {"refusal-storable"},
    ),
    "usage of a refusal": (pages(crawler=REFUSED.plus(("content-usage", "train-ai=n"))), {"refusal-content-usage"}),
}


@pytest.mark.parametrize(("site", "names"), PAGES.values(), ids=PAGES)
def test_pages(site: Site, names: set[str]) -> None:
    """What a listener gets, what it says, and what becomes of the crawler."""
    assert names == grave(look(site))


def test_another_crawler_is_another_matter() -> None:
    """One that searches may come in where training is reserved, when it is told so."""
    assert set() == grave(look(pages(SERVED, SERVED), token="OAI-SearchBot"))
    seen = told(look(pages(SERVED, SERVED), token="OAI-SearchBot"))["crawler-served"].seen
    assert "OAI-SearchBot (search) gets the page, and is told what is reserved" == seen
    assert {"crawler-not-told"} == grave(look(pages(SERVED, OPEN), token="OAI-SearchBot"))


@pytest.mark.parametrize(
    ("listener", "advice"),
    [(REFUSED, "`noscrape explain` tells why"), (Reply(403), "It has no x-support-id, so it was not noscrape")],
)
def test_who_refuses_a_listener(listener: Reply, advice: str) -> None:
    """The support id tells."""
    assert advice in told(look(pages(listener, Reply(403))))["listener-refused"].advice


ROBOTS_FILES: dict[str, tuple[Site, set[str]]] = {
    "missing": (robots(Reply(404)), {"robots-missing"}),
    "refused": (robots(Reply(403)), {"robots-refused"}),
    "refused to the crawler": (robots(Reply(200, PLAIN, ROBOTS), Reply(403)), {"robots-refused"}),
    "refused to listeners": (robots(Reply(403), Reply(200, PLAIN, ROBOTS)), {"robots-differs"}),
    "an error": (robots(Reply(503)), {"robots-failed"}),
    "no answer": (robots(Reply(None, problem="no answer within 20 seconds")), {"robots-failed"}),
    "a page": (robots(Reply(200, HTML, b"<p>404")), {"robots-html"}),
    "a page as text": (robots(Reply(200, PLAIN, b"\n<!doctype html>")), {"robots-html"}),
    "packed": (robots(Reply(200, (*PLAIN, ("content-encoding", "gzip")), b"\x1f\x8b")), {"robots-packed"}),
    "cut": (robots(Reply(200, PLAIN, ROBOTS, whole=False, problem="it ended")), {"robots-cut"}),
    "elsewhere": (robots(Reply(301, (("location", "https://cdn.example/r"),))), {"robots-moved"}),
    "in a circle": (robots(Reply(302, (("location", "/robots.txt"),))), {"robots-redirects"}),
    "different": (robots(Reply(200, PLAIN, ROBOTS + b"#"), Reply(200, PLAIN, ROBOTS)), {"robots-differs"}),
    "no type": (robots(Reply(200, (), ROBOTS)), {"robots-type"}),
    "another type": (robots(Reply(200, (("content-type", "application/octet-stream"),), ROBOTS)), {"robots-type"}),
    "its charset": (robots(Reply(200, (("content-type", "Text/Plain; charset=utf-8"),), ROBOTS)), set()),
    "long": (robots(Reply(200, PLAIN, ROBOTS + b"#" * 512_000, whole=False)), {"robots-long"}),
    "as long as may be": (robots(Reply(200, PLAIN, ROBOTS + b"#" * (512_000 - len(ROBOTS)))), set()),
    "redirected": (
        paths({"/robots.txt": Reply(302, (("location", "/r.txt"),)), "/r.txt": Reply(200, PLAIN, ROBOTS)}),
        {"robots-redirected"},
    ),
    "silent about all": (
        robots(Reply(200, PLAIN, b"User-agent: *\nDisallow: /api/\n")),
        {"robots-allows-refused", "robots-allows-control"},
    ),
    "silent about control tokens": (
        robots(Reply(200, PLAIN, b"User-agent: GPTBot\nDisallow: /\n")),
        {"robots-allows-control"},
    ),
    "silent about the crawler": (
        robots(Reply(200, PLAIN, ROBOTS.replace(b"User-agent: GPTBot\n", b""))),
        {"robots-allows-refused"},
    ),
}


@pytest.mark.parametrize(("site", "names"), ROBOTS_FILES.values(), ids=ROBOTS_FILES)
def test_robots_txt(site: Site, names: set[str]) -> None:
    """Whether everybody can read it, and whether it says what is done."""
    assert names == grave(look(site))


def test_a_page_whose_headers_are_silent() -> None:
    """Nobody looked into the page itself, so that nothing is said of it."""
    refused, let_in = told(look(served()))["page-silent"], told(look(pages(OPEN, OPEN)))["page-silent"]
    assert "GPTBot is refused, but the page's headers reserve nothing" == refused.seen
    assert "the page's headers reserve nothing" == let_in.seen


@pytest.mark.parametrize("location", ["/tracks/42", "42", "https://music.example/tracks/42"])
def test_a_page_that_leads_to_itself(location: str) -> None:
    """However the redirect is written; there is no other address to look at."""
    moved = Reply(302, (("location", location),))
    page, crawler = told(look(pages(moved, moved)))["page-moved"], told(look(pages(crawler=moved)))["crawler-moved"]
    assert ("302 leads to itself", "See what sends it in a circle") == (page.seen, page.advice)
    assert "GPTBot is sent to itself, where a listener gets the page" == crawler.seen


def test_documents_that_lead_to_themselves() -> None:
    """The last redirect tells where it leads, and to where it was asked is nowhere."""
    circle = look(
        robots(Reply(302, (("location", "/robots.txt"),))),
        rules(Reply(302, (("location", "/.well-known/tdmrep.json"),))),
    )
    around = Reply(302, (("location", "/a"),))
    ring = look(paths({"/robots.txt": around, "/a": Reply(302, (("location", "/b"),)), "/b": around}))
    assert told(circle)["robots-redirects"].seen.startswith("robots.txt leads to itself for GPTBot")
    assert "for tdmrep.json there is a redirect to itself" == told(circle)["tdmrep-moved"].seen
    assert "See what sends it in a circle." == told(circle)["tdmrep-moved"].advice
    assert told(ring)["robots-redirects"].seen.startswith("robots.txt leads from redirect to redirect for GPTBot")


def test_a_file_that_was_cut_is_longer_than_what_was_read() -> None:
    """How long it is nobody knows: no more than the limit and one byte is asked for."""
    cut = Reply(200, PLAIN, ROBOTS + b"#" * (512_001 - len(ROBOTS)), whole=False)
    remark = told(look(robots(cut, Reply(200, PLAIN, ROBOTS))))["robots-differs"]
    assert remark.seen.endswith(f"{len(ROBOTS)} bytes for GPTBot, more than 512,000 bytes for a listener")


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://music.example:8443/license.xml", "another origin"),
        ("http://music.example/license.xml", "another origin"),
        ("https://cdn.example/license.xml", "another host"),
        ("https://[/license.xml", "another host"),
    ],
)
def test_where_a_licence_is_that_was_not_asked_for(url: str, where: str) -> None:
    """Behind another port or scheme it is on the same host, and all the same not asked for."""
    visit = look(pages(SERVED.plus(("link", f'<{url}>; rel="license"'))))
    seen = told(visit)["licence-elsewhere"].seen
    assert f"the licence (named by Link) is on {where}, and was not asked for: {url}" == seen


def test_control_tokens_may_be_let_in_where_nothing_is_reserved() -> None:
    """Then there is nothing to tell them."""
    text = Reply(200, PLAIN, b"User-agent: GPTBot\nDisallow: /\n")
    assert "robots-allows-control" not in told(look(served(), robots(text)))


def test_which_control_tokens() -> None:
    """They are named, for nothing else can refuse them."""
    text = Reply(200, PLAIN, b"User-agent: GPTBot\nUser-agent: Google-Extended\nDisallow: /\n")
    remark = told(look(robots(text)))["robots-allows-control"]
    assert "training is reserved, and robots.txt does not say so to Applebot-Extended" == remark.seen


def entry(reservation: int, policy: str = "", location: str = "/") -> str:
    more = f', "tdm-policy": "{policy}"' if policy else ""
    return f'{{"location": "{location}", "tdm-reservation": {reservation}{more}}}'


def tdmrep(*entries: str) -> Site:
    return rules(Reply(200, JSON, f"[{','.join(entries)}]".encode()))


AI, OTHER = "https://other.example/ai", "https://other.example/other"
TDMREPS: dict[str, tuple[Site, set[str]]] = {
    "missing": (rules(Reply(404)), {"tdmrep-missing"}),
    "gone": (rules(Reply(410)), {"tdmrep-missing"}),
    "refused": (rules(Reply(403)), {"tdmrep-refused"}),
    "no answer": (rules(Reply(None, problem="it broke off")), {"tdmrep-refused"}),
    "a page": (rules(Reply(200, HTML, b"<p>")), {"tdmrep-html"}),
    "packed": (rules(Reply(200, (*JSON, ("content-encoding", "br")), b"\x0b")), {"tdmrep-packed"}),
    "elsewhere": (rules(Reply(302, (("location", "https://cdn.example/"),))), {"tdmrep-moved"}),
    "an object": (rules(Reply(200, JSON, b"{}")), {"tdmrep-unread"}),
    "cut": (rules(Reply(200, JSON, b"[]", whole=False, problem="it ended")), {"tdmrep-unread"}),
    "another type": (rules(Reply(200, PLAIN, f"[{entry(1)}]".encode())), {"tdmrep-type"}),
    "says the opposite": (tdmrep(entry(0)), {"tdmrep-contradicts"}),
    "says nothing": (tdmrep(entry(1, location="/x")), {"tdmrep-silent"}),
    "no rule": (tdmrep(), {"tdmrep-silent"}),
    "two readings": (tdmrep(entry(1), entry(0, location="/tracks/")), {"tdmrep-two-readings"}),
    "another policy": (
        lambda question: pages(SERVED.plus(("tdm-policy", AI)))(question) or tdmrep(entry(1, OTHER))(question),
        {"tdmrep-policy", "policy-elsewhere", "policy-several"},
    ),
}


@pytest.mark.parametrize(("site", "names"), TDMREPS.values(), ids=TDMREPS)
def test_tdmrep_json(site: Site, names: set[str]) -> None:
    """Whether it can be read, and agrees with the header."""
    assert names == grave(look(site))


def linked(url: str, reply: Reply) -> Callable[[Question], Reply | None]:
    """A licence, and what stands there."""
    page = pages(SERVED.plus(("link", f'<{url}>; rel="license"; type="application/rsl+xml"')))
    there = paths({"/license.xml": reply})
    return lambda question: page(question) or there(question)


HERE = f"{PAGE.scheme}://{PAGE.host}/license.xml"
DOCUMENTS: dict[str, tuple[Site, set[str]]] = {
    "read": (linked(HERE, Reply(200, (("content-type", "application/rsl+xml"),))), set()),
    "read as xml": (
        linked(HERE, Reply(200, (("content-type", "text/xml"),), b'<rsl xmlns="https://rslstandard.org/rsl">')),
        set(),
    ),
    "no licence": (linked(HERE, Reply(200, HTML, b"<p>")), {"licence-type"}),
    "refused": (linked(HERE, Reply(403)), {"licence-unread"}),
    "missing": (linked(HERE, Reply(404)), {"licence-unread"}),
    "moved": (linked(HERE, Reply(301, (("location", "https://a.example/"),))), {"licence-moved"}),
    "elsewhere": (linked("https://a.example/l", Reply()), {"licence-elsewhere"}),
    "relative": (linked("/license.xml", Reply(200, (("content-type", "application/rsl+xml"),))), {"licence-relative"}),
}


@pytest.mark.parametrize(("site", "names"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_licence_and_policy(site: Site, names: set[str]) -> None:
    """Whoever is refused can read why."""
    assert names == grave(look(site))


class Cache:
    """A site behind a cache that keeps what it is told to, by URL alone, and says so or not."""

    def __init__(self, *keeps: int, says: Headers = (), ids: bool = False) -> None:
        self._keeps = keeps
        self._says = says
        self._ids = iter(f"{number:016x}" for number in range(100)) if ids else None
        self._kept: dict[str, Reply] = {}

    def __call__(self, question: Question) -> Reply | None:
        target = question.address.target
        if not target.startswith(PAGE.target):
            return None
        if target in self._kept:
            return self._kept[target].plus(*self._says)
        reply = SERVED if question.asker is Asker.LISTENER else REFUSED
        if reply is REFUSED and self._ids is not None:
            reply = replace(reply, headers=(("cache-control", "no-store"), ("x-support-id", next(self._ids))))
        if reply.status in self._keeps:
            self._kept[target] = reply
        return reply


class TestCaches:
    """Only what was seen is said of them."""

    def test_one_that_hands_out_content(self) -> None:
        """The crawler has what a listener was sent, and would be refused."""
        visit = look(Cache(200, says=(("age", "7"),)))
        assert {"cache-hands-out-content", "cache-answers"} == grave(visit)
        assert told(visit)["cache-hands-out-content"].seen == (
            "GPTBot gets the page (200; age: 7), and is refused (403) where a query keeps caches out: "
            "it gets a listener's copy"
        )

    def test_one_that_does_not_say_so(self) -> None:
        """It is found all the same."""
        assert {"cache-hands-out-content"} == grave(look(Cache(200)))

    def test_one_that_hands_out_refusals(self) -> None:
        """A listener is sent what was a crawler's: found at an address that only the crawler had asked for."""
        visit = look(Cache(200, 403))
        assert {"cache-hands-out-content", "cache-hands-out-refusal"} == grave(visit)

    def test_one_that_keeps_nothing_but_refusals(self) -> None:
        """The support id is that of the crawler's refusal, or the cache says so; else it may be a limit."""
        name = "cache-hands-out-refusal"
        visit = look(Cache(403, ids=True))
        assert {name} == grave(visit)
        assert "a listener gets the very refusal that GPTBot got before (its support id)" == told(visit)[name].seen
        visit = look(after(Reply(403, (("x-cache", "HIT"),))), pages(crawler=Reply(403)))
        assert name in grave(visit)
        assert "after GPTBot, a listener is refused, too (x-cache: HIT)" == told(visit)[name].seen

    def test_a_limit_is_not_called_a_cache(self) -> None:
        """What was seen is that a listener got the page, and then did not."""
        visit = look(after(Reply(429)))
        assert {"listener-refused-after"} == grave(visit)

    def test_a_listener_who_comes_too_late(self) -> None:
        """The refusal was stored before the visit."""
        visit = look(
            lambda question: (
                Reply(403, (("age", "5"),)) if question.address.target == PAGE.target else pages()(question)
            )
        )
        assert {"cache-hands-out-refusal", "refusal-stored"} == grave(visit)

    def test_a_query_that_the_app_does_not_like(self) -> None:
        """A signed URL: nothing follows from its refusal."""
        visit = look(lambda question: SERVED if question.address.target == PAGE.target else signed(question))
        assert "query-refused" in grave(visit)
        assert not {"cache-hands-out-content", "cache-hands-out-refusal"} & grave(visit)

    def test_a_refusal_from_a_cache(self) -> None:
        """To the crawler alone it does little harm, and is worth a note."""
        assert {"refusal-stored"} == grave(look(pages(crawler=REFUSED.plus(("age", "3")))))

    def test_a_cache_that_keeps_them_apart(self) -> None:
        """What it holds is a copy, which is worth knowing."""
        assert {"cache-answers"} == grave(look(pages(SERVED.plus(("age", "3"), ("vary", "User-Agent")))))

    def test_what_passes_everything_on(self) -> None:
        """It stands there, and that is all."""
        visit = look(pages(SERVED.plus(("via", "1.1 proxy"))))
        assert set() == grave(visit)
        assert "something stands between (via: 1.1 proxy), and handed out no copy" == told(visit)["cache-passes"].seen

    @pytest.mark.parametrize(
        ("headers", "name"),
        [
            ((("cache-control", "public"),), "vary-missing"),
            ((("cache-control", "max-age=60"),), "vary-missing"),
            ((("cache-control", "s-maxage=60"), ("vary", "Accept")), "vary-missing"),
            ((("age", "5"),), "vary-missing"),
            ((("cache-control", "max-age=60"), ("vary", "accept, user-agent")), "cache-told"),
            ((("cache-control", "max-age=60"), ("vary", "*")), "cache-told"),
            ((("cache-control", "private, max-age=60"),), "cache-told"),
            ((("cache-control", "no-store"),), "cache-told"),
        ],
    )
    def test_what_caches_are_told(self, headers: Headers, name: str) -> None:
        """A page that not everybody gets, and that everybody's cache may keep."""
        visit = look(pages(SERVED.plus(*headers)))
        assert {name} == told(visit).keys() & {"vary-missing", "cache-told"}

    def test_a_page_that_says_nothing_to_caches(self) -> None:
        """Hardly one keeps it."""
        assert not told(look()).keys() & {"vary-missing", "cache-told"}


def after(reply: Reply) -> Site:
    """What a listener gets from the second time on."""
    times = iter([None])

    def site(question: Question) -> Reply | None:
        if question.asker is Asker.LISTENER and question.address.target == PAGE.target:
            return next(times, reply)
        return None

    return site


def signed(question: Question) -> Reply | None:
    return Reply(403) if question.address.target.startswith(PAGE.target) else None


HEADER_NAMES = st.sampled_from(
    "x-robots-tag tdm-reservation tdm-policy content-usage link location cache-control vary age x-cache via "
    "content-type content-encoding x-support-id cache-status".split()
)
LATIN = st.text(alphabet=st.characters(max_codepoint=255), max_size=30)
VALUES = st.sampled_from(["noai", "1", "0", "train-ai=n", "HIT", "text/html", "<a>; rel=license", "/x", "no-store"])
REPLIES = st.builds(
    Reply,
    st.none() | st.sampled_from([200, 301, 403, 404, 429, 500, 999]),
    st.lists(st.tuples(HEADER_NAMES, LATIN | VALUES), max_size=6).map(tuple),
    st.binary(max_size=60) | st.sampled_from([ROBOTS, b"[]", b"<html>"]),
    st.booleans(),
    LATIN,
)


@given(st.lists(REPLIES, min_size=1, max_size=8))
def test_no_answers_bring_it_down(replies: list[Reply]) -> None:
    """Whatever a site says to each question, there are remarks, and every problem has its advice."""
    given_out = chain([SERVED], cycle(replies))
    visit = look(lambda question: next(given_out))
    found = remarks(visit)
    assert found
    assert all(remark.seen and (remark.advice or remark.severity is not Severity.PROBLEM) for remark in found)
