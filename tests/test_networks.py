"""Addresses as they are written, and tables of networks, beside Python's own `ipaddress`."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.networks import Address, Network, NetworkTable, address, all_ordinary, around, ordinary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("  192.0.2.1\t", "192.0.2.1"),
        ("192.0.2.1:8080", "192.0.2.1"),
        ("192.0.2.1:_hidden", "192.0.2.1"),
        ("192.0.2.1:", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]:443", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:c000:201]:80", "192.0.2.1"),
        ("::", "::"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    """Ports, brackets and zones are dropped, and a mapped address is its IPv4 address."""
    assert ip_address(expected) == address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "unknown",
        "_hidden",
        "localhost",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.01",
        "1.2.3.4.5",
        "0x7f.1",
        "3232235777",
        "[",
        "[]",
        "[:443",
        ":",
        ":80",
        "1::2::3",
        "g::1",
        "192.0.2.1/24",
        "192.0.2.1, 192.0.2.2",
        "%",
        "192.0.2.1%eth0",
        "fe80::1%",
        "192.0.2.1:http",
        "192.0.2.1:123456",
        "192.0.2.1:80x",
        "[2001:db8::1",
        "[2001:db8::1]443",
        "[2001:db8::1]:443]",
        "fe80::1%" + "x" * 200,
        "١.٢.٣.٤",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Anything else is none, and no error."""
    assert address(text) is None


@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef.:[]% ", max_size=60))
def test_any_text_is_read(text: str) -> None:
    """Forwarded headers are anybody's text."""
    assert isinstance(address(text), IPv4Address | IPv6Address | None)


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_every_address_with_a_port(wanted: Address, port: int) -> None:
    """An address comes back from each way in which proxies write it."""
    expected = wanted.ipv4_mapped or wanted if isinstance(wanted, IPv6Address) else wanted
    written = f"[{wanted}]:{port}" if wanted.version == 6 else f"{wanted}:{port}"
    assert expected == address(str(wanted)) == address(written)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("224.0.0.0", "255.255.255.255"),
        ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"),
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_what_is_not_ordinary(first: str, last: str) -> None:
    """Networks of the special-purpose registries, to both their ends; their neighbours are of the internet."""
    low, high = ip_address(first), ip_address(last)
    assert not ordinary(low)
    assert not ordinary(high)
    assert all(ordinary(low - 1) for _ in range(int(low) > 0))
    assert all(ordinary(high + 1) for _ in range(int(high) < 2**high.max_prefixlen - 1))


@pytest.mark.parametrize(
    "text",
    "::1 :: fe80::1 fc00::1 ff02::1 ::ffff:8.8.8.8 64:ff9b::808:808 100::1 192.88.99.1 2001:10::1 2001:20::1".split(),
)
def test_none_of_these_is_ordinary(text: str) -> None:
    """Loopback, unspecified, link-local, ULA, multicast, mapped, NAT64, discard, relays, ORCHID."""
    assert not ordinary(ip_address(text))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    near = draw(st.ip_addresses(v=4, network="192.0.2.0/28") | st.ip_addresses(v=6, network="2001:db8::/124"))
    prefix = draw(st.integers(0, near.max_prefixlen))
    return ip_network(f"{near}/{prefix}", strict=False)


@given(
    st.lists(networks(), max_size=8),
    st.ip_addresses(v=4, network="192.0.2.0/27") | st.ip_addresses(v=6, network="2001:db8::/123") | st.ip_addresses(),
)
def test_a_table_agrees_with_ipaddress(table: list[Network], wanted: Address) -> None:
    """An address is in the table where it is in one of its networks."""
    assert any(wanted in network for network in table) is (wanted in NetworkTable(table))


def test_ends_of_a_network() -> None:
    """The first and the last address are in it, their neighbours are not."""
    table = NetworkTable([IPv4Network("192.0.2.64/26"), IPv6Network("2001:db8::/64")])
    inside = ("192.0.2.64", "192.0.2.127", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff")
    outside = ("192.0.2.63", "192.0.2.128", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:1::", "::c000:240")
    assert all(ip_address(text) in table for text in inside)
    assert not any(ip_address(text) in table for text in outside)


def test_an_empty_table() -> None:
    """It is false, and holds nothing."""
    assert not NetworkTable(())
    assert NetworkTable([IPv4Network("0.0.0.0/0")])
    assert IPv4Address("192.0.2.1") not in NetworkTable(())


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("8.0.0.0/8", True),
        ("172.0.0.0/12", True),
        ("172.0.0.0/8", False),
        ("100.0.0.0/8", False),
        ("10.1.0.0/16", False),
        ("0.0.0.0/0", False),
        ("2600::/16", True),
        ("2001::/16", False),
        ("::/0", False),
    ],
)
def test_networks_of_the_public_internet(network: str, expected: bool) -> None:
    """None has a private one inside, or stands in one."""
    assert expected == all_ordinary(ip_network(network))


@given(st.lists(st.integers(0, 255)), st.integers(0, 255), st.integers(24, 32))
def test_networks_that_meet(hosts: list[int], host: int, length: int) -> None:
    """As Python's own `overlaps` has it."""
    networks = [IPv4Network((0xC0000200 + each, 30), strict=False) for each in hosts]
    asked = IPv4Network((0xC0000200 + host, length), strict=False)
    assert any(asked.overlaps(each) for each in networks) == NetworkTable(networks).meets(asked)


@pytest.mark.parametrize(
    ("found", "network"),
    [
        ("192.0.2.129", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("0.0.0.0", "0.0.0.0/24"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
    ],
)
def test_around(found: str, network: str) -> None:
    """Neighbours are seen together by /24 and /48."""
    assert network == around(found)
