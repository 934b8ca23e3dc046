"""The decision, as the table of `design.md` has it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import Crawler, Kind
from noscrape.decision import Checked, Decision, Finding, Policy
from noscrape.policy import REFUSED, TABLE, Case, decide
from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, Terms
from noscrape.words import TRAINING_PURPOSES, Action, Answer, Mode, Purpose, Stance, Verification

CRAWLERS = {
    purpose: Crawler(f"{purpose.value.title()}Bot", "Acme", Kind.AI, purpose, match=(f"{purpose.value}bot",))
    for purpose in Purpose
}
TRAINER, SEARCHER, ASSISTANT = CRAWLERS[Purpose.TRAINING], CRAWLERS[Purpose.SEARCH], CRAWLERS[Purpose.ASSISTANT]
SEARCH_ENGINE = Crawler("Googlebot", "Google", Kind.SEARCH)

BURST = Finding("quota:burst", "more than 120", "120 for each client", Action.THROTTLE, retry_after_seconds=7)
WATCHED = Finding("quota:watched", "more than 9", "9 for each client", Action.THROTTLE, enforced=False)
SCRAPER = Finding("quota:hard", "more than 500", "500 for each client", Action.REFUSE)


def outcome(decision: Decision) -> tuple[Action, str, bool]:
    return decision.action, decision.rule, decision.enforced


def agents(**answers: Answer) -> dict[str, Answer]:
    return {token.casefold(): answer for token, answer in answers.items()}


class TestStances:
    """Which reserved purposes are refused."""

    REFUSES = {  # noqa: RUF012  # the table itself
        Stance.NO_TRAINING: {"training", "dataset", "undisclosed"},
        Stance.NO_AI: {"training", "dataset", "search", "assistant", "agent", "undisclosed"},
        Stance.SIGNAL_ONLY: set(),
    }

    @pytest.mark.parametrize(("stance", "purpose"), list(product(Stance, Purpose)))
    def test_reserved(self, stance: Stance, purpose: Purpose) -> None:
        """Where a purpose is reserved, the stance decides."""
        decision = decide(Case(RESERVED, (CRAWLERS[purpose],)), Policy(stance=stance))
        refused = purpose.value in self.REFUSES[stance]
        expected = (Action.REFUSE, f"purpose:{purpose.value}", True) if refused else (Action.ALLOW, "default", True)
        assert expected == outcome(decision)
        assert decision.setting == ("stance" if refused else "")

    @pytest.mark.parametrize(("stance", "purpose"), list(product(Stance, Purpose)))
    def test_open(self, stance: Stance, purpose: Purpose) -> None:
        """Where nothing is reserved, everybody is welcome."""
        assert outcome(decide(Case(OPEN, (CRAWLERS[purpose],)), Policy(stance=stance))) == (Action.ALLOW, "open", True)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_reserved_against_training_alone(self, purpose: Purpose) -> None:
        """`noai` reserves training; under the widest stance the other purposes are still let through."""
        terms = Terms(reserved=NO_TRAINING.reserved, open=OPEN.open - NO_TRAINING.reserved)
        decision = decide(Case(terms, (CRAWLERS[purpose],)), Policy(stance=Stance.NO_AI))
        assert (decision.action is Action.REFUSE) is (purpose in TRAINING_PURPOSES)

    @pytest.mark.parametrize("stance", Stance)
    @pytest.mark.parametrize("crawlers", [(), (SEARCH_ENGINE,)], ids=["a listener", "a search engine"])
    def test_who_is_no_ai_is_never_refused(self, stance: Stance, crawlers: tuple[Crawler, ...]) -> None:
        """A reservation speaks of AI."""
        assert outcome(decide(Case(RESERVED, crawlers), Policy(stance=stance))) == (Action.ALLOW, "default", True)

    def test_every_stance_has_its_row(self) -> None:
        """A stance without an answer cannot be added."""
        assert set(Stance) == set(REFUSED)

    def test_the_reason_can_be_read(self) -> None:
        """A decision says who, why, by which setting, and how sure it is."""
        decision = decide(Case(RESERVED, (TRAINER,)), Policy())
        assert decision.reason == "TrainingBot (Acme) fetches for training, which is reserved here"
        assert decision.evidence == {"token": "TrainingBot", "verification": "unknown"}


class TestPurposes:
    """`[crawlers]`: the operator's word on a purpose."""

    @pytest.mark.parametrize(
        ("answer", "purpose", "expected"),
        [
            (Answer.REFUSE, Purpose.SEARCH, (Action.REFUSE, "purpose:search", True)),
            (Answer.OBSERVE, Purpose.SEARCH, (Action.REFUSE, "purpose:search", False)),
            (Answer.OBSERVE, Purpose.TRAINING, (Action.REFUSE, "purpose:training", False)),
            (Answer.ALLOW, Purpose.TRAINING, (Action.ALLOW, "purpose:training", True)),
            (Answer.SIGNAL, Purpose.TRAINING, (Action.ALLOW, "purpose:training", True)),
        ],
    )
    def test_answers(self, answer: Answer, purpose: Purpose, expected: tuple[Action, str, bool]) -> None:
        """It takes the place of the stance."""
        decision = decide(Case(RESERVED, (CRAWLERS[purpose],)), Policy(purposes={purpose: answer}))
        assert expected == outcome(decision)
        if decision.action is Action.REFUSE:
            assert decision.setting == f"crawlers.{purpose.value}"

    def test_other_purposes_keep_the_stance(self) -> None:
        """One purpose says nothing of another."""
        policy = Policy(purposes={Purpose.TRAINING: Answer.ALLOW})
        assert decide(Case(RESERVED, (CRAWLERS[Purpose.DATASET],)), policy).action is Action.REFUSE

    @pytest.mark.parametrize("answer", [Answer.REFUSE, Answer.OBSERVE])
    def test_only_where_it_is_reserved(self, answer: Answer) -> None:
        """A purpose is refused where it is reserved, and nowhere else."""
        policy = Policy(purposes={Purpose.TRAINING: answer})
        assert outcome(decide(Case(OPEN, (TRAINER,)), policy)) == (Action.ALLOW, "open", True)


