"""What an uploader says of a work, in the request that brings it."""

from typing import Final

from noscrape.middleware.asgi import Scope
from noscrape.reservation import Reservation, from_content_usage
from noscrape.words import Voice

#: Methods whose content is what is being brought (draft-ietf-aipref-attach-05: a request may carry the field).
_BRINGING: Final = frozenset({"PUT", "POST", "PATCH"})

#: Nobody has so much to say.
_LONGEST_BYTES: Final = 8192


def declared(scope: Scope) -> Reservation | None:
    """What the `Content-Usage` field of an upload says of the work that it brings, None where it says nothing.

    For the app to store with the work: noscrape itself keeps nothing of it. The field speaks of the content of its own
    message (draft-ietf-aipref-attach-05), so a GET says nothing, and a form says it of all that is in it. A field that
    does not parse says nothing. `train-ai=y` comes as open; whether this client may open the work is the app's to know.
    """
    if scope.get("type") != "http" or scope.get("method") not in _BRINGING:
        return None
    value = b", ".join(value for name, value in scope["headers"] if name.lower() == b"content-usage")
    if not value or len(value) > _LONGEST_BYTES:
        return None
    terms = from_content_usage(value.decode("latin-1"))
    if not terms.reserved and not terms.open:
        return None
    return Reservation(terms, "upload:content-usage", Voice.OWNER)
