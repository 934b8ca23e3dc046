"""What several workers and hosts share, through Redis or Valkey: quotas, stops, and what is counted of suspects."""

from noscrape.shared.board import RedisBoard
from noscrape.shared.breaker import Breaker
from noscrape.shared.client import lift_in, stops_in
from noscrape.shared.counts import Counts, RemoteCounts

__all__ = ["Breaker", "Counts", "RedisBoard", "RemoteCounts", "lift_in", "stops_in"]
