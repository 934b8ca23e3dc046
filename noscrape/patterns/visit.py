"""What a detector is shown of a request."""

from typing import Final, NamedTuple

from noscrape.crawlers import Claim
from noscrape.request import Facts
from noscrape.tracks import Place
from noscrape.words import Serves


class Visit(NamedTuple):
    """One request that no rule above has ended, seen as one step of a client's behaviour.

    `client` is the key of the client's address or account. `address` is the key of its address also where `client` is
    an account, "" for not known. `trusted` tells that what its user agent claims is not contradicted, `protected` that
    a finding has an effect here. `serves` is what it is for, None where that is still to be told by its path.
    """

    client: str
    place: Place
    facts: Facts
    claim: Claim | None = None
    address: str = ""
    trusted: bool = True
    protected: bool = True
    serves: Serves | None = None


#: What a path serves that no route names, by how it ends.
_BY_ENDING: Final = {
    ending: serves
    for endings, serves in (
        ("css js mjs map woff woff2 ttf otf eot wasm json5 webmanifest", Serves.ASSET),
        ("png jpg jpeg gif webp avif svg ico bmp", Serves.ARTWORK),
        ("mp3 m4a m4s mp4 aac ogg oga opus flac wav weba webm ts m3u8 mpd", Serves.MEDIA),
        ("rss atom", Serves.FEED),
        ("json", Serves.DATA),
    )
    for ending in endings.split()
}

_LONGEST_ENDING: Final = 12


def serves_of(visit: Visit) -> Serves:
    """What a request is for: by its route, and by the end of its path where no route names it."""
    place = visit.place
    return place.serves if place.routed else by_ending(place, visit.facts.path)


def by_ending(place: Place, path: str) -> Serves:
    """What a path is for that no route names."""
    _, dot, ending = path[-_LONGEST_ENDING:].rpartition(".")
    return _BY_ENDING.get(ending.lower(), place.serves) if dot else place.serves


#: What a page needs. It adds credit when it is asked for, and its answer says nothing more.
SUBRESOURCES: Final = frozenset({Serves.ARTWORK, Serves.ASSET})


def credited(visit: Visit) -> bool:
    """Whether the answer to a request matters: what went out of a track, or that there is no such path."""
    return bool(visit.client) and (visit.serves or serves_of(visit)) not in SUBRESOURCES
