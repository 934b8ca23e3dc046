"""The licence."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.signals.rsl import USAGE, Content, licence_document

#: Elements are named with it.
RSL = "{https://rslstandard.org/rsl}"


def test_the_whole() -> None:
    """RSL 1.0, sections 3.3 to 3.17: a default namespace, lists with spaces, a licence in each content."""
    contents = [
        Content("/tracks/", prohibited=("ai-all",), permitted=("search",)),
        Content("/media/*.wav", prohibited=("ai-train", "all", "ai-train")),
    ]

    assert """<?xml version="1.0" encoding="UTF-8"?>
<rsl xmlns="https://rslstandard.org/rsl">
  <content url="/tracks/">
    <license>
      <permits type="usage">search</permits>
      <prohibits type="usage">ai-all</prohibits>
      <legal type="contact">mailto:licensing@music.example</legal>
    </license>
    <terms>https://music.example/legal/ai?a=1&amp;b=2</terms>
  </content>
  <content url="/media/*.wav">
    <license>
      <prohibits type="usage">all ai-train</prohibits>
      <legal type="contact">mailto:licensing@music.example</legal>
    </license>
    <terms>https://music.example/legal/ai?a=1&amp;b=2</terms>
  </content>
</rsl>
""" == licence_document(
        contents, terms="https://music.example/legal/ai?a=1&b=2", contact="licensing@music.example"
    ).decode()


def test_the_least() -> None:
    """Neither terms nor a contact; a contact that is no address is left out."""
    made = licence_document([Content("/", permitted=("search",))], contact="the office")

    assert ["content", "license", "permits"] == [
        element.tag.removeprefix(RSL) for element in ElementTree.fromstring(made).iter()
    ][1:]


def test_a_contact_that_is_a_page() -> None:
    """With all that XML would take for something else."""
    made = licence_document([Content("/", prohibited=("all",))], contact="https://music.example/ask?a=1&b=2")

    root = ElementTree.fromstring(made)
    assert "https://music.example/ask?a=1&b=2" == root.findtext(f"{RSL}content/{RSL}license/{RSL}legal")


def test_what_is_both_is_prohibited() -> None:
    """So readers take it, too; told once, it cannot be taken otherwise."""
    made = licence_document([Content("/", prohibited=("search", "ai-all"), permitted=("search",))])

    assert b"permits" not in made
    assert b'<prohibits type="usage">ai-all search</prohibits>' in made


@pytest.mark.parametrize("token", ["train-ai", "ai-all search", "", "AI-ALL", "<"])
def test_tokens_that_it_does_not_know(token: str) -> None:
    """Those of old drafts, lists and misspellings would make the document one that nobody may rely on."""
    with pytest.raises(ValueError, match="RSL has no usage"):
        Content("/", prohibited=(token,))


def test_a_licence_says_something() -> None:
    """One without a list would permit everything, for free."""
    with pytest.raises(ValueError, match="would permit everything"):
        Content("/")
    with pytest.raises(ValueError, match="at least one content"):
        licence_document([])


@given(st.text(), st.text(), st.text(), st.sets(st.sampled_from(USAGE), min_size=1))
def test_any_text(pattern: str, terms: str, contact: str, tokens: set[str]) -> None:
    """It is XML, whatever stands in a configuration, with no elements but ours."""
    made = licence_document([Content(pattern, prohibited=tuple(tokens))], terms=terms, contact=contact)

    root = ElementTree.fromstring(made)
    allowed = {f"{RSL}{name}" for name in ("rsl", "content", "license", "prohibits", "legal", "terms")}
    assert {element.tag for element in root.iter()} <= allowed
    assert tokens == set((root.findtext(f"{RSL}content/{RSL}license/{RSL}prohibits") or "").split(" "))
    assert (root[0].get("url") or "").startswith("/")
