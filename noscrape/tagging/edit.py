"""Fields put into a file by mutagen, which is not installed with noscrape: its licence is the GPL.

mutagen takes a file's tags apart and makes them anew, and loses what it does not know. So everything but our own fields
is handed to it as something that it does not know and writes back as it is: frames of ID3 and atoms of MP4, unopened.
"""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

from noscrape.tagging.anatomy import TaggingError
from noscrape.tagging.anatomy.id3 import description
from noscrape.tags import CONTENT_USAGE

#: The version of ID3 for files that have no tag yet: the one that every player knows.
_NEW_ID3: Final = 3
#: The encoding of a text frame that every version has. What we write is ASCII.
_LATIN_1: Final = 0
_ID3V1_BYTES: Final = 128

_FREEFORM: Final = "----"
#: Who defines the freeform fields of MP4 by name: everybody writes this.
_MEAN: Final = "com.apple.iTunes"

Fields = Mapping[str, str]


def check() -> None:
    """Raises TaggingError where mutagen is missing."""
    _mutagen()


def edit(file: BinaryIO, kind: str, fields: Fields) -> None:
    """Set fields in a file that is open for reading and writing, replacing those of the same names.

    The file is of no use after an error. Raises TaggingError, OSError.
    """
    mutagen, edited = _mutagen(), _EDITS[kind]
    try:
        edited(mutagen, file, fields)
    except Exception as error:
        # Whatever its parsers meet in a stranger's file. The copy is thrown away, and the reason is told.
        for reason in (error, *error.args):
            if isinstance(reason, OSError):  # the disk's own, which mutagen's errors hold
                raise reason from None
        raise TaggingError(f"mutagen cannot write it: {str(error) or type(error).__name__}") from error


def _mp3(mutagen: Any, file: BinaryIO, fields: Fields) -> None:
    """The tag in front. An ID3v1 tag at the end, which mutagen would write anew, is taken off meanwhile."""
    end = file.seek(0, 2)
    file.seek(max(0, end - _ID3V1_BYTES))
    last = file.read()
    old = last if last.startswith(b"TAG") and len(last) == _ID3V1_BYTES else b""
    file.truncate(end - len(old))
    file.seek(0)
    try:
        tag = mutagen.id3.ID3(file, **_UNOPENED)
    except mutagen.id3.ID3NoHeaderError:
        tag = mutagen.id3.ID3()
    _set_frames(mutagen, tag, fields)
    file.seek(0)
    tag.save(file, v1=0, v2_version=_version(tag))
    file.seek(0, 2)
    file.write(old)


#: As if no frame were known, so that each is kept in its own bytes.
_UNOPENED: Final[Mapping[str, Any]] = {"known_frames": {}}


def _version(tag: Any) -> int:
    """A tag is saved in the version that it has."""
    return tag.version[1] if tag.size else _NEW_ID3


def _set_frames(mutagen: Any, tag: Any, fields: Fields) -> None:
    tag.unknown_frames = [frame for frame in tag.unknown_frames if description(frame) not in fields]
    for name, value in fields.items():
        shown = "Content-Usage" if name == CONTENT_USAGE else name
        tag.add(mutagen.id3.TXXX(encoding=_LATIN_1, desc=shown, text=[value]))


def _chunks(mutagen: Any, file: BinaryIO, fields: Fields, opened: Any) -> None:
    """WAV and AIFF have an ID3 tag in a chunk."""
    file.seek(0)
    audio = opened(file, **_UNOPENED)
    if audio.tags is None:
        audio.add_tags()
    _set_frames(mutagen, audio.tags, fields)
    file.seek(0)
    audio.save(file, v2_version=_version(audio.tags))


def _comments(file: BinaryIO, fields: Fields, opened: Any) -> None:
    file.seek(0)
    audio = opened(file)
    if audio.tags is None:
        audio.add_tags()
    for name, value in fields.items():
        audio.tags[name.upper()] = value
    file.seek(0)
    audio.save(file)


def _mp4(mutagen: Any, file: BinaryIO, fields: Fields) -> None:
    class Unopened(mutagen.mp4.MP4Tags):  # type: ignore[misc]  # mutagen need not be there
        """Fields that are all kept in their own bytes, as mutagen does with those that it cannot read."""

        def load(self, atoms: Any, fileobj: Any) -> None:
            for atom in atoms.path(b"moov", b"udta", b"meta", b"ilst")[-1].children:
                _, data = atom.read(fileobj)
                name = atom.name.decode("latin-1")
                if name != _FREEFORM or _freeform_name(data) not in fields:
                    self._failed_atoms.setdefault(name, []).append(data)

    class Opened(mutagen.mp4.MP4):  # type: ignore[misc]
        MP4Tags = Unopened

    file.seek(0)
    audio = Opened(file)
    if audio.tags is None:
        audio.add_tags()
    for name, value in fields.items():
        audio.tags[f"{_FREEFORM}:{_MEAN}:{name.upper()}"] = [value.encode("utf-8")]
    file.seek(0)
    audio.save(file)


def _freeform_name(data: bytes) -> str:
    """The name of a freeform field, in lower case: what stands in the second atom, or the first."""
    at = 0
    while len(data) - at >= 12:
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"name":
            return data[at + 12 : at + size].decode("utf-8", "replace").strip().lower()
        at += max(size, 8)
    return ""


_EDITS: Final[Mapping[str, Callable[[Any, BinaryIO, Fields], None]]] = {
    "mp3": _mp3,
    "wav": lambda mutagen, file, fields: _chunks(mutagen, file, fields, mutagen.wave.WAVE),
    "aiff": lambda mutagen, file, fields: _chunks(mutagen, file, fields, mutagen.aiff.AIFF),
    "flac": lambda mutagen, file, fields: _comments(file, fields, mutagen.flac.FLAC),
    "ogg vorbis": lambda mutagen, file, fields: _comments(file, fields, mutagen.oggvorbis.OggVorbis),
    "ogg opus": lambda mutagen, file, fields: _comments(file, fields, mutagen.oggopus.OggOpus),
    "ogg flac": lambda mutagen, file, fields: _comments(file, fields, mutagen.oggflac.OggFLAC),
    "ogg speex": lambda mutagen, file, fields: _comments(file, fields, mutagen.oggspeex.OggSpeex),
    "mp4": _mp4,
}


def _mutagen() -> Any:
    try:
        import mutagen
        import mutagen.aiff
        import mutagen.flac
        import mutagen.id3
        import mutagen.mp4
        import mutagen.oggflac
        import mutagen.oggopus
        import mutagen.oggspeex
        import mutagen.oggvorbis
        import mutagen.wave
    except ImportError as error:
        raise TaggingError(
            "writing tags needs mutagen, which noscrape does not install, as its licence is the GPL: "
            "pip install mutagen"
        ) from error
    return mutagen
