"""Where the tags of a file lie: its container walked, without believing any size that it states.

A tag reader gives no tags for a damaged file, and does not say so; and a crafted one makes it work for hours or fill
the memory. So the walks are our own. They judge whether a file is whole, step over sound and pictures, and cut out the
few fields that could concern us, a bounded number of them. Only these are read then.

A file that can be played and has no tag is well, however odd: sound that begins late, a size that was never filled in,
a tag of ID3 before FLAC. One that ends before its tags would have come is not.
"""

from collections.abc import Callable
from typing import BinaryIO, Final

from noscrape.readers.containers import chunks, id3, images, mp4, mpeg, vorbis
from noscrape.readers.containers.parts import Blocks, DamagedError, Source

__all__ = ["IMAGES", "Blocks", "cut_out"]

Walk = Callable[[Source, int, Blocks], None]

#: A kind, where its mark stands, the mark, and how it is walked.
_KINDS: Final[tuple[tuple[str, int, tuple[bytes, ...], Walk], ...]] = (
    ("flac", 0, (b"fLaC",), vorbis.flac),
    ("ogg", 0, (b"OggS",), vorbis.ogg),
    ("wav", 8, (b"WAVE",), chunks.wav),
    ("aiff", 8, (b"AIFF", b"AIFC"), chunks.aiff),
    ("mp4", 4, mp4.FIRST, mp4.walk),
    ("webp", 8, (b"WEBP",), chunks.webp),
    ("jpeg", 0, (b"\xff\xd8\xff",), images.jpeg),
    ("png", 0, (b"\x89PNG\r\n\x1a\n",), images.png),
    ("markup", 0, (b"<", b"\xef\xbb\xbf<", b"\xfe\xff\0<", b"\xff\xfe<\0"), images.markup),
)
_RIFF: Final = {"wav": (b"RIFF", b"RIFX", b"RF64", b"BW64"), "webp": (b"RIFF",), "aiff": (b"FORM",)}
#: Kinds that have no tags, only XMP and manifests.
IMAGES: Final = frozenset({"webp", "jpeg", "png", "markup"})
#: Tags of ID3 one behind the other. Careless programs add another instead of changing the first.
_MOST_TAGS: Final = 8


def cut_out(file: BinaryIO, size: int) -> Blocks:
    """What could concern us in a file of that size. Raises nothing for any content: `problem` says what was wrong."""
    source, blocks = Source(file, size), Blocks()
    try:
        _walk(source, blocks)
    except DamagedError as error:
        blocks.problem = blocks.problem or str(error)
    return blocks


def _walk(source: Source, blocks: Blocks) -> None:
    if not source.size:
        raise DamagedError("an empty file")
    at = 0
    for _ in range(_MOST_TAGS):
        if not id3.begins(source.peek(at, 10)):
            break
        blocks.kind = "mp3"
        at = id3.walk(source, at, source.size, blocks)
    kind, walk = _kind(source.peek(at, 12))
    if walk is not None:
        blocks.kind = kind
        walk(source, at, blocks)
    else:
        _sound(source, at, blocks)


def _kind(head: bytes) -> tuple[str, Walk | None]:
    for kind, at, marks, walk in _KINDS:
        if head.startswith(marks, at) and head.startswith(_RIFF.get(kind, b"")):
            return kind, walk
    return "", None


def _sound(source: Source, at: int, blocks: Blocks) -> None:
    """MP3 has no mark of its own, only frames."""
    if mpeg.sounds(source, at):
        blocks.kind = "mp3"
    elif blocks.kind:
        raise DamagedError("an ID3 tag, and no sound behind it")
    else:
        raise DamagedError("not an audio file")
