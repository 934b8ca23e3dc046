"""noscrape.toml: the settings, how they are read, what is wrong with them, and how they change while running."""

from noscrape.config.advice import advice
from noscrape.config.loaded import FILE_NAME, Loaded, found, load, parse, read, schema
from noscrape.config.model import Config, Extra
from noscrape.config.reload import Reloader

__all__ = ["FILE_NAME", "Config", "Extra", "Loaded", "Reloader", "advice", "found", "load", "parse", "read", "schema"]
