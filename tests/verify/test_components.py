"""What a signature is made over: RFC 9421, section 2."""

from typing import Any

import pytest

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from noscrape.verify.components import ComponentError, SignedRequest, TooLongError, signature_base
from tests.verify.signing import request

pytestmark = pytest.mark.signatures


def value(component: str, *headers: tuple[bytes, bytes], **other: Any) -> str:
    """What the signature base says of one component."""
    asked = request(headers=((b"signature-input", f"a=({component})".encode()), *headers), **other)
    line, _ = signature_base(asked, label="a").split("\n")
    return line.removeprefix(component + ": ")


@pytest.mark.parametrize(
    ("scheme", "authority", "expected"),
    [
        ("https", "Music.Example", "music.example"),
        ("https", "music.example:443", "music.example"),
        ("http", "music.example:80", "music.example"),
        ("https", "music.example:80", "music.example:80"),
        ("https", "music.example:8443", "music.example:8443"),
        ("https", "music.example:", "music.example"),
        ("https", "[2001:DB8::1]:443", "[2001:db8::1]"),
        ("https", "192.0.2.1:81", "192.0.2.1:81"),
    ],
)
def test_authority(scheme: str, authority: str, expected: str) -> None:
    """Section 2.2.3: in lower case, without the scheme's own port."""
    assert expected == value('"@authority"', scheme=scheme, authority=authority)


@pytest.mark.parametrize("authority", ["", "a b", "a/b", "a@b", "a:b", "a\nb", "ä", ":80", "[::1"])
def test_no_authority(authority: str) -> None:
    """Ours: a host that is none is not signed, since what is made of it could say something else."""
    with pytest.raises(ComponentError, match="the request names no host"):
        value('"@authority"', authority=authority)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/a/%2F/../b", "/a/%2F/../b"),
        (b"", "/"),
        (b"/a[]|b", "/a[]|b"),
        (b"//a", "//a"),
        (b"https://music.example/a", "/a"),
        (b"https://music.example", "/"),
    ],
)
def test_path(path: bytes, expected: str) -> None:
    """Section 2.2.6: as sent, not decoded, and a slash where it is empty."""
    assert expected == value('"@path"', path=path)


@pytest.mark.parametrize("path", [b"*", b"a", b"a/b://c", b"/\xff", b"/a\nb", b"/\x7f", b"/\t"])
def test_no_path(path: bytes) -> None:
    """Ours: what is no path, or could begin another line, is not signed."""
    with pytest.raises(ComponentError):
        value('"@path"', path=path)


def test_derived() -> None:
    """Section 2.2: the other parts of a request."""
    asked: dict[str, Any] = {"method": "POST", "authority": "Music.Example:443", "path": b"/a", "query": b"b[]=%20&c"}
    expected = {
        '"@method"': "POST",
        '"@scheme"': "https",
        '"@query"': "?b[]=%20&c",
        '"@request-target"': "/a?b[]=%20&c",
        '"@target-uri"': "https://music.example/a?b[]=%20&c",
    }
    assert expected == {component: value(component, **asked) for component in expected}


def test_no_query() -> None:
    """Section 2.2.7: a query that is not there is a question mark; a target has none then."""
    assert "?" == value('"@query"')
    assert "https://music.example/tracks/1" == value('"@target-uri"')
    assert "/tracks/1" == value('"@request-target"')


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ('"@query-param";name="param"', "value"),
        ('"@query-param";name="foo"', "bar"),
        ('"@query-param";name="baz"', "batman"),
        ('"@query-param";name="qux"', ""),
        ('"@query-param";name="var"', "this%20is%20a%20big%0Amultiline%20value"),
        ('"@query-param";name="bar"', "with%20plus%20whitespace"),
        ('"@query-param";name="fa%C3%A7ade%22%3A%20"', "something"),
        ('"@query-param";name="t"', "%7E*-._"),
    ],
)
def test_query_parameter(component: str, expected: str) -> None:
    """Section 2.2.8: one parameter, decoded and encoded again in one way. The values are those of its examples."""
    query = (
        b"param=value&foo=bar&baz=batman&qux="
        b"&var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&t=~*-._"
    )
    assert expected == value(component, query=query)


