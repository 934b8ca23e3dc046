"""The trace is what it says: in order, labelled, the same each time, and with headers as programs send them."""

import json
import os
import subprocess
import sys
from itertools import islice, pairwise

import pytest

from tests.traffic.deployment import DEPLOYMENTS
from tests.traffic.event import line
from tests.traffic.headers import BROWSERS, DISORDERED, IMITATION, LIBRARIES
from tests.traffic.people import PEOPLE
from tests.traffic.scrapers import BOTS, SCRAPERS
from tests.traffic.trace import sessions, trace

SCALE = 0.05


def test_it_goes_on_in_time() -> None:
    """All sessions merged."""
    times = [event.t for event, _ in islice(trace(1, scale=SCALE, instances=1), 20_000)]
    assert all(before <= after for before, after in pairwise(times))


def test_everybody_is_there() -> None:
    """Each kind, with its share of the people."""
    found = sessions(1, scale=1.0)
    kinds = {session.kind for _, session in found}
    assert set(PEOPLE) | set(SCRAPERS) | set(BOTS) == kinds
    assert 1.0 == pytest.approx(sum(share for _, share, _ in PEOPLE.values()), abs=0.02)
    people = [session for _, session in found if session.group == "person"]
    assert 1_450 < len(people) < 1_550


def test_it_is_the_same_each_time() -> None:
    """Whatever the seed of hashes."""
    code = (
        "import hashlib; from tests.traffic.trace import trace; from tests.traffic.event import line;"
        "print(hashlib.sha256(''.join(line(*p) for p in trace(3, scale=0.01, instances=1)).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(digests)


def test_a_line_is_as_replay_reads_it() -> None:
    """With labels that are nothing to it."""
    event, session = next(trace(1, scale=SCALE, instances=1))
    told = json.loads(line(event, session))
    assert {"t", "ip", "method", "path", "headers", "status", "bytes", "who", "kind", "class"} <= set(told)


@pytest.mark.parametrize("program", [program for program, _ in BROWSERS], ids=lambda program: program.user_agent[:60])
def test_browsers_send_what_they_send(program) -> None:  # type: ignore[no-untyped-def]
    """Fetch metadata all of them, client hints Chromium alone, and a language."""
    for headers in (program.navigation(), program.part("script"), program.part("audio")):
        names = [name for name, _ in headers]
        assert len(names) == len(set(names))
        assert {"sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "accept-language", "user-agent"} <= set(names)
        assert (program.engine == "chromium") is ("sec-ch-ua" in names)


def test_no_tool_sends_what_a_browser_sends() -> None:
    """In that order."""
    orders = {tuple(name for name, _ in program.navigation()) for program, _ in BROWSERS}
    for tool in (*LIBRARIES, IMITATION, DISORDERED):
        assert tuple(name for name, _ in tool.navigation()) not in orders


@pytest.mark.parametrize(
    ("deployment", "gone"),
    [("no-playback", "/m/"), ("no-assets", "/img/"), ("api", "/r/"), ("hard", "/assets/")],
)
def test_what_an_app_does_not_see(deployment: str, gone: str) -> None:
    """Is not in the trace."""
    paths = [event.path for event, _ in islice(trace(1, scale=SCALE, deployment=deployment, instances=1), 3_000)]
    assert not [path for path in paths if path.startswith(gone)]
    assert paths


def test_what_a_network_leaves_of_headers() -> None:
    """No referers, no hints, and sorted."""
    for event, _ in islice(trace(1, scale=SCALE, deployment="hard", instances=1), 2_000):
        names = [name for name, _ in event.headers]
        assert names == sorted(names)
        assert not [name for name in names if name == "referer" or name.startswith(("sec-ch-ua", "sec-fetch-"))]
    assert 8 == len(DEPLOYMENTS)
