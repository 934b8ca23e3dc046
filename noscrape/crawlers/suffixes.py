"""Suffixes of reverse names, `.googlebot.com`: which of them tell an operator's machines, and which tell nothing."""

import re
from collections.abc import Iterable
from typing import Final

#: Names that machines of whoever rents them carry, or machines of every kind: they prove nothing of who is there.
ANYBODYS: Final = (".googleusercontent.com", ".amazonaws.com", ".azure.com", ".1e100.net")

#: Names inside of those that their owner keeps for its own fetchers.
_RESERVED: Final = (".gae.googleusercontent.com",)

#: What the names of hosts consist of, in lower case; nothing in it needs escaping, wherever it is shown.
_HOST: Final = re.compile(r"(?=.{3,253}\Z)(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}", re.ASCII)


def host_name(name: str) -> bool:
    """Whether this is the whole name of a host, in lower case and without a final dot."""
    return _HOST.fullmatch(name) is not None


def ends_in(name: str, suffixes: Iterable[str]) -> bool:
    """Whether a name ends in one of the suffixes at a dot; both in lower case, without a final dot."""
    return name.endswith(tuple(suffixes))


def anybodys(name: str) -> bool:
    """Whether a name, or a suffix, in lower case, is one that anybody's machines carry."""
    return ends_in(name, ANYBODYS) and not ends_in(name, _RESERVED)


def suffix_problem(suffix: str) -> str:
    """Why a suffix must not verify anybody; "" where it may."""
    lowered = suffix.lower()
    if not lowered.startswith(".") or not host_name(lowered[1:]):
        return f"got {suffix!r}, wanted a suffix with a dot at its beginning and one inside, such as '.googlebot.com'"
    if anybodys(lowered):
        return f"{suffix!r} proves nothing: anybody's machines carry such names"
    return ""
