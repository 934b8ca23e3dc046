"""Where a reservation is read: a callable of the app's, a database, audio files, the app's own answer."""

from noscrape.readers.cache import NOTHING, Reader, Reservations
from noscrape.readers.chain import Chain
from noscrape.readers.files import FileReader, FilesOf
from noscrape.readers.function import CallableReader, ReadReservation
from noscrape.readers.sql import IdType, SqlReader

__all__ = [
    "NOTHING",
    "CallableReader",
    "Chain",
    "FileReader",
    "FilesOf",
    "IdType",
    "ReadReservation",
    "Reader",
    "Reservations",
    "SqlReader",
]
