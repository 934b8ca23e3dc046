"""The fields of audio files, by tinytag. Needs the extra `noscrape[files]`.

tinytag is given nothing but the custom fields that were cut out of a file, in a small clean container of their kind:
so what it has to do is bounded, and it never meets a damaged file, of which it would say nothing.
"""

from collections.abc import Container, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, Final

from noscrape.errors import ReaderError
from noscrape.readers.containers import Blocks

#: Values that are looked at in one file. With NULs between them a field holds thousands.
MOST_VALUES: Final = 1_000
#: A character that begins a text of UTF-16; each of several values may have its own.
_BYTE_ORDER: Final = "\ufeff"


def check() -> None:
    """Raises ReaderError where tinytag is missing."""
    _tinytag()


def fields(blocks: Blocks, names: Container[str]) -> tuple[list[tuple[str, str]], str]:
    """Each field of such a name (in lower case), with one value; and in words, what could not be read of them."""
    read: list[tuple[str, str]] = []
    damaged = False
    for contents, made in ((blocks.texts, _id3), (blocks.comments, _flac), (blocks.freeform, _mp4)):
        if not contents:
            continue
        try:
            read += _read(made(contents), names)
        except ReaderError:  # one that is damaged must not hide the others
            for content in contents:
                try:
                    read += _read(made([content]), names)
                except ReaderError:
                    damaged = True
    if len(read) > MOST_VALUES:
        return read[:MOST_VALUES], f"more than {MOST_VALUES:,} values"
    return read, "a field is damaged" if damaged else ""


def _read(container: bytes, names: Container[str]) -> list[tuple[str, str]]:
    tinytag = _tinytag()
    try:
        tag = tinytag.TinyTag.get(file_obj=BytesIO(container), duration=False)
    except tinytag.TinyTagException as error:
        raise ReaderError(str(error)) from error
    return list(islice(_values(tag.as_dict(), names), MOST_VALUES + 1))


def _values(tag: dict[str, Any], names: Container[str]) -> Iterator[tuple[str, str]]:
    for name, values in tag.items():
        if name.strip() in names and isinstance(values, list):  # what is no list is about the file
            for value in values:
                for one in str(value).split("\0"):
                    yield name.strip(), one.strip(_BYTE_ORDER).strip()


def _id3(texts: Sequence[bytes]) -> bytes:
    content = b"".join(b"TXXX" + _synchsafe(len(text)) + b"\0\0" + text for text in texts)
    return b"ID3\4\0\0" + _synchsafe(len(content)) + content


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _flac(comments: Sequence[bytes]) -> bytes:
    content = b"".join(len(comment).to_bytes(4, "little") + comment for comment in comments)
    block = bytes(4) + len(comments).to_bytes(4, "little") + content
    return b"fLaC" + b"\x84" + len(block).to_bytes(3, "big") + block


def _mp4(freeform: Sequence[bytes]) -> bytes:
    fields = b"".join(_atom(b"----", content) for content in freeform)
    meta = _atom(b"meta", bytes(4) + _atom(b"ilst", fields))
    return _atom(b"ftyp", b"M4A \0\0\0\0") + _atom(b"moov", _atom(b"udta", meta))


def _atom(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def _tinytag() -> Any:
    try:
        import tinytag
    except ImportError as error:
        raise ReaderError("reading tags of audio files needs tinytag: pip install 'noscrape[files]'") from error
    return tinytag
