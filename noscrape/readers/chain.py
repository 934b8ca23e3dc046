"""Several readers as one, their answers combined."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from noscrape.errors import ReaderError
from noscrape.readers.cache import NOTHING, PartialReadError, Reader, failure
from noscrape.reservation import UNSTATED, Reservation, Terms
from noscrape.words import Combine, Voice

Scope = MutableMapping[str, Any]


class Chain:
    """Asks several readers. Which counts, `combine` says.

    `MOST_RESTRICTIVE`: whatever any of them reserves. `STRICT`: the same, and a purpose is open only where all of them
    say so. `FIRST`: the first that says anything, and those behind it are not asked.
    A track exists where one of them knows it. Where one fails, the chain fails, with what the others reserve.
    Readers of the same source are told apart by number: "reader 1", "reader 2".
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        *,
        combine: Combine = Combine.MOST_RESTRICTIVE,
        timeout_seconds: float = 1.0,
    ) -> None:
        self._readers = tuple(_named(readers))
        self._combine = combine
        #: A little less than the cache waits for us, so that a slow reader does not silence the others.
        self._timeout = 0.9 * timeout_seconds
        self.source = "+".join(name for name, _ in self._readers)

    async def read(self, track: str, scope: Scope, now: float) -> Reservation:
        """What all say of a track. Raises PartialReadError where one of them cannot tell."""
        loop, first = asyncio.get_running_loop(), self._combine is Combine.FIRST
        ends = loop.time() + self._timeout
        said: list[Reservation] = []
        for turn in ((each,) for each in self._readers) if first else (self._readers,):
            reads = {name: asyncio.ensure_future(reader.read(track, scope, now)) for name, reader in turn}
            said += self._answers(turn, await _ended(reads, seconds=ends - loop.time()))
            if first and said[-1].terms != UNSTATED:
                return said[-1]
        return together(said, strict=self._combine is Combine.STRICT)

    def _answers(self, turn: "Sequence[_Named]", reads: "_Reads") -> list[Reservation]:
        """Their answers, under their names. Raises PartialReadError, with what the others reserve, where one failed."""
        said: list[Reservation] = []
        causes: dict[str, BaseException] = {}
        for name, reader in turn:
            cause = self._cause(reads[name])
            if cause is None:
                answer: Reservation | None = reads[name].result()
            else:
                causes[name] = cause
                answer = cause.said if isinstance(cause, PartialReadError) else None
            if answer is not None:
                said.append(replace(answer, source=name) if answer.source == reader.source else answer)
        if causes:
            message = "; ".join(f"{name}: {failure(cause)}" for name, cause in causes.items())
            raise PartialReadError(message, said=_reserved(said), causes=causes)
        return said

    def _cause(self, read: "asyncio.Future[Reservation]") -> BaseException | None:
        """Why there is no answer, None where there is one."""
        if not read.done():
            return TimeoutError(f"no answer within {self._timeout:g} s")
        return ReaderError("the reader was cancelled") if read.cancelled() else read.exception()

    async def close(self) -> None:
        """Let go of all of them."""
        await asyncio.gather(*(reader.close() for _, reader in self._readers))


_Named = tuple[str, Reader]
_Reads = Mapping[str, "asyncio.Future[Reservation]"]


def _named(readers: Sequence[Reader]) -> Iterator[_Named]:
    """Each reader with its name: its source, and its number where several have the same."""
    several, numbers = Counter(reader.source for reader in readers), Counter[str]()
    for reader in readers:
        source = reader.source
        numbers[source] += 1
        yield f"{source} {numbers[source]}" if several[source] > 1 else source, reader


async def _ended(reads: _Reads, *, seconds: float) -> _Reads:
    """The same, after they have ended or the time has. What has not ended is cancelled, and not waited for."""
    try:
        await asyncio.wait(reads.values(), timeout=seconds)
    finally:
        for read in reads.values():
            if not read.done():
                read.cancel()
                read.add_done_callback(lambda done: done.cancelled() or done.exception())  # asked for, so not reported
    return reads


def _reserved(said: Sequence[Reservation]) -> Reservation | None:
    """What some reserve, without what they open: that could be outdone by those that failed."""
    reserved = together(said).terms.reserved if said else frozenset()
    if not reserved:
        return None
    sources = dict.fromkeys(answer.source for answer in said if answer.terms.reserved)
    return Reservation(Terms(reserved=reserved), "+".join(sources), Voice.OWNER)


def together(answers: Iterable[Reservation], *, strict: bool = False) -> Reservation:
    """Several answers about one track. One that does not know the track has no say where another does."""
    everyone = list(answers)
    known = [answer for answer in everyone if not answer.missing]
    total, *rest = known or everyone
    for answer in rest:
        total = total.combined(answer)
    if strict:
        agreed = frozenset.intersection(*(answer.terms.open for answer in everyone)) - total.terms.reserved
        zero = total.terms.tdm_zero and bool(agreed)
        total = replace(total, terms=Terms(reserved=total.terms.reserved, open=agreed, tdm_zero=zero))
    return _by_who_said(total, known)


def _by_who_said(total: Reservation, answers: Sequence[Reservation]) -> Reservation:
    """Named after those that said something; where that comes to nothing, it is the site that speaks."""
    if total.missing:
        return total
    if total.terms == UNSTATED:
        return replace(NOTHING, read_at=total.read_at)
    speaking = [answer for answer in answers if answer.terms != UNSTATED]
    sources = dict.fromkeys(source for answer in speaking for source in answer.source.split("+"))
    return replace(total, source="+".join(sources))
