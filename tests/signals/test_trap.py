"""A link that no person sees, and the line of robots.txt that closes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.signals import closed, trap_link
from noscrape.standards import robots_txt

PATH = "/members/archive-index"


def test_the_link() -> None:
    """Hidden from eyes, screen readers and the keyboard, and not to be followed."""
    link = '<a href="/members/archive-index" rel="nofollow" hidden aria-hidden="true" tabindex="-1"></a>'
    assert link == trap_link(PATH)
    assert "" == trap_link("")


def test_it_is_escaped() -> None:
    """Whatever its path."""
    assert '<a href="/a%22%3Cb" ' == trap_link('/a"<b')[:20]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"User-agent: *\nDisallow: {PATH}\n"),
        ("User-agent: *\nAllow: /\n", f"User-agent: *\nDisallow: {PATH}\nAllow: /\n"),
        ("User-agent: *", f"User-agent: *\nDisallow: {PATH}\n"),
        (
            "User-agent: a\nUser-agent: * # all\n\nDisallow: /b\n",
            f"User-agent: a\nUser-agent: * # all\n\nDisallow: {PATH}\nDisallow: /b\n",
        ),
        ("User-agent: a\nDisallow: /", f"User-agent: a\nDisallow: /\n\nUser-agent: *\nDisallow: {PATH}\n"),
        ("\ufeffuser-agent : *\nDisallow:\n", f"\ufeffuser-agent : *\nDisallow: {PATH}\nDisallow:\n"),
    ],
    ids=["nothing", "a group for all", "a bare head", "two names", "another's group", "BOM"],
)
def test_closed(text: str, expected: str) -> None:
    """In the group for everybody, or in one of its own."""
    assert expected == closed(text, PATH)


@given(
    st.lists(st.sampled_from(["User-agent: *", "User-agent: x", "Disallow: /a", "Allow: /", "", "# x", "Sitemap: /s"]))
)
def test_everybody_else_reads_it(lines: list[str]) -> None:
    """Whatever else a robots.txt says, nobody without a group of its own may go there."""
    text = "\n".join(lines)
    assert not robots_txt.parse(closed(text, PATH).encode()).allows("Anybody", PATH)


def test_without_a_trap_nothing_changes() -> None:
    """Not a byte."""
    assert "User-agent: *\r\nAllow: /" == closed("User-agent: *\r\nAllow: /", "")
