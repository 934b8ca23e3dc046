"""A remark: one thing that was seen from outside, how grave it is, and what to do about it."""

from dataclasses import dataclass
from enum import Enum

from noscrape.probe.answer import Answer
from noscrape.probe.visit import Fetched


class Severity(Enum):
    """`PROBLEM`: what was meant does not hold. `NOTE`: worth knowing. `OK`: as it should be."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Remark:
    """`name` stays the same from version to version. `seen` may quote the site, and is escaped where it is shown."""

    severity: Severity
    name: str
    seen: str
    advice: str = ""


def ok(name: str, seen: str) -> Remark:
    """As it should be."""
    return Remark(Severity.OK, name, seen)


def note(name: str, seen: str, advice: str = "") -> Remark:
    """Worth knowing."""
    return Remark(Severity.NOTE, name, seen, advice)


def problem(name: str, seen: str, advice: str) -> Remark:
    """What was meant does not hold."""
    return Remark(Severity.PROBLEM, name, seen, advice)


#: What is quoted of a value in a sentence.
_QUOTED = 120


def quoted(value: str) -> str:
    """A stranger's value within a sentence."""
    return value if len(value) <= _QUOTED else value[: _QUOTED - 1] + "…"


def shown(answer: Answer) -> str:
    """An answer in a word: its status, or why there is none."""
    return str(answer.status) if answer.status is not None else f"no answer ({quoted(answer.problem)})"


def led(fetched: Fetched) -> str:
    """The same of a document, with the redirect that nobody followed."""
    if fetched.last.leads_to_itself:
        return "a redirect to itself"
    if fetched.elsewhere:
        return f"a redirect to {quoted(fetched.elsewhere)}, which was not followed"
    return shown(fetched.last)
