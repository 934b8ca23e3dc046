"""A visit: which questions are asked, in which order, and what was answered to each.

`visit()` decides and does not ask: it yields questions, is sent the answers, and returns them all. `probe()` asks them,
one after the other, with a pause between them.

How a cache is found out: the listener asks first, so that a cache has something to keep; the crawler then asks for the
same URL. If it is refused, the listener asks once more, to see whether it is handed the refusal. If it is let in, it
asks for the URL with a query that no cache has seen: refused there, it was let in by a copy. A listener then asks with
another such query, to see that the query itself does no harm, and with the crawler's, to see whether that refusal was
kept.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from noscrape.crawlers import Crawler
from noscrape.errors import NoScrapeError
from noscrape.exchange.address import Address
from noscrape.probe.answer import Answer, Asker, Outcome, Question
from noscrape.probe.links import links
from noscrape.standards import robots_txt, tdmrep
from noscrape.terminal import safe

ROBOTS_TXT: Final = "/robots.txt"
TDMREP: Final = "/.well-known/tdmrep.json"

#: Of robots.txt and tdmrep.json, and one byte more, to see that there is more (RFC 9309, section 2.5).
_LARGEST_BYTES: Final = robots_txt.LARGEST_BYTES + 1
#: Of licence and policy: enough to see what they are.
_BEGINNING_BYTES: Final = 4_096
#: Of robots.txt: what a crawler follows at least (RFC 9309, section 2.3.1.2).
MOST_REDIRECTS: Final = 5
#: Of other documents. So a visit, which has six to ten questions, never has more than 26.
_FEW_REDIRECTS: Final = 2
#: URLs of licences, and of policies, that are told.
_MOST_DOCUMENTS: Final = 3

LISTENER_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"


@dataclass(frozen=True, slots=True)
class Pages:
    """The answers about the page itself. What was not asked, because nothing would follow from it, is None."""

    listener: Answer
    crawler: Answer
    listener_again: Answer | None = None
    """The same URL once more, after the crawler was refused."""
    crawler_fresh: Answer | None = None
    """With a query that no cache has seen."""
    listener_fresh: Answer | None = None
    """With another such query."""
    listener_after: Answer | None = None
    """With the query of `crawler_fresh`, after it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document, with the redirects on the way to it. `elsewhere` is where the last one leads, if nobody followed."""

    answers: tuple[Answer, ...]
    elsewhere: str = ""

    @property
    def last(self) -> Answer:
        """The answer in the end."""
        return self.answers[-1]

    @property
    def redirects(self) -> int:
        """How many there were, the one that was not followed included."""
        return len(self.answers) - 1 + bool(self.elsewhere)

    @property
    def text(self) -> bytes | None:
        """The body, or as much of it as is read; None where there is none to be read as it is."""
        last = self.last
        readable = last.outcome is Outcome.SERVED and not last.is_html and not last.is_packed
        return last.body if readable else None


@dataclass(frozen=True, slots=True)
class Document:
    """A licence or a policy that something names. `fetched` is None for one that was not asked for."""

    kind: str
    url: str
    named_by: tuple[str, ...]
    on_this_host: bool
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """All that was asked and answered. `controls` are the crawlers that stand in robots.txt alone."""

    address: Address
    crawler: Crawler
    controls: tuple[Crawler, ...]
    pages: Pages
    robots_listener: Fetched
    robots_crawler: Fetched
    tdmrep: Fetched
    documents: tuple[Document, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of them, page by page."""
        pages = self.pages
        seen = (pages.listener_again, pages.crawler_fresh, pages.listener_fresh, pages.listener_after)
        fetched = (self.robots_listener, self.robots_crawler, self.tdmrep, *(each.fetched for each in self.documents))
        documents = chain.from_iterable(each.answers for each in fetched if each is not None)
        return (pages.listener, pages.crawler, *(answer for answer in seen if answer is not None), *documents)


Asking = Generator[Question, Answer, Answer]
Fetching = Generator[Question, Answer, Fetched]


def user_agent(crawler: Crawler) -> str:
    """What a crawler calls itself. Raises NoScrapeError for a word that stands in robots.txt alone."""
    if crawler.control_only:
        raise NoScrapeError(f"{crawler.token} is a word for robots.txt, and stands in no user agent: nobody asks as it")
    return crawler.examples[0] if crawler.examples else f"Mozilla/5.0 (compatible; {crawler.token}/1.0)"


def probe(
    address: Address,
    *,
    crawler: Crawler,
    controls: Iterable[Crawler],
    ask: Callable[[Question], Answer],
    pause: Callable[[], object],
    fresh: Callable[[], str],
) -> Visit:
    """Look at a site. `pause` is called between two questions, `fresh` makes parameters that no cache has seen.

    Raises NoScrapeError where the first question has no answer.
    """
    agents = {Asker.LISTENER: LISTENER_AGENT, Asker.CRAWLER: user_agent(crawler)}
    plan = visit(address, crawler=crawler, controls=tuple(controls), agents=agents, fresh=fresh)
    answer = ask(next(plan))
    if answer.status is None:
        raise NoScrapeError(f"{address.authority}: {safe(answer.problem)}")
    while True:
        try:
            question = plan.send(answer)
        except StopIteration as done:
            found: Visit = done.value
            return found
        pause()
        answer = ask(question)


