"""A small music site: Starlette, SQLite, audio that plays. `app.protected()` is the site with noscrape in front."""

from examples.musicsite.app import create, protected, set_up

__all__ = ["create", "protected", "set_up"]