class TestAgents:
    """`[crawlers.agents]`: the operator's word on one crawler."""

    @pytest.mark.parametrize(
        ("answer", "verification", "expected"),
        [
            (Answer.REFUSE, Verification.UNKNOWN, (Action.REFUSE, "agent:TrainingBot", True)),
            (Answer.REFUSE, Verification.VERIFIED, (Action.REFUSE, "agent:TrainingBot", True)),
            (Answer.OBSERVE, Verification.UNKNOWN, (Action.REFUSE, "agent:TrainingBot", False)),
            (Answer.ALLOW, Verification.UNKNOWN, (Action.ALLOW, "agent:TrainingBot", True)),
            (Answer.ALLOW, Verification.VERIFIED, (Action.ALLOW, "agent:TrainingBot", True)),
            (Answer.ALLOW_VERIFIED, Verification.UNKNOWN, (Action.REFUSE, "purpose:training", True)),
            (Answer.ALLOW_VERIFIED, Verification.CONTRADICTED, (Action.REFUSE, "purpose:training", True)),
            (Answer.ALLOW_VERIFIED, Verification.VERIFIED, (Action.ALLOW, "agent:TrainingBot", True)),
            (Answer.SIGNAL, Verification.UNKNOWN, (Action.ALLOW, "agent:TrainingBot", True)),
        ],
    )
    def test_answers(self, answer: Answer, verification: Verification, expected: tuple[Action, str, bool]) -> None:
        """What it says of the crawler waives what is said of its purpose."""
        case = Case(RESERVED, (TRAINER,), Checked(verification))
        decision = decide(case, Policy(agents=agents(TrainingBot=answer)))
        assert expected == outcome(decision)

    @pytest.mark.parametrize("terms", [OPEN, RESERVED], ids=["open", "reserved"])
    def test_refused_on_any_path(self, terms: Terms) -> None:
        """An agent is refused where nothing is reserved, too; so is one that is no AI."""
        policy = Policy(stance=Stance.SIGNAL_ONLY, agents=agents(SearchBot=Answer.REFUSE, Googlebot=Answer.REFUSE))
        assert outcome(decide(Case(terms, (SEARCHER,)), policy)) == (Action.REFUSE, "agent:SearchBot", True)
        decision = decide(Case(terms, (SEARCH_ENGINE,)), policy)
        assert (decision.rule, decision.setting) == ("agent:Googlebot", "crawlers.agents.Googlebot")

    @pytest.mark.parametrize(
        ("verification", "rule"), [(Verification.UNKNOWN, "quota:burst"), (Verification.VERIFIED, "agent:TrainingBot")]
    )
    def test_allowed_and_too_fast(self, verification: Verification, rule: str) -> None:
        """Unverified, an allowed agent is let off its purpose and nothing else; verified, it is through."""
        case = Case(RESERVED, (TRAINER,), Checked(verification), findings=(BURST,))
        assert decide(case, Policy(agents=agents(TrainingBot=Answer.ALLOW))).rule == rule

    def test_a_narrower_rule_beats_a_wider_one(self) -> None:
        """The crawler's own line beats its purpose's, which beats the stance."""
        policy = Policy(
            stance=Stance.NO_AI,
            purposes={Purpose.SEARCH: Answer.REFUSE},
            agents=agents(SearchBot=Answer.SIGNAL),
        )
        assert decide(Case(RESERVED, (SEARCHER,)), policy).action is Action.ALLOW
        assert decide(Case(RESERVED, (ASSISTANT,)), policy).rule == "purpose:assistant"


