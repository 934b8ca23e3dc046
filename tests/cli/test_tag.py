"""`noscrape tag`: what audio files say, and having them say it."""

import errno
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from noscrape import terminal
from noscrape.cli import main, tag
from noscrape.cli.status import Status
from noscrape.readers.reading import read_file
from noscrape.reservation import NO_TRAINING
from tests.cli.test_folders import Clock, Screen
from tests.readers.audio import KINDS, audio, frame, id3, mp3, txxx

pytestmark = pytest.mark.files
pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

Captured = pytest.CaptureFixture[str]

NO_AI = {"Content-Usage": "train-ai=n", "tdm-reservation": "1"}
TRAINING = ["training", "dataset", "undisclosed"]
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    b'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, fields: Mapping[str, str] | None = None, **options: Any) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(audio(path.suffix[1:], fields, **options))
    return path


def library() -> None:
    """Files of every kind: reserved, untagged, tagged without reserving, unreadable."""
    for kind in KINDS:
        put(f"music/said/{kind}.{kind}", NO_AI)
        put(f"music/plain.{kind}")
    put("music/open.mp3", {"Content-Usage": "train-ai=y"})
    Path("music/broken.wav").write_bytes(audio("wav")[:-5])
    Path("music/notes.txt").write_text("x")


def listed(capsys: Captured, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    status = main(["tag", "read", "--json", *arguments])
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


class TestRead:
    """What each file says, and why."""

    def test_as_text(self, capsys: Captured) -> None:
        """State, what is reserved, and below, the field that says so or what is the matter."""
        put("music/a.mp3", {**NO_AI, "tdm-policy": "https://music.example/ai"})
        put("music/b.flac")
        put("music/c.m4a", {"Content-Usage": "train-ai=y"})
        Path("music/d.wav").write_bytes(audio("wav")[:-5])

        assert Status.FOUND == main(["tag", "read", "music"])

        out, err = capsys.readouterr()
        expected = """\
state       reserved                        file
tagged      training, dataset, undisclosed  music/a.mp3
    tag content-usage=train-ai=n  tag tdm-reservation=1  tag tdm-policy=https://music.example/ai
untagged                                    music/b.flac
tagged      nothing                         music/c.m4a
    tag content-usage=train-ai=y (reserves nothing)
unreadable                                  music/d.wav
    truncated: the chunk data says 32 bytes, and there are 27
"""
        assert expected == out
        assert "4 files: 1 reserved, 1 tagged but not reserved, 1 untagged, 1 unreadable\n" == err

    def test_as_json(self, capsys: Captured) -> None:
        """One object a line."""
        put("a.mp3", {"Content-Usage": "train-ai=n"})
        status, entries, err = listed(capsys, "a.mp3")
        said = {"reserved": TRAINING, "open": [], "malformed": False}
        found = {"where": "tag", "name": "content-usage", "value": "train-ai=n", **said}
        expected = {
            "file": "a.mp3",
            "state": "tagged",
            "reserved": TRAINING,
            "open": [],
            "found": [found],
            "problem": None,
        }
        assert (Status.OK, [expected], "1 file: 1 reserved, 0 untagged, 0 unreadable\n") == (status, entries, err)

    def test_folders(self, capsys: Captured) -> None:
        """Gone through in their order; files that are named come as they are named."""
        library()
        status, entries, err = listed(capsys, "music/said/ogg.ogg", "music", "music/notes.txt")
        assert Status.FOUND == status
        assert [
            "music/said/ogg.ogg",
            "music/broken.wav",
            "music/open.mp3",
            *(f"music/plain.{kind}" for kind in sorted(KINDS)),
            *(f"music/said/{kind}.{kind}" for kind in sorted(KINDS)),
            "music/notes.txt",
        ] == [entry["file"] for entry in entries]
        assert "18 files: 8 reserved, 1 tagged but not reserved, 7 untagged, 2 unreadable\n" == err

    @pytest.mark.parametrize(("only", "count"), [("reserved", 7), ("untagged", 7), ("unreadable", 1)])
    def test_only_some(self, capsys: Captured, only: str, count: int) -> None:
        """Are listed; all are counted, and the status is that of all."""
        library()
        status, entries, err = listed(capsys, "music", "--only", only)
        assert (Status.FOUND, count) == (status, len(entries))
        assert {"reserved": {"tagged"}}.get(only, {only}) == {entry["state"] for entry in entries}
        assert err.startswith("16 files: 7 reserved,")

    @pytest.mark.parametrize(
        ("fields", "remark"),
        [
            ({"Content-Usage": ";;"}, "content-usage=;; (malformed, says nothing)"),
            ({"Content-Usage": "train-ai=n" * 30 + ";;"}, "train-ai=n (malformed, says nothing)"),
            ({"tdm-reservation": "yes"}, "tdm-reservation=yes (malformed, says nothing)"),
            ({"Content-Usage": "search=n"}, "content-usage=search=n (reserves nothing)"),
            ({"tdm-reservation": "0"}, "tdm-reservation=0 (reserves nothing)"),
        ],
    )
    def test_what_cannot_be_parsed(self, capsys: Captured, fields: dict[str, str], remark: str) -> None:
        """Is told as such: its author meant something, and nobody will know what."""
        put("a.mp3", fields)
        main(["tag", "read", "a.mp3"])
        assert f"{remark}\n" in capsys.readouterr().out
        (found,) = listed(capsys, "a.mp3")[1][0]["found"]
        assert ("malformed" in remark) == found["malformed"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_fields_stand_in_one_order(self, capsys: Captured, kind: str) -> None:
        """Whatever the kind of the file, and the order in which its tags are."""
        fields = {"tdm-policy": "https://a.example/ai", "KEEP-OUT": "1", "tdm-reservation": "1"}
        put(f"a.{kind}", {**fields, "Content-Usage": "train-ai=y"})
        (entry,) = listed(capsys, "--alias", "KEEP-OUT=noai", f"a.{kind}")[1]
        expected = ["content-usage", "tdm-reservation", "tdm-policy", "keep-out"]
        assert expected == [found["name"] for found in entry["found"]]

    def test_nothing_to_list(self, capsys: Captured) -> None:
        """Has no table, not even the heading of one; what is missing is counted."""
        assert Status.FAULT == main(["tag", "read", "nope.mp3"])
        summary = "1 file: 0 reserved, 0 untagged, 0 unreadable, 1 missing\n"
        assert ("", f"noscrape: nope.mp3: no such file or folder\n{summary}") == capsys.readouterr()
        put("a.mp3")
        assert Status.OK == main(["tag", "read", "--only", "reserved", "a.mp3"])
        assert "" == capsys.readouterr().out

    def test_aliases(self, capsys: Captured) -> None:
        """Tags of one's own, several if need be."""
        put("a.mp3", {"NO-AI": "1"})
        put("b.mp3", {"Keep-Out": "yes"})
        assert [[], []] == [entry["reserved"] for entry in listed(capsys, "a.mp3", "b.mp3")[1]]
        status, entries, _ = listed(capsys, "--alias", "no-ai=no-ai", "--alias", "KEEP-OUT=noai", "a.mp3", "b.mp3")
        expected = ["training", "dataset", "search", "assistant", "agent", "undisclosed"]
        assert (Status.OK, [expected, TRAINING]) == (status, [entry["reserved"] for entry in entries])
        assert Status.OK == main(["tag", "read", "--alias", "no-ai=no-ai", "a.mp3"])
        assert "tagged      all purposes  a.mp3\n" in capsys.readouterr().out

    def test_what_the_site_looks_for(self, capsys: Captured) -> None:
        """`[tracks.files]` of the configuration counts, and options come on top."""
        Path("site.toml").write_text('[tracks.files]\naliases = { NO-AI = "no-ai" }\n')
        put("a.mp3", {"NO-AI": "1"})
        put("b.mp3", {"KEEP-OUT": "1"})
        _, entries, _ = listed(capsys, "--config", "site.toml", "--alias", "KEEP-OUT=noai", "a.mp3", "b.mp3")
        assert [6, 3] == [len(entry["reserved"]) for entry in entries]
        Path("site.toml").rename("noscrape.toml")
        _, entries, _ = listed(capsys, "a.mp3", "b.mp3")
        assert [6, 0] == [len(entry["reserved"]) for entry in entries]

    @pytest.mark.parametrize("alias", ["NO-AI", "=no-ai", "NO-AI=", "NO-AI=perhaps", "NO-AI=open", "AIGC=no-ai"])
    def test_wrong_aliases(self, capsys: Captured, alias: str) -> None:
        """Are faults, before any file is read."""
        put("a.mp3")
        assert Status.FAULT == main(["tag", "read", "--alias", alias, "a.mp3"])
        out, err = capsys.readouterr()
        assert ("", "noscrape: ") == (out, err[:10])

    def test_xmp_and_artwork(self, capsys: Captured) -> None:
        """Where asked for."""
        put("music/a.mp3", xmp=XMP)
        Path("music/cover.svg").write_bytes(b"<svg>" + XMP + b"</svg>")
        assert [("music/a.mp3", "untagged")] == [(each["file"], each["state"]) for each in listed(capsys, "music")[1]]
        status, entries, _ = listed(capsys, "music", "--xmp")
        assert [("music/a.mp3", TRAINING), ("music/cover.svg", TRAINING)] == [
            (each["file"], each["reserved"]) for each in entries
        ]
        assert Status.OK == status
        assert ["xmp"] == [found["where"] for found in entries[0]["found"]]

    def test_made_by_ai_is_no_reservation(self, capsys: Captured) -> None:
        """Whatever such a tag is set to."""
        put("a.mp3", {"AIGC": "1", "AI_GENERATED": "no-ai", "AI-GENRE": "1"})
        assert ["untagged"] == [entry["state"] for entry in listed(capsys, "a.mp3")[1]]

    def test_a_name_that_is_not_there(self, capsys: Captured) -> None:
        """Is told, and the others are read; status 2, whatever else."""
        library()
        status, entries, err = listed(capsys, "absent\x1b[2J", "music/plain.mp3", "music/broken.wav")
        assert (Status.FAULT, 2) == (status, len(entries))
        assert err.startswith("noscrape: absent\\x1b[2J: no such file or folder\n")

    def test_a_link_to_nowhere(self, capsys: Captured) -> None:
        """Could not be read; those to folders are not followed, and told."""
        put("music/a.mp3")
        Path("music/gone.mp3").symlink_to("nowhere")
        Path("music/loop").symlink_to(".")
        status, entries, err = listed(capsys, "music")
        assert [("untagged", None), ("unreadable", "no such file")] == [
            (entry["state"], entry["problem"]) for entry in entries
        ]
        assert (Status.FOUND, "1 unreadable, 1 link to folders not followed\n") == (status, err[-45:])

    def test_a_folder_that_cannot_be_read(self, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
        """Is listed as what it is."""
        put("music/a.mp3")

        def scandir(path: str) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", path)

        monkeypatch.setattr(os, "scandir", scandir)
        status, entries, _ = listed(capsys, "music")
        assert (Status.FOUND, [("music", "permission denied")]) == (
            status,
            [(each["file"], each["problem"]) for each in entries],
        )

    def test_what_strangers_chose(self, capsys: Captured) -> None:
        """Names and values move no cursor, and names that are no text can be told and got back."""
        name = os.fsdecode(b"caf\xe9\n\x1b[2J\xe2\x80\xae.mp3")
        Path(name).write_bytes(mp3(id3(txxx("Content-Usage", "train-ai=n\x1b[2J\r\nforged"))))
        main(["tag", "read", name])
        text = capsys.readouterr().out
        assert all(line.isprintable() for line in text.splitlines())
        assert "caf\\udce9\\n\\x1b[2J\\u202e.mp3" in text
        (entry,) = listed(capsys, name)[1]
        assert name == entry["file"]

    def test_an_empty_folder(self, capsys: Captured) -> None:
        """Is fine."""
        Path("music").mkdir()
        assert (Status.OK, [], "0 files: 0 reserved, 0 untagged, 0 unreadable\n") == listed(capsys, "music")

    def test_a_bar_on_a_terminal(self, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
        """For folders, and taken away in the end; for files that are named there is none."""
        library()
        screen, clock = Screen(), Clock()
        monkeypatch.setattr(sys, "stderr", screen)

        def ticks() -> float:
            clock.seconds += 0.2
            return clock.seconds

        arguments = tag_arguments("music")
        assert Status.FOUND == tag.read_(arguments, ticks=ticks)
        text = screen.getvalue()
        assert "looking for files: 16" in text
        assert "15 of 16" in text
        assert text.endswith("\r\x1b[K16 files: 7 reserved, 1 tagged but not reserved, 7 untagged, 1 unreadable\n")

        tag.read_(tag_arguments("--json", "--only", "reserved", "music/said", "music/plain.mp3"), ticks=ticks)
        assert screen.getvalue().endswith("\r\x1b[K8 files: 7 reserved, 1 untagged, 0 unreadable\n")

        screen.truncate(0)
        tag.read_(tag_arguments("music/plain.mp3"), ticks=ticks)
        assert "\x1b" not in screen.getvalue()

    def test_wide_letters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take two columns each, and the end of a path is still what is shown of it."""
        put("音楽/" * 20 + "歌.mp3")
        screen = Screen()
        monkeypatch.setattr(sys, "stdout", screen)
        assert Status.OK == main(["tag", "read", "音楽"])
        line = screen.getvalue().splitlines()[1]
        assert line.endswith("/音楽/歌.mp3")
        assert "…" in line
        assert 33 <= terminal.width(line.split()[-1]) <= 35

        put("\x1b" * 30 + "song.mp3")
        assert Status.OK == main(["tag", "read", "\x1b" * 30 + "song.mp3"])
        assert screen.getvalue().splitlines()[-1].endswith("\\x1bsong.mp3")

    def test_in_a_real_terminal(self) -> None:
        """Of 80 columns: no line is longer, a long path keeps its end, and no bar is left behind."""
        put("music/" + "a rather long name of an album/" * 3 + "song.mp3", NO_AI)
        ours, theirs = pty.openpty()
        root = str(Path(__file__).parent.parent.parent)
        code = "import sys; from noscrape.cli import main; sys.exit(main(['tag', 'read', 'music']))"
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=theirs,
            stderr=theirs,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": root},
        )
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 1000)
            except OSError:  # nobody writes any more
                break
            if not part:
                break
            text += part
        os.close(ours)
        assert Status.OK == child.wait(60)
        lines = [re.split(r"\r\x1b\[K", line)[-1] for line in text.decode().split("\r\n")]
        assert [
            "state       reserved                        file",
            "tagged      training, dataset, undisclosed  …her long name of an album/song",
            "    tag content-usage=train-ai=n  tag tdm-reservation=1",
            "1 file: 1 reserved, 0 untagged, 0 unreadable",
            "",
        ] == [line.removesuffix(".mp3") for line in lines]
        assert max(map(len, lines)) <= 80


def tag_arguments(*paths: str) -> Any:
    from noscrape.cli import parser

    return parser().parse_args(["tag", "read", *paths])


def wrote(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    status = main(["tag", "write", "--no-ai", *arguments])
    return status, *capsys.readouterr()


@pytest.mark.mutagen
class TestWrite:
    """Having files say it."""

    @pytest.fixture(autouse=True)
    def _mutagen(self) -> None:
        pytest.importorskip("mutagen", reason="needs mutagen, which noscrape never installs")

    def test_in_place(self, capsys: Captured) -> None:
        """All seven kinds; the original stays beside."""
        files = [str(put(f"song.{kind}")) for kind in KINDS]
        status, out, err = wrote(capsys, "--in-place", *files)
        assert (Status.OK, "7 files: 7 tagged\n") == (status, err)
        assert [f"{file}: tagged; the original is {file}.bak" for file in files] == out.splitlines()
        assert [NO_TRAINING] * 7 == [read_file(file).terms for file in files]
        assert [audio(kind) for kind in KINDS] == [Path(f"song.{kind}.bak").read_bytes() for kind in KINDS]

    def test_copies(self, capsys: Captured) -> None:
        """In a folder, or beside the original."""
        put("music/song.mp3")
        assert (Status.OK, "music/song.mp3: tagged as out/song.mp3\n") == wrote(
            capsys, "--to", "out", "music/song.mp3"
        )[:2]
        assert (Status.OK, "music/song.mp3: tagged as music/song-noai.mp3\n") == wrote(
            capsys, "--suffix=-noai", "music/song.mp3"
        )[:2]
        assert audio("mp3") == Path("music/song.mp3").read_bytes()
        assert NO_TRAINING == read_file("out/song.mp3").terms == read_file("music/song-noai.mp3").terms

    def test_a_policy(self, capsys: Captured) -> None:
        """Is written too; a file that says the rest gets the policy alone."""
        path = put("song.mp3", NO_AI)
        wrote(capsys, "--in-place", "--policy", "https://music.example/ai?x=1", "song.mp3")
        values = {found.name: found.value for found in read_file(path).found}
        assert {
            "content-usage": "train-ai=n",
            "tdm-reservation": "1",
            "tdm-policy": "https://music.example/ai?x=1",
        } == values

    def test_what_says_so_already(self, capsys: Captured) -> None:
        """Stays as it is, with no backup."""
        before = put("song.mp3", NO_AI).read_bytes()
        expected = (Status.OK, "song.mp3: says so already\n", "1 file: 1 said so already\n")
        assert expected == wrote(capsys, "--in-place", "song.mp3")
        assert (["song.mp3"], before) == (os.listdir(), Path("song.mp3").read_bytes())

    @pytest.mark.parametrize(("option", "copy"), [(("--to", "out"), "out/song.mp3"), (("--suffix=-x",), "song-x.mp3")])
    def test_what_says_so_already_is_copied(self, capsys: Captured, option: tuple[str, ...], copy: str) -> None:
        """As it is, to the byte and with its time: so the folder of copies is complete."""
        song = put("song.mp3", NO_AI)
        os.utime(song, (1_000_000_000, 1_000_000_000))
        dry = wrote(capsys, *option, "--dry-run", "song.mp3")
        assert not Path(copy).exists()
        done = wrote(capsys, *option, "song.mp3")
        assert (Status.OK, f"song.mp3: copied as {copy}, says so already\n") == done[:2]
        assert "1 file: 1 copied (said so already)\n" == done[2]
        assert (Status.OK, f"song.mp3: would be copied as {copy}, says so already\n") == dry[:2]
        assert "1 file: 1 would be copied (said so already)\n" == dry[2]
        assert (song.read_bytes(), 1_000_000_000) == (Path(copy).read_bytes(), Path(copy).stat().st_mtime)

    def test_a_signed_file_that_says_so_already_is_copied(self, capsys: Captured) -> None:
        """Nothing is written into the copy, so that no signature suffers."""
        signature = frame(b"GEOB", b"\0application/x-c2pa-manifest-store\0\0\0")
        said = b"".join(txxx(name, value) for name, value in NO_AI.items())
        Path("song.mp3").write_bytes(mp3(id3(signature + said)))
        assert Status.OK == wrote(capsys, "--to", "out", "song.mp3")[0]
        assert Path("song.mp3").read_bytes() == Path("out/song.mp3").read_bytes()

    def test_a_copy_that_is_there_is_not_written_over(self, capsys: Captured) -> None:
        """Whether the file says so already or not."""
        put("song.mp3", NO_AI)
        put("out/song.mp3")
        status, out, err = wrote(capsys, "--to", "out", "song.mp3")
        assert (Status.FOUND, "") == (status, out)
        assert "noscrape: song.mp3: there is already a file out/song.mp3\n1 file: 1 refused\n" == err
        assert audio("mp3") == Path("out/song.mp3").read_bytes()

    def test_a_folder_that_is_a_file(self, capsys: Captured) -> None:
        """Is told once, before any file is looked at."""
        put("song.mp3")
        Path("out\x1b").write_text("x")
        assert (Status.FAULT, "", "noscrape: out\\x1b is no folder\n") == wrote(
            capsys, "--to", "out\x1b", "song.mp3", "absent.mp3"
        )

    def test_what_says_something_else(self, capsys: Captured) -> None:
        """Is refused, until the owner says that the newer word holds; then the older one is told."""
        path = put("song.flac", {"content-usage": "train-ai=y", "TDM-RESERVATION": "0"})
        status, out, err = wrote(capsys, "--in-place", "song.flac")
        assert (Status.FOUND, "") == (status, out)
        assert err == (
            "noscrape: song.flac: it says content-usage=train-ai=y, tdm-reservation=0; "
            "with --replace that is written over\n1 file: 1 refused\n"
        )
        status, out, err = wrote(capsys, "--in-place", "--replace", "song.flac")
        assert (Status.OK, "1 file: 1 tagged\n") == (status, err)
        assert out == (
            "song.flac: tagged; the original is song.flac.bak; "
            "said content-usage=train-ai=y, tdm-reservation=0 before\n"
        )
        assert 2 == len(read_file(path).found)

    def test_refusals_stop_nobody_else(self, capsys: Captured) -> None:
        """Each is told with its reason, and the rest is done."""
        Path("text.mp3").write_text("no sound")
        Path("short.wav").write_bytes(audio("wav")[:-5])
        Path("signed.mp3").write_bytes(mp3(id3(frame(b"GEOB", b"\0application/x-c2pa-manifest-store\0\0\0"))))
        Path("folder.mp3").mkdir()
        put("last.mp3")
        manifest = "it has a C2PA manifest, which would become invalid; have the tag written before it is signed"
        status, out, err = wrote(capsys, "--in-place", "text.mp3", "short.wav", "signed.mp3", "folder.mp3", "last.mp3")
        assert (Status.FOUND, "last.mp3: tagged; the original is last.mp3.bak\n") == (status, out)
        assert [
            "noscrape: text.mp3: not an audio file",
            "noscrape: short.wav: truncated: the chunk data says 32 bytes, and there are 27",
            f"noscrape: signed.mp3: {manifest}",
            "noscrape: folder.mp3: a folder",
            "5 files: 1 tagged, 4 refused",
        ] == err.splitlines()

    def test_a_name_that_is_not_there(self, capsys: Captured) -> None:
        """Status 2; the others are tagged."""
        put("song.mp3")
        status, out, err = wrote(capsys, "--in-place", "absent.mp3", "song.mp3")
        assert (Status.FAULT, 1) == (status, out.count("tagged"))
        assert "noscrape: absent.mp3: no such file\n2 files: 1 tagged, 1 missing\n" == err
        assert (Status.FAULT, "", "noscrape: absent.mp3: no such file\n1 file: 1 missing\n") == wrote(
            capsys, "--in-place", "absent.mp3"
        )

    def test_a_dry_run(self, capsys: Captured) -> None:
        """Tells what would be done, and does nothing."""
        put("song.mp3", {"content-usage": "train-ai=y"})
        put("said.mp3", NO_AI)
        before = {name: Path(name).read_bytes() for name in os.listdir()}
        status, out, err = wrote(capsys, "--dry-run", "--replace", "--to", "out", "song.mp3", "said.mp3")
        lines = [
            "song.mp3: would be tagged as out/song.mp3; said content-usage=train-ai=y before",
            "said.mp3: would be copied as out/said.mp3, says so already",
        ]
        assert (Status.OK, lines) == (status, out.splitlines())
        assert "2 files: 1 would be tagged, 1 would be copied (said so already)\n" == err
        assert "song.mp3: would be tagged" in wrote(capsys, "--dry-run", "--replace", "--in-place", "song.mp3")[1]
        assert before == {name: Path(name).read_bytes() for name in os.listdir()}

    def test_as_json(self, capsys: Captured) -> None:
        """An object for each file, refused ones too, all with the same keys."""
        put("song.mp3", {"content-usage": "train-ai=y"})
        put("said.mp3", NO_AI)
        Path("text.mp3").write_text("no sound")
        status, out, _ = wrote(capsys, "--json", "--in-place", "--replace", "song.mp3", "said.mp3", "text.mp3")
        nothing = dict.fromkeys(("file", "outcome", "fields", "copy", "backup", "before", "problem"))
        assert Status.FOUND == status
        copied = json.loads(wrote(capsys, "--json", "--to", "out", "said.mp3")[1])
        copy = {"outcome": "copied", "fields": {}, "copy": "out/said.mp3", "before": []}
        assert {**nothing, "file": "said.mp3", **copy} == copied
        assert [
            {
                **nothing,
                "file": "song.mp3",
                "outcome": "tagged",
                "fields": {"content-usage": "train-ai=n", "tdm-reservation": "1"},
                "backup": "song.mp3.bak",
                "before": ["content-usage=train-ai=y"],
            },
            {**nothing, "file": "said.mp3", "outcome": "unchanged", "fields": {}},
            {**nothing, "file": "text.mp3", "outcome": "refused", "problem": "not an audio file"},
        ] == [json.loads(line) for line in out.splitlines()]

    def test_a_word_that_cannot_be_reached(self, capsys: Captured) -> None:
        """Such as a contrary one in another tag of the file: no copy that is read in two ways is left behind."""
        contrary = id3(txxx("Content-Usage", "train-ai=y"))
        Path("song.mp3").write_bytes(mp3(id3(txxx("Title", "x")) + contrary))
        status, out, err = wrote(capsys, "--in-place", "--replace", "song.mp3")
        assert (Status.FOUND, "") == (status, out)
        assert "song.mp3: read back, it would not say so, or say something else besides\n" in err
        assert ["song.mp3"] == os.listdir()

    def test_what_strangers_chose(self, capsys: Captured) -> None:
        """Names move no cursor, in what is done and in what is refused; and are done, whatever they are."""
        good, bad = os.fsdecode(b"caf\xe9\n\x1b[2J.mp3"), "bad\x1b[2J\n.mp3"
        Path(good).write_bytes(audio("mp3"))
        Path(bad).write_bytes(b"x")
        status, out, err = wrote(capsys, "--in-place", good, bad)
        assert Status.FOUND == status
        assert all(line.isprintable() for line in (out + err).splitlines())
        assert (1, 2) == (out.count("\n"), err.count("\n"))
        assert NO_TRAINING == read_file(good).terms


class TestUsage:
    """What can be asked for."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ["read"],
            ["read", "--only", "all", "x"],
            ["write", "--in-place", "x"],
            ["write", "--no-ai", "x"],
            ["write", "--no-ai", "--in-place"],
            ["write", "--no-ai", "--in-place", "--to", "y", "x"],
            ["write", "--no-ai", "--suffix", "a", "--to", "y", "x"],
            ["write", "--no-ai", "--suffix", "", "x"],
            ["write", "--no-ai", "--suffix", "a/b", "x"],
            ["write", "--no-ai", "--in-place", "--policy", "music.example", "x"],
            ["write", "--no-ai", "--in-place", "--policy", "https://é", "x"],
            ["write", "--no-ai", "--in-place", "--policy", "https://a b", "x"],
            ["write", "--no-ai", "--in-place", "--policy", "https://" + "a" * 193, "x"],
        ],
    )
    def test_wrong_usage(self, capsys: Captured, arguments: list[str]) -> None:
        """Status 2, told on stderr, and nothing on stdout."""
        with pytest.raises(SystemExit) as ended:
            main(["tag", *arguments])
        out, err = capsys.readouterr()
        assert (Status.FAULT, "") == (ended.value.code, out)
        assert "usage: noscrape tag" in err

    def test_without_mutagen(self, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
        """A clear message, before anything is touched; reading needs it not."""
        put("song.mp3", NO_AI)
        for module in [name for name in sys.modules if name.partition(".")[0] == "mutagen"]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, "mutagen", None)
        status, out, err = wrote(capsys, "--in-place", "song.mp3")
        assert (Status.FAULT, "") == (status, out)
        assert err == (
            "noscrape: writing tags needs mutagen, which noscrape does not install, as its licence is the GPL: "
            "pip install mutagen\n"
        )
        assert ["song.mp3"] == os.listdir()
        assert Status.OK == main(["tag", "read", "song.mp3"])

    def test_mutagen_is_left_alone(self) -> None:
        """Nothing but writing a tag imports it."""
        put("song.mp3", NO_AI)
        root = str(Path(__file__).parent.parent.parent)
        code = (
            "import sys; from noscrape.cli import main; main(['tag', 'read', 'song.mp3']); "
            "sys.exit('mutagen' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": root}, capture_output=True, check=False
        )
        assert (0, b"") == (done.returncode, done.stderr.split(b"\n", 1)[1])
