"""The ASGI shell: requests come in, answers go out, nothing is decided here."""

from noscrape.middleware.door import SCOPE_KEY, NoScrape, facts_of
from noscrape.middleware.page import meta, trap_link
from noscrape.middleware.upload import declared

__all__ = ["SCOPE_KEY", "NoScrape", "declared", "facts_of", "meta", "trap_link"]