class TestImpostors:
    """Who goes by a crawler's name and is proved not to be it."""

    FALSE = Checked(Verification.CONTRADICTED, "reverse-dns: the address belongs to cloud.example")

    @pytest.mark.parametrize("crawler", [SEARCH_ENGINE, TRAINER, ASSISTANT], ids=lambda crawler: crawler.token)
    @pytest.mark.parametrize("terms", [OPEN, RESERVED], ids=["open", "reserved"])
    def test_refused_where_true_ones_were_seen(self, crawler: Crawler, terms: Terms) -> None:
        """On any path, and those that are welcome under their own name too; the proof is the evidence."""
        decision = decide(Case(terms, (crawler,), self.FALSE, operator_seen=True), Policy())
        assert (Action.REFUSE, "impostor", True) == outcome(decision)
        assert decision.evidence == {"token": crawler.token, "verification": "contradicted", "how": self.FALSE.how}
        assert "verification.impostors" == decision.setting

    def test_recorded_where_none_was_seen(self) -> None:
        """The addresses may be a proxy's: a search engine is not lost to a wrong setting."""
        decision = decide(Case(RESERVED, (SEARCH_ENGINE,), self.FALSE), Policy())
        assert (Action.REFUSE, "impostor", False) == outcome(decision)
        assert "only recorded" in decision.reason

    def test_the_rules_below_hold_meanwhile(self) -> None:
        """A false GPTBot is refused as the trainer that it says it is."""
        assert "purpose:training" == decide(Case(RESERVED, (TRAINER,), self.FALSE), Policy()).rule

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (Answer.OBSERVE, (Action.REFUSE, "impostor", False)),
            (Answer.ALLOW, (Action.ALLOW, "default", True)),
        ],
    )
    def test_the_operator_may_say_otherwise(self, answer: Answer, expected: tuple[Action, str, bool]) -> None:
        """The rule can be watched, and switched off."""
        case = Case(RESERVED, (SEARCH_ENGINE,), self.FALSE, operator_seen=True)
        assert expected == outcome(decide(case, Policy(impostors=answer)))

    @pytest.mark.parametrize("status", [Verification.UNKNOWN, Verification.VERIFIED])
    def test_nothing_but_proof_makes_one(self, status: Verification) -> None:
        """Unknown is never contradicted."""
        case = Case(RESERVED, (SEARCH_ENGINE,), Checked(status), operator_seen=True)
        assert (Action.ALLOW, "default", True) == outcome(decide(case, Policy()))

    def test_allowing_a_crawler_lets_no_impostor_in(self) -> None:
        """The operator allowed the crawler, and this is not it."""
        case = Case(RESERVED, (TRAINER,), self.FALSE, operator_seen=True)
        assert "impostor" == decide(case, Policy(agents=agents(TrainingBot=Answer.ALLOW))).rule

    def test_a_partner_is_none(self) -> None:
        """Exempt by contract, whatever its programs call themselves."""
        case = Case(RESERVED, (SEARCH_ENGINE,), self.FALSE, operator_seen=True, partner="Acme")
        assert "partner" == decide(case, Policy()).rule


