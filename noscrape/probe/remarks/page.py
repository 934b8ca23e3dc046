"""Remarks about the page: what a listener gets, what it reserves, and what becomes of the crawler."""

from collections.abc import Iterator
from typing import Final

from noscrape.probe.answer import Answer, Outcome
from noscrape.probe.reading import Said, said
from noscrape.probe.remarks.remark import Remark, note, ok, problem, quoted, shown
from noscrape.probe.visit import Visit
from noscrape.standards import content_usage
from noscrape.standards.content_usage import Preference
from noscrape.words import TRAINING_PURPOSES

_EXPLAIN: Final = "`noscrape explain` tells why, and by which line of noscrape.toml"
_STRIPPED: Final = "If its owner tagged it, see which [signals] are off, and whether a proxy takes headers away"


def of_page(visit: Visit) -> Iterator[Remark]:
    """What a listener gets, and what that says."""
    listener = visit.pages.listener
    match listener.outcome:
        case Outcome.SERVED:
            yield ok("page-served", f"a listener gets the page: {listener.status}")
            yield from _signals(visit, said(listener), listener)
        case Outcome.REFUSED if listener.status == 429:
            yield problem(
                "listener-throttled",
                "a listener is told to come back later (429), so that little can be said",
                "Wait, and look again with a longer --pause",
            )
        case Outcome.REFUSED:
            fresh = visit.pages.listener_fresh
            if fresh is None or fresh.outcome is not Outcome.SERVED:
                yield problem("listener-refused", f"a listener is refused: {listener.status}", _why(listener))
        case Outcome.MOVED:
            advice = "See what sends it in a circle" if listener.leads_to_itself else "Look at that address instead"
            yield problem("page-moved", f"{listener.status} leads to {_there(listener)}", advice)
        case _:
            yield problem("page-missing", f"there is no page: {shown(listener)}", "Give the address of a track's page")


def _there(moved: Answer) -> str:
    """Where a redirect leads."""
    return "itself" if moved.leads_to_itself else quoted(moved.value("location")) or "nowhere"


def _why(answer: Answer) -> str:
    if answer.values("x-support-id"):
        return _EXPLAIN
    return "It has no x-support-id, so it was not noscrape: see what stands before the app"


def _signals(visit: Visit, found: Said, answer: Answer) -> Iterator[Remark]:
    """What is reserved, and what is written so that somebody does not read it."""
    by = found.by
    if by:
        yield ok("page-reserved", f"it says that training is reserved: {', '.join(by)}")
    elif visit.pages.crawler.outcome is Outcome.REFUSED:
        yield note(
            "page-silent", f"{visit.crawler.token} is refused, but the page's headers reserve nothing", _STRIPPED + "."
        )
    else:
        yield note("page-silent", "the page's headers reserve nothing", _STRIPPED + ".")
    yield from _robots_tag(answer.values("x-robots-tag"), noai=found.noai)
    yield from _reservation(answer.values("tdm-reservation"), found)
    yield from _usage(answer.values("content-usage"), found)


def _robots_tag(values: tuple[str, ...], *, noai: bool) -> Iterator[Remark]:
    """Measured against img2dataset, which splits a line at its first colon, and datadiligence, which minds the case."""
    naming = [value for value in values if "noai" in value.lower()]
    if naming and not noai:
        yield problem(
            "robots-tag-unread",
            f"X-Robots-Tag names noai, and says it to nobody or to one crawler alone: {quoted(naming[0])}",
            "Send it for all crawlers, with commas: `X-Robots-Tag: noai, noimageai`.",
        )
    elif joined := [value for value in naming if ":" in value]:
        yield problem(
            "robots-tag-colon",
            f"X-Robots-Tag has a colon in the line that says noai, and some tools stop reading: {quoted(joined[0])}",
            "noscrape sends a line of its own: see what joins the lines, or take the colon out of the app's.",
        )
    elif naming and any(":" in value for value in values):
        yield note(
            "robots-tag-beside-colon",
            "another line of X-Robots-Tag has a colon: a proxy that joins the two makes some tools miss the noai",
            "Send it to the crawler that it is for in another way, such as a meta element.",
        )
    if noai and not any("noai" in value for value in naming):
        yield note(
            "robots-tag-case",
            f"X-Robots-Tag is not in lower case, and some tools mind: {quoted(naming[0])}",
            "Write noai.",
        )


