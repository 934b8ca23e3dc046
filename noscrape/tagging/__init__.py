"""Writing the tag into audio files without losing anything else that is in them.

mutagen writes, into a copy; two walks of our own, before and after, then prove that nothing but the tag has changed;
and only a copy that passed takes the place it was made for.
"""

from noscrape.tagging.anatomy import TaggingError
from noscrape.tagging.edit import check
from noscrape.tagging.statement import Standing, fields, standing
from noscrape.tagging.write import Written, beside, within, write

__all__ = ["Standing", "TaggingError", "Written", "beside", "check", "fields", "standing", "within", "write"]
