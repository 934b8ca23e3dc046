"""Several readers as one."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.readers import Chain, Reservations
from noscrape.readers.cache import PartialReadError
from noscrape.readers.chain import together
from noscrape.reservation import (
    NO_TRAINING,
    OPEN,
    RESERVED,
    TDM_ZERO,
    UNSTATED,
    Reservation,
    Terms,
    reservation,
)
from noscrape.words import PURPOSES, Combine, Purpose, Said, Voice
from tests.asgi import Clock


class Says:
    """A reader with one answer, or one failure."""

    def __init__(self, answer: object, source: str = "a", *, missing: bool = False, waits: bool = False) -> None:
        self.answer = answer
        self.source = source
        self.missing = missing
        self.waits = waits
        self.asked = 0
        self.closed = False

    async def read(self, track: str, scope: Any, now: float) -> Reservation:
        self.asked += 1
        if self.waits:
            await asyncio.Event().wait()
        if isinstance(self.answer, BaseException):
            raise self.answer
        if self.missing:
            return Reservation(UNSTATED, self.source, Voice.SITE, now, missing=True)
        return reservation(self.answer, source=self.source, now=now)

    async def close(self) -> None:
        self.closed = True


async def read(*readers: Says, combine: Combine = Combine.MOST_RESTRICTIVE) -> Reservation:
    return await Chain(readers, combine=combine, timeout_seconds=0.01).read("42", {}, 7.0)


class TestCombining:
    """What several answers make."""

    @pytest.mark.parametrize(
        ("answers", "combine", "terms", "source"),
        [
            pytest.param((False, True), Combine.MOST_RESTRICTIVE, RESERVED, "0+1", id="any that reserves wins"),
            pytest.param((None, True), Combine.MOST_RESTRICTIVE, RESERVED, "1", id="named after who spoke"),
            pytest.param((None, False), Combine.MOST_RESTRICTIVE, OPEN, "1", id="open where nobody reserves"),
            pytest.param((None, None), Combine.MOST_RESTRICTIVE, UNSTATED, "default", id="nobody spoke"),
            pytest.param((None, False), Combine.STRICT, UNSTATED, "default", id="strict: silence keeps it from open"),
            pytest.param((False, False), Combine.STRICT, OPEN, "0+1", id="strict: open where all say so"),
            pytest.param((False, "train-ai=n"), Combine.STRICT, NO_TRAINING, "0+1", id="strict: what is reserved is"),
            pytest.param((None, False, True), Combine.FIRST, OPEN, "1", id="first: who speaks first decides"),
            pytest.param((None, None), Combine.FIRST, UNSTATED, "default", id="first: nobody spoke"),
            pytest.param(
                ("tdm-reservation: 0", None), Combine.MOST_RESTRICTIVE, TDM_ZERO, "0", id="a 0 that was said is kept"
            ),
            pytest.param(
                ("tdm-reservation: 0", None), Combine.STRICT, UNSTATED, "default", id="strict: and here is not"
            ),
        ],
    )
    async def test_the_three_ways(
        self, answers: tuple[object, ...], combine: Combine, terms: Terms, source: str
    ) -> None:
        """Each way of combining, with the sources that count."""
        readers = [Says(answer, str(number)) for number, answer in enumerate(answers)]

        said = await read(*readers, combine=combine)

        assert (terms, source) == (said.terms, said.source)

    @pytest.mark.parametrize("combine", Combine)
    async def test_what_nobody_said_is_the_sites_own(self, combine: Combine) -> None:
        """No reader is named for it, and no owner: the same as with one reader that says nothing."""
        alone = reservation(None, source="a", now=7.0)

        assert alone == await read(Says(None, "a"), Says(None, "b"), combine=combine)
        assert ("default", Voice.SITE) == (alone.source, alone.by)

    @pytest.mark.parametrize("combine", Combine)
    async def test_what_strict_leaves_unsaid_is_no_owners(self, combine: Combine) -> None:
        """One said "open", the other nothing: where that comes to nothing, the default counts, and nobody's word."""
        said = await read(Says(None, "a"), Says(False, "b"), combine=combine)

        expected = ("default", Voice.SITE) if combine is Combine.STRICT else ("b", Voice.OWNER)
        assert expected == (said.source, said.by)

    async def test_several_of_one_source_are_told_apart(self) -> None:
        """By number, in the order in which they are given; one alone has none."""
        several = Says(True, "reader"), Says(None, "sql"), Says("train-ai=n", "reader")

        said = await read(*several)

        assert "reader 1+reader 2" == said.source
        assert "reader 1+sql+reader 2" == Chain(several).source
        assert "reader+sql" == Chain(several[:2]).source

    async def test_a_source_of_the_apps_own_stays(self) -> None:
        """A reader may return a finished reservation, and say itself where that stands."""
        own = Says(Reservation(NO_TRAINING, "ledger"), "reader"), Says(True, "reader")

        assert "ledger+reader 2" == (await read(*own)).source

    async def test_first_asks_nobody_behind_the_one_that_spoke(self) -> None:
        """A slow reader behind a quick one costs nothing."""
        quick, slow = Says(True), Says(True)

        await read(quick, slow, combine=Combine.FIRST)

        assert (1, 0) == (quick.asked, slow.asked)

    @pytest.mark.parametrize("combine", Combine)
    async def test_a_track_exists_where_one_knows_it(self, combine: Combine) -> None:
        """A track without a file is a track."""
        said = await read(Says(None, "files", missing=True), Says(False, "sql"), combine=combine)

        assert not said.missing

    @pytest.mark.parametrize("combine", Combine)
    async def test_a_track_that_nobody_knows_is_missing(self, combine: Combine) -> None:
        """And never open."""
        assert (await read(Says(None, missing=True), Says(None, missing=True), combine=combine)).missing

    async def test_closing_closes_all(self) -> None:
        """None is left with a connection."""
        readers = [Says(True), Says(True)]

        await Chain(readers).close()

        assert [True, True] == [reader.closed for reader in readers]


