"""Whether the tools that build data sets see what we send in `X-Robots-Tag`.

Their readings are modelled here in a few lines each, from what they were seen to do; the models are held against the
cases that were measured on the tools themselves.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.reservation import NO_TRAINING
from noscrape.signals.headers import X_ROBOTS_TAG, Emission, RawHeaders, add, concerned

MEASURED = Path(__file__).parents[1] / "standards" / "vectors" / "x_robots_tag.json"

BLOCKED_BY_IMG2DATASET = frozenset({"noai", "noimageai", "noindex", "noimageindex"})
BLOCKED_BY_DATADILIGENCE = frozenset({"noai", "noimageai"})


def img2dataset_skips(lines: list[str]) -> bool:
    """Line by line: all before the first colon is an agent's name, and not its own."""
    for line in lines:
        if ":" not in line and BLOCKED_BY_IMG2DATASET & {word.strip().lower() for word in line.split(",")}:
            return True
    return False


def datadiligence_blocks(lines: list[str]) -> bool:
    """All lines as one, cut at commas; the case counts, and a piece with a colon in it is another directive."""
    return not BLOCKED_BY_DATADILIGENCE.isdisjoint(word.strip() for word in ", ".join(lines).split(","))


#: Header lines, whether img2dataset skips, whether datadiligence blocks: of the same kinds as those that were measured.
CASES = [
    (["noai, noimageai"], True, True),
    (["noai", "noimageai"], True, True),
    (["nofollow,noimageai"], True, True),
    (["NoAI"], True, False),
    (["noai, max-snippet:0"], False, True),
    (["max-image-preview:large, noai"], False, True),
    (["bingbot: noindex, noai, noimageai"], False, True),
    (["noai, noimageai, bingbot: noindex"], False, True),
    (["unavailable_after: 1 Jan 2031 00:00:00 UTC, noai"], False, True),
    (["bingbot: noindex", "noai"], True, True),
    (["noai; noimageai"], False, False),
    (["noindex"], True, False),
    (["all"], False, False),
    ([""], False, False),
    ([], False, False),
]


@pytest.mark.parametrize(("lines", "skips", "blocks"), CASES, ids=repr)
def test_the_models(lines: list[str], skips: bool, blocks: bool) -> None:
    """They do what the tools were seen to do."""
    assert (skips, blocks) == (img2dataset_skips(lines), datadiligence_blocks(lines))


@pytest.mark.skipif(not MEASURED.exists(), reason="the measured cases are not here")
def test_the_models_on_what_was_measured() -> None:
    """Case by case."""
    for case in json.loads(MEASURED.read_text(encoding="utf-8"))["emission"]:
        lines = case["field_lines"]
        seen = (case["img2dataset_skips"], case["datadiligence_blocks"])
        assert seen == (img2dataset_skips(lines), datadiligence_blocks(lines)), case["id"]


def sent(*own: str) -> list[str]:
    """The `X-Robots-Tag` lines of a response for a reserved work, beside the app's own lines."""
    headers: RawHeaders = [(b"X-Robots-Tag", line.encode("latin-1")) for line in own]
    add(headers, Emission().lines(NO_TRAINING), concerned(headers))
    return [value.decode("latin-1") for name, value in headers if name.lower() == X_ROBOTS_TAG]


def merged(lines: list[str]) -> list[str]:
    """As a proxy, or a hop in another version of HTTP, may pass them on."""
    return [", ".join(lines)]


def seen_by(lines: list[str]) -> tuple[bool, bool]:
    return img2dataset_skips(lines), datadiligence_blocks(lines)


_word = st.one_of(
    st.sampled_from(
        "noindex nofollow none all noarchive nosnippet noai noimageai NoAI NOIMAGEAI noai;noimageai".split()
    ),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=":,"), max_size=6),
)
_line = st.lists(_word, max_size=4).map(", ".join)


class TestWhatWeSend:
    """Both see it."""

    def test_alone(self) -> None:
        """In lower case, with commas, and without a colon."""
        assert ["noai, noimageai"] == sent()
        assert (True, True) == seen_by(sent())

    @given(st.lists(_line, min_size=1, max_size=4))
    def test_beside_the_apps_own(self, own: list[str]) -> None:
        """Whatever it says, as long as there is no colon in it; in lines of their own, and merged."""
        lines = sent(*own)

        assert own == lines[: len(own)]
        assert (True, True) == seen_by(lines) == seen_by(merged(lines))

    @given(st.lists(_line, min_size=1, max_size=3), st.data())
    def test_beside_a_line_for_one_agent(self, own: list[str], data: st.DataObject) -> None:
        """A colon in the app's line hides that line alone, as long as nobody merges it with ours."""
        own.insert(data.draw(st.integers(0, len(own))), "googlebot: noindex, noai")

        lines = sent(*own)

        assert (True, True) == seen_by(lines)

    @pytest.mark.parametrize(
        "own",
        [
            "googlebot: noindex",
            "max-snippet:0",
            "noindex, max-image-preview:large",
            "unavailable_after: 25 Jun 2030 15:00:00 PST",
            "max-snippet:0, noai",
        ],
    )
    def test_what_cannot_be_helped(self, own: str) -> None:
        """A proxy that merges the app's colon into our line hides ours from img2dataset: the operator is warned."""
        headers: RawHeaders = [(X_ROBOTS_TAG, own.encode("ascii"))]

        (warning,) = add(headers, Emission().lines(NO_TRAINING), concerned(headers))

        assert "colon" in warning
        assert (True, True) == seen_by(sent(own))
        assert (False, True) == seen_by(merged(sent(own)))
