"""Lines come out of files whole, numbered as they lie there, plain or gzip; what cannot be read is told."""

import gzip
import io
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.errors import ReplayError
from noscrape.replay import LONGEST_LINE, Source


def read(data: bytes) -> list[bytes]:
    """The lines of what comes on stdin."""
    return [line for batch in Source("-", stdin=io.BufferedReader(io.BytesIO(data))).batches() for line in batch]


def read_file(path: Path) -> tuple[list[bytes], str]:
    """The lines of a file, and why it ended early."""
    lines: list[bytes] = []
    try:
        for batch in Source(str(path)).batches():
            lines += batch
    except ReplayError as error:
        return lines, str(error)
    return lines, ""


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=50), st.booleans())
def test_lines(lines: list[bytes], ended: bool) -> None:
    """Lines come as they lie there, empty ones too, whether or not the last one has its end."""
    magic = (b"\x1f", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"PK\x03\x04", b"\xef\xbb\xbf")
    data = b"\n".join([b"first", *lines, b"last"]) + b"\n" * ended
    assert not data.startswith(magic)
    assert [b"first", *lines, b"last"] == read(data)
    assert [b"first", *lines, b"last"] == read(gzip.compress(data))


def test_chunks_do_not_show() -> None:
    """Where the file is cut into chunks for reading, lines stay whole."""
    lines = [b"%d" % number * (number % 50) for number in range(50_000)]
    assert lines == read(b"".join(line + b"\n" for line in lines))


def test_nothing() -> None:
    """An empty file has no lines."""
    assert read(b"") == []


def test_byte_order_mark() -> None:
    """A byte order mark is no part of the first line."""
    assert read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n") == [b"a", b"\xef\xbb\xbfb"]


def test_members(tmp_path: Path) -> None:
    """Several gzip files put together are one log; zeros behind them are padding."""
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n") + b"\0" * 100)
    assert read_file(path) == (([b"a", b"bc", b"d"]), "")


def test_name_does_not_matter(tmp_path: Path) -> None:
    """Gzip is known by its first bytes, and by no name."""
    path = tmp_path / "access.log"
    path.write_bytes(gzip.compress(b"a\n"))
    assert read_file(path) == ([b"a"], "")
    path = tmp_path / "plain.gz"
    path.write_bytes(b"a\n")
    assert read_file(path) == ([b"a"], "")


def test_cut_off(tmp_path: Path) -> None:
    """What a truncated gzip file holds counts, without the line that was cut in half, and it is said."""
    path = tmp_path / "access.log.gz"
    lines = [b"%d" % (number * 7919) for number in range(20_000)]
    path.write_bytes(gzip.compress(b"\n".join(lines))[:-20_000])
    found, problem = read_file(path)
    assert problem == f"{path}: the gzip data is cut off; the whole lines before that count"
    assert 1000 < len(found) < 20_000
    assert lines[: len(found)] == found


@pytest.mark.parametrize("position", [12, 2000, -6])
def test_damaged(tmp_path: Path, position: int) -> None:
    """Damaged gzip data is said, in its header, its body and its checksum."""
    path = tmp_path / "access.log.gz"
    data = bytearray(gzip.compress(b"\n".join(b"%d" % (number * 7919) for number in range(20_000)), mtime=0))
    data[position] ^= 0xFF
    path.write_bytes(data)
    assert read_file(path)[1].startswith(f"{path}: the gzip data is ")


def test_no_gzip_after_all(tmp_path: Path) -> None:
    """Two bytes make no gzip file."""
    path = tmp_path / "access.log.gz"
    path.write_bytes(b"\x1f\x8b" + b"\0" * 20)
    assert ([], f"{path}: the gzip data is damaged; the whole lines before that count") == read_file(path)


@pytest.mark.parametrize(
    ("magic", "program"),
    [(b"\x28\xb5\x2f\xfd", "zstdcat"), (b"\xfd7zXZ\x00", "xzcat"), (b"BZh9", "bzcat"), (b"PK\x03\x04", "unzip -p")],
)
def test_other_compressions(tmp_path: Path, magic: bytes, program: str) -> None:
    """Other compressed files are not read as text; what reads them is named."""
    path = tmp_path / "access.log.1"
    path.write_bytes(magic + b"1234")
    assert f"{path}: neither text nor gzip; try `{program} | noscrape replay -`" == read_file(path)[1]


def test_long_lines() -> None:
    """Of a line that is too long, what shows that is kept, wherever it stands and however it is chunked."""
    found = read(b"a\n" + b"x" * 1_000_000 + b"\nb\n" + b"y" * LONGEST_LINE + b"\n" + b"z" * 70_000)
    assert [min(len(line), LONGEST_LINE + 1) for line in found[:4]] == [1, LONGEST_LINE + 1, 1, LONGEST_LINE]
    assert len(found) == 5
    assert len(found[4]) == LONGEST_LINE + 1


def test_bomb(tmp_path: Path) -> None:
    """A gzip bomb, of one line that never ends or of nothing but line ends, takes a few megabytes."""
    for filling in (b"\0", b"\n"):
        path = tmp_path / "bomb.gz"
        squeeze = zlib.compressobj(9, wbits=31)
        path.write_bytes(b"".join(squeeze.compress(filling * 1_000_000) for _ in range(20)) + squeeze.flush())
        tracemalloc.start()
        longest = max(len(line) for batch in Source(str(path)).batches() for line in batch)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert longest <= LONGEST_LINE + 1
        assert peak < 10_000_000


def test_sizes(tmp_path: Path) -> None:
    """A file knows its size and how much of it is done, as it lies on the disk; stdin does not."""
    path = tmp_path / "access.log"
    path.write_bytes(gzip.compress(b"a\n" * 1000))
    source = Source(str(path))
    assert (path.stat().st_size, 0) == (source.size, source.done)
    for _ in source.batches():
        pass
    assert source.size == source.done
    assert Source("-", stdin=io.BufferedReader(io.BytesIO(b""))).size is None


def test_no_such_file(tmp_path: Path) -> None:
    """A file that is not there, a folder, and a name that no file has are refused at once."""
    for name, problem in (
        (str(tmp_path / "no"), "no such file"),
        (str(tmp_path), "is a folder, wanted a file"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(ReplayError) as raised:
            Source(name)
        assert f"{name}: {problem}" == str(raised.value)


def test_file_goes_away(tmp_path: Path) -> None:
    """A file that is gone when its turn comes is told like one that cannot be read."""
    path = tmp_path / "access.log"
    path.write_bytes(b"a\n")
    source = Source(str(path))
    path.unlink()
    with pytest.raises(ReplayError, match="no such file"):
        list(source.batches())
