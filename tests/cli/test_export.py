"""`noscrape export`."""

import io
import json
from pathlib import Path

import pytest

from noscrape.cli import main
from noscrape.standards import robots_txt
from noscrape.standards import tdmrep as tdmrep_text

CONFIG = """
mode = "observe"
[site]
policy = "https://music.example/ai.json"
licence = "https://music.example/license.xml"
[[tracks.routes]]
path = "/tracks/{id}"
[[tracks.routes]]
path = "/media/{id}.wav"
serves = "media"
[[tracks.routes]]
path = "/download"
track = "query:id"
serves = "download"
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("noscrape.toml").write_text(CONFIG)


def printed(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["export", *arguments])
    return status, *capfd.readouterr()


def test_robots_says_what_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """In observe mode, too: it is what would be said."""
    status, text, talk = printed(capfd, "robots")

    read = robots_txt.parse(text)
    assert (0, "") == (status, talk)
    assert not read.allows("Google-Extended", "/tracks/1")
    assert ("https://music.example/license.xml",) == read.licences


def test_robots_merged_with_a_file(capfd: pytest.CaptureFixture[str]) -> None:
    """And what was changed in it is told on stderr, with status 1."""
    Path("mine.txt").write_text("User-agent: *\nDisallow: /admin/\nContent-Usage: train-ai=y\n")

    status, text, talk = printed(capfd, "robots", "--merge", "mine.txt")

    read = robots_txt.parse(text)
    assert not read.allows("Googlebot", "/admin/x")
    assert not read.allows("GPTBot", "/")
    assert 1 == status
    assert talk.startswith("noscrape: ")


def test_tdmrep_by_area(capfd: pytest.CaptureFixture[str]) -> None:
    """One rule for what is reserved throughout."""
    status, text, _ = printed(capfd, "tdmrep")

    assert 0 == status
    assert [{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://music.example/ai.json"}] == json.loads(text)


def test_tdmrep_by_track(capfd: pytest.CaptureFixture[str]) -> None:
    """A 0 only where the owner said just that."""
    Path("tracks.csv").write_text("id,no_ai\n1,no-ai\na b/c,tdm-reservation: 0\n3,\n")

    status, text, _ = printed(capfd, "tdmrep", "--tracks", "tracks.csv")

    rules = tdmrep_text.parse(text)
    said = {
        path: tdmrep_text.statement(rules, path).reservation
        for path in ("/tracks/1", "/media/1.wav?s=1", "/tracks/a%20b%2Fc", "/media/a%20b%2Fc.wav", "/tracks/3", "/")
    }
    assert 0 == status
    assert {"/tracks/1": 1, "/media/1.wav?s=1": 1, "/tracks/3": 1, "/": 1} == {k: v for k, v in said.items() if v}
    assert [0, 0] == [value for value in said.values() if value == 0]


FORMS = {
    "commas": "42,no-ai\n7,\n",
    "semicolons": "42;noai, noimageai\n7;\n",
    "tabs": "42\tno-ai\r\n7\t\r\n",
    "in quotes": '"42","noai, noimageai"\n"7",""\n',
    "columns with names": "Track ID,said,title\n42,no-ai,a song\n7,,\n",
    "a byte order mark": "\ufeffid;said\n42;no-ai\n7;\n",
    "empty lines": "\n42,no-ai\n\n7,\n",
    "twice": "42,open\n42,no-ai\n7,\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_forms_of_a_csv_file(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The first line tells the separator; of a track that is named twice, the more restrictive counts."""
    Path("open.toml").write_text(OPEN)
    Path("tracks.csv").write_text(text, encoding="utf-8", newline="")

    status, printed_text, talk = printed(capfd, "tdmrep", "--config", "open.toml", "--tracks", "tracks.csv")

    rules = tdmrep_text.parse(printed_text)
    said = {track: tdmrep_text.statement(rules, f"/tracks/{track}").reservation for track in ("42", "7", "id")}
    assert (0, "", {"42": 1, "7": None, "id": None}) == (status, talk, said)


