"""A small trace through all detectors: scrapers are found, and no person is stopped."""

from statistics import median

import pytest

from tests.traffic.deployment import DEPLOYMENTS
from tests.traffic.driver import drive
from tests.traffic.trace import trace

#: Kinds that come from one address and ask for pages.
_SINGLE = ("numeric walk", "shuffled, 2 s", "slow, 45 s", "headless", "many names", "many addresses")


def test_everything_through_the_app() -> None:
    """The issue's own limits, on the whole trace."""
    score = drive(trace(7, scale=1.0, instances=1)).score
    assert [] == score.reasons
    rows = {row.kind: row for row in score.scrapers}
    assert median(rows[kind].tracks_before for kind in _SINGLE) <= 80
    for kind in ("campaign", "campaign, many names"):
        assert rows[kind].share <= 0.15, kind


@pytest.mark.parametrize("deployment", sorted(set(DEPLOYMENTS) - {"app"}))
def test_where_less_is_seen(deployment: str) -> None:
    """Fewer are found, and still no person is stopped."""
    assert [] == drive(trace(7, scale=0.1, deployment=deployment, instances=1)).score.reasons
