"""Where a reservation is read: a callable of the app's, a database, the app's own answer."""

from noscrape.readers.cache import NOTHING, Reader, Reservations
from noscrape.readers.function import CallableReader, ReadReservation
from noscrape.readers.sql import IdType, SqlReader

__all__ = ["NOTHING", "CallableReader", "IdType", "ReadReservation", "Reader", "Reservations", "SqlReader"]
