"""The walks through containers, each on files that were built for it."""

from io import BytesIO

from noscrape.readers.containers import Blocks, cut_out


def cut(data: bytes) -> Blocks:
    """What is cut out of a file with these bytes."""
    return cut_out(BytesIO(data), len(data))


def in_words(value: object) -> str:
    """The id of a case: its words, not its bytes."""
    return value if isinstance(value, str) else "file"
