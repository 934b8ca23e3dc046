"""Remarks: what to make of a visit. Pure: the answers in, the remarks out."""

from typing import Final

from noscrape.probe.remarks.caches import of_caches
from noscrape.probe.remarks.documents import of_documents, of_tdmrep
from noscrape.probe.remarks.page import of_crawler, of_page
from noscrape.probe.remarks.remark import Remark, Severity
from noscrape.probe.remarks.robots import of_robots
from noscrape.probe.visit import Visit

__all__ = ["Remark", "Severity", "remarks"]

#: What is looked at, in this order.
_SUBJECTS: Final = (of_page, of_crawler, of_robots, of_tdmrep, of_documents, of_caches)


def remarks(visit: Visit) -> tuple[Remark, ...]:
    """Everything that there is to say of a visit, in the order of what was looked at."""
    return tuple(remark for subject in _SUBJECTS for remark in subject(visit))
