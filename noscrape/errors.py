"""One error class for each thing that a caller would catch."""

from dataclasses import dataclass


class NoScrapeError(Exception):
    """Whatever noscrape raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place: `noscrape.toml:17: crawlers.serach: unknown key, did you mean 'search'?`"""

    place: str
    key: str
    problem: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.problem) if part)


class FaultsError(NoScrapeError):
    """A file was refused; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class ConfigError(FaultsError):
    """The configuration cannot be used."""


class CatalogError(FaultsError):
    """A list of crawlers cannot be used."""


class ReservationError(NoScrapeError):
    """A value is no statement about a track."""


class ReaderError(NoScrapeError):
    """A reader failed to say what is reserved."""


class LogError(NoScrapeError):
    """A log cannot be written or read."""


class ReplayError(NoScrapeError):
    """An access log cannot be replayed."""


class ExportError(NoScrapeError):
    """A document cannot be made or written."""


class RangesError(NoScrapeError):
    """A list of an operator's networks cannot be used."""


class FetchError(NoScrapeError):
    """Something could not be fetched, or must not be."""


class GateError(NoScrapeError):
    """A list of crawlers may not be used: it would harm people, or catch too little."""


class StoreError(NoScrapeError):
    """A store of several workers that cannot be used, or does not answer."""
