"""Tagged files take their place whole and with nothing lost, or not at all."""

import errno
import os
import shutil
import stat
import struct
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noscrape.readers.reading import read_file
from noscrape.reservation import NO_TRAINING
from noscrape.tagging import TaggingError, Written, beside, fields, standing, within, write
from tests.readers.audio import KINDS, atom, audio, block, comments, flac, frame, full, id3, mp3
from tests.readers.damage import damaged
from tests.tagging.rich import (
    COMMENTS,
    CONTENTS,
    FIELDS,
    FRONT,
    ID3V1,
    MDAT,
    PICTURE,
    RICH,
    VALUES,
    movie,
    mp4_in_front,
    old_frame,
)

pytestmark = [pytest.mark.mutagen, pytest.mark.files]
pytest.importorskip("mutagen", reason="needs mutagen, which noscrape never installs")
pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

SAID = fields()

each_rich = pytest.mark.parametrize("name", RICH)


def says_so(path: Path) -> None:
    """The proof that the command line asks for as well: the reader that noscrape has."""
    reading = read_file(path)
    said = [(found.name, found.value) for found in reading.found]
    if reading.problem or standing(SAID, said).missing:
        raise TaggingError("it does not say so")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for music."""
    made = tmp_path / "music"
    made.mkdir()
    return made


def put(folder: Path, data: bytes, name: str = "song.mp3") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def refused(path: Path, *, to: Path | None = None, **options: Any) -> str:
    """Why a file is refused, which then is as it was, with nothing beside it."""
    before, there = path.read_bytes(), names(path.parent)
    with pytest.raises(TaggingError) as error:
        write(path, SAID, to=to, proof=says_so, **options)
    assert (before, there) == (path.read_bytes(), names(path.parent))
    return str(error.value)


# ---- what comes in, and what stays


@pytest.mark.parametrize("kind", KINDS)
def test_all_seven_kinds(folder: Path, kind: str) -> None:
    """What was written is read back, by noscrape's own reader and under the names of standards.md 8.1."""
    path = put(folder, audio(kind, {"Title": "x"}), f"song.{kind}")

    write(path, {**SAID, "tdm-policy": "https://music.example/ai"}, to=None, proof=says_so)

    reading = read_file(path)
    said = {(found.where, found.name, found.value) for found in reading.found}
    assert NO_TRAINING == reading.terms
    assert {
        ("tag", "content-usage", "train-ai=n"),
        ("tag", "tdm-reservation", "1"),
        ("tag", "tdm-policy", "https://music.example/ai"),
    } == said


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("mp3", [b"TXXX", b"Content-Usage\0train-ai=n", b"tdm-reservation\x001"]),
        ("wav", [b"id3 ", b"Content-Usage\0train-ai=n"]),
        ("aiff", [b"ID3 ", b"Content-Usage\0train-ai=n"]),
        ("flac", [b"CONTENT-USAGE=train-ai=n", b"TDM-RESERVATION=1"]),
        ("ogg", [b"CONTENT-USAGE=train-ai=n", b"TDM-RESERVATION=1"]),
        ("opus", [b"CONTENT-USAGE=train-ai=n", b"TDM-RESERVATION=1"]),
        ("m4a", [b"com.apple.iTunes", b"CONTENT-USAGE", b"train-ai=n", b"TDM-RESERVATION"]),
    ],
)
def test_the_keys(folder: Path, kind: str, keys: list[bytes]) -> None:
    """As standards.md 8.1 spells them for each container."""
    path = put(folder, audio(kind))
    write(path, SAID, to=None, proof=says_so)
    assert [] == [key for key in keys if key not in path.read_bytes()]