class TestNewCrawlers:
    """Those that came with an update, and are watched until they are accepted."""

    def test_recorded_before_they_are_refused(self) -> None:
        """Whom they would refuse is in the log, under the rule that would have done it."""
        decision = decide(Case(RESERVED, (TRAINER,)), Policy(new=frozenset({"trainingbot"})))
        assert (Action.REFUSE, "purpose:training", False) == outcome(decision)
        assert "crawlers.new" == decision.setting

    def test_another_that_is_known_is_refused_still(self) -> None:
        """An agent that names both is refused for the one."""
        decision = decide(Case(RESERVED, (TRAINER, CRAWLERS[Purpose.DATASET])), Policy(new=frozenset({"trainingbot"})))
        assert (Action.REFUSE, "purpose:dataset", True) == outcome(decision)

    def test_the_operators_own_word_counts(self) -> None:
        """Who is named under [crawlers.agents] has been looked at."""
        policy = Policy(new=frozenset({"trainingbot"}), agents=agents(TrainingBot=Answer.REFUSE))
        assert (Action.REFUSE, "agent:TrainingBot", True) == outcome(decide(Case(RESERVED, (TRAINER,)), policy))


class TestSeveralCrawlers:
    """An agent that names several gets the most restrictive answer of them all."""

    @pytest.mark.parametrize("crawlers", [(TRAINER, SEARCHER), (SEARCHER, TRAINER)])
    def test_one_of_them_is_refused(self, crawlers: tuple[Crawler, ...]) -> None:
        """By its purpose."""
        assert decide(Case(RESERVED, crawlers), Policy()).rule == "purpose:training"

    def test_allowing_one_does_not_allow_the_other(self) -> None:
        """Naming an allowed crawler beside one's own name helps nobody, verified or not."""
        policy = Policy(agents=agents(SearchBot=Answer.ALLOW))
        for verification in (Verification.UNKNOWN, Verification.VERIFIED):
            assert decide(Case(RESERVED, (SEARCHER, TRAINER), Checked(verification)), policy).rule == "purpose:training"

    def test_refusing_one_refuses_all(self) -> None:
        """Whatever is said of the other."""
        policy = Policy(agents=agents(SearchBot=Answer.REFUSE, TrainingBot=Answer.ALLOW))
        case = Case(RESERVED, (TRAINER, SEARCHER), Checked(Verification.VERIFIED))
        assert decide(case, policy).rule == "agent:SearchBot"

    def test_refusing_beats_observing(self) -> None:
        """Of two answers the enforced one counts, for agents and for purposes."""
        policy = Policy(agents=agents(TrainingBot=Answer.OBSERVE, SearchBot=Answer.REFUSE))
        assert outcome(decide(Case(RESERVED, (TRAINER, SEARCHER)), policy))[1:] == ("agent:SearchBot", True)
        policy = Policy(purposes={Purpose.TRAINING: Answer.OBSERVE, Purpose.SEARCH: Answer.REFUSE})
        assert outcome(decide(Case(RESERVED, (TRAINER, SEARCHER)), policy))[1:] == ("purpose:search", True)


