"""One request, told in full: what would be decided now, by which rule of which line, and what would be sent.

It takes the same steps as traffic, through the same site, and adds nothing of its own but the telling.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from noscrape.clients import Client
from noscrape.decision import Checked, Decision
from noscrape.log import Event
from noscrape.networks import address
from noscrape.policy import OWN_DOCUMENTS
from noscrape.request import Facts
from noscrape.reservation import Reservation, Terms
from noscrape.signals import SIGNALLED
from noscrape.site import Judgement, Robots, Site, terms_words
from noscrape.words import Action, Answer, Mode, Purpose, Said, Verification, Voice

_IMPOSTOR: Final = "impostor"

#: A support id that no real answer carries.
_EXAMPLE_ID = "0000000000000000"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found out about a request, in the order in which it is found out.

    `event` is the line of the log that tells of the request, None for one that somebody made up.
    """

    site: Site
    facts: Facts
    judgement: Judgement
    event: Event | None = None

    @property
    def decision(self) -> Decision:
        """The outcome."""
        return self.judgement.decision

    @property
    def setting(self) -> str:
        """The setting that decided, with the file and line where it stands: `noscrape.toml:17: stance`."""
        key = self.decision.setting
        return f"{self.site.loaded.place(key)}: {key}" if key else "built in"

    @property
    def sent(self) -> tuple[int | None, list[tuple[str, str]]]:
        """The status and the headers that noscrape would send or add. None: the app's own status."""
        if self.decision.stops:
            answer = self.site.refusal(self.facts, self.judgement, support_id=_EXAMPLE_ID)
            return answer.status, _texts(answer.headers)
        return None, [] if self.decision.rule == OWN_DOCUMENTS else _texts(self.judgement.ruling.signals)

    @property
    def document(self) -> str:
        """What noscrape itself has to do with the document that is asked for, "" for nothing."""
        found = self.site.document(self.facts) if self.judgement.own_document else None
        if found is None:
            return ""
        if not isinstance(found, Robots):
            return "the app's own, or ours where it has none"
        if not found.asking:
            return "the file that documents.robots_file names, merged with ours"
        return "the app's own merged with ours" if found.merging else "the app's own, or ours where it has none"

    @property
    def notes(self) -> tuple[str, ...]:
        """What keeps this from being the whole truth about traffic."""
        return tuple(_notes(self))

    def to_json(self) -> dict[str, Any]:
        """Everything, for a program."""
        judgement, decision = self.judgement, self.decision
        client, steps = self.site.reached(self.facts)
        status, headers = self.sent
        crawlers = judgement.claim.crawlers if judgement.claim else ()
        return {
            "method": self.facts.method,
            "path": self.facts.path,
            "user_agent": _agent(self.facts),
            "client": client.key or None,
            "peer": self.facts.peer,
            "client_address": str(client.address) if client.address is not None else None,
            "reached": list(steps),
            "partner": client.partner,
            "tracks": list(judgement.place.tracks),
            "serves": judgement.place.serves.value,
            "routed": judgement.place.routed,
            "own_document": judgement.own_document,
            "document": self.document,
            "reservation": terms_words(judgement.ruling.terms),
            "reservation_source": judgement.said.source,
            "reservation_by": judgement.said.by.value,
            "track_missing": judgement.said.missing,
            "crawlers": [
                {
                    "token": crawler.token,
                    "operator": crawler.operator,
                    "class": crawler.kind.value,
                    "purpose": crawler.purpose.value if crawler.purpose else None,
                    "page": crawler.page,
                }
                for crawler in crawlers
            ],
            "matched": judgement.claim.matched if judgement.claim else None,
            "verification": judgement.checked.status.value,
            "verified_how": judgement.checked.how or None,
            "mode": self.site.loaded.config.mode.value,
            "action": decision.action.value,
            "enforced": decision.enforced,
            "rule": decision.rule,
            "reason": decision.reason,
            "setting": self.setting,
            "evidence": dict(decision.evidence),
            "status": status,
            "headers": [list(header) for header in headers],
            "recorded": _recorded(self.event) if self.event is not None else None,
            "notes": list(self.notes),
        }

    def lines(self) -> list[tuple[str, str]]:
        """Everything, for a person: labels with what is said under them."""
        judgement, decision, facts = self.judgement, self.decision, self.facts
        found = [("request", f"{facts.method} {facts.path}"), ("user agent", _agent(facts) or "none")]
        client, steps = self.site.reached(facts)
        found.append(("client", _client(client)))
        found += [("reached", step) for step in steps]
        found.append(("work", _work(judgement)))
        found.append(("reservation", _reservation(judgement)))
        found += [*(("crawler", text) for text in _crawlers(judgement)), *_verification(judgement)] or [
            ("crawler", "names no crawler that is known")
        ]
        verb = {Action.ALLOW: "allowed", Action.REFUSE: "refused", Action.THROTTLE: "throttled"}[decision.action]
        if decision.action is not Action.ALLOW and not decision.enforced:
            verb = f"would be {verb}, and is only observed"
        found.append(("decision", f"{verb}, by rule {decision.rule}: {decision.reason}"))
        found.append(("set by", self.setting))
        found += [("evidence", f"{name}: {value}") for name, value in decision.evidence.items()]
        if self.document:
            found.append(("document", self.document))
        status, headers = self.sent
        if status is not None:
            found.append(("sent", f"status {status}"))
        elif headers:
            found.append(("sent", f"the app's answer, and on {', '.join(map(str, sorted(SIGNALLED)))} these headers"))
        else:
            unchanged = " (observe mode changes nothing)" if self.site.loaded.config.mode is Mode.OBSERVE else ""
            found.append(("sent", f"the app's answer, unchanged{unchanged}"))
        found += [("", f"{name}: {value}") for name, value in headers]
        if self.event is not None:
            found.append(("recorded", " ".join(_as_recorded(self.event))))
        found += [("note", text) for text in self.notes]
        return found