@each_rich
def test_rich_files(folder: Path, name: str) -> None:
    """Nothing of theirs is lost, in the eyes of mutagen, which knows what each part means."""
    import mutagen

    path = put(folder, RICH[name], f"song.{name.replace(',', ' ').split()[0]}")
    before = _known(mutagen.File(path))

    written = write(path, SAID, to=None, proof=says_so)

    assert RICH[name] == (written.backup or path).read_bytes()
    assert before == {key: value for key, value in _known(mutagen.File(path)).items() if key in before}
    assert NO_TRAINING == read_file(path).terms


def _known(audio: Any) -> dict[str, str]:
    """All that mutagen knows of a file."""
    if audio is None:
        return {}
    tags = dict(audio.tags.items()) if audio.tags is not None else {}
    about = {key: value for key, value in vars(audio.info).items() if key in ("length", "channels", "sample_rate")}
    about |= {"pictures": [each.data for each in getattr(audio, "pictures", [])]}
    return {key: repr(value) for key, value in (tags | about).items() if "bitrate" not in key}


@pytest.mark.parametrize("version", [3, 4])
def test_frames_stay_byte_by_byte(folder: Path, version: int) -> None:
    """In their order, in their version of ID3; what is behind the sound stays as well."""
    made = [(old_frame if version == 3 else frame)(*each) for each in CONTENTS]
    path = put(folder, mp3(id3(b"".join(made), version=version), ID3V1))

    write(path, SAID, to=None, proof=says_so)

    data = path.read_bytes()
    assert b"".join(made) in data
    assert data.endswith(mp3(b"", ID3V1))
    assert bytes((version,)) == data[3:4]


def test_the_oldest_version_that_players_know(folder: Path) -> None:
    """Is that of a new tag."""
    path = put(folder, audio("mp3"))
    write(path, SAID, to=None, proof=says_so)
    assert b"ID3\x03" == path.read_bytes()[:4]


def test_fields_of_mp4_stay_byte_by_byte(folder: Path) -> None:
    """Those too that mutagen would translate, such as `gnre`."""
    path = put(folder, mp4_in_front())
    write(path, SAID, to=None, proof=says_so)
    assert [] == [field for field in FIELDS if field not in path.read_bytes()]


def test_a_nameless_field_of_mp4(folder: Path) -> None:
    """Stays, whatever it may be for."""
    field = atom(b"----", full(b"mean", b"com.apple.iTunes"), atom(b"data", bytes(8), b"?"))
    offset = len(FRONT) + len(movie(0, field)) + 8
    path = put(folder, FRONT + movie(offset, field) + MDAT)
    write(path, SAID, to=None, proof=lambda _: None)
    assert field in path.read_bytes()


def test_only_the_fields_that_are_given_are_replaced(folder: Path) -> None:
    """A policy that stands in a file is not touched when none is given."""
    for kind in KINDS:
        given = {"content-usage": "train-ai=y", "TDM-Policy": "https://music.example/ai", "Title": "x"}
        path = put(folder, audio(kind, given), f"song.{kind}")
        write(path, {"content-usage": "train-ai=n"}, to=None, proof=lambda _: None)
        said = {found.name: found.value for found in read_file(path).found}
        assert {"content-usage": "train-ai=n", "tdm-policy": "https://music.example/ai"} == said


# ---- any other tags


def is_other(name: object) -> bool:
    """Whether it is none of our own names, which hypothesis finds in the code."""
    return not any(own in str(name).lower() for own in SAID)


