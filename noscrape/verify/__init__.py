"""Whether a crawler is who it says: published networks, forward-confirmed reverse DNS, signed requests."""

from noscrape.verify.dns import ReverseDns
from noscrape.verify.ranges import RangeLists
from noscrape.verify.signers import Signers
from noscrape.verify.snapshots import NO_SNAPSHOTS, Snapshots
from noscrape.verify.snapshots import load as load_snapshots
from noscrape.verify.verifier import Verifier

__all__ = ["NO_SNAPSHOTS", "RangeLists", "ReverseDns", "Signers", "Snapshots", "Verifier", "load_snapshots"]
