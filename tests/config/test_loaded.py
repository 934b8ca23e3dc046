"""Settings come from a file, from Python or from nowhere, and each can say where it comes from."""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import noscrape
from noscrape.config import Config, found, load, parse
from noscrape.config.loaded import LARGEST_BYTES
from noscrape.errors import ConfigError, Fault
from noscrape.words import Answer, Stance

TOKENS = frozenset({"GPTBot", "ClaudeBot"})


def _refusal(source: Any) -> str:
    with pytest.raises(ConfigError) as refused:
        load(source)
    return str(refused.value)


# ---- where from


def test_a_setting_says_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By dotted key: the file as it was named and the line, or that nobody set it."""
    monkeypatch.chdir(tmp_path)
    Path("noscrape.toml").write_text(
        'stance = "no-ai"\n[crawlers.agents]\nGPTBot = "refuse"\n[[tracks.routes]]\npath = "/x"\n'
    )

    loaded = load("noscrape.toml", tokens=TOKENS)

    assert "noscrape.toml:1" == loaded.place("stance")
    assert "noscrape.toml:3" == loaded.place("crawlers.agents.GPTBot")
    assert "noscrape.toml:3" == loaded.place("crawlers.agents.gptbot")
    assert "noscrape.toml:5" == loaded.place("tracks.routes.0.path")
    assert "default" == loaded.place("tracks.default")
    assert 5 == loaded.lines["tracks.routes.0.path"]
    assert tmp_path / "noscrape.toml" == loaded.file


@pytest.mark.parametrize(
    "source",
    [
        {"stance": "no-ai", "crawlers": {"agents": {"GPTBot": "allow"}}, "tracks": {"routes": [{"path": "/x"}]}},
        Config.model_validate(
            {"stance": "no-ai", "crawlers": {"agents": {"GPTBot": "allow"}}, "tracks": {"routes": [{"path": "/x"}]}}
        ),
    ],
    ids=["mapping", "Config"],
)
def test_a_setting_of_python_says_so(source: Mapping[str, Any] | Config) -> None:
    """There is no line to name, and a default is still told apart."""
    loaded = load(source)

    given = ["stance", "crawlers.agents.gptbot", "tracks.routes.0.path", "tracks.routes"]
    left = ["mode", "site.contact", "crawlers.agents.CCBot", "tracks.routes.0.serves", "tracks.routes.1", "log.path"]
    assert (["Python"] * len(given)) == [loaded.place(key) for key in given]
    assert (["default"] * len(left)) == [loaded.place(key) for key in left]
    assert (None, {}) == (loaded.file, loaded.lines)


def test_a_file_a_mapping_and_a_config_mean_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three ways to one value."""
    monkeypatch.chdir(tmp_path)
    Path("noscrape.toml").write_text('stance = "no-ai"\n[clients]\npartners = ["192.0.2.0/24"]\n')
    mapping = {"stance": Stance.NO_AI, "clients": {"partners": ("192.0.2.0/24",)}}

    expected = load("noscrape.toml").config

    assert expected == load(mapping).config
    assert expected == load(Config.model_validate(mapping)).config
    assert expected == load(load("noscrape.toml").config).config


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    """`sha256sum` shows the same twelve digits; for Python, equal settings have equal digests."""
    file = tmp_path / "a.toml"
    file.write_bytes(b'stance = "no-ai"\r\n')

    assert sha256(file.read_bytes()).hexdigest()[:12] == load(file).digest
    assert load({"stance": "no-ai"}).digest == load({"stance": Stance.NO_AI}).digest
    assert load({"stance": "no-ai"}).digest != load({}).digest


def test_a_command_finds_the_file_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """./noscrape.toml where there is one, the named one before it, else nothing."""
    monkeypatch.chdir(tmp_path)
    assert None is found(None)

    Path("noscrape.toml").write_text("")

    assert "noscrape.toml" == found(None)
    assert "other.toml" == found("other.toml")


def test_a_link_that_leads_nowhere_is_found_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ./noscrape.toml that is broken is an error, and never the defaults."""
    monkeypatch.chdir(tmp_path)
    Path("noscrape.toml").symlink_to("gone.toml")

    assert "noscrape.toml: no such file; `noscrape config init` writes one to start from" == _refusal(found(None))


# ---- paths


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the process was started; and the default log lies beside the file too."""
    monkeypatch.chdir("/")
    file = tmp_path / "a.toml"
    file.write_text('[tracks.reader]\nkind="sql"\nurl="sqlite+aiosqlite:///music.db"\nquery="SELECT :track_id"\n')

    config = load(file).config

    assert f"{tmp_path}/noscrape.jsonl" == config.log.path
    assert config.tracks.reader is not None
    assert f"sqlite+aiosqlite:///{tmp_path}/music.db" == config.tracks.reader.url


