"""The decision: a table of rules, walked in order.

A request meets the rules of `TABLE` from the top. Each rule answers with a decision or with None, "not my case". The
first decision that is enforced ends the walk. A rule that only observes is remembered and the walk goes on, so that
trying out one rule never switches off another; if nothing below is enforced, the remembered decision is the outcome,
recorded and without effect.

| rule              | applies to                                                           | decides             |
|-------------------|----------------------------------------------------------------------|---------------------|
| `own-documents`   | robots.txt, well-known files, licence and policy; CORS preflights    | allow               |
| `partner`         | the operator's partners                                              | allow               |
| `impostor`        | who claims a crawler and is proved not to be it                      | refuse              |
| `agent:<token>`   | a crawler that the operator named under `[crawlers.agents]`          | as it says there    |
| `purpose:<word>`  | a crawler whose purpose is reserved here, and refused by the stance  | refuse              |
| `quota:<name>`    | a client over a quota, where something is reserved                    | throttle or refuse |
| `pattern:<name>`  | a client found scraping, there or everywhere                         | throttle or refuse |
| `open`, `default` | everybody else                                                       | allow               |

What the stance refuses and the operator lets in is allowed under the name of the rule that would have refused it, with
the setting that let it in.

A narrower rule beats a wider one: what the operator says of one crawler waives what is said of its purpose. An agent
that names several crawlers gets the most restrictive answer of them all. Nothing here reads a clock, a file or a
socket: the same case and policy give the same decision anywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from noscrape.crawlers import Crawler
from noscrape.decision import UNCHECKED, Checked, Decision, Finding, Policy
from noscrape.reservation import Terms
from noscrape.words import TRAINING_PURPOSES, Action, Answer, Mode, Purpose, Stance, Verification


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision depends on. `terms` have been filled from the default: nothing in them is unstated.

    `operator_seen` says that a visit of the crawler's operator was verified on this site, so that addresses are known
    to come through right. `partner` is its name, where the
    app vouched for it, or its address.
    """

    terms: Terms
    crawlers: tuple[Crawler, ...] = ()
    checked: Checked = UNCHECKED
    operator_seen: bool = False
    findings: tuple[Finding, ...] = ()
    own_document: bool = False
    preflight: bool = False
    partner: str = ""
    vouched: bool = False


#: The rule that keeps open what tells the rules.
OWN_DOCUMENTS: Final = "own-documents"

#: What each stance refuses of the purposes that are reserved.
REFUSED: Final = {
    Stance.NO_TRAINING: TRAINING_PURPOSES,
    Stance.NO_AI: frozenset(Purpose),
    Stance.SIGNAL_ONLY: frozenset[Purpose](),
}


def decide(case: Case, policy: Policy) -> Decision:
    """Walk the table. The outcome of the whole site's observe mode is never enforced."""
    observed: Decision | None = None
    for rule in TABLE:
        decision = rule(case, policy)
        if decision is None:
            continue
        if decision.enforced:
            outcome = observed if observed and decision.action is Action.ALLOW else decision
            break
        observed = observed or decision
    if policy.mode is Mode.OBSERVE and outcome.action is not Action.ALLOW:
        return replace(outcome, enforced=False)
    return outcome


def own_documents(case: Case, policy: Policy) -> Decision | None:
    """What tells the rules must be readable by everyone, or a refused crawler takes them for absent."""
    if case.preflight:
        return Decision(Action.ALLOW, OWN_DOCUMENTS, "a CORS preflight asks what is permitted and takes nothing")
    if not case.own_document:
        return None
    return Decision(Action.ALLOW, OWN_DOCUMENTS, "the site's own statement of its rules is open to everyone")


def partner(case: Case, policy: Policy) -> Decision | None:
    """Exempt by contract."""
    if not case.partner:
        return None
    if case.vouched:
        return Decision(Action.ALLOW, "partner", f"{case.partner} is a partner, by the app's word")
    return Decision(Action.ALLOW, "partner", "its address is a partner's", setting="clients.partners")


def impostor(case: Case, policy: Policy) -> Decision | None:
    """Somebody who goes by the name of a crawler and is proved not to be it, be it one that is welcome.

    Where no visit of that operator was ever verified here, the proof may be the fault of a proxy that hides addresses:
    so it is recorded, and not acted upon.
    """
    if not case.crawlers or case.checked.status is not Verification.CONTRADICTED:
        return None
    if policy.impostors not in (Answer.REFUSE, Answer.OBSERVE):
        return None
    crawler = case.crawlers[0]
    claimed = f"calls itself {_named(crawler)}, and is not: {case.checked.how}"
    refused = policy.impostors is Answer.REFUSE
    doubt = "; no true visit of theirs has been seen here yet, so this is only recorded"
    return Decision(
        Action.REFUSE,
        "impostor",
        claimed + (doubt if refused and not case.operator_seen else ""),
        setting="verification.impostors",
        evidence=_claim(crawler, case),
        enforced=refused and case.operator_seen,
    )