def visit(
    address: Address,
    *,
    crawler: Crawler,
    controls: tuple[Crawler, ...],
    agents: Mapping[Asker, str],
    fresh: Callable[[], str],
) -> Generator[Question, Answer, Visit]:
    """The questions of a visit, each to be answered before the next one."""

    def asked(asker: Asker, where: Address, most_bytes: int = 0) -> Question:
        return Question(where, asker, agents[asker], most_bytes)

    pages = yield from _pages(address, asked, fresh)
    text = address.at(ROBOTS_TXT)
    robots_listener = yield from _fetched(asked(Asker.LISTENER, text, _LARGEST_BYTES), MOST_REDIRECTS)
    robots_crawler = yield from _fetched(asked(Asker.CRAWLER, text, _LARGEST_BYTES), MOST_REDIRECTS)
    rules = yield from _fetched(asked(Asker.CRAWLER, address.at(TDMREP), _LARGEST_BYTES), _FEW_REDIRECTS)
    documents: list[Document] = []
    for kind, named in (
        ("licence", _licences(pages, robots_crawler, crawler)),
        ("policy", _policies(pages, rules, address)),
    ):
        documents += yield from _documents(kind, named, address, asked)
    return Visit(address, crawler, controls, pages, robots_listener, robots_crawler, rules, tuple(documents))


Asked = Callable[..., Question]


def _pages(address: Address, asked: Asked, fresh: Callable[[], str]) -> Generator[Question, Answer, Pages]:
    listener = yield asked(Asker.LISTENER, address)
    crawler = yield asked(Asker.CRAWLER, address)
    if listener.outcome is Outcome.REFUSED and listener.status != 429:
        elsewhere = yield asked(Asker.LISTENER, address.with_query(fresh()))
        return Pages(listener, crawler, listener_fresh=elsewhere)
    if listener.outcome is not Outcome.SERVED:
        return Pages(listener, crawler)
    if crawler.outcome is not Outcome.SERVED:
        again = yield asked(Asker.LISTENER, address)
        return Pages(listener, crawler, listener_again=again)
    unseen = address.with_query(fresh())
    crawler_fresh = yield asked(Asker.CRAWLER, unseen)
    if crawler_fresh.outcome is not Outcome.REFUSED:
        return Pages(listener, crawler, crawler_fresh=crawler_fresh)
    listener_fresh = yield asked(Asker.LISTENER, address.with_query(fresh()))
    listener_after = yield asked(Asker.LISTENER, unseen)
    return Pages(listener, crawler, None, crawler_fresh, listener_fresh, listener_after)


def _fetched(question: Question, most_redirects: int) -> Fetching:
    """A document, and where it leads on the same host."""
    answers: list[Answer] = []
    while True:
        answer = yield question
        answers.append(answer)
        location = next(iter(answer.values("location")), "")
        if answer.outcome is not Outcome.MOVED or answer.status == 304 or not location:
            return Fetched(tuple(answers))
        try:
            there = question.address.resolved(location)
        except ValueError:
            return Fetched(tuple(answers), elsewhere=location)
        if len(answers) > most_redirects or not question.address.has(there):
            return Fetched(tuple(answers), elsewhere=str(there))
        question = Question(there, question.asker, question.agent, question.most_bytes)


Named = Iterable[tuple[str, str]]


def _licences(pages: Pages, robots: Fetched, crawler: Crawler) -> Named:
    """URLs of licences, and what names each."""
    for answer in (pages.listener, pages.crawler):
        for link in links(answer.values("link")):
            if "license" in link.relations:
                yield link.target, "Link"
    for url in robots_txt.parse(robots.text or b"").licences_for(crawler.robots_token):
        yield url, "robots.txt"


def _policies(pages: Pages, rules: Fetched, address: Address) -> Named:
    for answer in (pages.listener, pages.crawler):
        for url in answer.values("tdm-policy"):
            yield url, "tdm-policy"
        for link in links(answer.values("link")):
            if "describedby" in link.relations:
                yield link.target, "Link"
    policy = tdmrep.statement(tdmrep.parse(rules.text or b""), address.target).policy
    if policy:
        yield policy, "tdmrep.json"


def _documents(
    kind: str, named: Named, address: Address, asked: Asked
) -> Generator[Question, Answer, tuple[Document, ...]]:
    """Each URL once, of which the first on this host is asked for."""
    sources: dict[str, dict[str, None]] = {}
    for url, source in named:
        sources.setdefault(url, {})[source] = None
    found: list[Document] = []
    for url, named_by in list(sources.items())[:_MOST_DOCUMENTS]:
        by = tuple(named_by)
        try:
            there = address.resolved(url)
        except ValueError:
            found.append(Document(kind, url, by, False))
            continue
        here = address.has(there)
        fetched = None
        if here and not any(each.fetched for each in found):
            fetched = yield from _fetched(asked(Asker.CRAWLER, there, _BEGINNING_BYTES), _FEW_REDIRECTS)
        found.append(Document(kind, url, by, here, fetched))
    return tuple(found)