def test_relative_paths_of_a_mapping_start_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no file that they could start at."""
    monkeypatch.chdir(tmp_path)

    assert f"{tmp_path}/logs/a.jsonl" == load({"log": {"path": "logs/a.jsonl"}}).config.log.path


@pytest.mark.parametrize("path", ["", "-", "/var/log/noscrape.jsonl"])
def test_other_logs_stay_what_they_are(path: str) -> None:
    """No log, stdout, and a path from the root."""
    assert path == load({"log": {"path": path}}).config.log.path


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////srv/music.db",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///file:music.db?mode=ro&uri=true",
        "postgresql+asyncpg:///music",
        "cockroachdb+asyncpg://db/music",
    ],
)
def test_other_databases_stay_what_they_are(url: str) -> None:
    """Only a SQLite file can lie beside the configuration."""
    reader = load({"tracks": {"reader": {"kind": "sql", "url": url, "query": "SELECT :track_id"}}}).config.tracks.reader

    assert reader is not None
    assert url == reader.url


# ---- what cannot be read


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """Named and missing is a fault: nobody is protected by a policy that they did not write."""
    file = tmp_path / "gone.toml"

    assert f"{file}: no such file; `noscrape config init` writes one to start from" == _refusal(file)
    (tmp_path / "file").write_text("")
    assert "no such file" in _refusal(tmp_path / "file" / "gone.toml")


def test_a_folder_is_told(tmp_path: Path) -> None:
    """Also where its name looks like a file's."""
    assert f"{tmp_path}: is a folder, wanted a file" == _refusal(tmp_path)


def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    """It could not be read again to see whether it changed."""
    os.mkfifo(tmp_path / "pipe")

    assert f"{tmp_path / 'pipe'}: is no ordinary file" == _refusal(tmp_path / "pipe")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With the system's own reason; a link to itself stands for all of them."""
    (tmp_path / "loop.toml").symlink_to("loop.toml")

    assert _refusal(tmp_path / "loop.toml").startswith(f"{tmp_path / 'loop.toml'}: cannot be read: ")


@pytest.mark.parametrize(("size", "taken"), [(LARGEST_BYTES, True), (LARGEST_BYTES + 1, False)])
def test_a_huge_file_is_told(tmp_path: Path, size: int, taken: bool) -> None:
    """A log or a disk image by mistake is not read to its end."""
    file = tmp_path / "huge.toml"
    file.write_bytes(b"#" * size)
    if taken:
        assert load(None).config.stance == load(file).config.stance
    else:
        assert f"{file}: is too large to be a configuration, wanted at most 1_000_000 bytes" == _refusal(file)


@pytest.mark.parametrize("source", ["", "a\0b", 5, b"noscrape.toml", ["noscrape.toml"]])
def test_what_is_no_source_is_told(source: object) -> None:
    """An empty name, a NUL in it, and values of other types."""
    assert _refusal(source).startswith("Python: config: got ")


def test_a_name_cannot_forge_a_line(tmp_path: Path) -> None:
    """A file's name is shown escaped."""
    file = tmp_path / "a\nnoscrape.toml: good\x1b[2J"

    assert "\n" not in _refusal(file)
    assert "\x1b" not in _refusal(file)


def test_a_byte_order_mark_is_no_fault() -> None:
    """Some editors begin every file with one."""
    assert Stance.NO_AI is parse(b'\xef\xbb\xbfstance = "no-ai"\n', Path("a.toml")).config.stance


def test_a_mapping_that_holds_itself_is_told() -> None:
    """Python can build what no file can."""
    endless: dict[str, Any] = {}
    endless["site"] = endless

    assert "nested too deeply" in _refusal(endless)


def test_tokens_are_checked_only_where_they_are_known() -> None:
    """Without the catalog any token will do; with it, its own and those of `extra`, in any case."""
    answers = {"agents": {"NobodyKnows": "refuse"}}
    extra = [{"token": "NobodyKnows", "purpose": "training"}]

    assert {"NobodyKnows": Answer.REFUSE} == load({"crawlers": answers}).config.crawlers.agents
    with pytest.raises(ConfigError, match="unknown crawler"):
        load({"crawlers": answers}, tokens=TOKENS)
    with pytest.raises(ConfigError, match="unknown crawler"):
        load(Config.model_validate({"crawlers": answers}), tokens=TOKENS)
    for source in ({"crawlers": {**answers, "extra": extra}}, {"crawlers": {"agents": {"gptBOT": "refuse"}}}):
        load(source, tokens=TOKENS)
        load(Config.model_validate(source), tokens=TOKENS)


# ---- the starter file


def _starter() -> str:
    return (Path(noscrape.__file__).parent / "starter.toml").read_text("utf-8")


def _beside(folder: Path) -> Config:
    """The defaults of a file in a folder."""
    files = {"log": {"path": f"{folder}/noscrape.jsonl"}, "verification": {"folder": f"{folder}/noscrape-ranges"}}
    return load(files).config


