"""What an audio file is made of, part by part, so that two files can be compared.

Every byte belongs to a part: a frame, chunk, block, comment, atom, the sound. Left out are only the fields that are to
be written, padding, and the sizes and positions that follow from both. These walks are strict where those that read
are patient: whatever they cannot account for is a reason not to touch the file.
"""

from collections import Counter
from collections.abc import Callable
from typing import BinaryIO, Final

from noscrape.tagging.anatomy import chunks, id3, mp4, vorbis
from noscrape.tagging.anatomy.parts import SCAFFOLD, Anatomy, Source, TaggingError

__all__ = ["Anatomy", "TaggingError", "difference", "dissect"]

Walk = Callable[[Source, frozenset[str]], Anatomy]

#: What a file begins with, what stands at its ninth byte, and how it is walked.
_KINDS: Final[tuple[tuple[bytes, tuple[bytes, ...], Walk], ...]] = (
    (b"RIFF", (b"WAVE",), chunks.wav),
    (b"FORM", (b"AIFF", b"AIFC"), chunks.aiff),
    (b"OggS", (b"",), vorbis.ogg),
)


def dissect(file: BinaryIO, *, without: frozenset[str]) -> Anatomy:
    """Walk a file, leaving out the fields of these names (in lower case). Raises TaggingError."""
    source = Source(file)
    head = source.peek(0, 12)
    at = id3.end_of_tags(source) if head.startswith(b"ID3") else 0
    if source.peek(at, 4) == b"fLaC":
        return vorbis.flac(source, at, without)
    if at or id3.is_mpeg(head):
        return id3.mp3(source, without)
    for begins, marks, walk in _KINDS:
        if head.startswith(begins) and head[8:12].startswith(marks):
            return walk(source, without)
    if head.startswith((b"RF64", b"BW64")):
        raise TaggingError("a WAV file for more than 4 GiB (RF64), which mutagen cannot write")
    if head[4:8] in mp4.FIRST:
        return mp4.mp4(source, without)
    raise TaggingError("not an audio file")


def difference(before: Anatomy, after: Anatomy) -> str:
    """What has become of a file beyond the fields that were left out; "" for nothing."""
    if before.kind != after.kind:
        return f"it would turn from {before.kind} into {after.kind}"
    kept, came = Counter(before.parts), Counter(after.parts)
    if lost := kept - came:
        return f"{next(iter(lost))[0]} would be lost or changed"
    names, new = {name for name, _ in before.parts}, came - kept
    for name, _ in new:
        if name not in SCAFFOLD or name in names:
            return f"{name} would come in"
    same_order = [part for part in after.parts if part not in new] == before.parts
    return "" if same_order else "its parts would change places"
