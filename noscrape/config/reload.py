"""Following the configuration file while the app runs, and the files that it names.

A file is taken when it was read twice alike on two looks, so that one which is being written is left alone; when it is
not empty; and when it is valid and can be put to use. Otherwise the last good configuration stays, and the reason is
told once. The file itself is followed by its name: an editor or a deployment may put another file in its place.

What kept a configuration from being taken may stand in a file that it names, and be mended there: so those files are
followed as well.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from noscrape.config.loaded import Loaded, parse, read
from noscrape.errors import ConfigError, Fault

#: What changes when a file does: modification time in ns, size, inode, device; None where there is no file.
_Mark = tuple[int, int, int, int] | None
_Marks = tuple[_Mark, ...]

_STOP_SECONDS: Final = 5.0


class Reloader:
    """Looks at a file now and then, and hands on what it has become.

    `on_change` gets new settings, and may refuse them by raising; `on_fault` is told once of each distinct failure.
    Both are called in the thread that polls. `beside` are the other files that a configuration is made of: when one of
    them changes, the settings are handed on again. State: what is known of the files.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        current: Loaded,
        on_change: Callable[[Loaded], None],
        on_fault: Callable[[ConfigError], None],
        *,
        interval_seconds: float = 2.0,
        tokens: Iterable[str] | None = None,
        beside: Callable[[Loaded], Iterable[Path]] = lambda loaded: (),
    ) -> None:
        self._path = Path(path)
        self._name = current.name or str(path)
        self._current = current
        self._on_change = on_change
        self._on_fault = on_fault
        self._interval = interval_seconds
        self._tokens = None if tokens is None else frozenset(tokens)
        self._beside = beside
        #: What the file says and could not be put to use; None where it is in force, or not even valid.
        self._refused: Loaded | None = None
        self._invalid = False
        self._made_of = self._marks(current)
        self._settled: _Marks | bool = False  # nothing looked at yet, and so nothing settled
        self._before: tuple[_Marks, bytes | str] | None = None
        self._told = ""
        self._ended = Event()
        self._thread: Thread | None = None

    @property
    def current(self) -> Loaded:
        """The last good configuration."""
        return self._current

    def poll(self) -> None:
        """Look once. Raises only what `on_fault` raises."""
        refused = () if self._refused is None else self._marks(self._refused)
        mark = (_mark(self._path), *self._marks(self._current), *refused)
        if mark == self._settled and not self._invalid:
            return
        content: bytes | str
        try:
            content, error = read(self._path, name=self._name), None
        except ConfigError as failure:
            content, error = str(failure), failure
        if self._before != (mark, content):
            self._before = (mark, content)
            return
        self._settled, self._before, self._invalid = mark, None, False
        if error is None and isinstance(content, bytes):
            error = self._take(content)
        if error is None:
            self._told = ""
        elif str(error) != self._told:
            self._told = str(error)
            self._on_fault(error)

    def _marks(self, loaded: Loaded) -> _Marks:
        return tuple(map(_mark, self._beside(loaded)))

    def _take(self, content: bytes) -> ConfigError | None:
        """Put new settings to use; what is wrong with them, where they cannot be."""
        if not content.strip():
            return self._fault("is empty, so what it said before stays in force")
        self._refused = None
        try:
            loaded = parse(content, self._path, name=self._name, tokens=self._tokens)
        except ConfigError as error:
            # A list of crawlers that it names may be at fault, and which files it names cannot be told: so it is read
            # again, changed or not.
            self._invalid = True
            return error
        try:
            marks = self._marks(loaded)
            if loaded.digest == self._current.digest and marks == self._made_of:
                return None
            self._refused = loaded
            self._on_change(loaded)
        except ConfigError as error:
            return error
        except Exception as error:  # the app's own code, in a thread that nobody watches: told, and never the end of it
            fault = self._fault(f"is valid, but could not be put to use ({type(error).__name__})")
            fault.__cause__ = error
            return fault
        self._current, self._made_of, self._refused = loaded, marks, None
        return None

    def _fault(self, problem: str) -> ConfigError:
        return ConfigError((Fault(self._name, "", problem),))

    def start(self) -> None:
        """Poll in a thread of its own until `stop`. Starting twice is starting once."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._ended.clear()
        self._thread = Thread(target=self._run, name="noscrape-reload", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(self._interval):
            self.poll()

    def stop(self) -> None:
        """End the thread, and wait for it. Also safe where none was started."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None


def _mark(file: Path) -> _Mark:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