def test_the_starter_file_changes_nothing(tmp_path: Path) -> None:
    """It shows the defaults; as it is, it is the same as none."""
    (tmp_path / "noscrape.toml").write_text(_starter())

    assert _beside(tmp_path) == load(tmp_path / "noscrape.toml").config


def test_every_line_of_the_starter_file_can_be_switched_on() -> None:
    """With every "#" before a setting taken away it is still good, and every key of the models is in it."""
    text = re.sub(r"(?m)^#(?=[a-z\[A-Z])", "", _starter())

    loaded = parse(text.encode(), Path("noscrape.toml"), tokens=TOKENS)

    written = {re.sub(r"\.\d+(?=\.|\Z)", "", key) for key in loaded.lines}
    assert _keys(Config.model_json_schema(), "") <= written


def test_the_starter_file_shows_the_defaults() -> None:
    """A setting that is switched on as it stands changes nothing, but for those that need a site's own value."""
    default = load(None).config
    text = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", _starter().partition("[[tracks.routes]]")[0])

    shown = parse(text.encode(), Path("noscrape.toml")).config

    own = {"contact", "policy", "licence", "trusted_proxies", "partners"}
    for name in ("mode", "on_error", "stance"):
        assert getattr(default, name) == getattr(shown, name)
    for table in ("site", "clients", "tracks"):
        assert getattr(default, table).model_dump(exclude=own) == getattr(shown, table).model_dump(exclude=own)


def _keys(schema: dict[str, Any], above: str, definitions: dict[str, Any] | None = None) -> set[str]:
    definitions = definitions or schema["$defs"]
    found: set[str] = set()
    for key, entry in schema["properties"].items():
        found.add(above + key)
        for name in re.findall(r"'#/\$defs/(\w+)'", str(entry)):
            found |= _keys(definitions[name], f"{above}{key}.", definitions)
    return found


# ---- whatever is written


@given(st.text(st.characters()))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any text is a configuration or a ConfigError."""
    assert all(fault.place.startswith("a.toml") for fault in _faults_of(text.encode("utf-8", "surrogatepass")))


@given(st.binary())
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Nor do bytes that are no text."""
    assert all(fault.place.startswith("a.toml") for fault in _faults_of(data))


_WORDS = sorted({part for key in _keys(Config.model_json_schema(), "") for part in key.split(".")})
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.just(1 << 5000),
    st.text(st.characters(), max_size=30),
    st.sampled_from(["reserved", "/tracks/{id}", "120/minute", "192.0.2.1/24", "sql", "page", "GPTBot"]),
    st.sampled_from(["https://music.example", "sqlite:///a", "SELECT :track_id", "keyed-hash", "query:id"]),
    st.text(alphabet="{}/:abc%?.*", max_size=20).map("/".__add__),
    st.text(alphabet="0123456789 /perminutsho,;|", max_size=20),
    st.text(alphabet="0123456789abcdef.:/%", max_size=20),
    st.text(alphabet="sqlitepostgr+:/@. ", max_size=30),
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.text(max_size=5)), inner, max_size=6),
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.integers()), _VALUES, max_size=6))
def test_no_mapping_raises_anything_else(settings: dict[Any, Any]) -> None:
    """Any mapping is a configuration or a ConfigError, whatever stands under the keys that we know."""
    assert all(fault.problem and str(fault).isprintable() for fault in _faults(settings))


_TABLES = {
    "route": ("routes", "tracks", ["path", "serves", "track", "host"]),
    "quota": ("quota", "patterns", ["name", "limit", "per", "serves", "paths", "action"]),
    "extra": ("extra", "crawlers", ["token", "purpose", "operator", "match", "in_url", "page"]),
    "reader": ("reader", "tracks", ["kind", "url", "query", "id_type"]),
}


@pytest.mark.parametrize("table", sorted(_TABLES))
@given(data=st.data())
def test_no_table_raises_anything_else(table: str, data: st.DataObject) -> None:
    """Every function that reads a single value has an answer to every value."""
    name, above, keys = _TABLES[table]
    entry = data.draw(st.fixed_dictionaries(dict.fromkeys(keys, _VALUES)))

    faults = _faults({above: {name: entry if table == "reader" else [entry, entry]}})

    assert all(fault.key.startswith(f"{above}.{name}") and str(fault).isprintable() for fault in faults)


def _faults(source: Any) -> tuple[Fault, ...]:
    try:
        load(source, tokens=TOKENS)
    except ConfigError as error:
        return error.faults
    return ()


def _faults_of(data: bytes) -> tuple[Fault, ...]:
    try:
        parse(data, Path("a.toml"), tokens=TOKENS)
    except ConfigError as error:
        return error.faults
    return ()
