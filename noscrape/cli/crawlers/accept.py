"""`noscrape crawlers accept`: take what an update of the catalog brought."""

import argparse
import json
import sys
import time

from noscrape.accepted import Changes
from noscrape.cli.status import Status
from noscrape.config import found, load
from noscrape.errors import NoScrapeError
from noscrape.site import Site, accept, accepted_file, builtin_catalog
from noscrape.terminal import put, safe


def add(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = inner.add_parser(
        "accept",
        help="take what an update of the catalog brought",
        description='Ends the watch that [crawlers] new = "observe" keeps over crawlers that came with an update: from '
        "then on they are treated as all others. Prints what that changes. A running app takes it within seconds.",
    )
    parser.add_argument("--config", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=accept_)


def accept_(arguments: argparse.Namespace) -> Status:
    """Remember what is in force now, and tell what that changes."""
    catalog = builtin_catalog()
    site = Site(load(found(arguments.config), tokens=catalog.tokens), clock=time.time, catalog=catalog)
    file = accepted_file(site.loaded)
    if file is None:
        raise NoScrapeError("nowhere to remember it: there is no noscrape.toml, and [crawlers] accepted is not set")
    try:
        changed = accept(site, file)
    except OSError as error:
        raise NoScrapeError(f"{file} cannot be written: {error.strerror or type(error).__name__}") from None
    if changed is None:
        changed = Changes({}, {}, {})
        put(sys.stderr, safe(f"{file} is new: {len(site.catalog.crawlers)} crawlers are known from now on"))
    if arguments.json:
        told = {"added": dict(changed.added), "removed": dict(changed.removed), "changed": dict(changed.changed)}
        print(json.dumps(told))
        return Status.OK
    for token, word in changed.added.items():
        put(sys.stdout, f"new      {token}: {word}")
    for token, (before, after) in changed.changed.items():
        put(sys.stdout, f"changed  {token}: was {before}, is {after}")
    for token in changed.removed:
        put(sys.stdout, f"gone     {token}")
    count = len(changed.added) + len(changed.changed) + len(changed.removed)
    put(sys.stderr, f"{count} changes accepted" if count else "nothing to accept")
    return Status.OK
