"""What an app vouches for."""

import pytest

from noscrape.identity import Account, Partner


@pytest.mark.parametrize("kind", [Partner, Account])
@pytest.mark.parametrize("text", ["", "  ", "x" * 201, 7, None], ids=["empty", "blank", "long", "number", "none"])
def test_nobody_without_a_name(kind: type[Partner | Account], text: object) -> None:
    """An id that is no text, or is longer than the log keeps, is a fault of the app's and told at once."""
    with pytest.raises(ValueError, match="of 1 to 200 characters"):
        kind(text)  # type: ignore[arg-type]  # what an app may do


def test_a_partner_is_no_account() -> None:
    """They are told apart by type and never by text."""
    partner: object = Partner("acme")
    assert partner != Account("acme")