async def explain(
    site: Site, facts: Facts, *, said: Reservation | None = None, event: Event | None = None
) -> Explanation:
    """Judge a request as traffic would be judged, once all that is looked up about it is known.

    `said` stands in for what the reader would say. `event` is the line of the log that tells of the request: what it
    records of the client's claim stands in for what cannot be looked up without the whole address.
    """
    now = site.clock()
    place = site.place(facts)
    if said is None:
        said = site.said(place, now)
    if said is None:
        said = await site.read(place, {"type": "http", "method": facts.method, "path": facts.path, "headers": []})
    known = checked_in(event) if event is not None else None
    judgement = site.judge(facts, place, said, now, known=known)
    if await site.verifier.settled():
        judgement = site.judge(facts, place, said, now, known=known)
    return Explanation(site, facts, judgement, event)


def facts_of_event(event: Event) -> Facts:
    """The request that a line of the log tells of, as far as it does: no query, and no header but the user agent."""
    agent = event.user_agent.encode("latin-1", "replace") if event.user_agent is not None else None
    headers = None if agent is None else ((b"user-agent", agent),)
    return Facts(event.method or "GET", event.path or "/", "", b"", agent, headers, event.client)


def said_in(event: Event) -> Reservation | None:
    """What a line of the log records as said of the track: it stands in where the reader cannot be asked."""
    if not event.reservation or not event.tracks:
        return None
    said = {
        word: frozenset(purpose for purpose in Purpose if event.reservation.get(purpose.value) == word.value)
        for word in (Said.RESERVED, Said.OPEN)
    }
    by = Voice.OWNER if event.reservation_by == Voice.OWNER.value else Voice.SITE
    terms = Terms(reserved=said[Said.RESERVED], open=said[Said.OPEN])
    return Reservation(terms, f"{event.reservation_source}, as recorded", by)


def checked_in(event: Event) -> Checked | None:
    """What a line of the log records of the client's claim, None where nothing, or where it can be looked up again."""
    if event.verification not in {each.value for each in Verification} or _whole_address(event):
        return None
    return Checked(Verification(event.verification), event.verified_how or "")


def _whole_address(event: Event) -> bool:
    return event.client is not None and address(event.client) is not None


def _recorded(event: Event) -> dict[str, Any]:
    return {
        "action": event.action,
        "enforced": event.enforced,
        "status": event.status,
        "rule": event.rule,
        "verification": event.verification,
    }