FRAME_NAMES = st.from_regex(r"[A-Z][A-Z0-9]{3}", fullmatch=True)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(st.tuples(FRAME_NAMES, st.binary(min_size=1, max_size=300).filter(is_other)), max_size=8),
    version=st.sampled_from([3, 4]),
    padding=st.sampled_from([0, 3, 500]),
)
def test_any_frames_survive(tmp_path: Path, frames: list[tuple[str, bytes]], version: int, padding: int) -> None:
    """Byte by byte, whatever they hold; or the file is left alone."""
    made = b"".join((old_frame if version == 3 else frame)(name.encode(), content) for name, content in frames)
    data = mp3(id3(made + bytes(padding), version=version))
    _survives(tmp_path, data, [made])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given=st.dictionaries(
        st.text(
            st.characters(min_codepoint=0x20, max_codepoint=0x7D, exclude_characters="="), min_size=1, max_size=20
        ).filter(is_other),
        st.lists(st.text(max_size=300), min_size=1, max_size=3).map(tuple),
        max_size=8,
    ),
    kind=st.sampled_from(["flac", "ogg", "opus"]),
)
def test_any_comments_survive(tmp_path: Path, given: dict[str, tuple[str, ...]], kind: str) -> None:
    """Each line, in its order, with its name as it was spelled."""
    lines = [f"{name}={value}".encode() for name, values in given.items() for value in values]
    _survives(tmp_path, audio(kind, given), [struct.pack("<I", len(line)) + line for line in lines if len(line) < 200])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given=st.lists(st.tuples(st.binary(min_size=4, max_size=4), st.binary(max_size=300).filter(is_other)), max_size=8),
    padding=st.sampled_from([0, 8, 2_000]),
)
def test_any_fields_of_mp4_survive(tmp_path: Path, given: list[tuple[bytes, bytes]], padding: int) -> None:
    """Byte by byte, whatever they hold; or the file is left alone."""
    made = [atom(name, content) for name, content in given]
    offset = len(FRONT) + len(movie(0, *made, padding=padding)) + 8
    _survives(tmp_path, FRONT + movie(offset, *made, padding=padding) + MDAT, made)


def _survives(folder: Path, data: bytes, parts: list[bytes]) -> None:
    path, copy = put(folder, data), folder / "copy"
    try:
        write(path, SAID, to=copy, proof=says_so)
    except TaggingError:
        assert ["song.mp3"] == names(folder)
    else:
        tagged = copy.read_bytes()
        copy.unlink()
        assert [] == [part for part in parts if part not in tagged]
        assert NO_TRAINING == read_file(path).terms or not read_file(path).found
    assert data == path.read_bytes()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_no_damaged_file_gets_worse(tmp_path: Path, seed: int) -> None:
    """Tagged whole with its backup, or left as it was with nothing beside it."""
    for data in damaged(10, seed=seed):
        path = put(tmp_path, data)
        try:
            written = write(path, SAID, to=None, proof=says_so)
        except TaggingError as error:
            message = str(error)
            assert message.isprintable()
            assert data == path.read_bytes()
        else:
            assert written.backup is not None
            assert data == written.backup.read_bytes()
            assert NO_TRAINING.reserved <= read_file(path).terms.reserved
            written.backup.unlink()
        assert ["song.mp3"] == names(tmp_path)


# ---- refused


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not an audio file"),
        (b"just text", "not an audio file"),
        (audio("wav")[:-3], "truncated, or its size was never filled in"),
        (audio("m4a")[:-3], "the atom mdat is damaged or truncated"),
        (
            mp3(id3(frame(b"GEOB", b"\0application/x-c2pa-manifest-store\0\0\0"))),
            "it has a C2PA manifest, which would become invalid; have the tag written before it is signed",
        ),
        (
            flac(block(4, comments({"Title": ("x",)}).replace(b"Title=x", b"Title=\xff"))),
            "not without loss: the comment Title would be lost or changed",
        ),
        (
            mp3(id3(b"TXXX" + bytes((0, 0, 0, 18, 0, 4)) + b"\0tdm-reservation\x000")),
            "it does not say so",
        ),
        (
            mp3(id3(frame(b"TIT2", b"\0a"), flags=0x80)),
            "not without loss: the ID3 frame TIT2 would be lost or changed",
        ),
    ],
    ids=["empty", "text", "truncated wav", "truncated mp4", "c2pa", "no UTF-8", "encrypted", "unsynchronised 2.4"],
)
def test_files_that_are_refused(folder: Path, data: bytes, problem: str) -> None:
    """With a reason, whether in place or as a copy; nothing is left behind."""
    path = put(folder, data)
    assert problem == refused(path)
    assert problem == refused(path, to=folder / "copy.mp3")


