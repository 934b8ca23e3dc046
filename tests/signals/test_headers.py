"""A reservation as headers, beside whatever the app says itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, TDM_ZERO, UNSTATED, Terms
from noscrape.signals import SIGNALLED, Emission, RawHeaders, SharedCache, add, concerned, reserved_by_app
from noscrape.signals.headers import CONCERNED
from noscrape.words import Purpose

ROBOTS = (b"x-robots-tag", b"noai, noimageai")
TDM = (b"tdm-reservation", b"1")
POLICY = (b"tdm-policy", b"https://music.example/ai")
USAGE = (b"content-usage", b"train-ai=n")
LICENCE = (b"link", b'<https://music.example/l.xml>; rel="license"; type="application/rsl+xml"')
DESCRIBED = (b"link", b'<https://music.example/ai>; rel="describedby"')

FULL = Emission(policy="https://music.example/ai", licence="https://music.example/l.xml")


AGENTS = (b"vary", b"User-Agent")
PRIVATE = (b"cache-control", b"private")
ALL = CONCERNED | {b"vary", b"cache-control"}


def added(app: RawHeaders, *lines: tuple[bytes, bytes]) -> RawHeaders:
    headers = list(app)
    add(headers, lines, concerned(headers, ALL))
    return headers


class TestLines:
    """Which lines go out for which terms."""

    @pytest.mark.parametrize(
        ("emission", "terms", "lines"),
        [
            pytest.param(Emission(), NO_TRAINING, (ROBOTS, TDM, USAGE), id="a reserved track"),
            pytest.param(Emission(), RESERVED, (ROBOTS, TDM, USAGE), id="reserved against everything"),
            pytest.param(FULL, NO_TRAINING, (ROBOTS, TDM, POLICY, USAGE, LICENCE), id="with a policy and a licence"),
            pytest.param(Emission(), OPEN, (), id="the owner's settled no emits nothing"),
            pytest.param(Emission(), UNSTATED, (), id="silence emits nothing"),
            pytest.param(FULL, OPEN, (), id="no policy where nothing is reserved"),
            pytest.param(Emission(), TDM_ZERO, ((b"tdm-reservation", b"0"),), id="0 where the owner said just that"),
            pytest.param(
                Emission(), Terms(reserved=frozenset({Purpose.SEARCH})), (), id="no header speaks of AI search"
            ),
            pytest.param(
                Emission(), Terms(reserved=frozenset({Purpose.DATASET})), (TDM,), id="mining without training"
            ),
            pytest.param(Emission(x_robots_tag=False), NO_TRAINING, (TDM, USAGE), id="no X-Robots-Tag"),
            pytest.param(Emission(tdm_reservation=False), NO_TRAINING, (ROBOTS, USAGE), id="no tdm-reservation"),
            pytest.param(Emission(tdm_reservation=False), TDM_ZERO, (), id="no tdm-reservation, no 0 either"),
            pytest.param(Emission(content_usage=False), NO_TRAINING, (ROBOTS, TDM), id="no Content-Usage"),
            pytest.param(
                Emission(link=False, licence="https://music.example/l.xml"),
                NO_TRAINING,
                (ROBOTS, TDM, USAGE),
                id="no Link",
            ),
            pytest.param(
                Emission(shared_cache=SharedCache.VARY),
                NO_TRAINING,
                (ROBOTS, TDM, USAGE, (b"vary", b"User-Agent")),
                id="vary",
            ),
            pytest.param(
                Emission(shared_cache=SharedCache.PRIVATE),
                NO_TRAINING,
                (ROBOTS, TDM, USAGE, (b"cache-control", b"private")),
                id="private",
            ),
            pytest.param(Emission(shared_cache=SharedCache.PRIVATE), OPEN, (), id="open pages stay in caches"),
        ],
    )
    def test_allowed(self, emission: Emission, terms: Terms, lines: tuple[tuple[bytes, bytes], ...]) -> None:
        """They depend on what is reserved and on the operator's switches, and on nothing about the client."""
        assert lines == emission.lines(terms)

    def test_refused(self) -> None:
        """A refusal has the signals and the way to the policy, but no `Content-Usage` and no word to caches."""
        emission = Emission(policy=FULL.policy, licence=FULL.licence, shared_cache=SharedCache.VARY)
        assert (ROBOTS, TDM, POLICY, LICENCE, DESCRIBED) == emission.lines(RESERVED, refusal=True)
        assert emission.lines(TDM_ZERO, refusal=True) == ()

    @given(st.frozensets(st.sampled_from(Purpose)), st.booleans())
    def test_what_tools_can_read(self, reserved: frozenset[Purpose], refusal: bool) -> None:
        """`X-Robots-Tag` holds no colon and no capital, since one reader splits at colons and one minds the case."""
        for name, value in FULL.lines(Terms(reserved=reserved), refusal=refusal):
            assert name == name.lower()
            if name == b"x-robots-tag":
                assert b":" not in value
                assert value == value.lower()

    def test_content_answers(self) -> None:
        """Signals go with the content, or with word that a copy of it is good."""
        assert frozenset({200, 206, 304}) == SIGNALLED


