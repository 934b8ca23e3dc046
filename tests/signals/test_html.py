"""The elements in the head of a page."""

from html.parser import HTMLParser

import pytest

from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, TDM_ZERO, UNSTATED, Terms
from noscrape.signals.headers import Emission
from noscrape.signals.html import Html, meta
from noscrape.words import Purpose

ROBOTS = '<meta name="robots" content="noai, noimageai, noarchive">'
TDM = '<meta name="tdm-reservation" content="1">'
POLICY = '<meta name="tdm-policy" content="https://music.example/ai">'
LICENCE = '<link rel="license" type="application/rsl+xml" href="https://music.example/l.xml">'

FULL = Emission(policy="https://music.example/ai", licence="https://music.example/l.xml")
NASTY = 'https://music.example/?a=1&b="><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("terms", "emission", "elements"),
    [
        pytest.param(NO_TRAINING, Emission(), [ROBOTS, TDM], id="a reserved track"),
        pytest.param(RESERVED, FULL, [ROBOTS, TDM, POLICY, LICENCE], id="with a policy and a licence"),
        pytest.param(UNSTATED, FULL, [], id="nothing is said"),
        pytest.param(OPEN, FULL, [], id="the owner's settled no"),
        pytest.param(TDM_ZERO, FULL, [], id="a 0 is told by the header alone"),
        pytest.param(Terms(reserved=frozenset({Purpose.SEARCH})), FULL, [], id="no element speaks of AI search"),
        pytest.param(
            Terms(reserved=frozenset({Purpose.SEARCH}), open=frozenset({Purpose.TRAINING}), tdm_zero=True),
            FULL,
            [],
            id="a 0 beside another reservation is no 1",
        ),
        pytest.param(Terms(reserved=frozenset({Purpose.DATASET})), Emission(), [TDM], id="mining without training"),
        pytest.param(NO_TRAINING, Emission(x_robots_tag=False), [TDM], id="no robots directives"),
        pytest.param(NO_TRAINING, Emission(tdm_reservation=False, policy="https://a/"), [ROBOTS], id="no TDMRep"),
        pytest.param(NO_TRAINING, Emission(link=False, licence="https://a/"), [ROBOTS, TDM], id="no link"),
    ],
)
def test_elements(terms: Terms, emission: Emission, elements: list[str]) -> None:
    """They say what the headers say, and `noarchive`, which Amazon and Bing look for on pages."""
    assert "\n".join(elements) == meta(terms, emission=emission)


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_values_are_escaped() -> None:
    """What the operator wrote is a value, and reads as it was written."""
    found = Elements(meta(NO_TRAINING, emission=Emission(policy=NASTY, licence=NASTY))).found

    assert ["meta", "meta", "meta", "link"] == [tag for tag, _ in found]
    assert [NASTY, NASTY] == [found[2][1]["content"], found[3][1]["href"]]


@pytest.mark.parametrize("autoescape", [True, False])
def test_in_a_template(autoescape: bool) -> None:
    """As a global and as a filter of Jinja2, which does not escape what is HTML already."""
    jinja2 = pytest.importorskip("jinja2")
    templates = jinja2.Environment(autoescape=autoescape)
    templates.globals["noscrape_meta"] = meta
    templates.filters["noscrape_meta"] = meta
    expected = f"<head>{meta(RESERVED, emission=FULL)}</head>"

    for source in ("{{ noscrape_meta(terms, emission=full) }}", "{{ terms | noscrape_meta(emission=full) }}"):
        page = templates.from_string(f"<head>{source}</head>").render(terms=RESERVED, full=FULL)
        assert expected == page


def test_html_is_text() -> None:
    """For templates that ask for `__html__`, and for those that do not."""
    html = Html("<b>")

    assert ("<b>", str) == (html.__html__(), type(html.__html__()))
    assert "<b>" == html
