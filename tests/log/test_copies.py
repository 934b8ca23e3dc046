"""A crawler is held to what a text says for sure; where the log leaves something out, it depends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.log import PATH_KEPT
from noscrape.log.copies import Copy, Told
from noscrape.standards.robots_txt import parse

MAY, MAY_NOT, DEPENDS = Told.MAY, Told.MAY_NOT, Told.DEPENDS


def copy(*rules: str, agent: str = "GPTBot") -> Copy:
    """These rules for a crawler, as GPTBot reads them."""
    return Copy(parse("\n".join([f"User-agent: {agent}", *rules])), "GPTBot")


@pytest.mark.parametrize(
    ("rules", "path", "told"),
    [
        ([], "/", MAY),
        (["Disallow:"], "/", MAY),
        (["Disallow: /tracks/"], "/tracks/1", MAY_NOT),
        (["Disallow: /tracks/"], "/about", MAY),
        (["Disallow: /tracks/", "Allow: /tracks/free/"], "/tracks/free/1", MAY),
    ],
    ids=["no rule", "empty rule", "forbidden", "elsewhere", "excepted"],
)
def test_a_path_is_judged_by_the_rules(rules: list[str], path: str, told: Told) -> None:
    """RFC 9309, section 2.2.2."""
    assert copy(*rules).told(path) == told


@pytest.mark.parametrize(
    ("rules", "path", "told"),
    [
        (["Disallow: /tracks$"], "/tracks", DEPENDS),
        (["Disallow: /tracks$", "Disallow: /tracks?"], "/tracks", MAY_NOT),
        (["Disallow: /tracks$", "Disallow: /tracks?$"], "/tracks", DEPENDS),
        (["Disallow: /", "Allow: /$"], "/", DEPENDS),
        (["Disallow: /", "Allow: /$"], "/tracks", MAY_NOT),
        (["Disallow: /search?q="], "/search", DEPENDS),
        (["Disallow: /search?q="], "/about", MAY),
        (["Disallow: /search?q="], "/search/1", MAY),
        (["Disallow: /*?sort="], "/about", DEPENDS),
        (["Disallow: /*?"], "/about", DEPENDS),
        (["Disallow: /*sort="], "/about", DEPENDS),
        (["Disallow: /list/*&page="], "/list/1", DEPENDS),
        (["Disallow: /list/*&page="], "/about", MAY),
        (["Disallow: /*?a=*&b=1$"], "/x", DEPENDS),
        (["Disallow: /", "Allow: /*?free=1"], "/tracks/1", DEPENDS),
        (["Disallow: /", "Disallow: /*?sort="], "/tracks/1", MAY_NOT),
        (["Disallow: /", "Allow: /?"], "/tracks/1", MAY_NOT),
        (["Disallow: /tracks/1", "Allow: /t*?x"], "/tracks/1", MAY_NOT),
        (["Disallow: /", "Allow: /*.css"], "/tracks/1", MAY_NOT),
    ],
    ids=[
        "end of the path",
        "end of the path or any query",
        "end of the path or an empty query",
        "home page alone",
        "not the home page",
        "a query",
        "a query of another path",
        "a query after another path",
        "a query of any path",
        "any query",
        "part of a query",
        "part of a query below a folder",
        "part of a query, another folder",
        "stars in a query",
        "an exception by query",
        "forbidden with any query",
        "an exception of another path",
        "a shorter exception",
        "a star is no query",
    ],
)
def test_what_depends_on_the_query_is_not_judged(rules: list[str], path: str, told: Told) -> None:
    """The log leaves queries out; what is forbidden with each of them is forbidden."""
    assert copy(*rules).told(path) == told


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/caf%C3%A9", "/café"),
        ("/café", "/café"),
        ("/a%20b", "/a b"),
        ("/50%25", "/50%"),
        ("/a%2541", "/a%41"),
        ("/what%3F", "/what?"),
        ("/a%23b", "/a#b"),
        ("/a&b=c;d,e", "/a&b=c;d,e"),
        ("/%24%2A", "/$*"),
        ("/[x]@!'()+:", "/[x]@!'()+:"),
        ("/%09", "/\t"),
    ],
)
def test_paths_are_compared_as_they_were_sent(pattern: str, path: str) -> None:
    """The log has them decoded."""
    assert copy(f"Disallow: {pattern}").told(path) == MAY_NOT


@pytest.mark.parametrize(
    ("rules", "path", "told"),
    [
        (["Disallow: /a"], "/" + "a" * (PATH_KEPT - 1), MAY_NOT),
        (["Disallow: /a"], "/" + "b" * (PATH_KEPT - 1), DEPENDS),
        (["Disallow: /a", "Allow: /*.css"], "/" + "a" * (PATH_KEPT - 1), DEPENDS),
        (["Disallow: /a*b$"], "/" + "a" * (PATH_KEPT - 2) + "b", DEPENDS),
        (["Disallow: /*?"], "/" + "a" * (PATH_KEPT - 1), DEPENDS),
        (["Disallow: /a", "Allow: /*.css"], "/" + "a" * (PATH_KEPT - 2), MAY_NOT),
        (["Disallow: /a"], "/a\ufffd", MAY_NOT),
        (["Disallow: /a%FF"], "/a\ufffd", DEPENDS),
        (["Disallow: /a"], "/\udcffa", DEPENDS),
        (["Disallow: /"], "*", DEPENDS),
        (["Disallow: /"], "http://music.example/", DEPENDS),
        (["Disallow: /"], "", DEPENDS),
        ([], "*", MAY),
    ],
    ids=[
        "cut, forbidden",
        "cut, the rest may be",
        "cut, the rest may be excepted",
        "cut, the end is not known",
        "cut, a query",
        "just not cut",
        "no text, forbidden anyhow",
        "no text",
        "half a character",
        "no path",
        "absolute form",
        "not recorded",
        "nothing forbidden",
    ],
)
def test_of_a_path_that_is_not_whole_the_beginning_counts(rules: list[str], path: str, told: Told) -> None:
    """It is held against a crawler where all that begins so is forbidden."""
    assert copy(*rules).told(path) == told


def test_what_a_text_tells_by_name_and_everybody() -> None:
    """Patterns in the order of the file, each once."""
    named = copy(
        "Disallow: /a", "Allow: /a/b", "Disallow: /c", "Disallow:", "Disallow: /a", "Content-Usage: train-ai=n"
    )
    assert (("/a", "/c"), ("/a/b",), True) == (named.forbidden, named.excepted, named.by_name)
    shared = copy("Disallow: /a", agent="*")
    assert (("/a",), (), False) == (shared.forbidden, shared.excepted, shared.by_name)


def test_the_deciding_line_can_be_told() -> None:
    """As it would be written."""
    told = copy("disallow: /tracks/", "allow: /tracks/free/")
    assert "Disallow: /tracks/" == told.rule("/tracks/1")
    assert "Allow: /tracks/free/" == told.rule("/tracks/free/1")
    assert "" == told.rule("/about")


def test_answers_are_kept_within_a_bound() -> None:
    """Strangers choose paths; the answers stay right."""
    text = copy("Disallow: /a")
    assert [MAY_NOT, MAY] * 2000 == [text.told(f"/{letter}{number}") for number in range(2000) for letter in "ab"]
    assert len(text._answers) <= 512


def test_very_many_queries_are_not_all_tried() -> None:
    """With more than a hundred that might cover a path, it depends."""
    allowed = [f"Allow: /*?{number}" for number in range(100)]
    assert DEPENDS is copy("Disallow: /" + "a" * 20, *allowed).told("/" + "a" * 20)
    assert MAY_NOT is copy("Disallow: /" + "a" * 20, *allowed[1:]).told("/" + "a" * 20)


TEXT = st.text(alphabet="/ab$?=&", max_size=8)


@given(
    disallow=st.lists(st.text(alphabet="/ab*$?=&", max_size=8), max_size=4),
    allow=st.lists(TEXT, max_size=4),
    path=st.text(alphabet="/ab=&", max_size=8).map("/".__add__),
    query=TEXT,
)
def test_what_is_held_against_a_crawler_was_forbidden_with_any_query(
    disallow: list[str], allow: list[str], path: str, query: str
) -> None:
    """And without one; where no exception has a star."""
    rules = [*(f"Disallow: /{pattern}" for pattern in disallow), *(f"Allow: /{pattern}" for pattern in allow)]
    text = parse("\n".join(["User-agent: *", *rules]))
    if Copy(text, "GPTBot").told(path) is MAY_NOT:
        assert [False, False] == [text.allows("GPTBot", path), text.allows("GPTBot", f"{path}?{query}")]


@given(text=st.binary(max_size=200), path=st.text(max_size=600))
def test_any_text_and_path_have_an_answer(text: bytes, path: str) -> None:
    """Never an exception, and the same again."""
    told = Copy(parse(b"User-agent: *\nDisallow: /a\n" + text), "GPTBot")
    assert told.told(path) is told.told(path)
    told.rule(path)
