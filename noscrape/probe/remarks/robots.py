"""Remarks about robots.txt: whether everybody can read it, and whether it says what is done."""

from collections.abc import Iterator
from typing import Final

from noscrape.probe.answer import Answer, Asker, Outcome
from noscrape.probe.reading import Robots, access_of, robots, said, size
from noscrape.probe.remarks.remark import Remark, led, note, ok, problem, quoted
from noscrape.probe.visit import Fetched, Visit
from noscrape.standards.robots_txt import LARGEST_BYTES, Access

_EXPORT: Final = "`noscrape export robots` prints what noscrape would say"


def of_robots(visit: Visit) -> Iterator[Remark]:
    """First whether it is there, then what it says."""
    read = robots(visit)
    faults = [*_fetch(visit.robots_crawler, visit.crawler.token), *_other(visit)]
    yield from faults
    if read.file is None:
        return
    if not faults:
        yield ok("robots-read", "robots.txt can be read, and is the same for both")
    yield from _form(visit.robots_crawler)
    yield from _against_deeds(visit, read)


def _fetch(fetched: Fetched, who: str) -> Iterator[Remark]:
    """Why there is nothing to be read."""
    last = fetched.last
    if access_of(fetched) is None:
        yield note(
            "robots-moved",
            f"for robots.txt {who} gets {led(fetched)}",
            "Crawlers follow five redirects, and take what they find for this host. Look at it there.",
        )
    elif last.outcome is Outcome.SERVED and last.is_html:
        yield problem("robots-html", f"for robots.txt {who} gets a page of HTML", f"Serve a text. {_EXPORT}.")
    elif last.outcome is Outcome.SERVED and last.is_packed:
        yield note(
            "robots-packed",
            f"robots.txt is sent packed ({quoted(last.value('content-encoding'))}) to who did not ask for that, and "
            "was not read",
            "See what packs it without being asked.",
        )
    elif fetched.elsewhere:
        way = "to itself" if last.leads_to_itself else "from redirect to redirect"
        yield problem(
            "robots-redirects",
            f"robots.txt leads {way} for {who}, by which crawlers may fetch everything",
            "Crawlers follow five, and most not one more.",
        )
    elif access_of(fetched) is Access.EVERYTHING:
        absent = last.status in (404, 410)
        yield problem(
            "robots-missing" if absent else "robots-refused",
            f"for robots.txt {who} gets {led(fetched)}, by which crawlers may fetch everything",
            f"Control tokens are refused only there. {_EXPORT}." if absent else "Let everybody read it, always.",
        )
    elif access_of(fetched) is Access.NOTHING:
        yield problem(
            "robots-failed",
            f"for robots.txt {who} gets {led(fetched)}, by which all crawlers, search engines too, stay away",
            "See the log of the server.",
        )
    elif not last.whole and last.problem:
        yield problem("robots-cut", f"of robots.txt {who} gets a part: {quoted(last.problem)}", "See what cuts it.")


def _other(visit: Visit) -> Iterator[Remark]:
    """The listener's copy, which has to be the same."""
    mine, theirs = visit.robots_listener, visit.robots_crawler
    if mine.text is None and theirs.text is not None:
        yield problem(
            "robots-differs",
            f"{visit.crawler.token} can read robots.txt, a listener gets {led(mine)}",
            "Let everybody read it, always.",
        )
    elif mine.text is not None and theirs.text is not None and mine.text != theirs.text:
        yield problem(
            "robots-differs",
            f"robots.txt is not the same for both: {size(theirs.text)} for {visit.crawler.token}, "
            f"{size(mine.text)} for a listener",
            "One text for everybody: what differs by user agent is found out, and not trusted.",
        )


def _form(fetched: Fetched) -> Iterator[Remark]:
    last = fetched.last
    if last.media_type != "text/plain":
        given = quoted(last.value("content-type")) or "no type"
        yield note("robots-type", f"robots.txt is sent as {given}", "It has to be text/plain (RFC 9309, section 2.3).")
    if len(last.body) > LARGEST_BYTES:
        yield note(
            "robots-long",
            "robots.txt is longer than 500 KiB, and what stands behind that is read by nobody",
            "Sum rules up into patterns, or put the important ones first.",
        )
    if len(fetched.answers) > 1:
        yield note(
            "robots-redirected",
            "robots.txt is behind a redirect",
            "Most crawlers follow it; all of them read what stands at /robots.txt itself.",
        )


def _against_deeds(visit: Visit, read: Robots) -> Iterator[Remark]:
    """What it says of this path beside what is done."""
    told = {each.token: each for each in read.told}
    own = told.get(visit.crawler.robots_token)
    pages = visit.pages
    if own is not None and pages.listener.outcome is Outcome.SERVED:
        token = visit.crawler.token
        refused = _is_refused(pages.crawler) or (pages.crawler_fresh is not None and _is_refused(pages.crawler_fresh))
        if refused and own.verdict.allowed:
            yield note(
                "robots-allows-refused",
                f"{token} is refused, and robots.txt lets it in",
                f"Where only some tracks are tagged that is so; otherwise tell it. {_EXPORT}.",
            )
        elif not own.verdict.allowed and pages.crawler.outcome is Outcome.SERVED and not refused:
            line = own.verdict.line
            yield note(
                "robots-forbids-served",
                f"robots.txt tells {token} to stay away"
                + (f" (line {line.number})" if line else "")
                + ", and it is let in",
                "Right if its owner opened this track; otherwise a crawler that does not listen has it.",
            )
    if not said(pages.listener).by:
        return
    let_in = [
        each.robots_token for each in visit.controls if (one := told.get(each.robots_token)) and one.verdict.allowed
    ]
    if let_in:
        yield problem(
            "robots-allows-control",
            f"training is reserved, and robots.txt does not say so to {' and '.join(let_in)}",
            f"They stand in no user agent, and can be refused nowhere else. {_EXPORT}.",
        )


def _is_refused(answer: Answer) -> bool:
    return answer.outcome is Outcome.REFUSED and answer.question.asker is Asker.CRAWLER