def _as_recorded(event: Event) -> Iterator[str]:
    """What a line of the log says was done, in words."""
    yield event.outcome
    if event.status is not None:
        yield str(event.status)
    if event.rule:
        yield f"by rule {event.rule}"


#: Rules by which somebody is stopped for what it did before.
_BEHAVIOUR: Final = ("quota:", "pattern:")


def _notes(told: Explanation) -> Iterator[str]:
    site, judgement, event = told.site, told.judgement, told.event
    crawlers = judgement.claim.crawlers if judgement.claim is not None else ()
    policy = site.policy
    in_force = policy.mode is Mode.ENFORCE and policy.impostors is Answer.REFUSE
    if told.decision.rule == _IMPOSTOR and not told.decision.enforced and in_force:
        operators = " and ".join(dict.fromkeys(each.operator for each in crawlers if each.verify))
        so = ", as recorded" if event and event.rule == _IMPOSTOR and event.enforced else ""
        yield f"a running app that has seen a true visit of {operators} refuses this{so}; this command has seen none"
    verifiable = any(each.verify for each in crawlers)
    if event is None:
        if verifiable and told.facts.peer is None:
            yield "no client is given, so nothing can be verified: --client IP tells from where it comes"
        return
    if checked_in(event) is not None:
        yield "the verification is the one that was recorded: the log keeps no whole address to look it up again"
    elif verifiable and not _whole_address(event):
        yield "the log keeps no whole address here, so whether the client is who it says cannot be looked up"
    if event.token and event.token not in {each.token for each in crawlers}:
        yield (
            f"the line is of {event.token}, which its user agent does not name by the list of now: it was told by its "
            "signature, which the log does not keep, or by another list"
        )
    if event.rule == "partner" != told.decision.rule:
        yield "it was a partner's: that is told by the whole address or by the app, and neither is in the log"
    if event.rule.startswith(_BEHAVIOUR):
        why = "what its client had done until then is not repeated here"
        stop = event.evidence.get("stop")
        yield f"{why}; `noscrape patterns explain {stop}` tells, while the stop is in force" if stop else why
    if event.account:
        yield f"it was signed in as {event.account}, and counted as such; quotas are not counted again here"


def _agent(facts: Facts) -> str | None:
    return facts.user_agent.decode("latin-1") if facts.user_agent else None


def _client(client: Client) -> str:
    if client.address is None:
        return "not known"
    return client.key or f"{client.address}, not counted"


def _work(judgement: Judgement) -> str:
    place = judgement.place
    if place.unjudgeable:
        return "the path is too long to be judged, so it is taken for the most protected one"
    if judgement.decision.rule == OWN_DOCUMENTS:
        return "none: a document that tells the site's own rules"
    if not place.routed:
        return "no route names a track here: the whole site's default"
    named = "track " + " and ".join(place.tracks) if place.tracks else "no single track"
    return f"{named}, as {place.serves.value}"


def _reservation(judgement: Judgement) -> str:
    terms, said = judgement.ruling.terms, judgement.said
    reserved = ", ".join(word for word, value in terms_words(terms).items() if value == "reserved")
    source = f"{said.source}, by the {said.by.value}"
    if said.missing:
        source += "; no such track, which is never open"
    return f"reserved: {reserved} ({source})" if reserved else f"open ({source})"


def _crawlers(judgement: Judgement) -> list[str]:
    texts = []
    for crawler in judgement.claim.crawlers if judgement.claim else ():
        purpose = f", purpose {crawler.purpose.value}" if crawler.purpose else ""
        texts.append(
            f"calls itself {crawler.token} ({crawler.operator or 'operator not known'}), "
            f"class {crawler.kind.value}{purpose}; {crawler.page}"
        )
    return texts


def _verification(judgement: Judgement) -> list[tuple[str, str]]:
    if judgement.claim is None and not judgement.checked.how:
        return []
    how = judgement.checked.how or "its operator publishes no way that is looked at here"
    return [("verified", f"{judgement.checked.status.value}: {how}")]


def _texts(headers: Any) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
