"""Quotas count works, not requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse

from noscrape.decision import Finding
from noscrape.patterns import Per, Playing, Quota, Quotas, Visit
from noscrape.patterns.quota import ACCESS_GAP_SECONDS, Count
from noscrape.request import Facts
from noscrape.stores import MemoryCounts
from noscrape.tracks import Place
from noscrape.words import Action, Serves

START = 1_800_000_000.0


def quotas(*several: Quota, bound: int = 1000) -> Quotas:
    return Quotas(several, counts=MemoryCounts(bound=bound), playing=Playing(bound=bound))


def quota(limit: str = "2/minute", **options: object) -> Quota:
    return Quota("burst", parse(limit), **options)  # type: ignore[arg-type]  # as the cases below spell them


def visit(
    *tracks: str,
    client: str = "192.0.2.1",
    serves: Serves = Serves.PAGE,
    path: str = "/tracks/x",
    root_path: str = "",
    address: str = "",
) -> Visit:
    facts = Facts("GET", path, root_path, b"", None, (), client)
    return Visit(client, Place(tracks, serves, routed=bool(tracks)), facts, address=address or client)


def found(watch: Quotas, *visits: Visit, now: float = START) -> list[bool]:
    """Which of these visits crossed the quota."""
    return [watch.observe(each, now) is not None for each in visits]


class TestCounting:
    """What counts, and what does not."""

    @pytest.mark.parametrize("serves", [Serves.PAGE, Serves.DATA, Serves.LIST, Serves.SEARCH, Serves.FEED])
    def test_documents(self, serves: Serves) -> None:
        """Each request for a document is one."""
        assert [False, False, True] == found(quotas(quota()), *[visit("42", serves=serves)] * 3)

    @pytest.mark.parametrize("serves", [Serves.ARTWORK, Serves.ASSET])
    def test_what_follows_from_a_page(self, serves: Serves) -> None:
        """Images, styles and scripts are none, even where the quota names them."""
        assert not any(found(quotas(quota(serves=frozenset({serves}))), *[visit("42", serves=serves)] * 10))

    @pytest.mark.parametrize("serves", [Serves.MEDIA, Serves.PREVIEW, Serves.PLAY, Serves.DOWNLOAD])
    def test_ranges_and_segments_are_one_access(self, serves: Serves) -> None:
        """A player that fetches a track in a hundred pieces has asked for one track."""
        watch = quotas(quota())
        pieces = [visit("42", serves=serves, path=f"/stream/42/{number}.ts") for number in range(100)]
        assert not any(found(watch, *pieces))
        assert [False, True] == found(watch, visit("43", serves=serves), visit("44", serves=serves))

    def test_a_track_that_plays_is_never_cut(self) -> None:
        """A client over its limit goes on hearing what has begun."""
        watch = quotas(quota("1/minute"))
        playing, other = visit("42", serves=Serves.MEDIA), visit("43", serves=Serves.MEDIA)
        assert [False, True, False, True, False] == found(watch, playing, other, playing, other, playing)

    def test_another_listener_s_track_is_another_access(self) -> None:
        """What one client plays lets nobody else in."""
        watch = quotas(quota("1/minute"))
        second = visit("42", client="192.0.2.2", serves=Serves.MEDIA)
        assert [False, False] == found(watch, visit("42", serves=Serves.MEDIA), second)
        assert [True] == found(watch, visit("43", client="192.0.2.2", serves=Serves.MEDIA))

    def test_an_access_ends(self) -> None:
        """Pieces far apart are two accesses; those that follow each other go on for ever."""
        watch = quotas(quota("1/hour"))
        piece = visit("42", serves=Serves.MEDIA)
        times = [START, START + ACCESS_GAP_SECONDS - 1, START + 2 * ACCESS_GAP_SECONDS - 2]
        assert not any(watch.observe(piece, now) for now in times)
        assert watch.observe(piece, times[-1] + ACCESS_GAP_SECONDS) is not None

    def test_media_without_a_track_is_kept_by_path(self) -> None:
        """A file that no route names is a work of its own."""
        watch = quotas(quota("1/minute"))
        assert [False, False, True] == found(
            watch,
            visit(serves=Serves.MEDIA, path="/a.mp3"),
            visit(serves=Serves.MEDIA, path="/a.mp3"),
            visit(serves=Serves.MEDIA, path="/b.mp3"),
        )

    def test_a_client_that_is_not_known(self) -> None:
        """Nobody is counted under an empty name, since all such clients would be one."""
        assert not any(found(quotas(quota()), *[visit("42", client="")] * 10))


class TestWhere:
    """On what a quota applies."""

    def test_representations(self) -> None:
        """It counts only what it names."""
        watch = quotas(quota("1/minute", serves=frozenset({Serves.DATA})))
        assert not any(found(watch, *[visit("42")] * 5))
        assert [False, True] == found(watch, *[visit("42", serves=Serves.DATA)] * 2)

    @pytest.mark.parametrize(
        ("paths", "path", "root_path", "counts"),
        [
            (("/api/",), "/api/tracks", "", True),
            (("/api/",), "/apis", "", False),
            (("/x", "/api/"), "/api/tracks", "", True),
            (("/api/",), "//api//tracks", "", True),
            (("/api/",), "/v1/../api/tracks", "", True),
            (("/api/",), "/music/api/tracks", "/music", True),
            (("/api/",), "/music/api/tracks", "", False),
            (("/a.b",), "/aXb", "", False),
            (("/tracks/{id:int}",), "/tracks/42", "", True),
            (("/tracks/{id:int}",), "/tracks/+42", "", True),
            (("/tracks/{id:int}",), "/tracks/42/", "", True),
            (("/tracks/{id:int}",), "/tracks/42/page", "", False),
            (("/stream/{id}/{rest:path}",), "/stream/42/a/b", "", True),
        ],
    )
    def test_paths(self, paths: tuple[str, ...], path: str, root_path: str, counts: bool) -> None:
        """It applies on paths that begin so, or on routes by their templates, however the path is spelled."""
        watch = quotas(quota("1/minute", paths=paths))
        assert [False, counts] == found(watch, *[visit("42", path=path, root_path=root_path)] * 2)

    def test_per_client_and_track(self) -> None:
        """One track again and again is found, many tracks once are not."""
        watch = quotas(quota("1/minute", per=Per.CLIENT_AND_TRACK))
        assert not any(found(watch, *(visit(f"{number}") for number in range(50))))
        assert [True] == found(watch, visit("7"))
        assert [False] == found(watch, visit("7", client="192.0.2.2"))

    def test_every_spelling_of_a_track_is_one(self) -> None:
        """`042` and `42` are counted together, since a place names both."""
        watch = quotas(quota("1/minute", per=Per.CLIENT_AND_TRACK))
        assert [False, True] == found(watch, visit("042", "42"), visit("+42", "42"))

    def test_without_a_track_there_is_nothing_to_count_by(self) -> None:
        """A quota for each track says nothing of a page that serves none."""
        assert not any(found(quotas(quota("1/minute", per=Per.CLIENT_AND_TRACK)), *[visit()] * 5))


class TestByWhat:
    """Kept by more than a client, and counted by less than an access."""

    def test_per_network(self) -> None:
        """All of a /24 share one, and all of a /48; others have their own."""
        watch = quotas(quota("2/minute", per=Per.NETWORK))
        assert [False, False, True] == found(watch, *(visit("42", client=f"192.0.2.{n}") for n in (1, 2, 3)))
        assert [False] == found(watch, visit("42", client="192.0.3.1"))
        of_one = (visit("42", client=f"2001:db8:7:{n}::/64") for n in (1, 2, 3))
        assert [False, False, True] == found(watch, *of_one)

    def test_per_account(self) -> None:
        """Whoever is not signed in is not counted; whoever is, whatever address it comes from."""
        watch = quotas(quota("2/minute", per=Per.ACCOUNT))
        assert not any(found(watch, *[visit("42")] * 5))
        signed_in = [visit("42", client="account ada", address=f"192.0.2.{n}") for n in (1, 2, 3)]
        assert [False, False, True] == found(watch, *signed_in)
        assert [False] == found(watch, visit("42", client="account bob", address="192.0.2.1"))

    def test_each_track_once(self) -> None:
        """One track may be asked for again and again, until its time is over."""
        watch = quotas(quota("2/minute", count=Count.TRACKS))
        assert not any(found(watch, *[visit("42")] * 9))
        assert [False, True, False] == found(watch, visit("43"), visit("44"), visit("42"))
        assert [False, False] == found(watch, visit("44"), visit("42"), now=START + 120)


class TestSeveral:
    """More quotas than one."""

    def test_each_counts_for_itself(self) -> None:
        """The first that is exceeded is the finding."""
        watch = quotas(Quota("slow", parse("3/hour")), Quota("fast", parse("2/minute")))
        names = [finding.name if (finding := watch.observe(visit("42"), START)) else "" for _ in range(4)]
        assert names == ["", "", "quota:fast", "quota:slow"]

    def test_an_enforced_one_beats_an_observed_one(self) -> None:
        """Trying out a quota does not hide one that holds."""
        watched = Quota("watched", parse("1/minute"), enforced=False)
        watch = quotas(watched, Quota("held", parse("1/minute"), action=Action.REFUSE))
        assert watch.observe(visit("42"), START) is None
        finding = watch.observe(visit("42"), START)
        assert finding is not None
        assert (finding.name, finding.enforced, finding.action) == ("quota:held", True, Action.REFUSE)

    def test_what_is_only_observed_plays_on(self) -> None:
        """A track that an observed quota would have stopped has been let through, so it is playing."""
        watch = quotas(quota("1/hour", enforced=False))
        assert [False, True, False] == found(
            watch,
            visit("42", serves=Serves.MEDIA),
            visit("43", serves=Serves.MEDIA),
            visit("43", serves=Serves.MEDIA),
        )

    def test_none(self) -> None:
        """There is no quota unless the operator sets one."""
        assert not quotas()
        assert quotas(quota())
        assert quotas().observe(visit("42"), START) is None


@pytest.mark.parametrize(
    ("limit", "per", "measured", "threshold"),
    [
        ("2/minute", Per.CLIENT, "more than 2 tracks and documents in 1 minute", "2 for each client"),
        (
            "2/5 minutes",
            Per.CLIENT_AND_TRACK,
            "more than 2 tracks and documents in 5 minutes",
            "2 for each client and track",
        ),
        ("2/90 seconds", Per.CLIENT, "more than 2 tracks and documents in 90 seconds", "2 for each client"),
        ("2/hour", Per.CLIENT, "more than 2 tracks and documents in 1 hour", "2 for each client"),
        ("2/2 day", Per.CLIENT, "more than 2 tracks and documents in 2 days", "2 for each client"),
    ],
)
def test_the_finding(limit: str, per: Per, measured: str, threshold: str) -> None:
    """It says what was measured, against which threshold, for how long, and where that is set."""
    watch = quotas(quota(limit, per=per, setting="patterns.quota.0"))
    finding = [watch.observe(visit("42"), START) for _ in range(3)][-1]
    assert finding is not None
    wait = finding.retry_after_seconds
    assert wait > 0
    assert finding == Finding(
        "quota:burst", measured, threshold, Action.THROTTLE, retry_after_seconds=wait, setting="patterns.quota.0"
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("192.0.2.1", "198.51.100.2")),
            st.sampled_from(("41", "42", "43")),
            st.sampled_from((Serves.PAGE, Serves.MEDIA, Serves.ARTWORK)),
            st.floats(0, 400, allow_nan=False),
        ),
        max_size=60,
    ),
    st.sampled_from(Per),
)
def test_clients_do_not_affect_each_other(steps: list[tuple[str, str, Serves, float]], per: Per) -> None:
    """What each client is told is what it would be told alone."""
    together = quotas(quota("3/10 minutes", per=per))
    alone = {client: quotas(quota("3/10 minutes", per=per)) for client, *_ in steps}
    now = START
    for client, track, serves, step in steps:
        now += step
        seen = visit(track, client=client, serves=serves)
        assert alone[client].observe(seen, now) == together.observe(seen, now)


class TestBounds:
    """What clients choose is kept within bounds."""

    def test_accesses(self) -> None:
        """A client that names any number of tracks fills no memory; the oldest access goes."""
        playing = Playing(bound=100)
        watch = Quotas([quota("1000000/minute")], counts=MemoryCounts(bound=100), playing=playing)
        for number in range(1000):
            watch.observe(visit(f"{number}", serves=Serves.MEDIA), START + number / 1000)
        assert len(playing) == 100
        assert not playing.goes_on("192.0.2.1\x1f0", START + 1)
        assert playing.goes_on("192.0.2.1\x1f999", START + 1)

    def test_counts(self) -> None:
        """Nor do tracks that are counted."""
        counts = MemoryCounts(bound=100)
        watch = Quotas([quota(per=Per.CLIENT_AND_TRACK)], counts=counts, playing=Playing(bound=10))
        for number in range(1000):
            watch.observe(visit(f"{number}"), START)
        assert len(counts.storage) == 100

    def test_long_keys(self) -> None:
        """Of a long track id no more than its beginning is kept."""
        counts, playing = MemoryCounts(bound=10), Playing(bound=10)
        watch = Quotas([quota(per=Per.CLIENT_AND_TRACK)], counts=counts, playing=playing)
        watch.observe(visit("x" * 2000, serves=Serves.MEDIA), START)
        kept = [*counts.storage._windows, *playing._seen]
        assert len(kept) == 2
        assert all(len(key) < 300 for key in kept)
