"""What was decided about a request, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from noscrape.words import Action, Answer, Mode, Purpose, Stance, Verification


@dataclass(frozen=True, slots=True)
class Finding:
    """Something measured in a client's behaviour that crossed a threshold.

    `name` is the word that config, log and `explain` use (`quota:burst`); `action` is REFUSE or THROTTLE.
    """

    name: str
    measured: str
    threshold: str
    action: Action
    retry_after_seconds: int = 0
    enforced: bool = True
    setting: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action is Action.ALLOW:
            raise ValueError(f"finding {self.name}: a finding refuses or throttles, it never allows")


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a claim: whether it is true, and `how` that was found out, as the log tells it.

    `how` begins with the method, a value of `Proof`: "ip-ranges: its address is in openai.com/gptbot.json, 1 day old".
    It never holds the address, which the log may not keep.
    It also says why nothing is known, and is "" where nothing was looked at.
    """

    status: Verification = Verification.UNKNOWN
    how: str = ""


#: Nothing has been looked at, and nothing is known.
UNCHECKED: Final = Checked()


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer to one request.

    `rule` names the row of the table in `policy`; `setting` is the dotted config key that decided ("stance").
    `enforced` is False where the rule, or the whole site, only observes.
    """

    action: Action
    rule: str
    reason: str
    setting: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    retry_after_seconds: int = 0
    enforced: bool = True

    @property
    def stops(self) -> bool:
        """Whether the request is answered by noscrape and never reaches the app."""
        return self.enforced and self.action is not Action.ALLOW


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's settings that `decide()` needs. Keys of `agents` are case-folded product tokens.

    `new` are the tokens, case-folded, that came with an update and are only observed until they are accepted.
    `impostors` is REFUSE, OBSERVE or ALLOW. `everywhere` lets findings act also where nothing is reserved.
    """

    stance: Stance = Stance.NO_TRAINING
    mode: Mode = Mode.ENFORCE
    purposes: Mapping[Purpose, Answer] = field(default_factory=dict)
    agents: Mapping[str, Answer] = field(default_factory=dict)
    new: frozenset[str] = frozenset()
    impostors: Answer = Answer.REFUSE
    everywhere: bool = False
