"""Lines of access logs, in every format, become the facts of a request; broken ones say what is wrong with them."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.replay import LONGEST_LINE, NoRequestError, Parser, UnreadLineError
from noscrape.request import Facts

#: 2000-10-10 20:55:36 UTC.
FRANK = 971_211_336.0

COMMON = '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
COMBINED = COMMON + ' "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"'


def parsed(line: str | bytes) -> Facts:
    """The facts of a line."""
    return timed(line)[1]


def timed(line: str | bytes) -> tuple[float, Facts]:
    """The time and the facts of a line."""
    time, facts, *_ = Parser().parse(line if isinstance(line, bytes) else line.encode())
    return time, facts if facts.headers is None else facts._replace(headers=list(facts.headers))


def combined(
    *,
    peer: str = "192.0.2.1",
    user: str = "-",
    time: str = "22/Nov/2026:10:00:00 +0000",
    request: str = "GET /tracks/42 HTTP/1.1",
    agent: str = "curl/8.0",
    rest: str = "",
) -> str:
    """A line of the combined format."""
    return f'{peer} - {user} [{time}] "{request}" 200 512 "-" "{agent}"{rest}'


def described(**request: Any) -> str:
    """A line of JSON Lines, a request for /tracks/42 where nothing else is said."""
    return json.dumps({"t": 1000, "path": "/tracks/42"} | request)


def caddy(*, entry: dict[str, Any] | None = None, **request: Any) -> str:
    """An entry of Caddy's access log."""
    asked = {
        "remote_ip": "192.0.2.1",
        "client_ip": "192.0.2.1",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "music.example",
        "uri": "/tracks/42?x=1",
        "headers": {"User-Agent": ["curl/8.0"], "Accept": ["*/*"]},
    }
    whole = {"level": "info", "ts": 1700000000.25, "logger": "http.log.access.log0", "msg": "handled request"}
    return json.dumps(whole | {"request": asked | request, "size": 12, "status": 200} | (entry or {}))


def test_common() -> None:
    """The common format tells of no user agent: it is not recorded, which is another thing than absent."""
    assert timed(COMMON) == (FRANK, Facts("GET", "/a.gif", "", b"", None, None, "127.0.0.1"))


def test_combined() -> None:
    """The combined format tells of the user agent, and of no other header that we could say is absent."""
    agent = b"Mozilla/4.08 [en] (Win98; I ;Nav)"
    assert timed(COMBINED) == (FRANK, Facts("GET", "/a.gif", "", b"", agent, None, "127.0.0.1"))


@pytest.mark.parametrize(
    "line",
    [
        combined(rest=' "203.0.113.9"'),
        combined(rest=' 0.005 "-" upstream=10.0.0.1'),
        combined(rest="\r"),
        combined(user="some body"),
        combined(user="a[b]"),
        combined().replace('" 200 512 ', '" 304 - '),
        combined().replace('" 200 512 ', '" - - '),
        combined().replace(' "-" "curl', r' "http://a/\"x\"" "curl'),
        combined(request="GET /tracks/42 HTTP/2.0"),
        combined(request="GET /tracks/42 HTTP/3.0"),
        combined(request="GET /tracks/42"),
        combined(request="GET http://music.example/tracks/42 HTTP/1.1"),
        "music.example:443 " + combined(),
    ],
)
def test_further_fields_and_spellings(line: str) -> None:
    """What servers add to the combined format, or leave out of it, changes nothing."""
    assert Facts("GET", "/tracks/42", "", b"", b"curl/8.0", None, "192.0.2.1") == parsed(line)


