"""A site: everything that one configuration makes, made once, and the judgement of requests by it.

Every shell takes the same steps, so that traffic, `explain` and `replay` cannot disagree: `place` (which work), `said`
(what its owner said, or None where it must be read first), `judge` (who is asking, how have they been behaving, so what
do we do).
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from noscrape.clients import Client
from noscrape.config import Config, Loaded
from noscrape.crawlers import Catalog, Claim, Crawler, Matcher
from noscrape.decision import UNCHECKED, Checked, Decision, Finding
from noscrape.identity import Account, Identity, Partner
from noscrape.log import PATH_KEPT, Event, shown_address
from noscrape.patterns import Due, Playing, Quotas, Visit, Watch, by_ending, credited
from noscrape.policy import OWN_DOCUMENTS, Case, decide
from noscrape.readers import NOTHING, FilesOf, Reader, Reservations
from noscrape.request import Facts, new_tuple
from noscrape.reservation import UNSTATED, Reservation, Terms
from noscrape.shared import RemoteCounts
from noscrape.signals import Html, Refusal, meta, refusal, trap_link
from noscrape.site.documents import ROBOTS_TXT, Document, Robots, documents, robots_of
from noscrape.site.parts import (
    builtin_catalog,
    catalog_of,
    clients_of,
    emission_of,
    new_crawlers,
    own_paths,
    patterns_of,
    policy_of,
    quotas_of,
    reader_of,
    robots_base,
    shared_store,
    signers_of,
    verifier_of,
)
from noscrape.stores import MemoryCounts
from noscrape.tracks import Place, Route, RouteTable
from noscrape.verify import Signers, Verifier
from noscrape.words import Action, Mode, Purpose, Said, Verification, Voice

logger = logging.getLogger("noscrape")

#: Before an account's id, so that it is never taken for an address.
_ACCOUNT = "account "

#: Distinct crawlers for which the decision under the same terms is kept.
_DECISIONS_KEPT = 4096

_UNJUDGEABLE = Reservation(UNSTATED, "path-unjudgeable", Voice.SITE, missing=True)


@dataclass(slots=True)
class Ruling:
    """What terms mean: the signals that go out with an answer or a refusal, and the decision for each crawler."""

    terms: Terms
    signals: tuple[tuple[bytes, bytes], ...]
    refusal_signals: tuple[tuple[bytes, bytes], ...]
    decisions: dict[tuple[Crawler, ...], Decision] = field(default_factory=dict)


class Sent(NamedTuple):
    """What went out. `hash` is the beginning of the body's SHA-256, kept of our own documents alone."""

    status: int | None = None
    bytes: int | None = None
    delivery: str | None = None
    hash: str | None = None


class Judgement(NamedTuple):
    """What was found out about one request, and what is to be done.

    `own_document` says that a document is asked for that tells the site's own rules. `account` is the id of somebody
    who is signed in, "" for everybody else.
    """

    decision: Decision
    ruling: Ruling
    said: Reservation
    place: Place
    claim: Claim | None
    own_document: bool = False
    checked: Checked = UNCHECKED
    account: str = ""
    visit: Visit | None = None


