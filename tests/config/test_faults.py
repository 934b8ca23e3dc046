"""Every bad file under `bad/` is refused with exactly the words beside it; every good one under `good/` is taken."""

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

import noscrape
from noscrape.config import load, schema
from noscrape.errors import ConfigError

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.toml"))
GOOD = sorted((HERE / "good").glob("*.toml"))
TOKENS = frozenset({"GPTBot", "ClaudeBot", "CCBot"})

#: Stands in every bad file where a password or key is given; no message may hold it.
SECRET = "hunter2"


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_these_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All faults at once, each with file, line and key, in the order of the file."""
    monkeypatch.chdir(file.parent)

    with pytest.raises(ConfigError) as refused:
        load(file.name, tokens=TOKENS)

    assert file.with_suffix(".txt").read_text("utf-8") == f"{refused.value}\n"


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_no_message_tells_a_secret(file: Path) -> None:
    """Passwords of URLs and the key of hashes stay in the file, and out of the error's whole chain."""
    with pytest.raises(ConfigError) as refused:
        load(file, tokens=TOKENS)

    error: BaseException | None = refused.value
    while error is not None:
        assert SECRET not in f"{error!s}{error!r}"
        error = error.__cause__ or error.__context__


def test_every_message_has_its_file() -> None:
    """No words are left over for a file that is gone, and each file has its words."""
    assert {file.stem for file in BAD} == {file.stem for file in (HERE / "bad").glob("*.txt")}


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_taken(file: Path) -> None:
    """Whatever a good file says is taken, and has a digest of its content."""
    assert load(file, tokens=TOKENS).digest != ""


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_the_schema_agrees_with_every_good_file(file: Path) -> None:
    """An editor that checks by the schema has nothing to say about a file that we take."""
    document = tomllib.loads(file.read_bytes().decode())

    assert [] == [error.message for error in Draft202012Validator(schema()).iter_errors(document)]


@pytest.mark.parametrize(
    "name", ["typo_in_a_key", "several_faults_at_once", "missing_keys", "wrong_types", "log", "reader_as_text"]
)
def test_the_schema_sees_wrong_keys_types_words_and_ranges(name: str) -> None:
    """What can be said in a schema is said there too."""
    document = tomllib.loads((HERE / "bad" / f"{name}.toml").read_text("utf-8"))

    assert not Draft202012Validator(schema()).is_valid(document)


def test_the_published_schema_is_the_one_of_the_models() -> None:
    """`noscrape config schema > noscrape/noscrape.schema.json` brings it up to date."""
    published = Path(noscrape.__file__).with_name("noscrape.schema.json")

    assert schema() == json.loads(published.read_text("utf-8"))


def test_every_setting_is_described_in_the_schema() -> None:
    """A hover in an editor explains each key."""
    tables = [schema(), *schema()["$defs"].values()]

    undescribed = [
        key
        for table in tables
        for key, entry in table["properties"].items()
        if not entry.keys() & {"description", "$ref"}
    ]

    assert [] == undescribed