def test_common_with_further_fields() -> None:
    """Numbers behind the common format's fields are no user agent."""
    assert parsed(COMMON + " 0.005 1234").user_agent is None


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/tracks/42?a=1&b=%20", "/tracks/42", b"a=1&b=%20"),
        ("/a%20b", "/a b", b""),
        ("/%2541", "/%41", b""),
        ("/caf%C3%A9", "/café", b""),
        ("/%ff", "/\N{REPLACEMENT CHARACTER}", b""),
        ("/a%2Fb", "/a/b", b""),
        ("/%3Fa?b", "/?a", b"b"),
        ("/%zz", "/%zz", b""),
        ("/a#b?c", "/a", b""),
        ("//a/../b;c", "//a/../b;c", b""),
        ("https://h:8080/x?y", "/x", b"y"),
        ("https://h?y", "/", b"y"),
        ("*", "*", b""),
        ("music.example:443", "music.example:443", b""),
    ],
)
def test_target(target: str, path: str, query: bytes) -> None:
    """A target is split at its query and decoded once, as servers do before an app sees it, in every format."""
    for line in (combined(request=f"GET {target} HTTP/1.1"), described(path=target), caddy(uri=target)):
        facts = parsed(line)
        assert (path, query) == (facts.path, facts.query)


@pytest.mark.parametrize(
    ("written", "agent"),
    [
        ("-", b""),
        ("", b""),
        (r"a\x22b\x5Cc", rb'a"b\c'),
        (r"a\"b\\c", rb'a"b\c'),
        (r"tab\tnewline\n\xe9", b"tab\tnewline\n\xe9"),
        (r"odd\q", rb"odd\q"),
        ("x" * 5000, b"x" * 512),
        (r"\x1b[2J", b"\x1b[2J"),
    ],
)
def test_user_agent(written: str, agent: bytes) -> None:
    """Escapes of nginx and Apache are undone, `-` is an absent header, and what is long is cut."""
    assert agent == parsed(combined(agent=written)).user_agent


def test_escaped_request() -> None:
    """A request line with escapes in it is read like any other."""
    facts = parsed(combined(request=r"GET /a\x22b c?d HTTP/1.1"))
    assert (facts.method, facts.path, facts.query) == ("GET", '/a"b c', b"d")


@pytest.mark.parametrize(
    "request_line", ["-", "", r"\x16\x03\x01\x00", "quit", r"\n", "GET", "GET ", r"\xff /a HTTP/1.1"]
)
def test_no_request(request_line: str) -> None:
    """A connection on which nobody made a request, or spoke TLS to a plain port, is told apart from a broken line."""
    with pytest.raises(NoRequestError, match="no request that the server could read"):
        parsed(combined(request=request_line))


@pytest.mark.parametrize(
    ("peer", "read"),
    [("2001:db8::1", "2001:db8::1"), ("host.example", "host.example"), ("unix:", "unix:"), ("-", None)],
)
def test_peer(peer: str, read: str | None) -> None:
    """The client stands as the log has it; `-` is nobody."""
    assert read == parsed(combined(peer=peer)).peer


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("01/Jan/1970:00:00:00 +0000", 0),
        ("29/Feb/2024:23:59:60 +0000", 1709251199),
        ("22/Nov/2026:10:00:00 +0530", 1795321800),
        ("22/Nov/2026:10:00:00 -0330", 1795354200),
    ],
)
def test_common_time(time: str, seconds: int) -> None:
    """Time is that of the line, with its zone; a leap second counts as the second before."""
    assert seconds == timed(combined(time=time))[0]


@pytest.mark.parametrize("day", ["30/Feb/2026", "01/Foo/2026", "01/Jan/0000", "31/Dec/1969", "01/Jan/9999"])
def test_time_that_cannot_be(day: str) -> None:
    """A date that no calendar has, or that no request was made on, is a broken line."""
    with pytest.raises(UnreadLineError, match="no time that can be"):
        parsed(combined(time=f"{day}:00:00:00 +0000"))


@pytest.mark.parametrize(
    "ts",
    [
        1700000000,
        1700000000.0,
        1700000000000.0,
        1700000000000000000,
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20.123Z",
        "2023-11-14T22:13:20.123456789Z",
        "2023-11-14T22:13:20.000+0000",
        "2023-11-15T00:13:20+02:00",
        "2023/11/14 22:13:20",
        "2023/11/14 22:13:20.000",
        "2023/11/14 22:13:20.000000000",
        "14/Nov/2023:22:13:20 +0000",
    ],
)
def test_caddy_time(ts: object) -> None:
    """Every `time_format` that Caddy has by name is understood."""
    assert timed(caddy(entry={"ts": ts}))[0] == 1_700_000_000


