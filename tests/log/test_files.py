"""The files of a log are found, whatever else lies in the folder."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.log.files import files_of, later_names, process_file, rotated, series

STARTED = 1795386451.0


def test_a_file_names_host_start_and_process() -> None:
    """So that no two processes write to one file."""
    expected = Path("logs/noscrape-web-1.example-20261122T222731Z-4242.jsonl")
    assert expected == process_file(Path("logs/noscrape.jsonl"), host="web-1.example", started=STARTED, pid=4242)


def test_a_second_log_of_one_process_has_a_name_of_its_own() -> None:
    """Two apps in one process, or an app built twice in a second."""
    file = process_file(Path("noscrape.jsonl"), host="web1", started=STARTED, pid=1, again=2)
    assert "noscrape-web1-20261122T222731Z-1-2.jsonl" == file.name


def test_strange_host_names_make_plain_file_names() -> None:
    """A host name is text from elsewhere, too."""
    file = process_file(Path("noscrape.jsonl"), host="../ü b", started=STARTED, pid=1)
    assert "noscrape-.._b-20261122T222731Z-1.jsonl" == file.name


@settings(deadline=None)  # it touches the disk
@given(host=st.text(max_size=100), pid=st.integers(0, 2**32), again=st.integers(1, 99), age=st.integers(0, 999))
def test_any_process_file_belongs_to_its_path(host: str, pid: int, again: int, age: int) -> None:
    """Naming and finding agree."""
    file = rotated(process_file(Path("a.b.log"), host=host, started=STARTED, pid=pid, again=again), age=age)
    assert Path(file.name) == Path(file)
    assert [file] == files_of_folder([file.name], "a.b.log")


def files_of_folder(names: list[str], log: str) -> list[Path]:
    """What is found among files of these names."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            (Path(folder) / name).touch()
        return [Path(file.name) for file in files_of(Path(folder) / log)]


def test_processes_come_by_start_and_rotated_files_first() -> None:
    """The order in which the lines were written, as far as names tell."""
    ordered = [
        "noscrape.jsonl",
        "noscrape-b-20261121T000000Z-9.jsonl.10.gz",
        "noscrape-b-20261121T000000Z-9.jsonl.9",
        "noscrape-b-20261121T000000Z-9.jsonl",
        "noscrape-a-20261122T000000Z-7.jsonl.1",
        "noscrape-a-20261122T000000Z-7.jsonl",
        "noscrape-a-20261122T000000Z-7-2.jsonl",
    ]
    assert ordered == [str(file) for file in files_of_folder(ordered[::-1], "noscrape.jsonl")]


def test_other_files_are_not_ours() -> None:
    """Neither another log with a longer name, nor notes that somebody made."""
    others = ["noscrape2.jsonl", "noscrape-notes.jsonl", "noscrape.jsonl.bak", "Xnoscrape.jsonl", "noscrape.toml"]
    assert [] == files_of_folder(others, "noscrape.jsonl")


def test_a_folder_that_is_missing_holds_no_files(tmp_path: Path) -> None:
    """Nothing was recorded yet, which is no fault."""
    assert [] == files_of(tmp_path / "logs" / "noscrape.jsonl")


def test_files_of_one_process_are_put_together() -> None:
    """In whatever order a shell lists them."""
    found = series(map(Path, ["x/a.jsonl", "a.jsonl", "a.jsonl.1", "b", "a.jsonl.10", "a.jsonl.2.gz"]))
    assert [
        ("a.jsonl", [Path("x/a.jsonl")]),
        ("a.jsonl", [Path("a.jsonl.10"), Path("a.jsonl.2.gz"), Path("a.jsonl.1"), Path("a.jsonl")]),
        ("b", [Path("b")]),
    ] == [(each.name, list(each.files)) for each in found]


def test_a_rotated_file_is_looked_for_under_higher_numbers(tmp_path: Path) -> None:
    """And under no number beyond those that exist."""
    for name in ("a.jsonl", "a.jsonl.1", "a.jsonl.2", "a.jsonl.4"):
        (tmp_path / name).touch()
    assert ["a.jsonl", "a.jsonl.1", "a.jsonl.2"] == [file.name for file in later_names(tmp_path / "a.jsonl")]
