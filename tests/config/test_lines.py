"""Every key, table and list item of a document has a line."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.config.lines import Path, lines


def _paths(value: Any, path: Path = ()) -> set[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(_paths(item, (*path, key)) for key, item in inner))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("# a = 1\n\n  a  =  1", ("a",), 3),
        ("a = 1\r\n\r\nb = 2\r\n", ("b",), 3),
        ("[t]\na = 1", ("t", "a"), 2),
        ("[t]\na = 1", ("t",), 1),
        ("[t.u]\n[t]\na = 1", ("t",), 2),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 1, "a"), 4),
        ("[[t]]\n[[t]]\n[[t.u]]\n[[t.u]]\na = 1", ("t", 1, "u", 1, "a"), 5),
        ("[[t]]\n[t.u]\na = 1\n[[t]]\n[t.u]\na = 2", ("t", 1, "u", "a"), 6),
        ("a = [\n 1, # ]\n 2,\n]\nb = 3", ("a", 1), 3),
        ("a = [\n 1, # ]\n 2,\n]\nb = 3", ("b",), 5),
        ("a = [[1,\n2], [3,\n4]]", ("a", 1, 1), 3),
        ("a = { b = 1, c = { d = [\n1] } }\ne = 1", ("a", "c", "d", 0), 2),
        ('a = """\n"x" = 1 ]\n\\""""""\nb = 2', ("b",), 4),
        ("a = '''\n'' ]\n'''\nb = 2", ("b",), 4),
        ("a = 'C:\\'\nb = 2", ("b",), 2),
        ('a = "\\"#]"\nb = 2', ("b",), 2),
        ("a = 1979-05-27 07:32:00 # at\nb = 2", ("b",), 2),
        ("\"k\\u0041\" . 'l m'.n = 1", ("kA", "l m", "n"), 1),
        ('[ a . "b.c" ]\nd = 1', ("a", "b.c", "d"), 2),
        ("a.b = 1\na.c = 2", ("a", "c"), 2),
    ],
)
def test_a_key_stands_where_a_person_sees_it(text: str, path: Path, line: int) -> None:
    """Through comments, strings of all four kinds, lists and tables in every notation."""
    assert line == lines(text)[path]


_STATEMENTS = st.sampled_from(
    [
        "[{k}]", "[{k}.{l}]", "[[{k}]]", "[[{k}.{l}]]", "{k} = {v}", "{k}.{l} = {v}", "{k} = [{v}, {v}]",
        "{k} = [\n  {v}, # c ]\n  [{v}],\n]", "{k} = {{ {l} = {v}, m = {{ {k} = [{v}] }} }}", "# {k} = {v}", "",
        "{k} = [{{ {l} = {v} }}, {{}}]", "  {k}  =  {v}  # {l} = [",
    ]
)  # fmt: skip
_KEYS = st.sampled_from(["a", "b", "c-d", "1", '"e f"', '"g.h"', "'i\"'", '""', '"\\u00e9\\t"'])
_VALUES = st.sampled_from(
    ["1", "-1.5e3", "true", '"x"', "''", '"\\\\"', '"]#"', "'\\'", '"""\n"" ]\n"""', "'''\n'a'\n'''", '"""a"""""',
     "07:32:00", "1979-05-27 07:32:00Z", "inf", "[]", "{}", "'''''x'''''"]
)  # fmt: skip


@given(st.lists(st.builds(lambda s, k, m, v: s.format(k=k, l=m, v=v), _STATEMENTS, _KEYS, _KEYS, _VALUES), max_size=8))
def test_every_path_of_a_valid_document_has_a_line_and_no_other(statements: list[str]) -> None:
    """The walk finds exactly what tomllib finds."""
    text = "\n".join(statements)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert _paths(document) - {()} == set(lines(text))


@given(st.text(alphabet="ab=.[]{}\"'\\#,1 \t\n", max_size=40))
def test_the_walk_ends_on_any_text_that_tomllib_takes(text: str) -> None:
    """Also where the text is nothing that a person would write."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert _paths(document) - {()} == set(lines(text))
