"""Several readers as one, their answers combined."""

import asyncio
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from noscrape.readers.cache import PartialReadError, Reader
from noscrape.reservation import UNSTATED, Reservation, Terms
from noscrape.words import Combine, Voice

Scope = MutableMapping[str, Any]


class Chain:
    """Asks several readers. Which counts, `combine` says.

    `MOST_RESTRICTIVE`: whatever any of them reserves. `STRICT`: the same, and a purpose is open only where all of them
    say so. `FIRST`: the first that says anything, and those behind it are not asked.
    A track exists where one of them knows it. Where one fails, the chain fails, with what the others reserve.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        *,
        combine: Combine = Combine.MOST_RESTRICTIVE,
        timeout_seconds: float = 1.0,
    ) -> None:
        self._readers = tuple(readers)
        self._combine = combine
        #: A little less than the cache waits for us, so that a slow reader does not silence the others.
        self._timeout = 0.9 * timeout_seconds
        self.source = "+".join(dict.fromkeys(reader.source for reader in readers))

    async def read(self, track: str, scope: Scope, now: float) -> Reservation:
        """What all say of a track. Raises PartialReadError where one of them cannot tell."""
        if self._combine is Combine.FIRST:
            return await self._first(track, scope, now)
        said: list[Reservation] = []
        failed: list[BaseException] = []
        for answer in await self._all(track, scope, now):
            said.append(answer) if isinstance(answer, Reservation) else failed.append(answer)
        if failed:
            said += [error.said for error in failed if isinstance(error, PartialReadError) and error.said]
            raise PartialReadError("; ".join(map(repr, failed)), said=_reserved(said)) from failed[0]
        return together(said, strict=self._combine is Combine.STRICT)

    async def _all(self, track: str, scope: Scope, now: float) -> list[Reservation | BaseException]:
        """The answers, or why there is none, in the order of the readers."""
        reads = [asyncio.ensure_future(reader.read(track, scope, now)) for reader in self._readers]
        try:
            await asyncio.wait(reads, timeout=self._timeout)
        finally:
            late = [read for read in reads if not read.done()]
            for read in late:
                read.cancel()
        for read in late:
            read.add_done_callback(lambda done: done.cancelled() or done.exception())  # asked for, so not reported
        return [TimeoutError() if read in late else read.exception() or read.result() for read in reads]

    async def _first(self, track: str, scope: Scope, now: float) -> Reservation:
        said = []
        for reader in self._readers:
            answer = await reader.read(track, scope, now)
            if answer.terms.reserved or answer.terms.open:
                return answer
            said.append(answer)
        return together(said)

    async def close(self) -> None:
        """Let go of all of them."""
        await asyncio.gather(*(reader.close() for reader in self._readers))


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
    if not strict:
        return _by_who_said(total, known)
    agreed = frozenset.intersection(*(answer.terms.open for answer in everyone)) - total.terms.reserved
    zero = total.terms.tdm_zero and bool(agreed)
    terms = Terms(reserved=total.terms.reserved, open=agreed, tdm_zero=zero)
    return _by_who_said(replace(total, terms=terms), known)


def _by_who_said(total: Reservation, answers: Sequence[Reservation]) -> Reservation:
    """Named after those that said something, where anybody did."""
    speaking = [answer for answer in answers if answer.terms != UNSTATED]
    if not speaking or total.terms == UNSTATED:
        return total
    sources = dict.fromkeys(source for answer in speaking for source in answer.source.split("+"))
    return replace(total, source="+".join(sources))
