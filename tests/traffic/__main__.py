"""`python -m tests.traffic`: how much scrapers have before they are stopped, and whether any person is."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from tests.traffic.deployment import DEPLOYMENTS
from tests.traffic.driver import Drive, drive
from tests.traffic.event import line
from tests.traffic.trace import INSTANCES, trace


def main() -> None:
    """Make a trace, judge it, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.traffic", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 has some 1,500 people; 20 has 30,000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--instances", type=int, default=INSTANCES, help="of each kind of scraper and robot")
    parser.add_argument("--deployment", choices=DEPLOYMENTS, default="app", help="what the app sees")
    parser.add_argument("--write", metavar="FILE", help="write the trace, as `noscrape replay` reads it, and no more")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.add_argument("--why", action="store_true", help="say why people were stopped, and what is trusted")
    arguments = parser.parse_args()
    events = trace(
        arguments.seed, scale=arguments.scale, deployment=arguments.deployment, instances=arguments.instances
    )
    if arguments.write:
        with open(arguments.write, "w", encoding="utf-8") as file:
            file.writelines(f"{line(*pair)}\n" for pair in events)
        return
    driven = drive(events)
    if arguments.json:
        score = driven.score
        rows = {
            "scrapers": [asdict(row) for row in score.scrapers],
            "people": [asdict(row) for row in score.people],
            "bots": [asdict(row) for row in score.bots],
        }
        print(json.dumps(rows, indent=2))
        return
    for text in _table(driven):
        print(text)
    if arguments.why:
        for who, why in driven.score.reasons:
            print(f"{who}: {why}")
        print(json.dumps(driven.site.watch.status(), indent=1))


def _table(driven: Drive) -> Iterator[str]:
    score = driven.score
    yield f"{'scrapers':24}{'':>6}{'stopped':>9}{'requests':>10}{'tracks':>8}{'worst':>7}{'got':>8}{'worst':>8}"
    for row in score.scrapers:
        yield (
            f"{row.kind:24}{row.instances:6}{row.stopped:9}{row.requests_before:10.0f}{row.tracks_before:8.0f}"
            f"{row.worst_before:7.0f}{row.share:8.1%}{row.worst_share:8.1%}"
        )
    yield ""
    yield f"{'people':24}{'sessions':>9}{'stopped':>9}{'per 1,000':>11}{'at most (95 %)':>16}"
    for person in score.people:
        yield f"{person.kind:24}{person.sessions:9}{person.stopped:9}{person.per_thousand:11.2f}{person.bound:16.2f}"
    yield ""
    yield f"{'welcome robots':24}{'sessions':>9}{'stopped':>9}"
    for bot in score.bots:
        yield f"{bot.kind:24}{bot.sessions:9}{bot.stopped:9}"
    yield ""
    each = 1e6 * driven.seconds / max(1, driven.requests)
    yield f"{driven.requests:,} requests, {each:.1f} µs each for the whole judgement"


if __name__ == "__main__":
    main()
