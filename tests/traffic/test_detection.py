"""A small trace through all detectors: scrapers are found, and no person is stopped."""

import os
import subprocess
import sys
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
    """Fewer are found, and still no person is stopped. So many people that the site is known, where it can be."""
    driven = drive(trace(7, scale=0.6, deployment=deployment, instances=1))
    assert deployment == "hard" or driven.site.watch.trust.warm
    assert [] == driven.score.reasons


def test_verdicts_do_not_depend_on_hashes() -> None:
    """Whatever seed Python gives to them, the same are found after as many requests."""
    command = [sys.executable, "-m", "tests.traffic", "--scale", "0.1", "--instances", "1", "--json"]
    told = {
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(told)
