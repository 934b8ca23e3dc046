"""The label's releases as a feed that podcast apps and feed readers subscribe to."""

from datetime import UTC, datetime, time
from email.utils import format_datetime
from urllib.parse import urljoin
from xml.etree import ElementTree

from examples.musicsite.library import Track
from examples.musicsite.sound import wav_bytes

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


def feed(tracks: list[Track], *, base: str) -> bytes:
    """RSS 2.0 with an enclosure for each track; `base` is the site's own address."""
    ElementTree.register_namespace("itunes", _ITUNES)
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    _text(channel, "title", "Quiet Harbour Records")
    _text(channel, "link", base)
    _text(channel, "description", "New music from a small label by the sea.")
    _text(channel, "language", "en")
    for track in tracks:
        item = ElementTree.SubElement(channel, "item")
        page = urljoin(base, f"/tracks/{track.slug}")
        _text(item, "title", f"{track.artist}: {track.title}")
        _text(item, "link", page)
        _text(item, "guid", page)
        _text(item, "pubDate", format_datetime(datetime.combine(track.released, time(6), tzinfo=UTC)))
        _text(item, f"{{{_ITUNES}}}author", track.artist)
        _text(item, f"{{{_ITUNES}}}duration", str(track.seconds))
        ElementTree.SubElement(
            item,
            "enclosure",
            url=urljoin(base, f"/media/{track.slug}.wav"),
            length=str(wav_bytes(track.seconds)),
            type="audio/wav",
        )
    text: bytes = ElementTree.tostring(rss, encoding="utf-8", xml_declaration=True)
    return text


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
