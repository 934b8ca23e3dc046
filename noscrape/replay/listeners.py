"""Which user agents look like a person who listens: browsers, podcast apps, players.

For the section of a replay's summary that shows who would be harmed by mistake. It rather lists a bot too many, which
takes a look, than a listener too few.
"""

import re
from typing import Final

from noscrape.crawlers import Claim, Kind

_IN_HAND: Final = frozenset({Kind.PLAYER, Kind.PODCAST})

#: Robots tell where they can be read about, and who answers for them. Old Internet Explorers are "compatible", too, and
#: there is a maker of phones called Cubot.
_OF_A_ROBOT: Final = re.compile(
    r"https?://|www\.|@|compatible;(?! ?MSIE)|headless|(?:(?<!cu)bot|crawl|crawler|spider|scraper)(?![a-z])",
    re.IGNORECASE,
)

#: What a program in a person's hands tells, and one on a server seldom: its system or device.
_ON_A_DEVICE: Final = re.compile(
    r"\((?:[^()]{0,80}; ?)?"
    r"(?:Windows|Macintosh|X11|iPhone|iPad|iPod|Linux|Android|CrOS|SMART-TV|Tizen|Web0S|PlayStation)"
)


def looks_like_listener(user_agent: str, claim: Claim | None) -> bool:
    """Whether a person may be holding what says this of itself; `claim` is what the catalog finds in it."""
    kinds = {crawler.kind for crawler in claim.crawlers} if claim is not None else set()
    if kinds and kinds <= _IN_HAND:
        return True
    if not user_agent.strip() or _OF_A_ROBOT.search(user_agent):
        return False
    if Kind.AI in kinds:
        return _ON_A_DEVICE.search(user_agent) is not None
    return kinds <= _IN_HAND
