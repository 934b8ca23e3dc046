"""The names under which noscrape looks for a reservation inside audio files.

No standard defines such a tag, and nobody else is known to read one. The values are those of published standards, under
names that say which; compared whatever their case. Containers spell them in their own ways: `TXXX` in ID3, a comment in
FLAC, Ogg and Opus, a freeform atom in MP4.
"""

import re
from typing import Final

CONTENT_USAGE: Final = "content-usage"
TDM_RESERVATION: Final = "tdm-reservation"
TDM_POLICY: Final = "tdm-policy"

#: Tags that tell of how the music was made, which is the opposite of a reservation.
_TELLS: Final = re.compile(
    r"(?:is[ _-]?)?(?:aigc|(?:gen(?:erative)?[ _-]?)?ai(?:[ _-]?(?:generated|generation|genre|made|created|assisted"
    r"|music|model|prompt|tool|tags?|label|content|disclosure|usage|used|mood|bpm|key)))\Z",
    re.IGNORECASE,
)


def tells_of_ai(name: str) -> bool:
    """Whether a tag of this name says that AI had a part in making a file, as `AIGC` and `AI_GENERATED` do."""
    return _TELLS.match(name.strip()) is not None