def agent(case: Case, policy: Policy) -> Decision | None:
    """The operator's word on one crawler, on any path."""
    for wanted, enforced in ((Answer.REFUSE, True), (Answer.OBSERVE, False)):
        for crawler in case.crawlers:
            if policy.agents.get(crawler.token.casefold()) is wanted:
                return Decision(
                    Action.REFUSE,
                    f"agent:{crawler.token}",
                    f"the operator refuses {_named(crawler)}",
                    setting=f"crawlers.agents.{crawler.token}",
                    evidence=_claim(crawler, case),
                    enforced=enforced,
                )
    if (
        case.crawlers
        and case.checked.status is Verification.VERIFIED
        and all(_allowed(c, policy) for c in case.crawlers)
    ):
        crawler = case.crawlers[0]
        return Decision(
            Action.ALLOW,
            f"agent:{crawler.token}",
            f"the operator allows {_named(crawler)}, and it is verified",
            setting=f"crawlers.agents.{crawler.token}",
            evidence=_claim(crawler, case),
        )
    return None


def purpose(case: Case, policy: Policy) -> Decision | None:
    """A crawler whose purpose is reserved here; the most restrictive of those that it names."""
    observed: Decision | None = None
    for crawler in case.crawlers:
        wanted = crawler.purpose
        if wanted is None or wanted not in case.terms.reserved or _waived(crawler, case, policy):
            continue
        answer = policy.purposes.get(wanted)
        by_stance = answer is None
        if by_stance and wanted in REFUSED[policy.stance]:
            answer = Answer.REFUSE
        if answer not in (Answer.REFUSE, Answer.OBSERVE):
            continue
        new = crawler.token.casefold() in policy.new
        decision = Decision(
            Action.REFUSE,
            f"purpose:{wanted.value}",
            f"{_named(crawler)} fetches for {_PURPOSE_WORDS[wanted]}, which is reserved here",
            setting="crawlers.new" if new else "stance" if by_stance else f"crawlers.{wanted.value}",
            evidence=_claim(crawler, case),
            enforced=answer is Answer.REFUSE and not new,
        )
        if decision.enforced:
            return decision
        observed = observed or decision
    return observed


def behaviour(case: Case, policy: Policy) -> Decision | None:
    """A client over a quota, or found scraping, where something is reserved."""
    if not (case.terms.reserved or policy.everywhere):
        return None
    finding = max(case.findings, key=lambda found: (found.enforced, found.action is Action.REFUSE), default=None)
    if finding is None:
        return None
    return Decision(
        finding.action,
        finding.name,
        f"{finding.measured}, where the limit is {finding.threshold}",
        setting=finding.setting,
        evidence={"measured": finding.measured, "threshold": finding.threshold, **finding.evidence},
        retry_after_seconds=finding.retry_after_seconds,
        enforced=finding.enforced,
    )


def otherwise(case: Case, policy: Policy) -> Decision | None:
    """Everybody else is welcome."""
    named = _named(case.crawlers[0]) if case.crawlers else ""
    evidence = _claim(case.crawlers[0], case) if case.crawlers else {}
    if not case.terms.reserved:
        return Decision(Action.ALLOW, "open", "nothing is reserved here", evidence=evidence)
    if (let_in := _let_in(case, policy)) is not None:
        return let_in
    reason = f"no rule refuses {named}" if named else "not a crawler that is known"
    return Decision(Action.ALLOW, "default", reason, evidence=evidence)


def _let_in(case: Case, policy: Policy) -> Decision | None:
    """What the stance would have refused, and the operator lets in: told as such, and by which setting."""
    for crawler in case.crawlers:
        wanted = crawler.purpose
        if wanted is None or wanted not in case.terms.reserved & REFUSED[policy.stance]:
            continue
        by_agent = _waived(crawler, case, policy)
        return Decision(
            Action.ALLOW,
            f"agent:{crawler.token}" if by_agent else f"purpose:{wanted.value}",
            f"the operator lets {_named(crawler)} in, though {_PURPOSE_WORDS[wanted]} is reserved here",
            setting=f"crawlers.agents.{crawler.token}" if by_agent else f"crawlers.{wanted.value}",
            evidence=_claim(crawler, case) | {"lets_in": wanted.value},
        )
    return None


TABLE: Final[tuple[Callable[[Case, Policy], Decision | None], ...]] = (
    own_documents,
    partner,
    impostor,
    agent,
    purpose,
    behaviour,
    otherwise,
)

_PURPOSE_WORDS: Final = {
    Purpose.TRAINING: "training",
    Purpose.DATASET: "data sets",
    Purpose.SEARCH: "AI search",
    Purpose.ASSISTANT: "an assistant's user",
    Purpose.AGENT: "an agent that acts on its own",
    Purpose.UNDISCLOSED: "purposes that it does not disclose",
}


def _named(crawler: Crawler) -> str:
    return f"{crawler.token} ({crawler.operator})" if crawler.operator else crawler.token


def _claim(crawler: Crawler, case: Case) -> dict[str, str]:
    how = {"how": case.checked.how} if case.checked.how else {}
    return {"token": crawler.token, "verification": case.checked.status.value} | how


def _allowed(crawler: Crawler, policy: Policy) -> bool:
    return policy.agents.get(crawler.token.casefold()) in (Answer.ALLOW, Answer.ALLOW_VERIFIED)


def _waived(crawler: Crawler, case: Case, policy: Policy) -> bool:
    """Whether the operator's word on this crawler takes the place of the rule for its purpose."""
    answer = policy.agents.get(crawler.token.casefold())
    if answer is Answer.ALLOW_VERIFIED:
        return case.checked.status is Verification.VERIFIED
    return answer is not None
