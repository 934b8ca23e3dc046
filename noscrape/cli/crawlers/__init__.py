"""`noscrape crawlers`: the catalog, what it finds in user agents, and lists of others."""

import argparse

from noscrape.cli import refresh
from noscrape.cli.crawlers import accept, listing, lists


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its own verbs."""
    parser = verbs.add_parser("crawlers", help="the catalog of crawlers, what it finds in user agents, lists of others")
    inner = parser.add_subparsers(metavar="VERB", required=True)
    listing.add(inner)
    lists.add(inner)
    refresh.add(inner)
    accept.add(inner)
