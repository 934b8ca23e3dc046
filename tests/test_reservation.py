"""What is said about a track: reading it, and putting several statements together."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.errors import ReservationError
from noscrape.reservation import (
    NO_SUCH_TRACK,
    NO_TRAINING,
    OPEN,
    RESERVED,
    TDM_ZERO,
    TRAINING_OPEN,
    UNSTATED,
    Reservation,
    Terms,
    Value,
    from_content_usage,
    from_robots_directives,
    from_tdm_reservation,
    from_text,
    reservation,
)
from noscrape.words import PURPOSES, TRAINING_PURPOSES, Purpose, Said, Voice


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """Terms of any kind that can be built."""
    reserved = draw(st.frozensets(st.sampled_from(Purpose)))
    opened = draw(st.frozensets(st.sampled_from(Purpose))) - reserved
    zero = draw(st.booleans()) and not reserved & TRAINING_PURPOSES
    return Terms(reserved=reserved, open=opened, tdm_zero=zero)


def any_reservation() -> st.SearchStrategy[Reservation]:
    times = st.none() | st.floats(0, 4e9)
    return st.builds(
        Reservation,
        any_terms(),
        st.lists(st.sampled_from(("sql", "default", "header:x-robots-tag")), min_size=1, unique=True).map("+".join),
        st.sampled_from(Voice),
        times,
        times,
        st.booleans(),
    )


class TestReading:
    """What a database or a callable answers."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param(True, RESERVED, id="True is the tag"),
            pytest.param(1, RESERVED, id="1 is the tag"),
            pytest.param(1.0, RESERVED, id="1.0 is the tag"),
            pytest.param(Decimal(1), RESERVED, id="NUMERIC 1 is the tag"),
            pytest.param(b"\x01", RESERVED, id="BIT 1 is the tag"),
            pytest.param("no-ai", RESERVED, id="the site's word"),
            pytest.param("  NO-AI\n", RESERVED, id="in any case and space"),
            pytest.param(b"no-ai", RESERVED, id="in bytes"),
            pytest.param(False, OPEN, id="False is the owner's settled no"),
            pytest.param(0, OPEN, id="0 is the owner's settled no"),
            pytest.param(Decimal(0), OPEN, id="NUMERIC 0 is the owner's settled no"),
            pytest.param(b"\x00", OPEN, id="BIT 0 is the owner's settled no"),
            pytest.param("0", OPEN, id="0 in text"),
            pytest.param("no", OPEN, id="no denies the tag, it does not refuse AI"),
            pytest.param("open", OPEN, id="open"),
            pytest.param(None, UNSTATED, id="NULL says nothing"),
            pytest.param("", UNSTATED, id="an empty column says nothing"),
            pytest.param((), UNSTATED, id="no values say nothing"),
            pytest.param("noai", NO_TRAINING, id="noai is a word of a standard"),
            pytest.param("noai, noimageai", NO_TRAINING, id="noai with noimageai"),
            pytest.param("noimageai", UNSTATED, id="noimageai speaks of images alone"),
            pytest.param("X-Robots-Tag: noai", NO_TRAINING, id="X-Robots-Tag field"),
            pytest.param("X-Robots-Tag: noindex", UNSTATED, id="X-Robots-Tag about search"),
            pytest.param("train-ai=n", NO_TRAINING, id="train-ai=n"),
            pytest.param("Content-Usage: train-ai=n", NO_TRAINING, id="Content-Usage field"),
            pytest.param("train-ai=y", TRAINING_OPEN, id="train-ai=y"),
            pytest.param("tdm-reservation: 1", NO_TRAINING, id="tdm-reservation field"),
            pytest.param("tdm-reservation=1", NO_TRAINING, id="tdm-reservation as assignment"),
            pytest.param("TDM-Reservation : 1", NO_TRAINING, id="tdm-reservation in any case"),
            pytest.param("tdm-reservation: 0", TDM_ZERO, id="tdm-reservation 0 in so many words"),
            pytest.param(TDM_ZERO, TDM_ZERO, id="terms as they are"),
            pytest.param(
                ["open", "train-ai=n"], Terms(NO_TRAINING.reserved, OPEN.open - NO_TRAINING.reserved), id="several"
            ),
            pytest.param((True, False, None), RESERVED, id="any reserved wins"),
        ],
    )
    def test_values(self, value: Value, expected: Terms) -> None:
        """Each readable value has one meaning."""
        assert expected == reservation(value, source="sql").terms

    @pytest.mark.parametrize(
        "value",
        [
            2,
            -1,
            0.5,
            float("nan"),
            1j,
            0j,
            object(),
            {},
            "maybe",
            "noai, index",
            "x=y: z",
            b"\x02",
            "http://x",
            "=",
            ":",
        ],
    )
    def test_nonsense_is_a_failure(self, value: Value) -> None:
        """What is no statement raises, and is neither a yes nor a no."""
        with pytest.raises(ReservationError, match=r"cannot read .* as a reservation"):
            reservation(value, source="sql")

    def test_a_message_shows_little_of_a_long_value(self) -> None:
        """An error message does not carry a whole column of text."""
        with pytest.raises(ReservationError) as caught:
            reservation("x" * 10_000, source="sql")
        assert 200 > len(str(caught.value))

    @given(st.text() | st.binary() | st.floats() | st.integers() | st.none() | st.lists(st.text(), max_size=3))
    def test_reading_never_crashes(self, value: Value) -> None:
        """Any value is read or refused with the one error, and what is not a clear yes opens nothing."""
        try:
            terms = reservation(value, source="sql").terms
        except ReservationError:
            return
        assert not terms.reserved & terms.open

    @pytest.mark.parametrize(("value", "by"), [(True, Voice.OWNER), (False, Voice.OWNER), (None, Voice.SITE)])
    def test_by_whom_it_was_said(self, value: Value, by: Voice) -> None:
        """A statement is the owner's; silence is not."""
        assert by == reservation(value, source="sql").by

    def test_no_such_track_is_its_own_answer(self) -> None:
        """An id that the reader does not know is neither open nor the same as nothing said."""
        expected = Reservation(UNSTATED, "sql", Voice.SITE, 5.0, missing=True)
        assert expected == reservation(NO_SUCH_TRACK, source="sql", now=5.0)
        assert expected != reservation(None, source="sql", now=5.0)

    def test_a_finished_reservation_is_kept(self) -> None:
        """A reader's own reservation keeps its source and voice, and gets the time of reading if it has none."""
        own = Reservation(NO_TRAINING, "file", Voice.OWNER, declared_at=1.0)
        assert Reservation(NO_TRAINING, "file", Voice.OWNER, 5.0, 1.0) == reservation(own, source="sql", now=5.0)
        timed = Reservation(NO_TRAINING, "file", Voice.OWNER, read_at=2.0)
        assert timed == reservation(timed, source="sql", now=5.0)

    def test_who_says_nothing_is_not_named(self) -> None:
        """The source of what nobody has said is that of the default, whatever was asked."""
        silent = Reservation(UNSTATED, "default", Voice.SITE, 5.0)
        assert silent == reservation(None, source="sql", now=5.0)
        assert "default" == reservation(Reservation(UNSTATED, "ledger"), source="sql").source
        assert "ledger" == reservation(Reservation(UNSTATED, "ledger", missing=True), source="sql").source