class TestFailure:
    """One of them fails, or does not answer."""

    @pytest.mark.parametrize("failing", [Says(OSError("gone")), Says(True, waits=True)], ids=["fails", "hangs"])
    @pytest.mark.parametrize("on_failure", [Said.OPEN, Said.RESERVED])
    async def test_what_the_others_reserve_holds(self, failing: Says, on_failure: Said) -> None:
        """Whatever a failure means, a tag that was read is not forgotten for it."""
        chain = Chain([failing, Says("train-ai=n", "files")], timeout_seconds=0.02)
        cache = Reservations(chain, clock=Clock(), timeout_seconds=5, on_failure=on_failure)

        said = await cache.read("42", {})

        assert NO_TRAINING.reserved <= said.terms.reserved
        assert {"on-failure", "files"} == set(said.source.split("+"))

    async def test_what_a_failing_one_could_still_read_holds(self) -> None:
        """Of two files one was damaged, and the other reserved."""
        partly = Says(PartialReadError("damaged", said=Reservation(NO_TRAINING, "file")))
        cache = Reservations(Chain([partly, Says(False)]), clock=Clock(), on_failure=Said.OPEN)

        assert NO_TRAINING.reserved == (await cache.read("42", {})).terms.reserved

    async def test_what_the_others_open_does_not(self) -> None:
        """The one that failed might have reserved it."""
        chain = Chain([Says(OSError("gone")), Says(False)])
        cache = Reservations(chain, clock=Clock(), on_failure=Said.RESERVED)

        assert RESERVED == (await cache.read("42", {})).terms

    async def test_first_does_not_pass_over_a_failure(self) -> None:
        """Else a database that is gone would open what it reserves."""
        cache = Reservations(Chain([Says(OSError("gone")), Says(False)], combine=Combine.FIRST), clock=Clock())

        assert RESERVED == (await cache.read("42", {})).terms

    @pytest.mark.parametrize("combine", Combine)
    async def test_it_is_told_which_one_failed_and_why(
        self, combine: Combine, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The one that failed is named, once, and no other; with its own cause, and not that of the chain."""
        gone = OSError("gone")
        cache = Reservations(Chain([Says(None, "sql"), Says(gone, "file")], combine=combine), clock=Clock())

        for track in "123":
            await cache.read(track, {})

        (record,) = caplog.records
        assert record.getMessage().startswith("the reservation reader 'file' failed: OSError('gone'); the last known")
        assert record.exc_info is not None
        assert gone is record.exc_info[1]

    async def test_each_that_failed_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """In plain words: what a file reader says of a file, and the limit that another one missed."""
        damaged = Says(PartialReadError("a.mp3: truncated"), "file")
        chain = Chain([damaged, Says(True, waits=True), Says(False)], timeout_seconds=0.01)

        with pytest.raises(PartialReadError) as raised:
            await chain.read("42", {}, 7.0)
        await Reservations(chain, clock=Clock()).read("42", {})

        assert "file: a.mp3: truncated; a 1: no answer within 0.009 s" == str(raised.value)
        told = [record.getMessage().partition(";")[0] for record in caplog.records]
        assert [
            "the reservation reader 'file' failed: a.mp3: truncated",
            "the reservation reader 'a 1' failed: no answer within 0.009 s",
        ] == told

    async def test_first_names_the_one_that_hangs(self) -> None:
        """All of them together have the time of one read."""
        chain = Chain([Says(None, "sql"), Says(True, "file", waits=True)], combine=Combine.FIRST, timeout_seconds=0.01)

        with pytest.raises(PartialReadError, match=r"\Afile: no answer within 0\.009 s\Z"):
            await chain.read("42", {}, 7.0)

    async def test_one_that_cancels_itself_is_named(self) -> None:
        """A driver's own cancellation is its failure, and no end of the request."""
        cancelled = Says(asyncio.CancelledError(), "sql")

        with pytest.raises(PartialReadError, match=r"sql: .*the reader was cancelled"):
            await read(cancelled, Says(False))


@given(
    st.lists(
        st.builds(
            Reservation,
            st.frozensets(st.sampled_from(Purpose)).flatmap(
                lambda reserved: st.frozensets(st.sampled_from(Purpose)).map(
                    lambda opened: Terms(reserved=reserved, open=opened - reserved)
                )
            ),
            st.sampled_from(("a", "b")),
            missing=st.booleans(),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_strict_never_opens_more(answers: list[Reservation]) -> None:
    """Whatever is said, strict reserves the same and opens no more; and no order matters."""
    loose, strict = together(answers), together(answers, strict=True)

    assert loose.terms.reserved == strict.terms.reserved
    assert strict.terms.open <= loose.terms.open <= PURPOSES - loose.terms.reserved
    assert together(answers[::-1], strict=True).terms == strict.terms
