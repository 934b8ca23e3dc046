"""What a reverse name proves, what it disproves, and what it leaves open."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.verify.reverse import MOST_NAMES, Answer, Reverse, reverse_names
from noscrape.words import Verification

ADDRESS = ip_address("192.0.2.7")
GOOGLE = (".googlebot.com", ".google.com")
VERIFIED, CONTRADICTED, UNKNOWN = Verification.VERIFIED, Verification.CONTRADICTED, Verification.UNKNOWN


def known(*names: str, confirmed: bool | None = None) -> Reverse:
    """An address with these names, the first of which was followed."""
    return Reverse(names, followed=names[0] if names else "", confirmed=confirmed)


@pytest.mark.parametrize(
    ("reverse", "decisive", "plain"),
    [
        pytest.param(known("crawl-1.googlebot.com", confirmed=True), VERIFIED, VERIFIED, id="leads-back"),
        pytest.param(known("crawl-1.googlebot.com", confirmed=False), CONTRADICTED, UNKNOWN, id="leads-elsewhere"),
        pytest.param(known("crawl-1.googlebot.com"), UNKNOWN, UNKNOWN, id="not-known-whether-it-leads-back"),
        pytest.param(known("mail.example.net", confirmed=True), CONTRADICTED, CONTRADICTED, id="somebody-elses"),
        pytest.param(known("mail.example.net", confirmed=False), CONTRADICTED, CONTRADICTED, id="not-even-its-own"),
        pytest.param(known("googlebot.com", confirmed=True), CONTRADICTED, UNKNOWN, id="suffix-without-a-name"),
        pytest.param(known("notgooglebot.com", confirmed=True), CONTRADICTED, CONTRADICTED, id="no-dot-between"),
        pytest.param(
            known("googlebot.com.example.net", confirmed=True), CONTRADICTED, CONTRADICTED, id="in-the-middle"
        ),
        pytest.param(known("www.googlebot.com.br", confirmed=True), CONTRADICTED, CONTRADICTED, id="one-label-more"),
        pytest.param(known("ec2-1.compute-1.amazonaws.com", confirmed=True), CONTRADICTED, UNKNOWN, id="rented"),
        pytest.param(known("a.example.net", "x.amazonaws.com"), CONTRADICTED, UNKNOWN, id="one-of-two-is-rented"),
        pytest.param(known(), UNKNOWN, UNKNOWN, id="no-name"),
        pytest.param(Reverse(problem="no answer within 2 s"), UNKNOWN, UNKNOWN, id="no-answer"),
        pytest.param(
            Reverse(("a.example.net",), more=True, followed="a.example.net"),
            UNKNOWN,
            UNKNOWN,
            id="more-names",
        ),
        pytest.param(
            Reverse(("a.example.net", "x.googlebot.com"), followed="a.example.net", confirmed=True),
            UNKNOWN,
            UNKNOWN,
            id="another-was-followed",
        ),
    ],
)
def test_what_a_name_proves(reverse: Reverse, decisive: Verification, plain: Verification) -> None:
    """With the operator's word that this tells a false one, and without it."""
    assert decisive is reverse.judged(GOOGLE, decisive=True).status
    assert plain is reverse.judged(GOOGLE, decisive=False).status


@pytest.mark.parametrize(
    ("reverse", "how"),
    [
        (
            known("crawl-1.googlebot.com", confirmed=True),
            "reverse-dns: its address is named *.googlebot.com, and that name leads back to it",
        ),
        (
            known("mail.example.net", confirmed=True),
            "reverse-dns: its address is named *.example.net, and not in .googlebot.com, .google.com",
        ),
        (known(), "reverse-dns: its address has no reverse name"),
        (
            Reverse(problem="no answer within 2 s"),
            "reverse-dns: the reverse name of its address is not known: no answer within 2 s",
        ),
    ],
)
def test_it_says_how_it_knows(reverse: Reverse, how: str) -> None:
    """In one sentence, which begins with the method."""
    assert how == reverse.judged(GOOGLE, decisive=True).how


