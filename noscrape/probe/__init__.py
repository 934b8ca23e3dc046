"""Probe: a running site as it looks from outside, to a listener and to a crawler.

`address()` takes a URL apart, `probe()` asks, `remarks()` says what to make of the answers. `ask()` alone opens a
socket; everything else is a function of what came back.
"""

from noscrape.exchange.address import Address, address
from noscrape.probe.answer import Answer, Asker, Outcome, Question
from noscrape.probe.exchange import ask
from noscrape.probe.remarks import Remark, Severity, remarks
from noscrape.probe.visit import Document, Fetched, Pages, Visit, probe

__all__ = [
    "Address",
    "Answer",
    "Asker",
    "Document",
    "Fetched",
    "Outcome",
    "Pages",
    "Question",
    "Remark",
    "Severity",
    "Visit",
    "address",
    "ask",
    "probe",
    "remarks",
]
