"""Regular expressions of strangers: read, never run."""

import re
import warnings
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers.expression import MOST_NAMES, names


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("GPTBot", ("GPTBot",)),
        (r"Googlebot\/", ("Googlebot",)),
        ("YandexBot/", ("YandexBot",)),
        (r"archive\.org_bot", ("archive.org_bot",)),
        (r"Mediapartners \(Googlebot\)", ("Mediapartners (Googlebot)",)),
        ("[wW]get", ("wget",)),
        ("S[eE][mM]rushBot", ("SemrushBot",)),
        ("Ahrefs(Bot|SiteAudit)", ("AhrefsBot", "AhrefsSiteAudit")),
        ("Foo(?:Bot)?", ("FooBot", "Foo")),
        ("Foo-?Bot", ("Foo-Bot", "FooBot")),
        ("FooBot|BarBot", ("FooBot", "BarBot")),
        (r"\bFooBot\b", ("FooBot",)),
        ("(?i)FooBot", ("FooBot",)),
        ("Foo[1-3]", ("Foo1", "Foo2", "Foo3")),
        ("Foo[]x]", ("Foo]", "Foox")),
        ("Foo[a-]", ("Fooa", "Foo-")),
        (r"Foo\sBot", ("Foo Bot",)),
    ],
)
def test_names(expression: str, expected: tuple[str, ...]) -> None:
    """What stands for a few names is spelled out, without regard to case."""
    assert names(expression) == expected


def test_as_many_names_as_may_be() -> None:
    """One more than that is refused."""
    assert len(names("Bot[a-p]")) == MOST_NAMES
    with pytest.raises(ValueError, match="stands for more than 16 names"):
        names("Bot[a-q]")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "matches everything"),
        ("/", "matches everything"),
        ("(GPTBot)?", "matches everything"),
        ("GPTBot|", "matches everything"),
        (".*", "wildcard"),
        ("Foo.Bot", "wildcard"),
        (r"Foo[\s\S]*Bot", "wildcard"),
        ("Foo[^a]", "wildcard"),
        (r"Foo\w", "wildcard"),
        ("^GPTBot$", "anchored"),
        ("GPTBot^", "anchored"),
        ("(^| )sentry", "anchored"),
        (r"\AGPTBot", "anchored"),
        ("(a+)+$", "quadratic time"),
        ("(x*)*y", "quadratic time"),
        (r"Foo\/\d+", "quadratic time"),
        ("Foo{2}", "quadratic time"),
        ("(?=Foo)Bar", "looks around"),
        ("(?P<n>Foo)", "looks around"),
        (r"(Foo)\1", r"escape"),
        ("(Foo", "never closed"),
        ("Foo)", "never opened"),
        ("[abc", "too early"),
        ("Foo\\", "too early"),
        ("[z-a]", "cannot be"),
        ("*Foo", "repeats nothing"),
        (r"Foo\bBot", "boundary inside"),
        ("(" * 20 + "a" + ")" * 20, "groups inside each other"),
        ("a" * 300, "longer than 256"),
        ("(a|b)" * 30, "more than 16"),
    ],
)
def test_what_is_no_name(expression: str, reason: str) -> None:
    """It is refused with the reason, at once."""
    with pytest.raises(ValueError, match=reason):
        names(expression)


@given(st.text(alphabet=r"ab\/.-|()[]^$*+?{}:dsbWA1 ", max_size=20))
def test_each_name_is_one_that_the_expression_finds(expression: str) -> None:
    """Whatever is read as names, the expression itself finds each, but for blanks around it and the `/` behind it."""
    try:
        found = names(expression)
    except ValueError:
        return
    assert 0 < len(found) <= MOST_NAMES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of sets that another Python may read otherwise
        compiled = re.compile(expression, re.IGNORECASE)
    most = sum(map(expression.count, " /s"))
    for name in found:
        around = product(range(most + 1), repeat=4)
        spelled = (f"{' ' * a}{name}{' ' * b}{'/' * c}{' ' * d}" for a, b, c, d in around)
        # A boundary behind a character that is no letter stands where a letter follows.
        assert any(compiled.search(text) or compiled.search(f"a{text}a") for text in spelled)
