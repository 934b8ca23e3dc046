"""What is written into a file: the fields of `tags`, and whether a file says them already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noscrape.reservation import from_content_usage
from noscrape.tags import CONTENT_USAGE, TDM_POLICY, TDM_RESERVATION
from noscrape.words import TRAINING_PURPOSES


def fields(*, policy: str = "") -> Mapping[str, str]:
    """The statement that no AI may be trained on a file, with the URL of the owner's terms where there is one."""
    said = {CONTENT_USAGE: "train-ai=n", TDM_RESERVATION: "1"}
    return said | {TDM_POLICY: policy} if policy else said


@dataclass(frozen=True, slots=True)
class Standing:
    """How a file stands to what is to be said: the fields still to be written, and what it says to the contrary."""

    missing: Mapping[str, str]
    contrary: Sequence[tuple[str, str]]


def standing(wanted: Mapping[str, str], said: Iterable[tuple[str, str]]) -> Standing:
    """Compare the fields that are wanted with the names and values that a file has."""
    missing, contrary = {}, []
    known = list(said)
    for name, value in wanted.items():
        values = [told for other, told in known if other == name]
        against = [told for told in values if not _says(name, told, value)]
        if against or not values:
            missing[name] = value
        contrary += [(name, told) for told in against]
    return Standing(missing, contrary)


def _says(name: str, told: str, wanted: str) -> bool:
    """Whether a value says what is wanted. `train-ai=n, search=n` says more than that, and shall stay."""
    if name == CONTENT_USAGE:
        return from_content_usage(told).reserved >= TRAINING_PURPOSES
    return told.strip() == wanted