def test_caddy() -> None:
    """Caddy's JSON tells of every header; the host stands beside them."""
    headers = [(b"user-agent", b"curl/8.0"), (b"accept", b"*/*"), (b"host", b"music.example")]
    expected = Facts("GET", "/tracks/42", "", b"x=1", b"curl/8.0", headers, "192.0.2.1")
    assert (1700000000.25, expected) == timed(caddy())


def test_recorded_headers_are_a_sequence() -> None:
    """Headers can be gone through more than once, counted and indexed."""
    for line in (caddy(host=None), described(headers=[["User-Agent", "curl/8.0"], ["Accept", "*/*"]])):
        facts = Parser().parse(line.encode()).facts
        assert facts.headers is not None
        assert (b"accept", b"*/*") == facts.headers[1]
        assert [(b"accept", b"*/*")] == list(facts.headers[1:])
        assert len(facts.headers) == len(list(facts.headers)) == 2
        assert facts.header(b"accept") == facts.header(b"accept") == b"*/*"


def test_caddy_client() -> None:
    """The client is whom Caddy takes for it, else the peer, as older versions write it."""
    assert parsed(caddy(client_ip="203.0.113.9")).peer == "203.0.113.9"
    assert parsed(caddy(client_ip=None)).peer == "192.0.2.1"
    assert parsed(caddy(client_ip=None, remote_ip=None, remote_addr="192.0.2.7:555")).peer == "192.0.2.7:555"


def test_caddy_without_headers() -> None:
    """Headers that were filtered out of the log are not recorded; a header that is not among them is absent."""
    assert parsed(caddy(headers=None)).headers is None
    assert parsed(caddy(headers=None)).user_agent is None
    assert parsed(caddy(headers={})).user_agent == b""


def test_caddy_error_log() -> None:
    """Caddy's log of errors tells of requests that its access log tells of as well: they do not count twice."""
    with pytest.raises(UnreadLineError, match="another log of Caddy's"):
        parsed(caddy(entry={"logger": "http.log.error.log0"}))


def test_described() -> None:
    """A line of JSON Lines with all that it may have."""
    line = described(
        ip="192.0.2.1",
        method="POST",
        headers=[["User-Agent", "a"], ["user-agent", "b" * 600], ["Accept", "*/*"]],
        http_version="2",
        status=200,
        bytes=10,
    )
    headers = [(b"user-agent", b"a"), (b"user-agent", b"b" * 600), (b"accept", b"*/*")]
    expected = Facts("POST", "/tracks/42", "", b"", b"a\n" + b"b" * 512, headers, "192.0.2.1")
    assert (1000, expected) == timed(line)


def test_described_least() -> None:
    """Only time and path must be told; what is not told is not recorded."""
    assert timed(described()) == (1000, Facts("GET", "/tracks/42", "", b"", None, None, None))


