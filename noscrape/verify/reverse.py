"""What the reverse name of an address says about who is there, and what it leaves open.

Whoever holds an address writes its reverse name, and may write anybody's. So a name proves something only where its
owner, who alone writes the name's own addresses, leads back to the address: forward-confirmed reverse DNS.
"""

from dataclasses import dataclass, replace
from typing import Final

from noscrape.crawlers import Proof
from noscrape.crawlers.suffixes import anybodys, ends_in, host_name
from noscrape.decision import Checked
from noscrape.networks import Address
from noscrape.words import Verification

#: Last labels that are nobody's (RFC 6761, RFC 6762 and names of private networks).
_NOBODYS: Final = frozenset({"arpa", "internal", "invalid", "local", "localdomain", "localhost"})

#: Reverse names that are kept of an address. One is what an honest one has.
MOST_NAMES: Final = 4

#: Characters of a name that a log shows; what matters stands at its end.
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one question: `records` as they were written, or why there are none.

    `absent` where it was answered that there is no such name; `problem` where nothing is known.
    """

    records: tuple[str, ...] = ()
    absent: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Reverse:
    """What is known of one address, whoever claims to be there.

    `names` are its reverse names, `more` whether there were others; the addresses of one, `followed`, were asked for.
    `confirmed` is whether this address is among them, None where that is not known; `problem` says why it is not, and
    `failed` that it was for no answer, so that it may be known soon.
    """

    names: tuple[str, ...] = ()
    more: bool = False
    followed: str = ""
    confirmed: bool | None = None
    problem: str = ""
    failed: bool = False

    def followed_to(self, answer: Answer, address: Address, *, most: int) -> "Reverse":
        """With the addresses of the name that was followed, of which `most` are looked at."""
        if str(address) in answer.records[:most]:
            return replace(self, confirmed=True)
        if answer.absent or 0 < len(answer.records) <= most:
            return replace(self, confirmed=False)
        problem = "it has more addresses than are followed" if answer.records else "it has no address"
        return replace(self, problem=answer.problem or problem, failed=bool(answer.problem))

    def judged(self, suffixes: tuple[str, ...], *, decisive: bool) -> Checked:
        """Whether a crawler whose names end in one of these suffixes is there.

        `decisive` where its operator says that this tells a false one. Without that word it is contradicted only by a
        name that is somebody else's.
        """
        if not suffixes:
            return unknown("no suffix is known that would prove anything")
        for name in self.names:
            if ends_in(name, suffixes):
                return self._judged(name, decisive=decisive)
        if not self.names and self.problem:
            return unknown(f"the reverse name of its address is not known: {self.problem}")
        if not self.names:
            return unknown("its address has no reverse name")
        told = f"its address is named {_shown(self.names[0])}, and not in {', '.join(suffixes)}"
        if self.more:
            return unknown(f"{told}; it has more names than are looked at")
        if decisive or all(_somebody_elses(name, suffixes) for name in self.names):
            return _checked(Verification.CONTRADICTED, told)
        return unknown(f"{told}; that name does not say who is there")

    def _judged(self, name: str, *, decisive: bool) -> Checked:
        told = f"its address is named {_shown(name)}"
        if name != self.followed:
            return unknown(f"{told}, but another of its names was followed")
        if self.confirmed:
            return _checked(Verification.VERIFIED, f"{told}, and that name leads back to it")
        if self.confirmed is None:
            return unknown(f"{told}, but whether that name leads back is not known: {self.problem}")
        status = Verification.CONTRADICTED if decisive else Verification.UNKNOWN
        return _checked(status, f"{told}, but that name does not lead back to it")


def reverse_names(answer: Answer, suffixes: tuple[str, ...]) -> Reverse:
    """The reverse names in an answer; the first that ends in one of the suffixes is the one to follow, else the first.

    What is no host name is left out.
    """
    written = (record.lower().removesuffix(".") for record in answer.records)
    names = tuple(dict.fromkeys(name for name in written if host_name(name) and _last(name) not in _NOBODYS))
    if not names:
        malformed = "what stands there is no name of a public host" if answer.records else ""
        return Reverse(problem=answer.problem or malformed, failed=bool(answer.problem))
    followed = next((name for name in names if ends_in(name, suffixes)), names[0])
    kept = tuple(name for name in names if name != followed)[: MOST_NAMES - 1]
    return Reverse(names=(followed, *kept), more=len(names) > MOST_NAMES, followed=followed)


def unknown(how: str) -> Checked:
    """Nothing is known, and why."""
    return _checked(Verification.UNKNOWN, how)


def _checked(status: Verification, how: str) -> Checked:
    return Checked(status, f"{Proof.REVERSE_DNS.value}: {how}")


def _somebody_elses(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a name has an owner, who is not the suffixes' owner. Neighbours under one domain may be one owner's."""
    return not anybodys(name) and all(_domain(name) != _domain(suffix) for suffix in suffixes)


def _domain(name: str) -> list[str]:
    return name.split(".")[-2:]


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _shown(name: str) -> str:
    """Whose name it is. What stands before that often spells the address, which the log may not keep."""
    labels = name.split(".")
    owner = ".".join(labels[-3:] if len(labels) > 3 else labels[-2:])
    return "*." + (owner if len(owner) <= _SHOWN else "…" + owner[-_SHOWN:])
