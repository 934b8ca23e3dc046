"""What is remembered of requests, and what the operator is told: the log, the app's `on_event`, warnings, counters."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from random import getrandbits
from typing import Final

from noscrape.log import Event, LogWriter
from noscrape.request import Facts
from noscrape.reservation import Reservation
from noscrape.site import Judgement, Sent, Site, terms_words
from noscrape.words import Action

logger = logging.getLogger("noscrape")

#: Different texts of an own document that are kept in the log; an app that makes a new one each time has no more.
_TEXTS_KEPT: Final = 1000

#: Warnings and causes of failure that are told in the life of a process.
_TOLD_AT_MOST: Final = 500


class Recorder:
    """Remembers what the operator wants remembered. Nothing in it waits, and nothing in it fails a request."""

    def __init__(
        self,
        log: LogWriter | None,
        *,
        on_event: Callable[[Event], None] | None,
        wanted: frozenset[str],
        counters: Counter[str],
    ) -> None:
        self.log = log
        #: What `[log] record` asks for.
        self.wanted = wanted
        self.counters = counters
        #: Whether there is anybody to remember for.
        self.remembering = log is not None or on_event is not None
        self._on_event = on_event
        self._told: set[str] = set()
        self._texts: set[str] = set()

    def records(self, judgement: Judgement) -> bool:
        """Whether the operator wants this request in the log."""
        wanted, decision, claim = self.wanted, judgement.decision, judgement.claim
        if not self.remembering:
            return False
        if "all" in wanted:
            return True
        if claim is not None and claim.crawler.bot and "crawlers" in wanted:
            return True
        if decision.action is not Action.ALLOW:
            return "refused" in wanted or ("findings" in wanted and decision.rule.startswith(("quota:", "pattern:")))
        return judgement.own_document and "own-documents" in wanted

    def request(
        self, site: Site, facts: Facts, judgement: Judgement, now: float, *, sent: Sent, support_id: str = ""
    ) -> None:
        """One request, with what was sent."""
        self.emit(site.event(facts, judgement, now, support_id=support_id or new_id(), sent=sent))

    def served(self, site: Site, path: str, now: float, *, sent: Sent, text: bytes | None) -> None:
        """The text of an own document, once for each: what a crawler was told can be read afterwards."""
        if sent.hash is None or sent.hash in self._texts or len(self._texts) >= _TEXTS_KEPT:
            return
        if not self.wanted & {"own-documents", "all"}:
            return
        self._texts.add(sent.hash)
        detail = {"omitted": "too long, or packed"} if text is None else {"text": text.decode("utf-8", "replace")}
        self.emit(
            Event(
                kind="served",
                time=now,
                path=path,
                bytes=sent.bytes,
                served_hash=sent.hash,
                detail=detail,
                catalog=site.catalog.version,
                config=site.loaded.digest,
            )
        )

    def changed(self, site: Site, track: str, before: Reservation, after: Reservation, now: float) -> None:
        """A track's reservation was seen to change."""
        if self.remembering and self.wanted & {"reservations", "all"}:
            self.emit(
                Event(
                    kind="reservation",
                    time=now,
                    tracks=(track,),
                    reservation=terms_words(after.terms),
                    reservation_source=after.source,
                    reservation_by=after.by.value,
                    detail={"before": terms_words(before.terms), "before_source": before.source},
                    catalog=site.catalog.version,
                    config=site.loaded.digest,
                )
            )

    def emit(self, event: Event) -> None:
        """One event, to the log and to the app."""
        if self.log is not None:
            self.log.record(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception as error:  # the app's own callable: its failure is not the request's
                self.failed(error, "on_event failed; the request is not affected")

    def failed(self, error: Exception, what: str = "noscrape failed; [on_error] decides about such requests") -> None:
        """Something of ours failed, or a hook: counted, and told once for each cause."""
        self.counters["failures"] += 1
        cause = f"{type(error).__name__} {_where(error)}"
        if cause not in self._told and len(self._told) < _TOLD_AT_MOST:
            self._told.add(cause)
            logger.error("%s: %r", what, error, exc_info=error)

    def warn_once(self, text: str) -> None:
        """Tell the operator something once in the life of the process."""
        if text not in self._told and len(self._told) < _TOLD_AT_MOST:
            self._told.add(text)
            logger.warning("%s", text)

    @property
    def counted(self) -> Mapping[str, int]:
        """Lines of the log written and dropped."""
        return {"log_written": self.log.written, "log_dropped": self.log.dropped} if self.log else {}


def new_id() -> str:
    """An id to find a line of the log by. It is no secret, and the generator seeds itself anew after a fork."""
    return f"{getrandbits(64):016x}"


def _where(error: Exception) -> str:
    """The line that raised, which with the type tells one cause from another."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
