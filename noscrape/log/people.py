"""Who a client says it is, in the words of people: "Chrome 142 on Windows", "calling itself GPTBot, unverified".

For reading a log, never for serving: a user agent that was not seen before takes half a millisecond, which a stranger
could ask for at will.
"""

import re
from functools import lru_cache
from typing import Final

from noscrape.log.event import Event
from noscrape.words import Verification

#: How people write it.
_PLATFORMS: Final = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
#: Words of the parsers that say nothing.
_NOTHING: Final = frozenset({"", "Other", "Generic Smartphone", "Generic Feature Phone", "Mac", "iOS-Device", "Spider"})
#: Devices that name their system, too.
_APPLE: Final = frozenset({"iPhone", "iPad", "iPod"})
#: Where an app, library or script says its own name, it comes first, often with a version.
_PRODUCT: Final = re.compile(r"(?!Mozilla|Opera|https?:)(\w[^/();,:\"]{0,40})(?:/v?(\d{1,8}))?")
#: Longer names of devices are rather builds of their system.
_DEVICE_LETTERS: Final = 24


def who(event: Event) -> str:
    """Whom an event tells of. A name is a claim until it was verified, and is never shown without saying so."""
    if event.token is None:
        return described(event.user_agent)
    # The operator last: where a terminal cuts the text, whether the name is true is never what is lost.
    operator = f" ({event.operator})" if event.operator else ""
    # The method alone: with the words of the proof, one crawler would be as many as its list has ages.
    how = f" by {event.verified_how.partition(':')[0]}" if event.verified_how else ""
    match event.verification:
        case Verification.VERIFIED.value:
            return f"{event.token}, verified{how}{operator}"
        case Verification.CONTRADICTED.value:
            return f"calling itself {event.token}, contradicted{operator}"
        case _:
            return f"calling itself {event.token}, unverified{operator}"


@lru_cache(maxsize=10_000)
def described(user_agent: str | None) -> str:
    """The browser or program, its system and its device, as far as the user agent names them.

    The answer quotes the user agent, so it is a stranger's text as well.
    """
    if user_agent is None:
        return "user agent not recorded"
    if not user_agent.strip():
        return "no user agent"
    # Here, since the import takes 0.2 s that other commands, and the server, need not wait for.
    from user_agents import parse  # noqa: PLC0415

    found = parse(user_agent)
    program = _product(user_agent) or _program(found.browser.family, found.browser.version)
    if found.device.family == "Spider":
        return f"{program}, a bot" if program else f'"{user_agent[:60]}", a bot'
    where = _where(found.os.family, found.device.family.partition(" Build/")[0][:_DEVICE_LETTERS])
    if program:
        return f"{program} on {where}" if where else program
    return f"unnamed program on {where}" if where else f'"{user_agent[:60]}"'


def _where(system: str, device: str) -> str:
    if device in _APPLE:
        return device
    return ", ".join(_PLATFORMS.get(place, place) for place in (system, device) if place not in _NOTHING)


def _program(family: str, version: tuple[int | str, ...]) -> str:
    if family in _NOTHING or family == "Android":
        return ""
    return f"{family} {version[0]}" if version and version[0] != "" else family


def _product(user_agent: str) -> str:
    found = _PRODUCT.match(user_agent)
    if found is None:
        return ""
    name = " ".join(found[1].split()).rstrip(" -")
    return f"{name} {found[2]}" if found[2] else name
