"""A replay: the requests of access logs, judged one after the other by the site that traffic would meet.

The same three steps as in traffic, with two times. Behaviour is counted in the log's time. What is said of a track is
today's, read once and kept to the end, since nobody knows what was said when the log was written.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Protocol

from noscrape.config import Loaded
from noscrape.config.model import Dns, Signatures
from noscrape.crawlers import Catalog
from noscrape.errors import ReplayError
from noscrape.replay.formats import Parser, UnreadLineError
from noscrape.replay.source import Source
from noscrape.replay.timeline import Timeline
from noscrape.request import Facts
from noscrape.reservation import Reservation
from noscrape.site import Judgement, Site
from noscrape.tracks import Place

#: After so many failures in a row the reader is not asked again, or a log of many tracks would wait for each of them.
FAILURES_IN_A_ROW: Final = 10

#: What has been read is kept for a replay, whatever the configuration says of traffic. The site's clock stands still.
_KEPT_SECONDS: Final = 86_400.0


#: How long a driver's threads are waited for in the end.
_ENDING_SECONDS: Final = 1.0


class Account(Protocol):
    """What keeps account of a replay. Lines are numbered from 0 over all files."""

    def judged(self, number: int, facts: Facts, judgement: Judgement) -> None:
        """A request has been judged."""

    def unread(self, number: int, line: bytes, problem: UnreadLineError) -> None:
        """Of a line no request could be told."""

    def failed(self, problem: ReplayError) -> None:
        """A file could not be read to its end."""

    def batch_done(self) -> None:
        """Some thousands of lines have been gone through."""


class Replay:
    """Judges logs as if their requests came now. `today` is the time at which reservations are read, in epoch seconds.

    Raises ReaderError where the configured reader cannot be made; `with_reader=False` takes the defaults instead.
    """

    def __init__(
        self, loaded: Loaded, *, today: float, catalog: Catalog | None = None, with_reader: bool = True
    ) -> None:
        tracks = loaded.config.tracks
        kept = {"cache_seconds": _KEPT_SECONDS} if with_reader else {"cache_seconds": _KEPT_SECONDS, "reader": None}
        # Who had an address when the log was written, today's DNS cannot tell; and no log holds signatures.
        today_only = {"dns": Dns(), "signatures": Signatures()}
        alone = {"patterns": loaded.config.patterns.model_copy(update={"store": "memory://"})}
        config = loaded.config.model_copy(update={"tracks": tracks.model_copy(update=kept)} | today_only | alone)
        self.site = Site(replace(loaded, config=config), clock=lambda: today, catalog=catalog)
        self.timeline = Timeline()
        self._today = today
        self._parser = Parser()
        self._begins: list[tuple[int, str]] = []
        self._begun = 0
        self._failures = 0
        self._given_up: Reservation | None = None

    @property
    def reader_failures(self) -> int:
        """Reads that failed, each with its configured answer."""
        return self.site.counters["reader_failures"]

    @property
    def gave_up(self) -> bool:
        """Whether the reader failed so often that it was not asked again."""
        return self._given_up is not None

    def client(self, facts: Facts) -> str:
        """Whom a request counts for; empty where that is not recorded."""
        return self.site.client_key(facts) or facts.peer or ""

    def place(self, number: int) -> str:
        """Where a line stands, as editors count: `access.log:17`."""
        begin, name = next((item for item in reversed(self._begins) if item[0] <= number), (0, "line"))
        return f"{name}:{number - begin + 1}"

    def run(
        self,
        sources: Iterable[Source],
        *,
        account: Account,
        limit: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Judge every line of the sources, in their order, or the first `limit` lines of all.

        `progress` is told now and then how many lines have been gone through.
        """
        threads = set(threading.enumerate())
        with asyncio.Runner() as runner:
            try:
                for lines in self._batches(sources, account, limit):
                    self._judge(lines, account, runner)
                    self._begun += len(lines)
                    account.batch_done()
                    if progress is not None:
                        progress(self._begun)
            finally:
                runner.run(self.site.close())
                # A driver that failed to connect still tells the loop so, from a thread, and the loop must be there.
                for thread in set(threading.enumerate()) - threads:
                    thread.join(_ENDING_SECONDS)

    def _batches(self, sources: Iterable[Source], account: Account, limit: int | None) -> Iterator[list[bytes]]:
        left = limit
        for source in sources:
            self.timeline.begin_file()
            self._begins.append((self._begun, source.name))
            try:
                for lines in source.batches():
                    yield lines if left is None else lines[:left]
                    if left is not None:
                        left -= min(left, len(lines))
                        if not left:
                            return
            except ReplayError as problem:
                account.failed(problem)

    def _judge(self, lines: list[bytes], account: Account, runner: asyncio.Runner) -> None:
        # Millions of times over: what the loop calls is looked up once.
        parse, time_of = self._parser.parse, self.timeline.now
        place_of, said_of, judge = self.site.place, self.site.said, self.site.judge
        judged, delivered, today = account.judged, self.site.delivered, self._today
        last, now = None, 0.0
        for number, line in enumerate(lines, self._begun):
            try:
                time, facts, status, sent, seconds = parse(line)
            except UnreadLineError as problem:
                account.unread(number, line, problem)
                continue
            if time != last:
                last, now = time, time_of(time)
            place = place_of(facts)
            said = said_of(place, today)
            if said is None:
                said = self._given_up or runner.run(self._read(place, facts))
            judgement = judge(facts, place, said, now)
            judged(number, facts, judgement)
            if judgement.visit is not None and not judgement.decision.stops:
                delivered(judgement, now, status=status, sent=sent, seconds=seconds)

    async def _read(self, place: Place, facts: Facts) -> Reservation:
        before = self.reader_failures
        said = await self.site.read(
            place,
            {
                "type": "http",
                "method": facts.method,
                "path": facts.path,
                "query_string": facts.query,
                "headers": list(facts.headers or ()),
            },
        )
        self._failures = self._failures + 1 if self.reader_failures > before else 0
        if self._failures >= FAILURES_IN_A_ROW and said.source == "on-failure":
            self._given_up = said
        return said