class TestBehaviour:
    """Quotas and patterns."""

    @pytest.mark.parametrize(
        ("findings", "expected"),
        [
            ((BURST,), (Action.THROTTLE, "quota:burst", True)),
            ((SCRAPER,), (Action.REFUSE, "quota:hard", True)),
            ((WATCHED,), (Action.THROTTLE, "quota:watched", False)),
            ((WATCHED, BURST), (Action.THROTTLE, "quota:burst", True)),
            ((BURST, SCRAPER), (Action.REFUSE, "quota:hard", True)),
        ],
    )
    def test_a_listener_who_is_too_fast(
        self, findings: tuple[Finding, ...], expected: tuple[Action, str, bool]
    ) -> None:
        """The strictest finding that is enforced decides."""
        assert expected == outcome(decide(Case(RESERVED, findings=findings), Policy()))

    def test_only_where_something_is_reserved(self) -> None:
        """What is open may be taken at any speed."""
        assert decide(Case(OPEN, findings=(SCRAPER,)), Policy()).rule == "open"

    def test_after_the_purpose(self) -> None:
        """A crawler that is refused is not also throttled."""
        assert decide(Case(RESERVED, (TRAINER,), findings=(BURST,)), Policy()).rule == "purpose:training"

    def test_what_is_let_through_can_be_too_fast(self) -> None:
        """A purpose that the stance lets through goes on to the quotas."""
        decision = decide(Case(RESERVED, (SEARCHER,), findings=(BURST,)), Policy())
        assert (decision.rule, decision.retry_after_seconds) == ("quota:burst", 7)
        assert decision.evidence == {"measured": "more than 120", "threshold": "120 for each client"}

    def test_a_finding_never_allows(self) -> None:
        """One that would cannot be built."""
        with pytest.raises(ValueError, match="never allows"):
            Finding("quota:x", "", "", Action.ALLOW)


class TestOpenDoors:
    """What is allowed before anything else is asked."""

    EVERYTHING = Policy(stance=Stance.NO_AI, agents=agents(TrainingBot=Answer.REFUSE))

    def test_own_documents(self) -> None:
        """A crawler that is refused everywhere may read why."""
        case = Case(RESERVED, (TRAINER,), findings=(SCRAPER,), own_document=True)
        assert outcome(decide(case, self.EVERYTHING)) == (Action.ALLOW, "own-documents", True)

    def test_partner(self) -> None:
        """A contract comes before every rule but that."""
        case = Case(RESERVED, (TRAINER,), findings=(SCRAPER,), partner="198.51.100.7")
        decision = decide(case, self.EVERYTHING)
        assert outcome(decision) == (Action.ALLOW, "partner", True)
        assert (decision.reason, decision.setting) == ("its address is a partner's", "clients.partners")


class TestObserving:
    """Trying out rules without touching anybody."""

    def test_an_observed_rule_switches_off_no_other(self) -> None:
        """The walk goes on behind it."""
        policy = Policy(agents=agents(TrainingBot=Answer.OBSERVE))
        case = Case(RESERVED, (TRAINER,), findings=(BURST,))
        assert outcome(decide(case, policy)) == (Action.THROTTLE, "quota:burst", True)

    def test_the_first_observed_rule_is_remembered(self) -> None:
        """Where nothing is enforced, the highest rule that would have acted is the outcome, without effect."""
        policy = Policy(purposes={Purpose.TRAINING: Answer.OBSERVE})
        decision = decide(Case(RESERVED, (TRAINER,), findings=(WATCHED,)), policy)
        assert outcome(decision) == (Action.REFUSE, "purpose:training", False)
        assert not decision.stops

    def test_observe_mode(self) -> None:
        """It decides everything, and stops nothing."""
        policy = Policy(mode=Mode.OBSERVE)
        decision = decide(Case(RESERVED, (TRAINER,)), policy)
        assert outcome(decision) == (Action.REFUSE, "purpose:training", False)
        assert not decision.stops
        assert outcome(decide(Case(RESERVED), policy)) == (Action.ALLOW, "default", True)


def any_case() -> st.SearchStrategy[Case]:
    reserved = st.frozensets(st.sampled_from(Purpose))
    return st.builds(
        Case,
        terms=reserved.map(lambda purposes: Terms(reserved=purposes, open=frozenset(Purpose) - purposes)),
        crawlers=st.lists(st.sampled_from([*CRAWLERS.values(), SEARCH_ENGINE]), max_size=3).map(tuple),
        checked=st.sampled_from(Verification).map(lambda status: Checked(status, "how")),
        operator_seen=st.booleans(),
        findings=st.lists(st.sampled_from([BURST, WATCHED, SCRAPER]), max_size=3).map(tuple),
        own_document=st.booleans(),
        partner=st.sampled_from(("", "198.51.100.7")),
    )