class TestBesideTheApp:
    """Appended, never doubled, and nothing of the app's lost."""

    def test_an_app_that_says_nothing(self) -> None:
        """Ours come last, in order."""
        app = [(b"content-type", b"text/html"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
        assert added(app, ROBOTS, TDM, USAGE) == [*app, ROBOTS, TDM, USAGE]

    @pytest.mark.parametrize(
        ("app", "ours", "expected"),
        [
            pytest.param([ROBOTS], [ROBOTS], [ROBOTS], id="the same"),
            pytest.param(
                [(b"X-Robots-Tag", b"NoAI")],
                [ROBOTS],
                [(b"X-Robots-Tag", b"NoAI"), ROBOTS],
                id="noai in letters that some tools do not know",
            ),
            pytest.param(
                [(b"X-Robots-Tag", b"noindex, noai")],
                [ROBOTS],
                [(b"X-Robots-Tag", b"noindex, noai"), (b"x-robots-tag", b"noimageai")],
                id="what is missing",
            ),
            pytest.param(
                [(b"x-robots-tag", b"noindex")],
                [ROBOTS],
                [(b"x-robots-tag", b"noindex"), ROBOTS],
                id="search directives",
            ),
            pytest.param(
                [(b"x-robots-tag", b"otherbot: noai")],
                [ROBOTS],
                [(b"x-robots-tag", b"otherbot: noai"), ROBOTS],
                id="noai for another agent",
            ),
            pytest.param([TDM], [TDM], [TDM], id="the same reservation"),
            pytest.param([(b"TDM-Reservation", b" 1 ")], [TDM], [(b"TDM-Reservation", b" 1 ")], id="with space"),
            pytest.param([(b"TDM-Reservation", b"0")], [TDM], [TDM], id="the stricter replaces"),
            pytest.param([(b"tdm-reservation", b"yes")], [TDM], [TDM], id="what is no value is replaced"),
            pytest.param([TDM, (b"tdm-reservation", b"0")], [TDM], [TDM], id="two become one"),
            pytest.param([TDM], [(b"tdm-reservation", b"0")], [TDM], id="ours opens nothing"),
            pytest.param(
                [(b"tdm-policy", b"https://a.example/p")],
                [POLICY],
                [(b"tdm-policy", b"https://a.example/p")],
                id="policy",
            ),
            pytest.param([USAGE], [USAGE], [USAGE], id="the same usage"),
            pytest.param(
                [(b"content-usage", b"search=y")],
                [USAGE],
                [(b"content-usage", b"search=y"), USAGE],
                id="usage of search",
            ),
            pytest.param(
                [(b"content-usage", b"train-ai=y")],
                [USAGE],
                [(b"content-usage", b"train-ai=y"), USAGE],
                id="the last wins",
            ),
            pytest.param([(b"link", b"</x>; rel=next")], [LICENCE], [(b"link", b"</x>; rel=next"), LICENCE], id="link"),
            pytest.param([LICENCE], [LICENCE], [LICENCE], id="the same link"),
            pytest.param([(b"Vary", b"Accept")], [AGENTS], [(b"Vary", b"Accept"), AGENTS], id="vary"),
            pytest.param([(b"Vary", b"a, user-agent")], [AGENTS], [(b"Vary", b"a, user-agent")], id="the same vary"),
            pytest.param([(b"Vary", b"*")], [AGENTS], [(b"Vary", b"*")], id="vary by everything"),
            pytest.param(
                [(b"Cache-Control", b"max-age=9")], [PRIVATE], [(b"Cache-Control", b"max-age=9"), PRIVATE], id="caches"
            ),
            pytest.param(
                [(b"Cache-Control", b"no-store")], [PRIVATE], [(b"Cache-Control", b"no-store")], id="kept by none"
            ),
        ],
    )
    def test_beside(self, app: RawHeaders, ours: RawHeaders, expected: RawHeaders) -> None:
        """Each of our lines meets what the app says under its name."""
        assert expected == added(app, *ours)

    @pytest.mark.parametrize(
        ("app", "warning"),
        [
            ([(b"tdm-reservation", b"0")], "the app's tdm-reservation was replaced"),
            ([(b"x-robots-tag", b"googlebot: noindex")], "X-Robots-Tag has a colon"),
            ([(b"content-usage", b"train-ai=n,")], "Content-Usage does not parse"),
            ([(b"content-usage", b"search=y")], ""),
            ([(b"content-usage", b"train-ai=y")], "Content-Usage allows what is reserved"),
            ([(b"cache-control", b"public, max-age=9")], "Cache-Control is public"),
            ([(b"x-robots-tag", b"noindex")], ""),
            ([TDM], ""),
            ([], ""),
        ],
    )
    def test_the_operator_is_told(self, app: RawHeaders, warning: str) -> None:
        """What is replaced, and what spoils our line for some tools."""
        told = add(list(app), [ROBOTS, TDM, USAGE, PRIVATE], concerned(app, ALL))
        assert [warning in text for text in told] == ([True] if warning else [])

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    (b"X-Robots-Tag", b"x-robots-tag", b"TDM-Reservation", b"Content-Usage", b"Link", b"Vary")
                ),
                st.sampled_from(
                    (b"", b"noindex", b"noai", b"0", b"1", b"googlebot: noindex", b"train-ai=n", b"search=y", b"\xff")
                ),
            ),
            max_size=6,
        )
    )
    def test_whatever_an_app_says(self, app: RawHeaders) -> None:
        """Ours can be read from what goes out, a second time adds nothing, and only tdm-reservation is replaced."""
        once = added(app, ROBOTS, TDM, USAGE)
        found = reserved_by_app(concerned(once))
        assert found is not None
        assert NO_TRAINING == found[0]
        assert b"train-ai=n" in [value for name, value in once if name.lower() == b"content-usage"]
        assert once == added(once, ROBOTS, TDM, USAGE)
        kept = [item for item in app if item[0].lower() != b"tdm-reservation"]
        assert kept == [item for item in once if item in kept][: len(kept)]
        values = [value.strip() for name, value in once if name.lower() == b"tdm-reservation"]
        assert set(values) == {b"1"}


