"""Everything that is known of a claim, put together: what published networks say, and what reverse DNS says.

Nothing here waits. What has to be looked up is looked up in the background, and holds from the next request on.
"""

from collections.abc import Iterable

from noscrape.crawlers import Crawler, Proof
from noscrape.decision import UNCHECKED, Checked
from noscrape.networks import Address
from noscrape.verify.dns import ReverseDns
from noscrape.verify.ranges import RangeLists
from noscrape.words import Verification

_NO_PUBLIC_ADDRESS = Checked(Verification.UNKNOWN, "the client's address is not one of the public internet")

_CANNOT_BE_VERIFIED = Checked(Verification.UNKNOWN, "it names a crawler that cannot be verified")
_NOT_LOOKED_AT = Checked(Verification.UNKNOWN, "no way to verify it is looked at here")

#: Of several claims in one user agent, the worst counts.
_DOUBT = {Verification.VERIFIED: 0, Verification.UNKNOWN: 1, Verification.CONTRADICTED: 2}


class Verifier:
    """Says of claims whether they are true. State: the operators of which a true visit has been seen."""

    def __init__(
        self,
        *,
        ranges: RangeLists,
        dns: ReverseDns | None = None,
        seen: Iterable[str] = (),
        crawlers: Iterable[Crawler] = (),
    ) -> None:
        self._ranges = ranges
        #: Reverse DNS, None where nothing is looked up.
        self.dns = dns
        self._seen = set(seen)
        self._suffixes: dict[str, tuple[str, ...]] = {}
        for crawler in crawlers:
            own = (*self._suffixes.get(crawler.operator, ()), *crawler.dns_suffixes)
            self._suffixes[crawler.operator] = tuple(dict.fromkeys(own))

    @property
    def ranges(self) -> RangeLists:
        """The networks that operators publish."""
        return self._ranges

    @property
    def seen(self) -> frozenset[str]:
        """Operators of which a true visit has been seen."""
        return frozenset(self._seen)

    def has_seen(self, crawlers: Iterable[Crawler]) -> bool:
        """Whether true visits of all their operators have been seen, so that addresses come through right."""
        return all(crawler.operator in self._seen for crawler in crawlers if crawler.verify)

    def check(self, crawlers: tuple[Crawler, ...], address: Address | None, now: float) -> Checked:
        """What is known now of the claim to be these crawlers, from an address of the public internet, None for others.

        A user agent that names several is verified where all are, and contradicted where one is.
        """
        total = UNCHECKED
        for crawler in crawlers:
            checked = self._of_one(crawler, address, now) if crawler.verify else _CANNOT_BE_VERIFIED
            if checked.status is Verification.VERIFIED:
                self._seen.add(crawler.operator)
            if total is UNCHECKED or _DOUBT[checked.status] > _DOUBT[total.status]:
                total = checked
        return total

    def _of_operator(self, crawler: Crawler, address: Address, now: float) -> bool:
        """Whether the address has a name by which another crawler of the same operator is told."""
        suffixes = self._suffixes.get(crawler.operator, ())
        if self.dns is None or not suffixes:
            return False
        return self.dns.check(address, suffixes, decisive=True, now=now).status is Verification.VERIFIED

    async def settled(self) -> bool:
        """Wait for what is being looked up, which no request does; whether anything was."""
        if self.dns is None:
            return False
        await self.dns.settled()
        return True

    async def close(self) -> None:
        """End what is being looked up."""
        if self.dns is not None:
            await self.dns.close()

    def _of_one(self, crawler: Crawler, address: Address | None, now: float) -> Checked:
        """The methods in turn: one that proves it true ends the matter, for no list is ever quite up to date."""
        if address is None:
            return _NO_PUBLIC_ADDRESS
        by_ranges = self._ranges.check(crawler, address, now)
        if self.dns is None or not crawler.dns_suffixes:
            return by_ranges or _NOT_LOOKED_AT
        if by_ranges is not None and by_ranges.status is Verification.VERIFIED:
            return by_ranges
        decisive = Proof.REVERSE_DNS in crawler.decisive
        by_name = self.dns.check(address, crawler.dns_suffixes, decisive=decisive, now=now)
        if by_name.status is Verification.CONTRADICTED and self._of_operator(crawler, address, now):
            by_name = Checked(Verification.UNKNOWN, f"{by_name.how}; but it is a name of the same operator's")
        if by_ranges is None or by_ranges.status is Verification.UNKNOWN or by_name.status is Verification.VERIFIED:
            return by_name
        return by_ranges