class Site:
    """One configuration at work. Lives until the next one replaces it; counters and caches outlive it."""

    counters: Counter[str]
    matcher: Matcher
    reservations: Reservations
    counts: MemoryCounts
    playing: Playing
    watch: Watch

    def __init__(
        self,
        loaded: Loaded,
        *,
        clock: Callable[[], float],
        readers: Sequence[Reader] = (),
        file_of: FilesOf | None = None,
        catalog: Catalog | None = None,
        previous: "Site | None" = None,
        on_change: Callable[[str, Reservation, Reservation, float], None] | None = None,
    ) -> None:
        config = loaded.config
        self.loaded = loaded
        self.clock = clock
        self.catalog = catalog_of(loaded, catalog or builtin_catalog())
        self.counters = previous.counters if previous else Counter[str]()
        self.policy = policy_of(config, new=new_crawlers(loaded, self.catalog))
        self.emission = emission_of(config)
        #: Headers of the app's that are looked at.
        self.concerned = self.emission.concerned
        self.observing = config.mode is Mode.OBSERVE
        #: Whether the app's own response headers may reserve a track.
        self.listening = config.tracks.app_answer
        same_list = previous is not None and previous.catalog.version == self.catalog.version
        self.matcher = previous.matcher if previous and same_list else Matcher(self.catalog)
        self._clients = clients_of(config)
        self._routes = RouteTable(
            (
                Route(path=route.path, serves=route.serves, track=route.track, host=route.host)
                for route in config.tracks.routes
            ),
            own_paths=own_paths(config),
        )
        self._site_default = config.site.default
        self._track_default = config.tracks.default
        self._rulings: dict[tuple[Terms, bool, bool], Ruling] = {}
        self._nothing_said = self._ruled(UNSTATED, False, False)
        if previous is not None:
            self.reservations, self.counts, self.playing = previous.reservations, previous.counts, previous.playing
            self.watch = previous.watch
            self.watch.configure(patterns_of(config), unlisted=self.matcher.unlisted, shown=self._shown)
        else:
            self.watch = Watch(
                patterns_of(config), unlisted=self.matcher.unlisted, shown=self._shown, counters=self.counters
            )
            self.counts = MemoryCounts(bound=config.patterns.clients)
            self.playing = Playing(bound=config.patterns.clients)
            self.reservations = Reservations(
                reader_of(loaded, readers, file_of=file_of),
                clock=clock,
                ttl_seconds=config.tracks.cache_seconds,
                bound=config.tracks.cache_size,
                timeout_seconds=config.tracks.timeout_seconds,
                on_failure=config.tracks.on_failure,
                counters=self.counters,
                on_change=on_change,
            )
        self.verifier: Verifier = verifier_of(loaded, self.catalog, previous=previous.verifier if previous else None)
        self._signers: Signers | None = signers_of(
            config, self.catalog, counters=self.counters, previous=previous._signers if previous else None
        )
        #: What is served of ours by path, and robots.txt, which is mostly merged. In observe mode nothing is.
        self.documents = {} if self.observing else documents(config)
        self.robots = None if self.observing else robots_of(config, self.catalog, base=robots_base(loaded))
        self._quotas = Quotas(quotas_of(config), counts=self.counts, playing=self.playing)
        self._counting = bool(config.patterns.quota)
        self._watching = config.patterns.enabled
        #: Where quotas are counted for several workers; None where each counts for itself.
        self.remote = self._remote(config, previous)
        self._everywhere = config.patterns.protect == "all"

    def _remote(self, config: Config, previous: "Site | None") -> RemoteCounts | None:
        if previous is not None:
            return previous.remote
        store = shared_store(config)
        if not store:
            return None
        return RemoteCounts(store, local=self.counts, counters=self.counters, warn=logger.warning)

    def place(self, facts: Facts) -> Place:
        """Which work a request asks for, by the route table."""
        host = facts.header(b"host") if self._routes.by_host else None
        return self._routes.place(facts.path, facts.root_path, facts.query, host)

    def said(self, place: Place, now: float) -> Reservation | None:
        """What is said of the tracks of a place, None where one of them has to be read first."""
        tracks = place.tracks
        if place.unjudgeable:
            return _UNJUDGEABLE
        if len(tracks) == 1:
            return self.reservations.known(tracks[0], now)
        if not tracks:
            return NOTHING
        known = [self.reservations.known(track, now) for track in tracks]
        return None if None in known else _together(item for item in known if item is not None)

    async def read(self, place: Place, scope: MutableMapping[str, Any]) -> Reservation:
        """The same, read now. Never raises: a failure has its configured answer."""
        if len(place.tracks) == 1:
            return await self.reservations.read(place.tracks[0], scope)
        return _together(await self.reservations.read_all(place.tracks, scope))

    def ruling(self, place: Place, said: Reservation) -> Ruling:
        """What a statement means at a place, with what it leaves unsaid filled from the operator's defaults."""
        if said is NOTHING and not place.routed:
            return self._nothing_said
        key = (said.terms, place.routed, said.missing)
        return self._rulings.get(key) or self._ruled(*key)

    def _ruled(self, terms: Terms, routed: bool, missing: bool) -> Ruling:
        default = self._track_default if routed else self._site_default
        filled = terms.filled(Said.RESERVED if missing else default)
        lines = () if self.observing else self.emission.lines(filled)
        ruling = Ruling(filled, lines, self.emission.lines(filled, refusal=True))
        self._rulings[terms, routed, missing] = ruling
        return ruling

    def path_is_own(self, path: str) -> bool:
        """Whether a path is that of a document that tells the site's rules, so that nobody is refused it."""
        return self._routes.place(path).own

    def document(self, facts: Facts) -> Document | Robots | None:
        """What we have to serve at a path, None for nothing. Under a prefix it is another's to serve."""
        if facts.root_path:
            return None
        return self.robots if facts.path == ROBOTS_TXT else self.documents.get(facts.path)

    def meta(self, place: Place) -> Html:
        """The elements for the head of a page, from what is known now; nothing in observe mode."""
        if self.observing:
            return Html("")
        if place.unjudgeable:
            said = _UNJUDGEABLE
        elif place.tracks:
            said = _together(map(self.reservations.last, place.tracks))
        else:
            said = NOTHING
        return meta(self.ruling(place, said).terms, emission=self.emission)

    def trap_link(self) -> Html:
        """The link that no person sees; nothing in observe mode, or where the configuration names no trap."""
        return Html("") if self.observing else trap_link(self.loaded.config.patterns.trap_path)

    def client_key(self, facts: Facts) -> str:
        """The key that limits go by alone, which is quicker; "" where the client is not known."""
        return self._clients.key(facts)

    def client(self, facts: Facts) -> Client:
        """Who is asking, by address."""
        return self._clients.client(facts)

    def reached(self, facts: Facts) -> tuple[Client, tuple[str, ...]]:
        """Who is asking, by address, and in words how that was found out."""
        return self._clients.reached(facts)

    def notice(self, facts: Facts) -> str:
        """What is odd about where a request seems to come from, for the operator to see to; "" mostly."""
        client = self._clients.client(facts)
        if client.forwarded_by_stranger:
            return (
                "requests come with forwarded headers from a peer that [clients] trusted_proxies does not name: they "
                "are not believed, and if the peer is your proxy, all its visitors are one client; where the peer is "
                "the visitor already, the server has read them itself, as uvicorn does without --no-proxy-headers"
            )
        if unsaid := self._clients.unsaid(facts):
            return (
                f"requests come from a trusted proxy without {unsaid}, or with one that tells no address: who is "
                "behind it cannot be told, is counted against no quota and never verified; see that the proxy writes "
                "that header, or name in [clients] header the one that it writes, and start uvicorn with "
                "--no-proxy-headers"
            )
        if not client.ordinary and client.address is not None:
            return (
                "requests come from an address that is not of the public internet, or a proxy's own: they are counted "
                "against no quota, and no crawler is verified; if a proxy stands before this site, name it in "
                "[clients] trusted_proxies"
            )
        if "header" in (given := self.loaded.config.clients).model_fields_set and not given.trusted_proxies:
            return "[clients] header is set, and no peer is in trusted_proxies: so it is read from nobody"
        return ""

    def judge(
        self,
        facts: Facts,
        place: Place,
        said: Reservation,
        now: float,
        identity: Identity | None = None,
        *,
        known: Checked | None = None,
    ) -> Judgement:
        """Decide about one request, counting it against the quotas where no rule above them ends it.

        `identity` is what the app vouches for. `known` stands in for what would be found out of the client's claim.
        """
        ruling = self.ruling(place, said)
        claim = self.matcher.claim_of(facts.user_agent) if facts.user_agent else None
        own_document = place.own and facts.method in ("GET", "HEAD")
        if own_document and self._watching and facts.path == ROBOTS_TXT:
            self.watch.read_robots(self._visit(facts, place, claim, UNCHECKED, "", ruling), now)
        if own_document or (facts.method == "OPTIONS" and facts.preflight):  # the first is quicker to ask
            decision = decide(Case(ruling.terms, own_document=own_document, preflight=not own_document), self.policy)
            claim, checked = self._who(facts, claim, now, known) if own_document else (claim, UNCHECKED)  # for the log
            return Judgement(decision, ruling, said, place, claim, own_document, checked)
        if partner := self._partner(facts, identity):
            decision = decide(Case(ruling.terms, partner=partner, vouched=isinstance(identity, Partner)), self.policy)
            return Judgement(decision, ruling, said, place, claim)
        claim, checked = self._who(facts, claim, now, known)
        crawlers = claim.crawlers if claim is not None else ()
        decision = self._decided(ruling, crawlers, checked)
        account = identity.id if isinstance(identity, Account) else ""
        visit = None
        if (self._watching or self._counting) and not decision.stops:
            visit = self._visit(facts, place, claim, checked, account, ruling)
            findings = self._findings(visit, ruling, now)
            if findings:
                self.counters["findings"] += 1
                decision = decide(self._case(ruling, crawlers, checked, findings), self.policy)
            if not credited(visit):
                visit = None
        return new_tuple(Judgement, (decision, ruling, said, place, claim, False, checked, account, visit))

    def _visit(
        self, facts: Facts, place: Place, claim: Claim | None, checked: Checked, account: str, ruling: Ruling
    ) -> Visit:
        address = self._clients.key(facts)
        key = f"{_ACCOUNT}{account}" if account else address
        true = checked.status is not Verification.CONTRADICTED
        protected = self._everywhere or bool(ruling.terms.reserved)
        serves = place.serves if place.routed else by_ending(place, facts.path)
        return new_tuple(Visit, (key, place, facts, claim, address, true, protected, serves))

    def _findings(self, visit: Visit, ruling: Ruling, now: float) -> tuple[Finding, ...]:
        """What behaviour shows. Of somebody who is stopped for it no quota is counted."""
        found = self.watch.observe(visit, now) if self._watching else None
        if found is not None and found.enforced:
            return (found,)
        if self._counting and self.remote is None and ruling.terms.reserved and not self.watch.proxied:
            quota = self._quotas.observe(visit, now)
            return tuple(filter(None, (found, quota)))
        return (found,) if found is not None else ()

    def due(self, judgement: Judgement, now: float) -> Due | None:
        """What a shared store is to count of a request that goes on so far; None for nothing, which is mostly so."""
        visit = judgement.visit
        if visit is None or not self._counting or judgement.decision.stops or self.watch.proxied:
            return None
        return self._quotas.due(visit, now) if judgement.ruling.terms.reserved else None

    def counted(self, judgement: Judgement, due: Due, waits: Sequence[int], now: float) -> Judgement:
        """The judgement again, with what a shared store has counted."""
        finding = self._quotas.found(due, waits, now)
        if finding is None:
            return judgement
        self.counters["findings"] += 1
        crawlers = judgement.claim.crawlers if judgement.claim is not None else ()
        decision = decide(self._case(judgement.ruling, crawlers, judgement.checked, (finding,)), self.policy)
        return judgement._replace(decision=decision)

    def delivered(
        self,
        judgement: Judgement,
        now: float,
        *,
        status: int | None = None,
        sent: int | None = None,
        seconds: float | None = None,
        whole: int | None = None,
    ) -> None:
        """Tell what went out: `sent` bytes of `whole`, `seconds` of audio; None for what is not known."""
        if judgement.visit is not None and self._watching:
            self.watch.delivered(judgement.visit, now, status=status, sent=sent, seconds=seconds, whole=whole)

    def _shown(self, client: str) -> str:
        """A client as the log keeps it."""
        log = self.loaded.config.log
        if client.startswith(_ACCOUNT):
            return client
        return shown_address(client, log.refused_addresses or log.addresses, log.key) or ""

    def _who(
        self, facts: Facts, claim: Claim | None, now: float, known: Checked | None
    ) -> tuple[Claim | None, Checked]:
        """Who asks, by signature or by name, and whether that is true as far as is known now."""
        if known is not None:
            return claim, known
        if self._signers is not None and facts.header(b"signature-agent") is not None:
            return self._by_signature(facts, claim, now)
        return claim, UNCHECKED if claim is None else self._checked(facts, claim.crawlers, now)

    def _partner(self, facts: Facts, identity: Identity | None) -> str:
        """The name of the partner that asks, "" where none does."""
        if isinstance(identity, Partner):
            return identity.name
        if not self._clients.partnered:
            return ""
        client = self._clients.client(facts)
        return str(client.address) if client.partner else ""

    def _checked(self, facts: Facts, crawlers: tuple[Crawler, ...], now: float) -> Checked:
        """Whether the crawlers that a user agent names are it, from what is known now."""
        for crawler in crawlers:
            if crawler.verify:
                return self.verifier.check(crawlers, self._clients.public_address(facts), now)
        return UNCHECKED

    def _by_signature(self, facts: Facts, claim: Claim | None, now: float) -> tuple[Claim | None, Checked]:
        """Who signed a request, beside whom its user agent names: a signature vouches for its signer alone."""
        if self._signers is None:
            return claim, UNCHECKED
        key = self._clients.key(facts)
        crawler, signed = self._signers.identify(facts, self._clients.origin(facts), client_key=key, now=now)
        if not key and signed.status is Verification.VERIFIED:
            signed = Checked(Verification.UNKNOWN, f"{signed.how}, from an address that is not of the public internet")
        named = claim.crawlers if claim is not None else ()
        others = tuple(each for each in named if each is not crawler)
        if crawler is not None and not others:
            return Claim(crawlers=(crawler,), matched=claim.matched if claim is not None else ""), signed
        checked = self._checked(facts, others, now)
        proved = crawler is None or signed.status is Verification.VERIFIED
        if checked.status is Verification.UNKNOWN or (checked.status is Verification.VERIFIED and not proved):
            checked = Checked(Verification.UNKNOWN, "; ".join(filter(None, (signed.how, checked.how))))
        if crawler is None or claim is None:
            return claim, checked
        return Claim(crawlers=(crawler, *others), matched=claim.matched), checked

    def _decided(self, ruling: Ruling, crawlers: tuple[Crawler, ...], checked: Checked = UNCHECKED) -> Decision:
        """The decision where behaviour plays no part. Of claims that nothing is known of, it is kept."""
        if checked.status is not Verification.UNKNOWN:
            return decide(self._case(ruling, crawlers, checked), self.policy)
        decision = ruling.decisions.get(crawlers)
        if decision is None:
            if len(ruling.decisions) >= _DECISIONS_KEPT:
                ruling.decisions.clear()
            decision = ruling.decisions[crawlers] = decide(Case(ruling.terms, crawlers=crawlers), self.policy)
        return decision

    def _case(
        self,
        ruling: Ruling,
        crawlers: tuple[Crawler, ...],
        checked: Checked,
        findings: tuple[Finding, ...] = (),
    ) -> Case:
        seen = checked.status is Verification.CONTRADICTED and self.verifier.has_seen(crawlers)
        return Case(ruling.terms, crawlers, checked=checked, operator_seen=seen, findings=findings)

    async def close(self) -> None:
        """End what is open, and what is under way in the background."""
        if self._signers is not None:
            self._signers.close()
        if self.remote is not None:
            await self.remote.close()
        await self.verifier.close()
        await self.reservations.close()

    def answered(self, judgement: Judgement, terms: Terms, source: str, now: float) -> Judgement:
        """The judgement again, after the app's own answer has reserved more. What was counted is not counted again."""
        for track in judgement.place.tracks:
            self.reservations.heard(track, terms, source, now)
        said = judgement.said.combined(Reservation(terms, source, Voice.OWNER, now))
        ruling = self.ruling(judgement.place, said)
        if judgement.decision.stops or judgement.decision.rule in (OWN_DOCUMENTS, "partner"):
            return judgement._replace(ruling=ruling, said=said)
        crawlers = judgement.claim.crawlers if judgement.claim is not None else ()
        decision = self._decided(ruling, crawlers, judgement.checked)
        if decision.action is Action.ALLOW and judgement.decision.action is not Action.ALLOW:
            decision = judgement.decision  # only observed, and still to be recorded
        return judgement._replace(decision=decision, ruling=ruling, said=said)

    def refusal(self, facts: Facts, judgement: Judgement, *, support_id: str) -> Refusal:
        """What is sent to a request that is stopped."""
        site, headers = self.loaded.config.site, dict(facts.headers or ())
        return refusal(
            judgement.decision,
            support_id=support_id,
            accept=headers.get(b"accept"),
            origin=headers.get(b"origin"),
            signals=() if facts.websocket else judgement.ruling.refusal_signals,
            contact=site.contact or "",
            policy=site.policy or "",
            by_owner=judgement.said.by is Voice.OWNER and judgement.decision.rule.startswith("purpose:"),
        )

    def event(self, facts: Facts, judgement: Judgement, now: float, *, support_id: str, sent: Sent) -> Event:
        """What is remembered of one request."""
        decision, claim = judgement.decision, judgement.claim
        address = self.client(facts).address
        crawler = claim.crawler if claim else None
        return Event(
            kind="own-document" if judgement.own_document else "request",
            time=now,
            id=support_id,
            mode=self.loaded.config.mode.value,
            action=decision.action.value,
            enforced=decision.enforced,
            status=sent.status,
            rule=decision.rule,
            reason=decision.reason,
            setting=decision.setting,
            evidence=decision.evidence,
            client=str(address) if address is not None else None,
            user_agent=facts.user_agent.decode("latin-1") if facts.user_agent is not None else None,
            token=crawler.token if crawler else None,
            operator=crawler.operator if crawler else None,
            crawler_class=crawler.kind.value if crawler else None,
            purpose=crawler.purpose.value if crawler and crawler.purpose else None,
            verification=judgement.checked.status.value if crawler else None,
            verified_how=judgement.checked.how or None,
            account=judgement.account or None,
            tracks=judgement.place.tracks,
            serves=judgement.place.serves.value,
            reservation=terms_words(judgement.ruling.terms),
            reservation_source=judgement.said.source,
            reservation_by=judgement.said.by.value,
            method=facts.method,
            path=facts.path[:PATH_KEPT],
            bytes=sent.bytes,
            delivery=sent.delivery,
            request_id=_text(facts.header(b"x-request-id")),
            served_hash=sent.hash,
            catalog=self.catalog.version,
            config=self.loaded.digest,
        )


#: Sections whose changes wait for a restart: caches, counts, connections and files outlive a reload.
AT_RESTART = (
    "log",
    "dns",
    "signatures",
    "tracks.reader",
    "tracks.files",
    "tracks.combine",
    "tracks.cache_seconds",
    "tracks.cache_size",
    "tracks.timeout_seconds",
    "tracks.on_failure",
    "patterns.clients",
    "patterns.store",
    "patterns.folder",
)


def waits_for_restart(before: Config, after: Config) -> tuple[str, ...]:
    """The settings that a reload changed and that only a restart puts to use; `log.record` is put to use at once."""
    kept = after.log.model_copy(update={"record": before.log.record})
    after = after.model_copy(update={"log": kept})
    return tuple(key for key in AT_RESTART if attrgetter(key)(before) != attrgetter(key)(after))


def terms_words(terms: Terms) -> dict[str, str]:
    """Terms as the log spells them."""
    return {purpose.value: terms.said(purpose).value for purpose in Purpose}


def _text(header: bytes | None) -> str | None:
    return None if header is None else header[:PATH_KEPT].decode("latin-1")


def _together(statements: Iterable[Reservation]) -> Reservation:
    total, *rest = statements
    for statement in rest:
        total = total.combined(statement)
    return total