class TestReaders:
    """What img2dataset and datadiligence make of our lines, as it was measured; written from that account."""

    @staticmethod
    def img2dataset(lines: list[str]) -> bool:
        """Splits each line at its first colon, and takes what stands before it for an agent."""
        blocked = {"noai", "noimageai", "noindex", "noimageindex"}
        directives = [line.partition(":")[2] if ":" in line else line for line in lines]
        unnamed = [rest for line, rest in zip(lines, directives, strict=True) if ":" not in line]
        return any(piece.strip().lower() in blocked for rest in unnamed for piece in rest.split(","))

    @staticmethod
    def datadiligence(lines: list[str]) -> bool:
        """Joins the lines and looks for the directive, in this case alone."""
        return "noai" in [piece.strip() for piece in ", ".join(lines).split(",")]

    @pytest.mark.parametrize("app", [[], ["noindex"], ["noarchive, nosnippet"], ["all"]])
    @pytest.mark.parametrize("merged", [False, True], ids=["as sent", "merged by a proxy"])
    def test_both_stop(self, app: list[str], merged: bool) -> None:
        """Even where a proxy merges the lines into one."""
        headers = added([(b"x-robots-tag", line.encode()) for line in app], ROBOTS)
        lines = [value.decode() for _, value in headers]
        lines = [", ".join(lines)] if merged else lines
        assert self.img2dataset(lines)
        assert self.datadiligence(lines)

    def test_why_a_colon_is_warned_of(self) -> None:
        """In the app's own line it does no harm until a proxy merges them."""
        lines = ["googlebot: noindex", "noai, noimageai"]
        assert self.img2dataset(lines)
        assert not self.img2dataset([", ".join(lines)])


class TestFromTheApp:
    """What an app's own answer reserves."""

    @pytest.mark.parametrize(
        ("headers", "source"),
        [
            ([(b"X-Robots-Tag", b"noai")], "header:x-robots-tag"),
            ([(b"tdm-reservation", b"1")], "header:tdm-reservation"),
            ([(b"Content-Usage", b"train-ai=n")], "header:content-usage"),
            ([(b"content-usage", b"search=y"), (b"content-usage", b"train-ai=n")], "header:content-usage"),
            ([ROBOTS, TDM, USAGE], "header:x-robots-tag+tdm-reservation+content-usage"),
            ([(b"x-robots-tag", b"noindex"), ROBOTS, TDM], "header:x-robots-tag+tdm-reservation"),
        ],
    )
    def test_reserved(self, headers: RawHeaders, source: str) -> None:
        """Each of the standard headers reserves training, and the source names those that did."""
        assert (NO_TRAINING, source) == reserved_by_app(concerned(headers))

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [(b"content-type", b"text/html")],
            [(b"x-robots-tag", b"noindex")],
            [(b"x-robots-tag", b"somebot: noai")],
            [(b"tdm-reservation", b"0")],
            [(b"tdm-reservation", b"")],
            [(b"content-usage", b"train-ai=y")],
            [(b"content-usage", b"train-ai=n,")],
            [(b"tdm-policy", b"https://music.example/ai")],
        ],
    )
    def test_nothing(self, headers: RawHeaders) -> None:
        """Silence reserves nothing, and an app's answer never opens."""
        assert reserved_by_app(concerned(headers)) is None

    @given(st.lists(st.tuples(st.sampled_from((b"x-robots-tag", b"tdm-reservation", b"content-usage")), st.binary())))
    def test_any_header(self, headers: RawHeaders) -> None:
        """Apps send what they like: it is read or ignored, and it opens nothing."""
        found = reserved_by_app(concerned(headers))
        assert found is None or not found[0].open