def test_a_loss_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever mutagen does: here it drops a picture, and in the other file, sound."""
    from mutagen.flac import FLAC
    from mutagen.mp4 import MP4

    save = FLAC.save
    monkeypatch.setattr(FLAC, "save", lambda self, file: (self.clear_pictures(), save(self, file)))
    assert "not without loss: the FLAC block of type 6 would be lost or changed" == refused(put(folder, RICH["flac"]))

    def cut(self: Any, file: Any) -> None:
        file.truncate(file.seek(0, 2) - 1)

    monkeypatch.setattr(MP4, "save", cut)
    path = put(folder, RICH["mp4, sound first"])
    assert refused(path).startswith("it would be damaged: the atom moov is damaged or truncated")


def test_errors_of_mutagen_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without words by their name."""
    from mutagen.flac import FLAC

    def failing(self: object, file: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FLAC, "save", failing)
    assert "mutagen cannot write it: ZeroDivisionError" == refused(put(folder, audio("flac")))


def test_proof_has_the_last_word(folder: Path) -> None:
    """A copy that does not say what it should never takes the place."""
    path = put(folder, audio("mp3"))

    def doubtful(copy: Path) -> None:
        assert copy.parent == folder
        raise TaggingError("no")

    with pytest.raises(TaggingError, match="no"):
        write(path, SAID, to=None, proof=doubtful)
    assert (["song.mp3"], audio("mp3")) == (names(folder), path.read_bytes())


def test_links_are_refused_in_place(folder: Path) -> None:
    """The name would lead to another file than before. Of a link, a copy can be made."""
    path = put(folder, audio("mp3"))
    link = folder / "link.mp3"
    link.symlink_to(path)
    assert "a symbolic link; name the file that it leads to" == refused(link)
    assert Written(folder / "copy") == write(link, SAID, to=folder / "copy", proof=says_so)

    os.link(path, folder / "other.mp3")
    assert "it has 2 names (hard links), and the others would keep the old file" == refused(path)
    assert Written(folder / "copy2") == write(path, SAID, to=folder / "copy2", proof=says_so)


def test_what_is_no_file(folder: Path) -> None:
    """Is not waited for."""
    os.mkfifo(folder / "pipe.mp3")
    for path, problem in (
        (folder / "pipe.mp3", "not a regular file"),
        (folder, "not a regular file"),
        (folder / "absent", "it cannot be written: no such file or directory"),
    ):
        with pytest.raises(TaggingError) as error:
            write(path, SAID, to=None, proof=says_so)
        assert problem == str(error.value)


def test_a_file_that_is_write_protected(folder: Path) -> None:
    """Somebody meant it. A copy can be made."""
    path = put(folder, audio("mp3"))
    path.chmod(0o444)
    assert "it is write-protected" == refused(path)
    assert Written(folder / "copy") == write(path, SAID, to=folder / "copy", proof=says_so)


def test_a_manifest_beside_the_file(folder: Path) -> None:
    """Is bound to its bytes as well. A copy has none beside it."""
    path = put(folder, audio("mp3"))
    put(folder, b"jumb", "song.c2pa")
    assert "the C2PA manifest song.c2pa beside it would become invalid" == refused(path)
    assert Written(folder / "copy.mp3") == write(path, SAID, to=folder / "copy.mp3", proof=says_so)