@pytest.mark.parametrize("name", ["ID", "track", "Track_Id", "trackid", "Track ID", "slug"])
def test_names_of_columns(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Such a first line says nothing of a track, not even where what stands behind could be read."""
    Path("tracks.csv").write_text(f"{name},no_ai\n42,no-ai\n")
    Path("open.toml").write_text(OPEN)

    _, text, _ = printed(capfd, "tdmrep", "--config", "open.toml", "--tracks", "tracks.csv")

    assert ["/tracks/42"] == [rule["location"] for rule in json.loads(text)]


def test_tracks_from_stdin(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As the output of a query; faults name it."""
    for text, status, said in ((b"42,no-ai\n", 0, ""), (b"42,maybe\n", 2, "noscrape: stdin:1: cannot read 'maybe'")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        found, _, talk = printed(capfd, "tdmrep", "--tracks", "-")
        assert (status, True) == (found, talk.startswith(said))


OPEN = '[site]\ndefault = "open"\n[tracks]\ndefault = "open"\n[[tracks.routes]]\npath = "/tracks/{id}"\n'


@pytest.mark.parametrize(
    ("config", "text", "note"),
    [
        (
            CONFIG,
            "1,open\n2,no\n3,no-ai\n4,\n",
            (
                "2 tracks that their owners opened cannot be told apart by the file, since what is around is reserved; "
                "headers and refusals still tell them apart; `tdm-reservation: 0` writes a 0"
            ),
        ),
        (
            '[tracks]\ndefault = "open"\n[[tracks.routes]]\npath = "/{id}"\n',
            "1,open\n",
            "1 track that its owner opened",
        ),
        ('[site]\ndefault = "open"\n[[tracks.routes]]\npath = "/{id}"\n', "1,open\n", "1 track that its owner opened"),
        (CONFIG, "1,tdm-reservation: 0\n", ""),
        (CONFIG, "1,open\n1,no-ai\n", ""),
        (OPEN, "1,open\n", ""),
    ],
    ids=["reserved", "the site", "the tracks", "a 0", "not by all", "nothing reserved"],
)
def test_tracks_that_the_file_cannot_tell_apart(
    config: str, text: str, note: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A location that nothing is said of is reserved by the one around it: that is told, with status 1."""
    Path("noscrape.toml").write_text(config)
    Path("tracks.csv").write_text(text)

    status, _, talk = printed(capfd, "tdmrep", "--tracks", "tracks.csv")

    assert (1 if note else 0) == status
    assert talk.startswith(f"noscrape: {note}" if note else "")
    assert bool(note) == bool(talk)


def test_help_tells_each_document_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """`--tracks` belongs to tdmrep and `--merge` to robots; nobody else speaks of them."""
    for document in ("robots", "tdmrep", "policy", "licence"):
        with pytest.raises(SystemExit):
            main(["export", document, "--help"])
        text = capfd.readouterr().out
        assert (document == "tdmrep", document == "robots") == ("--tracks" in text, "--merge" in text)
        assert ("semicolons or tabs" in text, "Only what is reserved is written" in text) == (document == "tdmrep",) * 2


@pytest.mark.parametrize(("document", "option"), [("robots", "--tracks"), ("tdmrep", "--merge"), ("policy", "--merge")])
def test_options_of_another_document(document: str, option: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Are bad usage."""
    with pytest.raises(SystemExit) as ended:
        main(["export", document, option, "x"])
    assert 2 == ended.value.code


def test_robots_merged_with_stdin(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As what curl fetched; no more of it than crawlers read."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"User-agent: *\nDisallow: /admin/\n")))

    status, text, _ = printed(capfd, "robots", "--merge", "-")

    assert (0, False) == (status, robots_txt.parse(text).allows("Googlebot", "/admin/x"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"#" * 512_001)))
    status, _, talk = printed(capfd, "robots", "--merge", "-")
    assert (2, "noscrape: stdin: has more than 512_000 bytes, and crawlers read no further\n") == (status, talk)


@pytest.mark.parametrize(
    ("document", "settings", "why"),
    [
        ("robots", '[documents]\nrobots_txt = "off"\n', '[documents] robots_txt is "off"'),
        ("tdmrep", "[documents]\ntdmrep = false\n", "[documents] tdmrep is false"),
        ("tdmrep", "[signals]\ntdm_reservation = false\n", "[signals] tdm_reservation is false"),
        (
            "policy",
            '[site]\npolicy = "https://a.example/ai.json"\n[documents]\npolicy = false\n',
            "[documents] policy is false",
        ),
        (
            "licence",
            '[site]\nlicence = "https://a.example/l.xml"\n[documents]\nlicence = false\n',
            "[documents] licence is false",
        ),
        ("licence", "", "there is no [site] licence, whose URL says where it stands"),
    ],
)
def test_what_noscrape_itself_does_not_serve(
    document: str, settings: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Is printed all the same, for whoever serves it; that noscrape does not is told, with status 1."""
    Path("noscrape.toml").write_text(settings)

    status, text, talk = printed(capfd, document)

    assert (1, f"noscrape: not served by noscrape itself: {why}\n") == (status, talk)
    assert text


def test_policy_and_licence(capfd: pytest.CaptureFixture[str]) -> None:
    """As they are served."""
    assert json.loads(printed(capfd, "policy")[1])["uid"] == "https://music.example/ai.json"
    assert "rslstandard.org" in printed(capfd, "licence")[1]


def test_output_is_written_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """To a file, with nothing on stdout; the file keeps its permissions."""
    Path("robots.txt").write_text("old")
    Path("robots.txt").chmod(0o640)

    status, text, _ = printed(capfd, "robots", "--output", "robots.txt")

    assert (0, "", 0o640) == (status, text, Path("robots.txt").stat().st_mode & 0o777)
    assert ["noscrape.toml", "robots.txt"] == sorted(file.name for file in Path().iterdir())
    assert not robots_txt.parse(Path("robots.txt").read_bytes()).allows("GPTBot", "/")


def test_output_to_a_link(capfd: pytest.CaptureFixture[str]) -> None:
    """Writes the file that it leads to, there where it is: the link stays, as a web server was told of it."""
    Path("www").mkdir()
    Path("www/robots.txt").write_text("old")
    Path("robots.txt").symlink_to("www/robots.txt")

    assert 0 == printed(capfd, "robots", "--output", "robots.txt")[0]

    assert Path("robots.txt").is_symlink()
    assert not robots_txt.parse(Path("www/robots.txt").read_bytes()).allows("GPTBot", "/")
    assert ["robots.txt"] == [file.name for file in Path("www").iterdir()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,no-ai\n2,maybe\n", "2: cannot read 'maybe' as a reservation"),
        (b"42,maybe\n7,no-ai\n", "1: cannot read 'maybe' as a reservation"),
        (b"name,said\n7,no-ai\n", "1: cannot read 'said' as a reservation"),
        (b'1,no-ai\n2,"no-ai\n3,no-ai\n', "2: a quote is opened, and not closed again"),
        (b'1,no-ai\n2,"no-ai" x\n', "2: ',' expected after '\"'"),
        (b"1,no-ai\n" + b"x" * 200_000, "2: field larger than field limit (131072)"),
        (b"1,no-ai\n2,no\0ai\n", "2: there is a NUL in it"),
        (b"1,no-ai\n2,no-ai\ncaf\xe9,no-ai\n", "3: is not UTF-8"),
        (b'1,"no-ai\n"\n2,maybe\n', "3: cannot read 'maybe'"),
        (b"", " names no track: wanted lines such as 42,no-ai"),
        (b"id,said\n\n,no-ai\n", " names no track: wanted lines such as 42,no-ai"),
        (b"id,said\n1,\n2\n", " says nothing of any track: wanted lines such as 42,no-ai"),
        (b"1|no-ai\n2|no-ai\n", " says nothing of any track: wanted lines such as 42,no-ai"),
    ],
)
def test_files_of_tracks_that_cannot_be_read(content: bytes, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, with the number of the line that is wrong; status 2, and nothing is written."""
    Path("tracks.csv").write_bytes(content)

    status, text, talk = printed(capfd, "tdmrep", "--tracks", "tracks.csv", "--output", "tdmrep.json")

    assert (2, "", 1) == (status, text, len(talk.splitlines()))
    assert talk.startswith(f"noscrape: tracks.csv:{message}")
    assert not Path("tdmrep.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["robots", "--merge", "absent.txt"], "noscrape: absent.txt: cannot be read: No such file or directory\n"),
        (
            ["robots", "--merge", "big.txt"],
            "noscrape: big.txt: has more than 512_000 bytes, and crawlers read no further\n",
        ),
        (["robots", "--output", "absent/robots.txt"], "noscrape: absent/robots.txt: cannot be written: No such file"),
        (["tdmrep", "--tracks", "bad.csv"], "noscrape: bad.csv:2: cannot read 'maybe' as a reservation"),
        (["policy", "--config", "empty.toml"], "noscrape: there is no [site] policy"),
        (["licence", "--config", "empty.toml"], "noscrape: nothing is reserved by default"),
        (["tdmrep", "--config", "empty.toml", "--tracks", "bad.csv"], "noscrape: --tracks: no [[tracks.routes]]"),
    ],
)
def test_bad_input(arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A clear error, status 2, and nothing written."""
    Path("big.txt").write_bytes(b"#" * 512_001)
    Path("bad.csv").write_text("1,no-ai\n2,maybe\n")
    Path("empty.toml").write_text('[site]\ndefault = "open"\n[tracks]\ndefault = "open"\n')

    status, text, talk = printed(capfd, *arguments)

    assert (2, "") == (status, text)
    assert talk.startswith(message)