def _reservation(values: tuple[str, ...], found: Said) -> Iterator[Remark]:
    together = quoted(" | ".join(values))
    if len(values) > 1 or any("," in value for value in values):
        yield problem(
            "tdm-reservation-doubled",
            f"tdm-reservation is there more than once, which counts as not at all: {together}",
            "One of noscrape, the app and the proxy has to send it, and the others not.",
        )
    elif values and found.reservation is None:
        yield problem("tdm-reservation-unset", f"tdm-reservation has no meaning: {together}", "Send 1, or nothing.")
    elif found.reservation == 0:
        yield note(
            "tdm-reservation-zero",
            "tdm-reservation: 0 says that text and data mining is allowed",
            "Right if the owner said just that; otherwise send 1, or nothing.",
        )


def _usage(values: tuple[str, ...], found: Said) -> Iterator[Remark]:
    if not values:
        return
    together = quoted(" | ".join(values))
    if not content_usage.well_formed(*values):
        yield problem(
            "content-usage-malformed",
            f"Content-Usage does not parse, so that all of it says nothing: {together}",
            "See whether the app or a proxy adds to it: `train-ai=n` is what noscrape sends.",
        )
    elif found.usage["train-ai"] is Preference.ALLOWED:
        yield note("content-usage-open", f"Content-Usage allows training: {together}", "Right if the owner said so.")
    elif found.usage["train-ai"] is Preference.UNKNOWN:
        yield note("content-usage-silent", f"Content-Usage says nothing of training: {together}", "`train-ai=n` does.")


def of_crawler(visit: Visit) -> Iterator[Remark]:
    """What becomes of the crawler, where a listener gets the page."""
    listener, crawler = visit.pages.listener, visit.pages.crawler
    if listener.outcome is not Outcome.SERVED:
        return
    token = visit.crawler.token
    match crawler.outcome:
        case Outcome.SERVED:
            fresh = visit.pages.crawler_fresh
            if fresh is None or fresh.outcome is not Outcome.REFUSED:
                yield from _let_in(visit)
        case Outcome.REFUSED if crawler.status == 429:
            yield note("crawler-throttled", f"{token} is told to come back later (429), and not that it may not")
        case Outcome.REFUSED:
            yield ok("crawler-refused", f"{token} is refused: {crawler.status}")
            yield from _refusal(token, crawler)
        case Outcome.MOVED:
            yield note("crawler-moved", f"{token} is sent to {_there(crawler)}, where a listener gets the page", _FRONT)
        case Outcome.MISSING:
            yield note("crawler-misled", f"{token} is told that there is no page: {crawler.status}", _FRONT)
        case Outcome.NONE:
            yield note("crawler-cut-off", f"{token} gets {shown(crawler)}", _FRONT)
        case _:
            yield problem("crawler-failed", f"{token} gets an error: {crawler.status}", "See the log of the server.")


_FRONT: Final = "That is not how noscrape refuses: see what stands before the app."


def _let_in(visit: Visit) -> Iterator[Remark]:
    token, purpose = visit.crawler.token, visit.crawler.purpose
    what = f"{token} ({purpose.value})" if purpose else token
    reserved, told = said(visit.pages.listener).by, said(visit.pages.crawler).by
    if reserved and purpose in TRAINING_PURPOSES:
        yield problem(
            "crawler-let-in",
            f"training is reserved, and {what} gets the page",
            f"Unless that is meant (signal-only, observe, a crawler that is allowed): {_EXPLAIN}.",
        )
    elif reserved and not told:
        yield problem(
            "crawler-not-told",
            f"{what} gets the page without what is reserved, which a listener is told",
            "Signals depend on the work alone: see what takes them away.",
        )
    else:
        yield ok("crawler-served", f"{what} gets the page" + (", and is told what is reserved" if told else ""))


def _refusal(token: str, answer: Answer) -> Iterator[Remark]:
    """Whether it is a refusal of noscrape's, and came through as it was sent."""
    ours, kept_by_none = bool(answer.values("x-support-id")), "no-store" in answer.words("cache-control")
    if ours and kept_by_none:
        yield ok("refusal-whole", "the refusal has its support id, and no cache may keep it")
    elif ours:
        told = quoted(answer.value("cache-control")) or "nothing"
        yield problem(
            "refusal-storable",
            f"the refusal has lost its Cache-Control: no-store on the way (now: {told})",
            "A cache that keeps it hands it to listeners: see what changes Cache-Control.",
        )
    else:
        advice = "Something before noscrape refuses it, or the app itself; the log of noscrape has no line for it"
        also = "" if kept_by_none else ", and no Cache-Control: no-store"
        yield note("refusal-of-another", f"the refusal has no x-support-id{also}", advice + ".")
    if answer.values("content-usage"):
        yield note(
            "refusal-content-usage",
            "the refusal has a Content-Usage, which speaks of the content of its message, and there is none",
            "noscrape sends none there: see what adds it.",
        )