@pytest.mark.parametrize(
    ("headers", "component", "expected"),
    [
        ([(b"x", b"  a ")], '"x"', "a"),
        ([(b"x", b"a "), (b"y", b"1"), (b"x", b" b,  c")], '"x"', "a, b,  c"),
        ([(b"x", b"")], '"x"', ""),
        ([(b"x", b"a\tb")], '"x"', "a\tb"),
        ([(b"x", b"a=1,b=2;x=1;y=2")], '"x";key="b"', "2;x=1;y=2"),
        ([(b"x", b"a=1"), (b"x", b"b=(1   2)")], '"x";key="b"', "(1 2)"),
        ([(b"x", b"a;b=1")], '"x";key="a"', "?1;b=1"),
        ([(b"x", b"a=1, a=2")], '"x";key="a"', "2"),
        ([(b"x", b"a=(1   2)")], '"x";key="a";sf', "(1 2)"),
        ([(b"accept", b"a,  b")], '"accept";sf', "a, b"),
        ([(b"x", b"a, b"), (b"x", b"c")], '"x";bs', ":YSwgYg==:, :Yw==:"),
    ],
    ids=[
        "trimmed",
        "several lines",
        "empty",
        "a tab",
        "a member",
        "a member of several lines",
        "a flag",
        "the last",
        "a member, said twice",
        "a list",
        "binary",
    ],
)
def test_fields(headers: list[tuple[bytes, bytes]], component: str, expected: str) -> None:
    """Section 2.1: fields as they are, their members in one spelling, or their lines as bytes."""
    assert expected == value(component, *headers)


@pytest.mark.parametrize(
    "component",
    [
        '"x"',
        '"Host"',
        '"host";tr',
        '"host";req',
        '"host";key="a"',
        '"host";key=a',
        '"host";x',
        '"host" "host"',
        '"host";bs;sf "host";sf;bs',
        '"@authority";req',
        '"@authority";x',
        '"@Authority"',
        '"@status"',
        '"@signature-params"',
        '"@x"',
        '"@query-param"',
        '"@query-param";name=a',
        '"@query-param";name="none"',
        '"@query-param";name="twice"',
        '"@query";name="a"',
    ],
)
def test_not_to_be_made(component: str) -> None:
    """What is not there, or not known, or covered twice, is no base for a signature."""
    with pytest.raises(ComponentError):
        value(component, (b"host", b"music.example"), query=b"a=1&twice=1&twice=2")


@pytest.mark.parametrize("text", [b"a\nb", b"a\r\nb", b"a\x00b", b"a\x1bb", b"\xe4"])
def test_field_that_is_no_text(text: bytes) -> None:
    """Section 2.5: a base is one line for each component, and ASCII."""
    with pytest.raises(ComponentError):
        value('"x"', (b"x", text))


def test_field_too_long() -> None:
    """Ours: a field beyond 8 KiB is not read."""
    assert 8_192 == len(value('"x"', (b"x", b"a" * 8_192)))
    with pytest.raises(TooLongError, match="a field is covered that is too long"):
        value('"x"', (b"x", b"a" * 8_192), (b"x", b"a"))


def test_too_much_to_parse() -> None:
    """Ours: what is taken apart is 2 KiB at most, in all: queries and fields of which a member is covered."""
    query = b"a=1&" + b"b" * 1_020
    member = b"k=1, l=" + b"1" * 6 + b", m=:" + b"A" * 1_000 + b":;x=yz"
    assert "1" == value('"@query-param";name="a"', query=query)
    both = '"@query-param";name="a" "x";key="k"'
    headers = ((b"signature-input", f"a=({both})".encode()), (b"x", member))
    asked = request(headers=headers, query=query)
    assert 2_048 == len(query) + len(member)
    assert signature_base(asked, label="a").startswith('"@query-param";name="a": 1\n"x";key="k": 1\n')
    with pytest.raises(TooLongError, match="more than 2,048 bytes would be taken apart"):
        signature_base(request(headers=headers, query=query + b"b"), label="a")


def test_base_too_long() -> None:
    """Ours: a base is of 64 KiB at most."""
    headers = [(f"x{number}".encode(), b"a" * 8_000) for number in range(9)]
    covered = " ".join(f'"x{number}"' for number in range(9))
    asked = request(headers=((b"signature-input", f"a=({covered})".encode()), *headers))
    with pytest.raises(TooLongError, match="what is covered is too long"):
        signature_base(asked, label="a")


def test_parameters_in_their_order() -> None:
    """Section 2.3: the parameters as they were sent, in one spelling."""
    asked = request(headers=((b"signature-input", b'a=(  "@method"   "@path" ) ;  tag="x";created=01;flag=?1'),))
    with pytest.raises(ComponentError):
        signature_base(asked, label="a")
    asked = request(headers=((b"signature-input", b'a=(  "@method"   "@path" );  tag="x";created=01;flag=?1'),))
    expected = '"@method": GET\n"@path": /tracks/1\n"@signature-params": ("@method" "@path");tag="x";created=1;flag'
    assert expected == signature_base(asked, label="a")


def test_no_label() -> None:
    """A label that is not there has no base."""
    with pytest.raises(ComponentError, match="Signature-Input has no list of components by the label 'b'"):
        signature_base(SignedRequest("GET", "https", "a", b"/", b"", ((b"signature-input", b"a=()"),)), label="b")
