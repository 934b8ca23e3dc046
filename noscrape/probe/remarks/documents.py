"""Remarks about tdmrep.json, and about the licence and the policy that something names."""

from collections.abc import Iterator
from typing import Final

from noscrape.probe.answer import Answer, Outcome
from noscrape.probe.reading import RSL, Tdmrep, away, said, tdm
from noscrape.probe.remarks.remark import Remark, led, note, ok, problem, quoted
from noscrape.probe.visit import Document, Visit

_EXPORT: Final = "`noscrape export tdmrep` prints what noscrape would say"


def of_tdmrep(visit: Visit) -> Iterator[Remark]:
    """Whether it can be read, and agrees with the header."""
    fetched = visit.tdmrep
    last = fetched.last
    read = tdm(visit)
    if read is not None:
        if read.fault:
            yield problem("tdmrep-unread", f"tdmrep.json cannot be read: {quoted(read.fault)}", f"{_EXPORT}.")
            return
        yield ok("tdmrep-read", f"tdmrep.json can be read: {read.rules:,} rule{'s' * (read.rules != 1)}")
        if last.media_type != "application/json":
            given = quoted(last.value("content-type")) or "no type"
            yield note("tdmrep-type", f"tdmrep.json is sent as {given}", "Send application/json.")
        yield from _against_header(visit, read)
    elif last.status in (404, 410):
        yield note("tdmrep-missing", f"there is no tdmrep.json ({last.status})", f"{_EXPORT}.")
    elif last.is_packed:
        yield note("tdmrep-packed", "tdmrep.json is sent packed to who did not ask for that, and was not read")
    elif fetched.elsewhere:
        yield note("tdmrep-moved", f"for tdmrep.json there is {led(fetched)}", _there(last))
    elif last.outcome is Outcome.SERVED:
        yield problem("tdmrep-html", "for tdmrep.json there is a page of HTML", f"Serve JSON, or 404. {_EXPORT}.")
    else:
        yield problem(
            "tdmrep-refused",
            f"for tdmrep.json {visit.crawler.token} gets {led(fetched)}",
            "Let everybody read it, always: whoever is refused can read nothing else.",
        )


def _there(moved: Answer) -> str:
    return "See what sends it in a circle." if moved.leads_to_itself else "See that it can be read there."


def _against_header(visit: Visit, read: Tdmrep) -> Iterator[Remark]:
    if read.first != read.longest:
        yield note(
            "tdmrep-two-readings",
            "two rules of tdmrep.json match this page, and whoever takes the first reads something else than whoever "
            "takes the longest",
            "Put the longer one first.",
        )
    if visit.pages.listener.outcome is not Outcome.SERVED:
        return
    header, file = said(visit.pages.listener), read.first
    if header.reservation is not None and file.reservation is not None and header.reservation != file.reservation:
        yield problem(
            "tdmrep-contradicts",
            f"tdm-reservation is {header.reservation} in the header, and {file.reservation} in tdmrep.json",
            "The header counts for who reads both. Say the same in both.",
        )
    elif header.reservation == 1 and file.reservation is None:
        yield note(
            "tdmrep-silent",
            "tdmrep.json says nothing of this page, which its header reserves",
            f"With --tracks, {_EXPORT} track by track.",
        )
    elif file.reservation == 1 and not header.by and not visit.pages.listener.values("tdm-reservation"):
        yield note(
            "tdmrep-alone",
            "tdmrep.json reserves this page, and its headers do not",
            "Right if its owner opened it; otherwise see what takes the headers away.",
        )
    elif header.policy and file.policy and header.policy != file.policy:
        yield note(
            "tdmrep-policy",
            f"tdm-policy is {quoted(header.policy)} in the header, and {quoted(file.policy)} in tdmrep.json",
            "Name one.",
        )


def of_documents(visit: Visit) -> Iterator[Remark]:
    """Whether what is named can be fetched."""
    for document in visit.documents:
        yield from _document(document, visit)
    for kind in ("licence", "policy"):
        urls = [document.url for document in visit.documents if document.kind == kind]
        if len(urls) > 1:
            yield note(f"{kind}-several", f"more than one {kind} is named: {quoted(', '.join(urls))}", "Name one.")


def _document(document: Document, visit: Visit) -> Iterator[Remark]:
    kind, url, fetched = document.kind, quoted(document.url), document.fetched
    named = f"the {kind} (named by {' and '.join(document.named_by)})"
    if not url.startswith(("https://", "http://")):
        yield note(f"{kind}-relative", f"{named} is no absolute URL: {url}", "Some readers take only these.")
    if fetched is None:
        if not document.on_this_host:
            yield note(f"{kind}-elsewhere", f"{named} is on {away(document, visit)}, and was not asked for: {url}")
        return
    last = fetched.last
    if fetched.elsewhere:
        yield note(f"{kind}-moved", f"{named} is {led(fetched)}", _there(last))
    elif last.outcome is not Outcome.SERVED:
        yield problem(
            f"{kind}-unread",
            f"{named} cannot be fetched by {visit.crawler.token}: {led(fetched)}",
            "Whoever is refused has to be able to read why, and how to ask.",
        )
    elif kind == "licence" and last.media_type != RSL and b"rslstandard.org/rsl" not in last.body:
        given = quoted(last.value("content-type")) or "no type"
        yield note("licence-type", f"{named} does not look like RSL ({given})", f"It is sent as {RSL}.")
    else:
        yield ok(f"{kind}-read", f"{named} can be fetched: {url}")
