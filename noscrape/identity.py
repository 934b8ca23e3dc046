"""What an app vouches for: a partner, who is exempt by contract, or an account, somebody who is signed in.

An app says it under `noscrape.identity` in the scope, where its own authentication stands outside of noscrape, or by
the callable `NoScrape(identity=...)`.
"""

from dataclasses import dataclass
from typing import Final

#: Under this key of the scope the app says who is asking.
SCOPE_KEY: Final = "noscrape.identity"

#: Characters of a name or an id that are kept.
_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who is exempt from every rule by contract; `name` is what the log calls them."""

    name: str

    def __post_init__(self) -> None:
        _check(self.name, "a partner's name")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in: known, and still counted, by account and not by address. `id` stands in the log."""

    id: str

    def __post_init__(self) -> None:
        _check(self.id, "an account's id")


Identity = Partner | Account


def _check(text: object, what: str) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > _KEPT:
        raise ValueError(f"got {str(text)[:50]!r}, wanted {what} of 1 to {_KEPT} characters")
