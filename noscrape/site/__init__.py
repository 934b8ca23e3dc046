"""A site: everything that one configuration makes, made once, and the judgement of requests by it."""

from noscrape.site.documents import ROBOTS_TXT, TDMREP, Document, Robots
from noscrape.site.parts import (
    accepted_file,
    anchors_of,
    builtin_catalog,
    catalog_of,
    emission_of,
    files_beside,
    own_paths,
    policy_of,
    quotas_of,
    reader_of,
    robots_base,
)
from noscrape.site.site import (
    AT_RESTART,
    Judgement,
    Ruling,
    Sent,
    Site,
    terms_words,
    waits_for_restart,
)
from noscrape.site.update import Waiting, accept, actions, review, waiting

__all__ = [
    "AT_RESTART",
    "ROBOTS_TXT",
    "TDMREP",
    "Document",
    "Judgement",
    "Robots",
    "Ruling",
    "Sent",
    "Site",
    "Waiting",
    "accept",
    "accepted_file",
    "actions",
    "anchors_of",
    "builtin_catalog",
    "catalog_of",
    "emission_of",
    "files_beside",
    "own_paths",
    "policy_of",
    "quotas_of",
    "reader_of",
    "review",
    "robots_base",
    "terms_words",
    "waiting",
    "waits_for_restart",
]
