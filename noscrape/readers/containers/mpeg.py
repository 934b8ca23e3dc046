"""Whether bytes are MPEG audio: layers I to III, or AAC in ADTS frames. They have no header, only frames."""

import re
from typing import Final

from noscrape.readers.containers.parts import Source

#: How far into a file its first frame is looked for, behind the tag. Players give up earlier.
FARTHEST: Final = 131_072

_CANDIDATE: Final = re.compile(rb"\xff[\xe0-\xff]", re.DOTALL)

#: kbit/s by version (1, or 2 and 2.5) and layer, then by the index in the frame's header.
_BIT_RATES: Final = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
#: Hz by the two bits of the version: 2.5, reserved, 2, 1.
_SAMPLE_RATES: Final = {0: (11025, 12000, 8000), 2: (22050, 24000, 16000), 3: (44100, 48000, 32000)}


def sounds(source: Source, at: int) -> bool:
    """Whether there is a frame, with another behind it, or with the end of the file where it begins and ends."""
    data = source.peek(at, FARTHEST)
    for found in _CANDIDATE.finditer(data):
        begin = found.start()
        header = data[begin : begin + 6]
        length = _length(header)
        if length is None:
            continue
        following = data[begin + length : begin + length + 6]
        if _length(following) is not None and following[1] == header[1]:
            return True
        left = source.size - at - begin
        if left == length or (begin == 0 and left < length):  # the only frame, whole, or cut and nothing before it
            return True
    return False


def _length(header: bytes) -> int | None:
    """Bytes of the frame that begins with this header, None where none does."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    if layer == 4:
        return _adts_length(header)
    rate, frequency = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or frequency == 3 or rate in (0, 15) or header[3] & 3 == 2:
        return None
    bits = _BIT_RATES[1 if version == 3 else 2, layer][rate] * 1000
    hertz, padding = _SAMPLE_RATES[version][frequency], header[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // hertz + padding


def _adts_length(header: bytes) -> int | None:
    if header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return None
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else None
