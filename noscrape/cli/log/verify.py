"""`noscrape log verify`: the chain of lines, checked for gaps and edits."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from noscrape.cli.status import Status
from noscrape.log.reader import Chain, chains
from noscrape.terminal import Column, Row, Table, put, say, screen_columns


def verify_(files: Sequence[Path], *, as_json: bool) -> Status:
    """Check each process's lines for gaps and edits."""
    faults = 0
    found: list[Chain] = []
    for chain in chains(files):
        faults += chain.faults
        found.append(chain)
        for line in chain.broken:
            say(sys.stderr, f"noscrape: {line}")
        if chain.faults > len(chain.broken):
            say(sys.stderr, f"noscrape: {chain.name}: {chain.faults - len(chain.broken):,} more")
    for text in map(_chain_json, found) if as_json else _chain_table(found):
        put(sys.stdout, text)
    if not as_json:
        for text in _LIMITS_OF_PROOF.splitlines():
            say(sys.stderr, text)
    return Status.FOUND if faults else Status.OK


_LIMITS_OF_PROOF: Final = (
    "A whole chain has no gaps and no careless edits. It proves nothing against whoever holds\n"
    "the machine, unless its heads were published elsewhere."
)


def _chain_json(chain: Chain) -> str:
    return json.dumps(
        {
            "name": chain.name,
            "lines": chain.lines,
            "first": chain.first,
            "last": chain.last,
            "head": chain.head,
            "faults": chain.faults,
            "broken": [str(line) for line in chain.broken],
        }
    )


def _chain_table(found: Iterable[Chain]) -> Iterator[str]:
    table = Table(
        (
            Column("log", least=20),
            Column("lines", right=True),
            Column("from", least=4, right=True),
            Column("to", least=2, right=True),
            Column("head", least=16),
            Column("", least=10),
        ),
        columns=screen_columns(sys.stdout),
    )
    return table.lines(
        Row(
            (
                chain.name,
                f"{chain.lines:,}",
                f"{chain.first:,}",
                f"{chain.last:,}",
                chain.head,
                f"{chain.faults:,} faults"
                if chain.faults
                else "earlier lines are gone"
                if chain.first > 1
                else "whole",
            )
        )
        for chain in found
    )
