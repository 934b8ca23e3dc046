"""What a page says of itself in its head. It covers that page alone: the audio in it is covered by its own headers."""

from html import escape
from typing import Final

from noscrape.reservation import Terms
from noscrape.signals.headers import LINK, TDM_POLICY, TDM_RESERVATION, X_ROBOTS_TAG, Emission

#: `noarchive` is what Amazon and Bing read: neither trains on such a page, and Bing does not answer from it either.
_ROBOTS: Final = "noai, noimageai, noarchive"


class Html(str):
    """Text that is HTML already: templates that escape what they are given leave it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def meta(terms: Terms, *, emission: Emission) -> Html:
    """The elements for the head of a page, each on a line of its own, "" where nothing is reserved.

    They say what the headers of the page say, and are switched off with them.
    """
    sent = dict(emission.lines(terms))
    elements = []
    if X_ROBOTS_TAG in sent:
        elements.append(f'<meta name="robots" content="{_ROBOTS}">')
    if sent.get(TDM_RESERVATION) == b"1":
        elements.append('<meta name="tdm-reservation" content="1">')
    if TDM_POLICY in sent:
        elements.append(f'<meta name="tdm-policy" content="{escape(emission.policy)}">')
    if LINK in sent:
        elements.append(f'<link rel="license" type="application/rsl+xml" href="{escape(emission.licence)}">')
    return Html("\n".join(elements))
