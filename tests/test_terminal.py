"""Strangers' text cannot move the cursor, hide text or forge a line; what is shown fits the terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.terminal import Column, Row, Table, cut, put, safe, say, width

ANY = st.text(alphabet=st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain / text é 曲", "plain / text é 曲"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x00\x7f\x85\x9b31m", "\\x00\\x7f\\x85\\x9b31m"),
        ("abc\u202edcba\u2066\u200f", "abc\\u202edcba\\u2066\\u200f"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_not_plainly_visible_is_escaped(text: str, shown: str) -> None:
    """Control characters, terminal escapes, newlines, bidi and zero-width characters, surrogates."""
    assert shown == safe(text)


@given(text=ANY)
def test_safe_text_is_printable(text: str) -> None:
    """Whatever it was."""
    assert safe(text).isprintable()
    assert safe(text) == safe(safe(text))


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("曲", 2), ("e\u0301", 1), ("", 0)])
def test_width_is_what_a_terminal_takes(text: str, columns: int) -> None:
    """Two columns for wide characters, none for combining ones."""
    assert columns == width(text)


@given(text=ANY.map(safe), columns=st.integers(0, 70))
def test_a_cut_text_fits(text: str, columns: int) -> None:
    """And is not touched where it fits already."""
    assert width(cut(text, columns)) <= columns
    assert (cut(text, columns) == text) == (width(text) <= columns)


@given(rows=st.lists(st.tuples(ANY, ANY, ANY, st.lists(ANY, max_size=3)), max_size=6), columns=st.integers(1, 100))
def test_a_table_fits_its_terminal(rows: list[tuple[str, str, str, list[str]]], columns: int) -> None:
    """Each line of it is one line, with nothing in it that is not visible."""
    table = Table([Column("one"), Column("two", least=10), Column("three", right=True)], columns=columns)
    for line in table.lines(Row((one, two, three), below=below) for one, two, three, below in rows):
        assert line.isprintable()
        assert width(line) <= columns


def test_columns_line_up_and_numbers_stand_right() -> None:
    """Wide characters count double."""
    table = Table([Column("name"), Column("n", least=4, right=True)], columns=None)
    assert ["name       n", "曲曲曲     1", "plain   1000"] == list(
        table.lines([Row(("曲曲曲", "1")), Row(("plain", "1000"))])
    )


def test_the_widest_column_gives_way_first() -> None:
    """The narrow ones stay whole."""
    table = Table([Column("a", least=2), Column("b", least=2)], columns=16)
    assert ["a     b", "abcd  0123456789"[:16]] == list(table.lines([Row(("abcd", "0123456789"))]))
    table = Table([Column("a", least=2), Column("b", least=2)], columns=12)
    assert ["a     b", "abcd  01234…"] == list(table.lines([Row(("abcd", "0123456789"))]))


def test_pieces_below_stay_together() -> None:
    """On as few lines as they fit."""
    table = Table([Column("a")], columns=20)
    row = Row(("x",), below=("track 42", "GET /a", "a longer reason why it was so"))
    assert ["x", "    track 42  GET /a", "    a longer reason…"] == list(table.lines([row]))[1:]


def test_no_terminal_cuts_nothing() -> None:
    """What is piped on is complete."""
    table = Table([Column("a")], columns=None)
    assert ["a", "x" * 500, "    " + "y" * 500] == list(table.lines([Row(("x" * 500,), below=("y" * 500,))]))


def test_columns_leave_room_for_what_is_to_come() -> None:
    """Where the first rows say little of the later ones."""
    table = Table([Column("a", usual=12), Column("b")], columns=80)
    table.settle([Row(("x", "y"))], more=True)
    assert ["abcdefghijkl  z"] == list(table.row(Row(("abcdefghijkl", "z"))))


def test_a_narrow_encoding_gets_escapes() -> None:
    """A terminal without Unicode ends no listing."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    put(stream, "…曲")
    stream.flush()
    assert b"\\u2026\\u66f2\n" == written.getvalue()


def test_messages_are_escaped() -> None:
    """They quote file names and user agents."""
    stream = io.StringIO()
    say(stream, "no such file: \x1b[2Jx\n")
    assert "no such file: \\x1b[2Jx\\n\n" == stream.getvalue()
