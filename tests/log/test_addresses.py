"""How much of an address the log keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.log import Addresses, shown_address

KEY = "0123456789abcdef"


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.0.0/16", "203.0.0.0/16"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("fe80::1%eth0/64", "fe80::/48"),
        ("testclient", None),
        ("203.0.113.77, 10.0.0.1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_prefix_names_no_household(address: str | None, prefix: str | None) -> None:
    """IPv4 to /24, IPv6 to /48; what is no address gives nothing away."""
    assert prefix == shown_address(address, Addresses.PREFIX)


def test_full_is_what_was_seen() -> None:
    """Nothing is changed, not even the spelling."""
    assert "2001:DB8::1" == shown_address("2001:DB8::1", "full")


def test_none_keeps_nothing() -> None:
    """Nor is it known afterwards that there was an address."""
    assert None is shown_address("203.0.113.77", "none")


def test_a_hash_is_the_start_of_an_hmac_sha256() -> None:
    """`printf 203.0.113.77 | openssl dgst -sha256 -hmac 0123456789abcdef` says so too."""
    assert "c84c04c05495024d" == shown_address("203.0.113.77", "keyed-hash", KEY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:0::1", "2001:DB8::1"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("fe80::1%eth0", "fe80::1"),
        ("203.0.113.77/32", "203.0.113.77"),
    ],
)
def test_one_address_has_one_hash(one: str, other: str) -> None:
    """However it was spelled."""
    assert shown_address(one, "keyed-hash", KEY) == shown_address(other, "keyed-hash", KEY)


def test_different_keys_give_different_hashes() -> None:
    """Without the key nobody can try out all addresses."""
    assert shown_address("203.0.113.77", "keyed-hash", KEY) != shown_address("203.0.113.77", "keyed-hash", KEY[::-1])


@pytest.mark.parametrize("key", [None, ""])
def test_a_hash_needs_a_key(key: str | None) -> None:
    """A hash of an address without one is the address to anybody with a minute of time."""
    with pytest.raises(ValueError, match="needs a key"):
        shown_address("203.0.113.77", "keyed-hash", key)


def test_other_words_are_refused() -> None:
    """A word that was misspelled must not mean "full"."""
    with pytest.raises(ValueError, match="prefx"):
        shown_address("203.0.113.77", "prefx")


@given(address=st.text() | st.ip_addresses().map(str), how=st.sampled_from(Addresses))
def test_any_text_is_answered(address: str, how: Addresses) -> None:
    """What a proxy writes into a header is not always an address."""
    shown = shown_address(address, how, KEY)
    assert shown is None or isinstance(shown, str)


@given(address=st.ip_addresses().map(str))
def test_a_prefix_can_be_shown_again(address: str) -> None:
    """Showing what is shown changes nothing."""
    once = shown_address(address, "prefix")
    assert once == shown_address(once, "prefix")
