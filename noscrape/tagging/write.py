"""A tagged file in its place, or nothing at all: the original is never written to.

A copy is tagged and proven beside the place that it is for. Over the original it goes in one step, and the original
stays beside it under another name. The time of the last change is that of now, since players and caches go by it;
owner, permissions and extended attributes stay.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from noscrape.tagging.anatomy import Anatomy, TaggingError, difference, dissect
from noscrape.tagging.edit import edit

#: What unfinished copies are called, should a machine lose its power.
_UNFINISHED: Final = ".noscrape-"
_BACKUP: Final = ".bak"

#: Told the path of a finished copy before it takes its place. Raises TaggingError where it does not say what it should.
Proof = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was tagged, and where the original is kept now where it was replaced."""

    path: Path
    backup: Path | None = None


def within(folder: Path, original: Path) -> Path:
    """A copy of the same name in another folder."""
    return folder / original.name


def beside(original: Path, suffix: str) -> Path:
    """A copy beside the original: `song.mp3` becomes `song-noai.mp3`."""
    return original.with_name(f"{original.stem}{suffix}{original.suffix}")


def write(
    original: Path, fields: Mapping[str, str], *, to: Path | None, proof: Proof, dry_run: bool = False
) -> Written:
    """Put fields into a copy of a file at `to`, or into the file itself where that is None.

    Without fields a copy is made as the file is. `proof` has the last word. A dry run does everything, in a file that
    is thrown away.
    Raises TaggingError, and then nothing has changed.
    """
    try:
        with _opened(original, in_place=to is None) as file:
            known = os.fstat(file.fileno())
            _permitted(original, to)
            folder = Path(tempfile.gettempdir()) if dry_run else (to or original).parent
            if not dry_run:
                folder.mkdir(parents=True, exist_ok=True)
            unfinished = _copied(file, folder)
            try:
                if fields:
                    _edited(file, unfinished, fields)
                proof(unfinished)
                if dry_run:
                    return Written(to or original)
                shutil.copystat(original, unfinished)
                if fields:
                    os.utime(unfinished)
                return _placed(unfinished, known, original, to)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise TaggingError(_words(error)) from error


def _words(error: OSError) -> str:
    reason = (error.strerror or type(error).__name__).lower()
    return f"it cannot be written: {reason}"


def _opened(original: Path, *, in_place: bool) -> BinaryIO:
    """The file, open for reading. Raises TaggingError for what must not be replaced."""
    known = os.lstat(original)
    if stat.S_ISLNK(known.st_mode):
        if in_place:
            raise TaggingError("a symbolic link; name the file that it leads to")
        known = os.stat(original)
    if not stat.S_ISREG(known.st_mode):
        raise TaggingError("not a regular file")
    if in_place and known.st_nlink > 1:
        raise TaggingError(f"it has {known.st_nlink:,} names (hard links), and the others would keep the old file")
    if in_place and not known.st_mode & 0o222:
        raise TaggingError("it is write-protected")
    return open(os.open(original, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")


def _permitted(original: Path, to: Path | None) -> None:
    """What can be known before any work. Raises TaggingError."""
    if to is not None and os.path.lexists(to):
        raise TaggingError(f"there is already a file {to}")
    if to is None and original.with_suffix(".c2pa").exists():
        raise TaggingError(f"the C2PA manifest {original.with_suffix('.c2pa').name} beside it would become invalid")


def _copied(file: BinaryIO, folder: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix=_UNFINISHED)
    try:
        with open(handle, "wb") as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy, 1_048_576)
    except BaseException:
        os.unlink(name)
        raise
    return Path(name)


def _edited(file: BinaryIO, unfinished: Path, fields: Mapping[str, str]) -> None:
    """Tag the copy, and compare it with the original. Raises TaggingError where anything else is different."""
    before = _anatomy(file, fields)
    with open(unfinished, "r+b") as copy:
        edit(copy, before.kind, fields)
        try:
            after = dissect(copy, without=frozenset(fields))
        except TaggingError as error:
            raise TaggingError(f"it would be damaged: {error}") from error
        changed = difference(before, after)
        if changed:
            raise TaggingError(f"not without loss: {changed}")
        copy.flush()
        os.fsync(copy.fileno())


def _anatomy(file: BinaryIO, fields: Mapping[str, str]) -> Anatomy:
    found = dissect(file, without=frozenset(fields))
    if found.signed:
        raise TaggingError(
            "it has a C2PA manifest, which would become invalid; have the tag written before it is signed"
        )
    return found


def _placed(unfinished: Path, known: os.stat_result, original: Path, to: Path | None) -> Written:
    if to is not None:
        _take_name(unfinished, to)
        _settle(to.parent)
        return Written(to)
    own = os.stat(unfinished)
    if (own.st_uid, own.st_gid) != (known.st_uid, known.st_gid):
        _give(unfinished, known)
    now = os.lstat(original)
    if (now.st_ino, now.st_size, now.st_mtime_ns) != (known.st_ino, known.st_size, known.st_mtime_ns):
        raise TaggingError("somebody has changed it meanwhile")
    backup = _backed_up(original)
    try:
        os.replace(unfinished, original)
    except OSError:
        backup.unlink()
        raise
    _settle(original.parent)
    return Written(original, backup)


def _give(unfinished: Path, known: os.stat_result) -> None:
    """To the owner and group of the original."""
    try:
        os.chown(unfinished, known.st_uid, known.st_gid)
        os.chmod(unfinished, stat.S_IMODE(known.st_mode))  # which a change of owner may have cut down
    except PermissionError as error:
        raise TaggingError("it belongs to somebody else, and would become yours") from error


def _backed_up(original: Path) -> Path:
    """The original under a second name that nobody has yet: `song.mp3.bak`, then `song.mp3.bak.2`."""
    backup, number = original.with_name(original.name + _BACKUP), 1
    while True:
        try:
            _name_also(original, backup)
        except FileExistsError:
            number += 1
            backup = original.with_name(f"{original.name}{_BACKUP}.{number}")
        else:
            return backup


def _take_name(unfinished: Path, to: Path) -> None:
    try:
        _name_also(unfinished, to)
    except FileExistsError:
        raise TaggingError(f"there is already a file {to}") from None


def _name_also(path: Path, name: Path) -> None:
    """A second name for a file, or a copy where a file can have but one. Raises FileExistsError where it is taken."""
    try:
        os.link(path, name)
    except FileExistsError:
        raise
    except (OSError, AttributeError):  # as on FAT
        with open(path, "rb") as file, open(name, "xb") as copy:
            try:
                shutil.copyfileobj(file, copy, 1_048_576)
                copy.flush()
                os.fsync(copy.fileno())
                shutil.copystat(path, name)
            except BaseException:
                name.unlink()
                raise


def _settle(folder: Path) -> None:
    """Have the names of a folder written to the disk. Some systems cannot; the file is in its place all the same."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
