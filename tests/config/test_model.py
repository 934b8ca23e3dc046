"""Each range is taken at both ends, and refused one step beyond each."""

from typing import Any

import pytest

from noscrape.config import Config, load
from noscrape.errors import ConfigError
from noscrape.words import Answer, Mode, Purpose, Said, Stance

RANGES = [
    ("clients.ipv6_prefix", 32, 128, 1),
    ("tracks.cache_seconds", 0, 86_400, 0.001),
    ("tracks.cache_size", 1, 10_000_000, 1),
    ("tracks.timeout_seconds", 0.001, 60, 0.0001),
    ("patterns.clients", 100, 10_000_000, 1),
    ("log.max_bytes", 10_000, 1_000_000_000_000, 1),
    ("log.keep", 1, 10_000, 1),
    ("log.queue", 1, 10_000_000, 1),
]


def _nested(key: str, value: object) -> dict[str, Any]:
    table, _, name = key.partition(".")
    return {table: {name: value}}


def _refusal(settings: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as refused:
        load(settings)
    return str(refused.value)


@pytest.mark.parametrize(("key", "low", "high", "step"), RANGES, ids=[row[0] for row in RANGES])
def test_a_range_holds_at_both_ends(key: str, low: float, high: float, step: float) -> None:
    """The ends belong to the range; one step beyond does not, and the message names both ends."""
    table, _, name = key.partition(".")

    for end in (low, high):
        assert end == getattr(getattr(load(_nested(key, end)).config, table), name)
    for beyond in (low - step, high + step):
        message = _refusal(_nested(key, beyond))
        assert message.startswith(f"Python: {key}: got {beyond}, wanted ")
        assert message.replace("_", "").endswith(f"wanted {low} to {high}")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1 << 5000, True, "60", None])
def test_no_odd_number_gets_into_a_range(value: object) -> None:
    """Not a number, infinity, numbers beyond a float, true and text in quotes are no seconds."""
    assert _refusal(_nested("tracks.cache_seconds", value)).startswith("Python: tracks.cache_seconds: got ")


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ({"name": "a" * 40, "limit": "1/day"}, True),
        ({"name": "a" * 41, "limit": "1/day"}, False),
        ({"name": "", "limit": "1/day"}, False),
        ({"name": "a", "limit": "1/day"}, True),
        ({"name": "a", "limit": "0/day"}, False),
        ({"name": "a", "limit": "1000000000/day"}, True),
        ({"name": "a", "limit": "1000000001/day"}, False),
        ({"name": "a", "limit": "1/366 days"}, True),
        ({"name": "a", "limit": "1/367 days"}, False),
        ({"name": "a", "limit": "1/" + "9" * 5000 + " days"}, False),
    ],
)
def test_a_quota_has_bounds(settings: dict[str, str], taken: bool) -> None:
    """Its name, its count and its time."""
    if taken:
        assert settings["name"] == load({"patterns": {"quota": [settings]}}).config.patterns.quota[0].name
    else:
        assert _refusal({"patterns": {"quota": [settings]}}).startswith("Python: patterns.quota.0.")


@pytest.mark.parametrize(("length", "taken"), [(15, False), (16, True)])
def test_a_key_is_long_enough(length: int, taken: bool) -> None:
    """Sixteen characters are the least that a keyed hash is given."""
    settings = {"log": {"addresses": "keyed-hash", "key": "k" * length}}
    if taken:
        assert "k" * length == load(settings).config.log.key
    else:
        assert f"Python: log.key: got {length} characters" in _refusal(settings)


@pytest.mark.parametrize(("length", "taken"), [(100, True), (101, False)])
def test_a_token_is_short_enough(length: int, taken: bool) -> None:
    """A token fits into a line of the log."""
    settings = {"crawlers": {"extra": [{"token": "A" * length, "purpose": "training"}]}}
    if taken:
        assert ("A" * length,) == load(settings).config.crawlers.extra[0].match
    else:
        assert "at most 100 visible characters" in _refusal(settings)


@pytest.mark.parametrize("prefix", ["1", "8"])
def test_any_network_but_everybody_may_be_a_partner(prefix: str) -> None:
    """A /1 is odd and the operator's affair; a /0 switches everything off, and is a fault."""
    assert f"0.0.0.0/{prefix}" == str(
        load(_nested("clients.partners", [f"0.0.0.0/{prefix}"])).config.clients.partners[0]
    )
    assert "every address there is" in _refusal(_nested("clients.partners", ["0.0.0.0/0"]))


def test_nothing_configured_is_the_default_of_the_documentation() -> None:
    """Training crawlers are refused, everything is reserved, and no limit is set."""
    config = load(None).config

    assert (Mode.ENFORCE, "allow", Stance.NO_TRAINING) == (config.mode, config.on_error, config.stance)
    assert {Said.RESERVED} == {config.site.default, config.tracks.default, config.tracks.on_failure}
    assert ((), (), None) == (config.patterns.quota, config.tracks.routes, config.tracks.reader)
    assert ("refused", "crawlers", "own-documents", "reservations", "findings") == config.log.record


def test_answers_by_purpose_are_those_that_were_given() -> None:
    """Purposes of which nothing was said are left to the stance."""
    crawlers = load({"crawlers": {"search": "refuse", "training": "observe"}}).config.crawlers

    assert {Purpose.SEARCH: Answer.REFUSE, Purpose.TRAINING: Answer.OBSERVE} == crawlers.purposes


def test_a_crawler_of_ones_own_is_found_by_its_token_unless_strings_are_given() -> None:
    """`match` is the token where nothing else is said."""
    entries = [
        {"token": "AcmeHarvester", "purpose": "training"},
        {"token": "OtherOne", "purpose": "dataset", "match": ["Other-One", "OtherOne"]},
    ]

    extra = load({"crawlers": {"extra": entries}}).config.crawlers.extra

    assert [("AcmeHarvester",), ("Other-One", "OtherOne")] == [entry.match for entry in extra]


def test_secrets_are_not_in_what_is_printed_of_a_configuration() -> None:
    """A traceback or a debugger's line shows neither the key nor a URL with a password."""
    reader = {"kind": "sql", "url": "postgresql+asyncpg://u:hunter2hunter2hunter2@db/m", "query": "SELECT :track_id"}
    config = load({"log": {"key": "hunter2hunter2hunter2"}, "tracks": {"reader": reader}}).config

    assert "hunter2" not in f"{config!r}{config}"


@pytest.mark.parametrize(
    "settings",
    [
        {"log": {"key": 867_530_9}},
        {"log": {"key": b"8675309"}},
        {"tracks": {"reader": {"kind": "sql", "url": 867_530_9, "query": "SELECT :track_id"}}},
        {"patterns": {"store": 867_530_9}},
    ],
)
def test_a_secret_of_the_wrong_type_is_not_told_either(settings: dict[str, Any]) -> None:
    """A key without its quotes is still a key."""
    message = _refusal(settings)

    assert "got a secret, wanted text in quotes" in message
    assert "8675309" not in message


def test_settings_cannot_be_changed_afterwards() -> None:
    """A configuration is one value: another one is another object."""
    config = Config()

    with pytest.raises(ValueError, match="frozen"):
        config.stance = Stance.NO_AI