def test_a_folder_that_cannot_be_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has changed."""

    def denied(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", denied)
    assert "it cannot be written: permission denied" == refused(put(folder, audio("mp3")))


@pytest.mark.parametrize("room", [0, 100, 1_300, 1_410, 2_000, -130, -120, -1])
def test_a_full_disk(folder: Path, room: int) -> None:
    """Whether while copying or while the tag is put in: the rest of the copy goes, and nothing has changed."""
    resource = pytest.importorskip("resource")
    path = put(folder, mp3(id3(old_frame(b"TIT2", b"\0a"), version=3), ID3V1))
    if room < 0:  # less than is needed
        write(path, SAID, to=folder / "copy", proof=says_so)
        room += (folder / "copy").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        problem = refused(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "it cannot be written: file too large" == problem


def test_a_file_that_changes_meanwhile(folder: Path) -> None:
    """Whoever changed it has done so for a reason."""
    path = put(folder, audio("mp3"))

    def changed(copy: Path) -> None:
        path.write_bytes(audio("mp3") + b"more")

    with pytest.raises(TaggingError, match="somebody has changed it meanwhile"):
        write(path, SAID, to=None, proof=changed)
    assert (["song.mp3"], audio("mp3") + b"more") == (names(folder), path.read_bytes())


def test_a_name_that_cannot_be_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backup goes again with the copy."""

    def failing(source: object, target: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", failing)
    assert "it cannot be written: input/output error" == refused(put(folder, audio("mp3")))


def test_a_file_of_somebody_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays theirs, or is not touched."""
    path = put(folder, audio("mp3"))
    given = []
    known = os.fstat

    def owned(handle: int) -> os.stat_result:
        values = list(known(handle))
        values[4] = 12_345
        return os.stat_result(values)

    monkeypatch.setattr(os, "fstat", owned)
    monkeypatch.setattr(os, "chown", lambda *call: given.append(call[1:]))
    with pytest.raises(TaggingError, match="meanwhile"):  # the number of the faked status is cut
        write(path, SAID, to=None, proof=says_so)
    assert [(12_345, path.stat().st_gid)] == given

    def denied(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", denied)
    assert "it belongs to somebody else, and would become yours" == refused(path)


# ---- places


def test_in_place_with_a_backup(folder: Path) -> None:
    """The original keeps its time and lies beside it; permissions stay, and the time of the change is that of now."""
    path = put(folder, audio("mp3"))
    path.chmod(0o640)
    os.utime(path, (1_000_000_000, 1_000_000_000))

    written = write(path, SAID, to=None, proof=says_so)

    assert Written(path, folder / "song.mp3.bak") == written
    assert ["song.mp3", "song.mp3.bak"] == names(folder)
    assert audio("mp3") == (folder / "song.mp3.bak").read_bytes()
    assert 1_000_000_000 == (folder / "song.mp3.bak").stat().st_mtime
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)
    assert path.stat().st_mtime > 1_500_000_000


def test_a_backup_is_never_written_over(folder: Path) -> None:
    """They are numbered."""
    put(folder, b"precious", "song.mp3.bak")
    for number in (2, 3):
        path = put(folder, audio("mp3"))
        assert Written(path, folder / f"song.mp3.bak.{number}") == write(path, SAID, to=None, proof=says_so)
    assert b"precious" == (folder / "song.mp3.bak").read_bytes()


def test_a_copy(folder: Path) -> None:
    """In a folder that need not be there; the original stays as it was."""
    path = put(folder, audio("mp3"))
    path.chmod(0o640)
    to = within(folder / "new" / "deep", path)

    assert Written(to) == write(path, SAID, to=to, proof=says_so)

    assert audio("mp3") == path.read_bytes()
    assert (["song.mp3"], 0o640) == (names(to.parent), stat.S_IMODE(to.stat().st_mode))
    assert NO_TRAINING == read_file(to).terms


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("song.mp3", "song-noai.mp3"),
        ("a.b.flac", "a.b-noai.flac"),
        ("song", "song-noai"),
        ("s\udcff.mp3", "s\udcff-noai.mp3"),
    ],
)
def test_a_copy_beside_the_original(name: str, expected: str) -> None:
    """With a few letters more in its name."""
    assert Path("music") / expected == beside(Path("music") / name, "-noai")


def test_a_copy_takes_nobodys_place(folder: Path) -> None:
    """Not even that of a link to nowhere, or of a file that comes meanwhile."""
    path, taken = put(folder, audio("mp3")), put(folder, b"precious", "taken.mp3")
    assert f"there is already a file {taken}" == refused(path, to=taken)
    (folder / "link.mp3").symlink_to("nowhere")
    for dry_run in (False, True):
        problem = refused(path, to=folder / "link.mp3", dry_run=dry_run)
        assert f"there is already a file {folder / 'link.mp3'}" == problem

    def faster(copy: Path) -> None:
        put(folder, b"precious", "new.mp3")

    with pytest.raises(TaggingError, match="there is already a file"):
        write(path, SAID, to=folder / "new.mp3", proof=faster)
    assert [b"precious"] * 2 == [taken.read_bytes(), (folder / "new.mp3").read_bytes()]
    assert not [name for name in names(folder) if name.startswith(".")]


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which a file can have but one name, such as a memory card's."""

    def unknown(source: object, target: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unknown)


@pytest.mark.usefixtures("without_links")
def test_where_a_file_has_but_one_name(folder: Path) -> None:
    """Backups and copies are copied, with the same promises."""
    path = put(folder, audio("mp3"))
    put(folder, b"precious", "song.mp3.bak")

    assert Written(path, folder / "song.mp3.bak.2") == write(path, SAID, to=None, proof=says_so)
    assert Written(folder / "copy.mp3") == write(path, SAID, to=folder / "copy.mp3", proof=says_so)
    assert f"there is already a file {folder / 'copy.mp3'}" == refused(path, to=folder / "copy.mp3")

    assert audio("mp3") == (folder / "song.mp3.bak.2").read_bytes()
    assert b"precious" == (folder / "song.mp3.bak").read_bytes()
    assert ["copy.mp3", "song.mp3", "song.mp3.bak", "song.mp3.bak.2"] == names(folder)


@pytest.mark.usefixtures("without_links")
def test_a_backup_that_does_not_fit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a backup is none, and nothing has changed."""
    path, copied = put(folder, audio("mp3")), shutil.copyfileobj

    def small(source: Any, target: Any, length: int = 0) -> None:
        if str(target.name).endswith(".bak"):
            target.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        copied(source, target, length)

    monkeypatch.setattr(shutil, "copyfileobj", small)
    assert "it cannot be written: no space left on device" == refused(path)


def test_a_dry_run(folder: Path) -> None:
    """Everything is tried, and nothing written, whether it would have worked or not."""
    path = put(folder, audio("mp3"))
    assert Written(path) == write(path, SAID, to=None, proof=says_so, dry_run=True)
    to = folder / "new" / "song.mp3"
    assert Written(to) == write(path, SAID, to=to, proof=says_so, dry_run=True)
    assert (["song.mp3"], audio("mp3")) == (names(folder), path.read_bytes())
    bad = put(folder, flac(block(4, comments({"Title": ("x",)}).replace(b"Title=x", b"Title=\xff"))), "bad.flac")
    assert refused(bad, dry_run=True).startswith("not without loss")
    assert refused(path, to=bad, dry_run=True).startswith("there is already a file")


def test_stopped_by_hand(folder: Path) -> None:
    """Ctrl-C leaves nothing behind."""
    path = put(folder, audio("mp3"))

    def stopping(copy: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, SAID, to=None, proof=stopping)
    assert (["song.mp3"], audio("mp3")) == (names(folder), path.read_bytes())


def test_names_that_are_no_text(folder: Path) -> None:
    """Bytes that are no UTF-8, as old disks have them."""
    path = put(folder, audio("mp3"), os.fsdecode(b"caf\xe9\n\x1b[2J.mp3"))
    assert Written(path, Path(f"{path}.bak")) == write(path, SAID, to=None, proof=says_so)


def test_builders() -> None:
    """What the tests call rich, is."""
    assert {"TITLE", "AIGC"} <= COMMENTS.keys() == VALUES.keys()
    assert len(PICTURE) > 10_000
