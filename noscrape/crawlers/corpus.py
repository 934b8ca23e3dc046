"""User agents of programs that people use, and of bots that everybody wants: no list of AI crawlers may match one.

The file `corpus.toml` beside this one is composed of what is known of these programs: their names, their makers' ways
of writing them, and their versions.
"""

import tomllib
from dataclasses import dataclass
from typing import Final

from noscrape.errors import CatalogError, Fault

GROUPS: Final = frozenset({"browser", "device", "player", "podcast", "feed", "search", "preview"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One user agent; `group` is one of `GROUPS`."""

    user_agent: str
    group: str


def corpus(text: bytes, *, name: str = "corpus") -> tuple[Sample, ...]:
    """Read a corpus: a table for each group, with a list of `user_agents`. Raises CatalogError for what is none."""
    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError((Fault(name, "", str(error)),)) from error
    faults, found = [], []
    for group, table in document.items():
        agents = table.get("user_agents") if isinstance(table, dict) else None
        if group not in GROUPS:
            faults.append(Fault(name, group, f"unknown group, wanted one of {', '.join(sorted(GROUPS))}"))
        elif not isinstance(agents, list) or not all(isinstance(agent, str) and agent for agent in agents):
            faults.append(Fault(name, group, "wanted user_agents, a list of texts"))
        else:
            found += [Sample(agent, group) for agent in agents]
    if len({sample.user_agent for sample in found}) < len(found):
        faults.append(Fault(name, "", "a user agent stands there twice"))
    if faults:
        raise CatalogError(tuple(faults))
    return tuple(found)
