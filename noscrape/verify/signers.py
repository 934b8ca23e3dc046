"""Which crawler of the catalog signed a request.

A signature names an origin, and the catalog knows whose it is. It tells who asks, whatever the user agent says; it
proves something only where it covers the path, for one that covers the host alone can be sent again for another.
"""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor
from copy import copy
from typing import Self
from urllib.parse import quote

from noscrape.clients import Origin
from noscrape.crawlers import Crawler, Proof
from noscrape.decision import UNCHECKED, Checked
from noscrape.request import Facts
from noscrape.verify.components import SignedRequest
from noscrape.verify.directories import Directories, Fetch, identifier
from noscrape.verify.signatures import Outcome, Signatures, Signed
from noscrape.words import Verification

_METHOD = Proof.WEB_BOT_AUTH.value

#: Nothing that is worth a word in the log.
_SILENT = frozenset({Outcome.ABSENT, Outcome.IGNORED})


class Signers:
    """Tells the signer of a request. `allowed` are origins whose keys are fetched, beside the catalog's own.

    `hosts` are the site's own, with their ports: what was signed for another host was sent there first, and proves
    nothing here.

    Keys are fetched in `threads`, or in some of its own.

    Raises NoScrapeError where the extra is not installed.
    """

    def __init__(
        self,
        crawlers: Iterable[Crawler],
        *,
        allowed: Iterable[str] = (),
        hosts: Iterable[str] = (),
        fetch: Fetch | None,
        checks_per_second: int = 200,
        counters: Counter[str] | None = None,
        threads: Executor | None = None,
    ) -> None:
        origins = {origin: crawler for crawler in crawlers for origin in crawler.signature_agents}
        self._crawlers = {identifier(origin): crawler for origin, crawler in origins.items()}
        directories = Directories(allowed=sorted({*origins, *allowed}), fetch=fetch, counters=counters, threads=threads)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._signatures = Signatures(directories=directories, per_second=checks_per_second, counters=counters)
        #: Ends what is fetched.
        self.close = directories.close

    def _proof(self, signed: Signed, origin: Origin) -> Checked:
        how = f"{_METHOD}: signed by {signed.identifier}"
        if not signed.grants:
            return Checked(Verification.UNKNOWN, f"{how}, in a way that says who asks and not for what")
        if origin.authority not in self._hosts:
            return Checked(Verification.UNKNOWN, f"{how}, for a host that [signatures] hosts does not name")
        return Checked(Verification.VERIFIED, how)

    def of(self, crawlers: Iterable[Crawler]) -> Self:
        """The same with another catalog: keys and replays are kept. Origins that are new there wait for a restart."""
        other = copy(self)
        other._crawlers = {identifier(origin): each for each in crawlers for origin in each.signature_agents}
        return other

    def identify(self, facts: Facts, origin: Origin, *, client_key: str, now: float) -> tuple[Crawler | None, Checked]:
        """The crawler that signed a request, and whether that proves it; None where nobody that is known did."""
        path = facts.raw_path or quote(facts.path).encode("ascii")
        request = SignedRequest(facts.method, origin.scheme, origin.authority, path, facts.query, facts.headers or ())
        found = self._signatures.check(request, client_key, now)
        verified = max(
            (signed for signed in found if signed.outcome is Outcome.VERIFIED), key=lambda one: one.grants, default=None
        )
        if verified is not None:
            return self._crawlers.get(verified.identifier or ""), self._proof(verified, origin)
        told = next((signed for signed in found if signed.outcome not in _SILENT), None)
        if told is None:
            return None, UNCHECKED
        return None, Checked(Verification.UNKNOWN, f"{_METHOD}: {told.outcome.value}: {told.reason}")