def any_policy() -> st.SearchStrategy[Policy]:
    tokens = [crawler.token.casefold() for crawler in (*CRAWLERS.values(), SEARCH_ENGINE)]
    return st.builds(
        Policy,
        stance=st.sampled_from(Stance),
        mode=st.sampled_from(Mode),
        purposes=st.dictionaries(st.sampled_from(Purpose), st.sampled_from(Answer), max_size=3),
        agents=st.dictionaries(st.sampled_from(tokens), st.sampled_from(Answer), max_size=3),
        new=st.frozensets(st.sampled_from(tokens), max_size=2),
        impostors=st.sampled_from([Answer.REFUSE, Answer.OBSERVE, Answer.ALLOW]),
    )


class TestAlways:
    """What holds for every case and policy."""

    @given(any_case(), any_policy())
    def test_a_decision(self, case: Case, policy: Policy) -> None:
        """There is one, it is the same again, and observing changes nothing but whether it is enforced."""
        decision = decide(case, policy)
        assert decision == decide(case, policy)
        assert not (decision.stops and policy.mode is Mode.OBSERVE)
        assert decision.reason
        assert decision.enforced or decision.action is not Action.ALLOW

    @given(any_case(), any_policy())
    def test_nobody_is_refused_unnamed(self, case: Case, policy: Policy) -> None:
        """Without a crawler and without a finding nobody is stopped."""
        listener = Case(case.terms, own_document=case.own_document, partner=case.partner)
        assert not decide(listener, policy).stops

    @given(any_case(), any_policy(), st.sampled_from([*CRAWLERS.values(), SEARCH_ENGINE]))
    def test_one_more_name_never_helps(self, case: Case, policy: Policy, crawler: Crawler) -> None:
        """Who is stopped under one name is stopped under two. (Verification is of all the names together.)"""
        unverified = Case(case.terms, case.crawlers, own_document=case.own_document, partner=case.partner)
        both = Case(case.terms, (*case.crawlers, crawler), own_document=case.own_document, partner=case.partner)
        assert decide(both, policy).stops >= decide(unverified, policy).stops

    @given(any_case(), any_policy())
    def test_the_order_of_the_names_changes_nothing(self, case: Case, policy: Policy) -> None:
        """Whether a request is stopped does not depend on which crawler is named first."""
        turned = Case(
            case.terms,
            case.crawlers[::-1],
            case.checked,
            case.operator_seen,
            case.findings,
            own_document=case.own_document,
            partner=case.partner,
        )
        assert decide(case, policy).stops is decide(turned, policy).stops


def test_the_table() -> None:
    """The order of the rules is the one that is documented."""
    expected = ["own_documents", "partner", "impostor", "agent", "purpose", "behaviour", "otherwise"]
    assert expected == [rule.__name__ for rule in TABLE]


def test_what_the_operator_lets_in_is_told_as_such() -> None:
    """Who reads the log sees by which setting a crawler got a reserved work that the stance would have refused."""
    crawler = Crawler(token="TrainingBot", operator="Acme", kind=Kind.AI, purpose=Purpose.TRAINING)
    case = Case(RESERVED, (crawler,))
    by_agent = decide(case, Policy(agents={"trainingbot": Answer.SIGNAL}))
    by_purpose = decide(case, Policy(purposes={Purpose.TRAINING: Answer.ALLOW}))
    assert by_agent.setting == "crawlers.agents.TrainingBot"
    assert by_purpose.setting == "crawlers.training"
    assert "lets TrainingBot (Acme) in" in by_agent.reason
    assert by_agent.evidence["lets_in"] == "training"


def test_a_preflight_is_no_document() -> None:
    """The log must not say that a crawler read the rules when it asked what a page may do."""
    decision = decide(Case(RESERVED, own_document=True, preflight=True), Policy())
    assert (decision.action, "preflight" in decision.reason) == (Action.ALLOW, True)
