"""Remarks about what stands between: whether copies are handed out, and to whom."""

from collections.abc import Iterator
from typing import Final

from noscrape.probe.answer import Answer, Outcome
from noscrape.probe.reading import between, said, stored
from noscrape.probe.remarks.remark import Remark, note, ok, problem, quoted
from noscrape.probe.visit import Pages, Visit

_SHARED_CACHE: Final = 'Set [site] shared_cache to "vary" or "private", or have the cache spare these paths'


def of_caches(visit: Visit) -> Iterator[Remark]:
    """Copies that reach whom they are not for, and copies as such."""
    pages = visit.pages
    seen = [answer for answer in _all(pages) if answer.status is not None]
    yield from _content(visit)
    yield from _refusals(visit)
    if pages.crawler.outcome is Outcome.REFUSED and stored(pages.crawler):
        yield note(
            "refusal-stored",
            f"the refusal of {visit.crawler.token} comes from a cache ({_evidence(pages.crawler)})",
            "A refusal is of its moment, and not to be kept: see which rule of the cache keeps it.",
        )
    copies = [answer for answer in seen if answer.outcome is Outcome.SERVED and stored(answer)]
    if copies:
        yield note(
            "cache-answers",
            f"a cache answers for the app ({_evidence(copies[0])})",
            "A tag that is set now is not in what it holds already.",
        )
    elif signs := next((evidence for answer in seen if (evidence := _evidence(answer))), ""):
        yield ok("cache-passes", f"something stands between ({signs}), and handed out no copy")
    else:
        yield ok("cache-unseen", "no sign of a cache")
    yield from _vary(visit, cached=bool(copies))


def _all(pages: Pages) -> Iterator[Answer]:
    for answer in (
        pages.listener,
        pages.crawler,
        pages.listener_again,
        pages.crawler_fresh,
        pages.listener_fresh,
        pages.listener_after,
    ):
        if answer is not None:
            yield answer


def _evidence(answer: Answer) -> str:
    return quoted("; ".join(f"{name}: {value}" for name, value in between(answer)))


def _content(visit: Visit) -> Iterator[Remark]:
    """The listener's copy in the hands of the crawler."""
    pages, token = visit.pages, visit.crawler.token
    if pages.crawler.outcome is not Outcome.SERVED or pages.crawler_fresh is None or pages.listener_fresh is None:
        return
    evidence = _evidence(pages.crawler)
    if pages.listener_fresh.outcome is Outcome.SERVED:
        yield problem(
            "cache-hands-out-content",
            f"{token} gets the page ({pages.crawler.status}{_also(evidence)}), and is refused "
            f"({pages.crawler_fresh.status}) where a query keeps caches out: it gets a listener's copy",
            f"{_SHARED_CACHE}.",
        )
    else:
        yield note(
            "query-refused",
            f"with a query of its own, the page is refused to {token} and to a listener alike: whether a cache hands "
            "out copies cannot be told",
        )


def _also(evidence: str) -> str:
    return f"; {evidence}" if evidence else ""


def _refusals(visit: Visit) -> Iterator[Remark]:
    """The crawler's refusal in the hands of a listener."""
    pages, token = visit.pages, visit.crawler.token
    name, advice = "cache-hands-out-refusal", "See which rule of the cache keeps a 403, against its no-store."
    again, after, fresh = pages.listener_again, pages.listener_after, pages.listener_fresh
    if pages.listener.outcome is Outcome.REFUSED and fresh is not None and fresh.outcome is Outcome.SERVED:
        how = f"{pages.listener.status}{_also(_evidence(pages.listener))}"
        yield problem(
            name,
            f"a listener is refused ({how}), and gets the page where a query keeps caches out ({fresh.status})",
            advice,
        )
    elif again is not None and again.outcome is Outcome.REFUSED and pages.crawler.outcome is Outcome.REFUSED:
        if _same(again, pages.crawler):
            yield problem(name, f"a listener gets the very refusal that {token} got before (its support id)", advice)
        elif stored(again):
            yield problem(name, f"after {token}, a listener is refused, too ({_evidence(again)})", advice)
        else:
            yield problem(
                "listener-refused-after",
                f"a listener got the page, and is refused ({again.status}) after {token} was",
                "A cache that keeps refusals, or a limit that counts both together: ask once more in a while.",
            )
    elif (
        after is not None and after.outcome is Outcome.REFUSED and fresh is not None and fresh.outcome is Outcome.SERVED
    ):
        yield problem(name, f"at an address where {token} was refused, a listener is refused after it", advice)


def _same(one: Answer, other: Answer) -> bool:
    return bool(one.values("x-support-id")) and one.values("x-support-id") == other.values("x-support-id")


def _vary(visit: Visit, *, cached: bool) -> Iterator[Remark]:
    """A page that shared caches may keep, although not everybody gets it."""
    listener, crawler = visit.pages.listener, visit.pages.crawler
    if listener.outcome is not Outcome.SERVED or crawler.outcome is not Outcome.REFUSED:
        return
    control = listener.words("cache-control")
    if listener.words("vary") & {"user-agent", "*"} or control & {"private", "no-store"}:
        yield ok("cache-told", "caches are told that not everybody gets this page")
    elif cached or "public" in control or any(word.startswith(("s-maxage=", "max-age=")) for word in control):
        reserved = "reserved " if said(listener).by else ""
        yield note(
            "vary-missing",
            f"this {reserved}page may be kept by caches ({_keeping(listener)}), and nothing tells them that "
            f"{visit.crawler.token} does not get it",
            f"{_SHARED_CACHE}; `noscrape check` says what each costs.",
        )


def _keeping(answer: Answer) -> str:
    control = answer.value("cache-control")
    return f"Cache-Control: {quoted(control)}" if control else "no Cache-Control"
