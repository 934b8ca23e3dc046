"""`noscrape export`."""

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