def test_without_suffixes_nothing_is_known() -> None:
    """Not even that it is somebody else."""
    assert UNKNOWN is known("mail.example.net", confirmed=True).judged((), decisive=True).status


def test_a_neighbour_under_the_same_domain_is_no_stranger() -> None:
    """Our own choice: `stats.msn.com` is no `.search.msn.com`, and may well be the same operator's."""
    checked = known("stats.msn.com", confirmed=True).judged((".search.msn.com",), decisive=False)
    assert UNKNOWN is checked.status


@pytest.mark.parametrize(
    "records",
    [
        ("Crawl-1.GoogleBot.com.",),
        ("mail.example.net", "crawl-1.googlebot.com"),
        ("CRAWL-1.GOOGLEBOT.COM", "crawl-1.googlebot.com"),
        ("a\x00b.googlebot.com", "crawl-1.googlebot.com"),
    ],
    ids=["case-and-final-dot", "the-one-that-fits", "twice", "beside-nonsense"],
)
def test_one_name_is_followed(records: tuple[str, ...]) -> None:
    """The first that ends in a suffix, whatever its case and a dot at its end."""
    assert "crawl-1.googlebot.com" == reverse_names(Answer(records), GOOGLE).followed


def test_the_first_is_followed_where_none_fits() -> None:
    """So that other crawlers can use what was found."""
    assert "b.example.net" == reverse_names(Answer(("b.example.net", "a.example.net")), GOOGLE).followed


@pytest.mark.parametrize(
    "record",
    [
        "localhost",
        "machine.local",
        "7.2.0.192.in-addr.arpa",
        "192.0.2.7",
        ".googlebot.com",
        "a..googlebot.com",
        "\\000\\027.googlebot.com",
        "x.googlebot.com\n",
        "ｇ.googlebot.com",
        "a b.googlebot.com",
        "a" * 64 + ".googlebot.com",
        "a." * 125 + "googlebot.com",
        "",
    ],
)
def test_what_is_no_host_name_is_no_name(record: str) -> None:
    """It neither verifies nor contradicts."""
    reverse = reverse_names(Answer((record,)), GOOGLE)
    assert () == reverse.names
    assert UNKNOWN is reverse.judged(GOOGLE, decisive=True).status


def test_few_of_many_names_are_kept() -> None:
    """The one that is followed among them; and that there are more is known."""
    many = (*(f"{number}.example.net" for number in range(1000)), "crawl-1.googlebot.com")
    reverse = reverse_names(Answer(many), GOOGLE)
    assert (MOST_NAMES, True) == (len(reverse.names), reverse.more)
    assert "crawl-1.googlebot.com" in reverse.names


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [
        (Answer(("192.0.2.7",)), True),
        (Answer(("198.51.100.1", "198.51.100.2", "198.51.100.3", "192.0.2.7")), True),
        (Answer(("198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4")), False),
        (Answer(absent=True), False),
        (Answer((*(f"198.51.100.{number}" for number in range(4)), "192.0.2.7")), None),
        (Answer(), None),
        (Answer(problem="refused"), None),
    ],
    ids=["the-one", "the-last-that-counts", "others", "no-such-name", "one-too-far", "other-family", "failed"],
)
def test_few_addresses_of_the_name_are_followed(answer: Answer, confirmed: bool | None) -> None:
    """Four here. It is denied only where all of them are known."""
    assert confirmed is known("crawl-1.googlebot.com").followed_to(answer, ADDRESS, most=4).confirmed


@given(
    records=st.lists(st.text() | st.from_regex(r"[a-z.]+\.googlebot\.com\.?", fullmatch=True)), decisive=st.booleans()
)
def test_names_of_strangers_are_harmless(records: list[str], decisive: bool) -> None:
    """Whatever stands there is bounded, safe to show, and proves nothing by itself."""
    reverse = reverse_names(Answer(tuple(records)), GOOGLE)
    checked = reverse.judged(GOOGLE, decisive=decisive)
    assert len(reverse.names) <= MOST_NAMES
    assert checked.how.isascii() or "…" in checked.how
    assert checked.how.isprintable()
    assert len(checked.how) < 400
    assert checked.status is not VERIFIED