class TestFields:
    """The words of the standards."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            *(("1", NO_TRAINING), (" 1 ", NO_TRAINING), ("0", TDM_ZERO)),
            *((value, UNSTATED) for value in ("", "2", "01", "true", "1, 1", "1;x")),
        ],
    )
    def test_tdm_reservation(self, value: str, expected: Terms) -> None:
        """TDMRep section 2: 1 reserves, 0 does not, and every other value counts as unset."""
        assert expected == from_tdm_reservation(value)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("train-ai=n", NO_TRAINING),
            ("  train-ai=n  ", NO_TRAINING),
            ("train-ai=n, search=y", NO_TRAINING),
            ('train-ai=n;reason="label"', NO_TRAINING),
            ("train-ai=y", TRAINING_OPEN),
            ("train-ai=y, train-ai=n", NO_TRAINING),
            ("train-ai", UNSTATED),
            ('train-ai="n"', UNSTATED),
            ("train-ai=no", UNSTATED),
            ("train-ai=N", UNSTATED),
            ("train-ai=(n)", UNSTATED),
            ("train-ai=n,", UNSTATED),
            (",train-ai=n", UNSTATED),
            ("train-ai = n", UNSTATED),
            ("search=y, Train-AI=n", UNSTATED),
            ("train-ai=né", UNSTATED),
            ("ai-train=n", UNSTATED),
            ("search=n", UNSTATED),
            ("", UNSTATED),
        ],
    )
    def test_content_usage(self, value: str, expected: Terms) -> None:
        """AIPREF vocab-07: only a Token counts; a field that does not parse says nothing (RFC 9651 section 4.2)."""
        assert expected == from_content_usage(value)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("noai", NO_TRAINING),
            ("NOAI", NO_TRAINING),
            ("noai, noimageai", NO_TRAINING),
            ("noindex, noai", NO_TRAINING),
            ("foo, noai", NO_TRAINING),
            ("max-snippet: 5, noai", NO_TRAINING),
            ("noai, googlebot: noindex", NO_TRAINING),
            ("noimageai", UNSTATED),
            ("noindex", UNSTATED),
            ("all", UNSTATED),
            ("none", UNSTATED),
            ("googlebot: noindex, noai", UNSTATED),
            ("googlebot: noai", UNSTATED),
            ("noai: noindex", UNSTATED),
            ("unavailable_after: Monday, noai", UNSTATED),
            ("googlebot: unavailable_after: 25 Jun 2030 15:00:00 PST", UNSTATED),
            ("noai; noimageai", UNSTATED),
            ("", UNSTATED),
        ],
    )
    def test_robots_directives(self, value: str, expected: Terms) -> None:
        """A name before a colon holds until the line's end or the next name; `unavailable_after` swallows the rest."""
        assert expected == from_robots_directives(value)

    @given(st.text())
    def test_fields_never_crash(self, value: str) -> None:
        """Header values are anybody's text."""
        for read in (from_tdm_reservation, from_content_usage, from_robots_directives):
            assert isinstance(read(value), Terms)

    @given(st.text(alphabet='train-ai=ny,;:() "\t0123456789tdm-reservation', max_size=40))
    def test_text_near_to_a_field_never_crashes(self, value: str) -> None:
        """Text that looks much like a statement is read or refused."""
        try:
            assert isinstance(from_text(value), Terms)
        except ReservationError:
            assert value.strip()


