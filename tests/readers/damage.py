"""Audio files that were damaged in every way that comes to mind: seeded, so that each can be made again."""

import random
from collections.abc import Iterator

from tests.readers.audio import KINDS, audio

FIELDS = {"Content-Usage": "train-ai=n", "TDM-Reservation": ("1", "0"), "Comment": "x" * 300, "AIGC": "1"}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'

#: Numbers that programs trip over, as four bytes.
NUMBERS = tuple(
    number.to_bytes(4, "big")
    for number in (0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
)


def originals() -> list[bytes]:
    """Whole files of all kinds: bare, with tags, and with XMP."""
    return [audio(kind, fields, xmp=xmp) for kind in KINDS for fields, xmp in (({}, b""), (FIELDS, b""), (FIELDS, XMP))]


def damaged(count: int, *, seed: int, of: list[bytes] | None = None) -> Iterator[bytes]:
    """That many damaged files, of all kinds in turn."""
    draw = random.Random(seed)
    files = of or originals()
    for number in range(count):
        data = bytearray(files[number % len(files)])
        for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
            _damage(data, draw, files)
        yield bytes(data)


def _damage(data: bytearray, draw: random.Random, files: list[bytes]) -> None:
    """One change in place. Most are near the beginning, where the headers are."""
    end = len(data) if draw.random() < 0.4 else min(len(data), 200)
    at = draw.randrange(end) if end else 0
    match draw.randrange(9):
        case 0 if data:
            data[at] ^= 1 << draw.randrange(8)
        case 1 if data:
            data[at] = draw.randrange(256)
        case 2:
            data[at : at + 4] = draw.choice(NUMBERS)
        case 3:
            data[at : at + 4] = draw.choice(NUMBERS)[::-1]
        case 4:
            del data[at:]
        case 5:
            del data[at : at + draw.randrange(1, 40)]
        case 6:
            data[at:at] = draw.randbytes(draw.randrange(1, 40))
        case 7:
            data.extend(draw.choice((b"\0", b"\xff", b"OggS", b"ID3")) * draw.randrange(1, 300))
        case _:
            other = draw.choice(files)
            begin = draw.randrange(len(other))
            data[at:at] = other[begin : begin + draw.randrange(1, 200)]