def test_described_user_agent() -> None:
    """The user agent alone may be told; an empty one is absent, null is not recorded; headers without one: absent."""
    assert parsed(described(user_agent="a")).user_agent == b"a"
    assert parsed(described(user_agent="a")).headers is None
    assert parsed(described(user_agent="")).user_agent == b""
    assert parsed(described(user_agent=None)).user_agent is None
    assert parsed(described(headers=[])).user_agent == b""
    assert parsed(described(headers=[["accept", "*/*"]], user_agent="a")).user_agent == b"a"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "empty line"),
        (" \r", "empty line"),
        ("hello", "neither JSON nor the common or combined log format, or cut off"),
        (COMBINED[:-1], "neither JSON nor the common or combined log format, or cut off"),
        (COMBINED[:90], "neither JSON nor the common or combined log format, or cut off"),
        (COMMON[:60], "neither JSON nor the common or combined log format, or cut off"),
        (COMMON + ' "only one"', "neither JSON nor the common or combined log format, or cut off"),
        (described()[:-1], "broken JSON, or cut off"),
        ('{"a":' * 10_000, "broken JSON, or cut off"),
        ('{"t": ' + "9" * 5000 + "}", "broken JSON, or cut off"),
        ("[1]", "neither JSON nor the common or combined log format, or cut off"),
        ("{}", "no path"),
        (json.dumps({"t": 1}), "no path"),
        (json.dumps({"path": "/"}), "t: no time, wanted epoch seconds"),
        (described(t=True), "t: no time, wanted epoch seconds"),
        (described(t=-1), "t: no time, wanted epoch seconds"),
        (described(t=10**400), "t: no time, wanted epoch seconds"),
        (described(t=float("nan")), "t: no time, wanted epoch seconds"),
        (described(t=float("inf")), "t: no time, wanted epoch seconds"),
        (described(t=[1]), "t: no time, wanted epoch seconds"),
        (described(t="yesterday"), "no time that can be"),
        (described(path=7), "path: wanted a text"),
        (described(ip=7), "ip: wanted a text"),
        (described(method=[]), "method: wanted a text"),
        (described(user_agent=7), "user_agent: wanted a text"),
        (described(headers={"a": "b"}), "headers: wanted a list of [name, value]"),
        (described(headers=[["a"]]), "headers: wanted names and values that are texts"),
        (described(headers=[["a", 1]]), "headers: wanted names and values that are texts"),
        (described(headers=["ab"]), "headers: wanted a list of [name, value]"),
        (caddy(headers=[1]), "request.headers: wanted lists by name"),
        (caddy(headers={"a": "b"}), "request.headers: wanted lists by name"),
        (caddy(headers={"a": [1]}), "request.headers: wanted values that are texts"),
        (caddy(uri=None), "no uri"),
        (caddy(entry={"ts": None}), "ts: no time, wanted epoch seconds"),
        (combined(agent="x" * LONGEST_LINE), "longer than 64 KiB"),
    ],
)
def test_broken(line: str, problem: str) -> None:
    """A broken line says what is wrong with it, and never quotes what a stranger wrote."""
    with pytest.raises(UnreadLineError) as raised:
        parsed(line)
    assert problem == str(raised.value)
    assert not isinstance(raised.value, NoRequestError)


def test_formats_mix() -> None:
    """One parser reads whatever comes next."""
    parser = Parser()
    paths = [parser.parse(line.encode()).facts.path for line in (COMMON, described(), caddy(), combined())]
    assert paths == ["/a.gif", "/tracks/42", "/tracks/42", "/tracks/42"]


def test_times_kept_are_bounded() -> None:
    """However many different times a log has, the parser keeps a few."""
    parser = Parser()
    for number in range(5000):
        parser.parse(
            combined(time=f"22/Nov/2026:10:{number % 60:02}:{number // 60 % 60:02} +{number % 24:02}00").encode()
        )
    assert len(parser._times) <= 1024


_NASTY = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda agent, target: (
            b'1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET ' + target + b' HTTP/1.1" 200 1 "-" "' + agent
        ),
        st.binary(max_size=80),
        st.binary(max_size=80),
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["t", "ts", "path", "uri", "headers", "request", "ip", "method", "user_agent"]), inner
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(_NASTY)
@example(b'{"t":1,"path":"\\ud800","user_agent":"\\udfff","headers":[["\\ud800","x"]]}')
@example(b"\x00" * 100)
def test_nothing_but_unread_lines(line: bytes) -> None:
    """No line, whatever bytes it is made of, raises anything but that it could not be read."""
    try:
        time, facts, *_ = Parser().parse(line)
    except UnreadLineError:
        return
    assert time > -1e5
    facts.path.encode("utf-8")
    for name, value in facts.headers or ():
        assert (type(name), type(value)) == (bytes, bytes)
    assert facts.user_agent is None or isinstance(facts.user_agent, bytes)


@given(st.text(max_size=60).filter(lambda text: text.strip("-")), st.sampled_from(["nginx", "apache"]))
def test_user_agent_round_trip(agent: str, server: str) -> None:
    """What a server has escaped comes back as the client sent it."""
    sent = agent.encode()[:512]
    written = "".join(_escaped(byte, server) for byte in sent)
    assert sent == parsed(combined(agent=written)).user_agent


def _escaped(byte: int, server: str) -> str:
    """A byte as nginx's `ngx_http_log_escape` and Apache's `ap_escape_logitem` write it."""
    if 32 <= byte < 127 and byte not in b'"\\':
        return chr(byte)
    if server == "apache" and byte in b'"\\':
        return "\\" + chr(byte)
    return f"\\x{byte:02X}"