class TestTerms:
    """Statements cannot contradict themselves."""

    def test_reserved_and_open_at_once_cannot_be_built(self) -> None:
        """A purpose is one or the other."""
        with pytest.raises(ValueError, match="reserved and open at once"):
            Terms(reserved=PURPOSES, open=frozenset({Purpose.AGENT}))

    def test_zero_where_mining_is_reserved_cannot_be_built(self) -> None:
        """`tdm-reservation: 0` may never stand beside a reservation of the same."""
        with pytest.raises(ValueError, match="cannot be 0"):
            Terms(reserved=frozenset({Purpose.DATASET}), tdm_zero=True)

    def test_what_is_said_of_a_purpose(self) -> None:
        """Unstated is its own answer."""
        terms = Terms(reserved=frozenset({Purpose.TRAINING}), open=frozenset({Purpose.SEARCH}))
        expected = (Said.RESERVED, Said.OPEN, Said.UNSTATED)
        assert expected == tuple(map(terms.said, (Purpose.TRAINING, Purpose.SEARCH, Purpose.AGENT)))

    @given(any_terms(), any_terms())
    def test_equal_terms_hash_alike(self, one: Terms, other: Terms) -> None:
        """Terms are keys of caches."""
        assert hash(one) == hash(Terms(one.reserved, one.open, one.tdm_zero))
        assert (one == other) <= (hash(one) == hash(other))

    @given(any_terms(), st.sampled_from(Said))
    def test_filling_changes_only_what_is_unstated(self, terms: Terms, default: Said) -> None:
        """What was said stays said; the default is for the rest."""
        filled = terms.filled(default)
        for purpose in Purpose:
            said = terms.said(purpose)
            assert (default if said is Said.UNSTATED else said) is filled.said(purpose)

    @given(any_terms())
    def test_zero_is_repeated_only_where_nothing_is_reserved(self, terms: Terms) -> None:
        """A default that reserves takes the owner's `tdm-reservation: 0` back for what it fills."""
        filled = terms.filled(Said.RESERVED)
        assert not (filled.tdm_zero and filled.reserved & TRAINING_PURPOSES)
        assert filled.tdm_zero <= terms.tdm_zero


class TestCombining:
    """Several statements at once: any that reserves wins, and silence opens nothing."""

    @given(any_terms(), any_terms())
    def test_reserved_wins_and_unstated_never_becomes_open(self, one: Terms, other: Terms) -> None:
        """For each purpose the more restrictive statement holds."""
        both = one.combined(other)
        for purpose in Purpose:
            said = {one.said(purpose), other.said(purpose)}
            if Said.RESERVED in said:
                assert Said.RESERVED is both.said(purpose)
            elif Said.OPEN in said:
                assert Said.OPEN is both.said(purpose)
            else:
                assert Said.UNSTATED is both.said(purpose)

    @given(any_terms(), any_terms(), any_terms())
    def test_terms_combine_in_any_order(self, one: Terms, two: Terms, three: Terms) -> None:
        """Combining is commutative, associative and idempotent, and silence changes nothing."""
        assert one.combined(two) == two.combined(one)
        assert one.combined(two).combined(three) == one.combined(two.combined(three))
        assert one == one.combined(one)
        assert one == one.combined(UNSTATED)

    @given(any_reservation(), any_reservation(), any_reservation())
    def test_reservations_combine_in_any_order(self, one: Reservation, two: Reservation, three: Reservation) -> None:
        """The same for whole reservations, but for the order in which their sources are named."""

        def sourceless(said: Reservation) -> tuple[object, ...]:
            return said.terms, set(said.source.split("+")), said.by, said.read_at, said.declared_at, said.missing

        assert sourceless(one.combined(two)) == sourceless(two.combined(one))
        assert one.combined(two).combined(three) == one.combined(two.combined(three))
        assert one == one.combined(one)

    def test_the_older_reading_counts(self) -> None:
        """What was combined is as stale as its stalest part, and any owner's voice makes it the owner's."""
        one = Reservation(UNSTATED, "default", Voice.SITE, read_at=9.0)
        two = Reservation(NO_TRAINING, "sql", Voice.OWNER, read_at=3.0, declared_at=1.0)
        expected = Reservation(NO_TRAINING, "default+sql", Voice.OWNER, read_at=3.0, declared_at=1.0)
        assert expected == one.combined(two)

    def test_a_missing_row_stays_missing(self) -> None:
        """Another track's answer does not vouch for one that is not there."""
        missing = reservation(NO_SUCH_TRACK, source="sql")
        assert missing.combined(reservation(False, source="sql")).missing
