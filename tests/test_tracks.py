"""From a path to the tracks that it serves.

Whether every spelling that an app understands is found is asked of real apps, in `test_spellings.py`.
"""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.tracks import (
    LONGEST_PATH,
    MOST_TRACKS,
    UNJUDGEABLE,
    Place,
    Route,
    RouteTable,
    collapsed,
    place_of,
    readings,
    spellings,
)
from noscrape.words import Serves

ROUTES = (
    Route("/tracks/{track_id}"),
    Route("/api/tracks/{track_id:int}", Serves.DATA),
    Route("/stream/{track_id}/{segment:path}", Serves.MEDIA),
    Route("/files/{name:path}", Serves.DOWNLOAD),
    Route("/artists/{artist}/{song}", Serves.PAGE, track="path:song"),
    Route("/download", Serves.DOWNLOAD, track="query:id"),
    Route("/charts", Serves.LIST),
)


@pytest.fixture
def table() -> RouteTable:
    return RouteTable(ROUTES)


class TestTable:
    """Which row serves a path, and which track it names."""

    @pytest.mark.parametrize(
        ("path", "tracks", "serves"),
        [
            ("/tracks/abc", ("abc",), Serves.PAGE),
            ("/tracks/42", ("42",), Serves.PAGE),
            ("/api/tracks/42", ("42",), Serves.DATA),
            ("/stream/abc/720/seg-1.ts", ("abc",), Serves.MEDIA),
            ("/stream/abc/", ("abc",), Serves.MEDIA),
            ("/files/a/b.flac", ("a/b.flac",), Serves.DOWNLOAD),
            ("/artists/nina/sinnerman", ("sinnerman",), Serves.PAGE),
            ("/charts", (), Serves.LIST),
        ],
    )
    def test_routed(self, table: RouteTable, path: str, tracks: tuple[str, ...], serves: Serves) -> None:
        """The track is the parameter that `track` names, else the only one that is no path."""
        assert Place(tracks, serves, routed=True) == table.place(path)

    @pytest.mark.parametrize(
        ("path", "serves"),
        [
            *((path, Serves.PAGE) for path in ("", "/", "/.", "/tracks", "/Tracks/42", "/tracks/4/2")),
            *(("/static/site.CSS", Serves.ASSET), ("/cover.webp", Serves.ARTWORK), ("/a.mp3", Serves.MEDIA)),
            *(("/feed.rss", Serves.FEED), ("/x.json", Serves.DATA)),
        ],
    )
    def test_not_routed(self, table: RouteTable, path: str, serves: Serves) -> None:
        """A path of no row has no track; what it serves is told by its extension."""
        assert Place((), serves) == table.place(path)

    def test_an_empty_table_places_nothing(self) -> None:
        """Without a table every path is the site's."""
        table = RouteTable(())
        assert not table
        assert Place((), Serves.PAGE) == table.place("/tracks/42")

    def test_the_first_row_counts(self) -> None:
        """Rows are tried in order, as routers do it."""
        table = RouteTable([Route("/tracks/latest", Serves.LIST), Route("/tracks/{track_id}")])
        assert Place((), Serves.LIST, routed=True) == table.place("/tracks/latest")

    def test_a_row_that_matches_loosely_hides_no_later_row(self) -> None:
        """Starlette takes `/1/x` for the first row alone and `/a/x` for the second: so the second counts there too."""
        rows = [Route("/{release:int}/{n}", track="path:release"), Route("/{artist}/{song}", track="path:song")]
        table = RouteTable(rows)
        assert ("1",) == table.place("/1/x").tracks
        assert "x" in table.place("/a/x").tracks

    def test_by_host(self) -> None:
        """A row with a host counts on that host alone, whatever its case, port or final dot."""
        table = RouteTable([Route("/{track_id}", host="Media.example"), Route("/p/{track_id}")])
        for host in (b"media.example", b"MEDIA.example:8443", b"media.example."):
            assert ("42",) == table.place("/42", host=host).tracks
        for other in (b"www.example", b"", None, b"media.example.evil"):
            assert () == table.place("/42", host=other).tracks
        assert ("42",) == table.place("/p/42", host=b"www.example").tracks

    @pytest.mark.parametrize(
        ("route", "problem"),
        [
            (Route("/tracks/{id:foo}"), "foo"),
            (Route("/tracks/{id}", track="id"), "wanted 'path:NAME' or 'query:NAME'"),
            (Route("/tracks/{id}", track="path:"), "wanted 'path:NAME' or 'query:NAME'"),
            (Route("/tracks/{id}", track="path:track"), "has no parameter 'track', it has id"),
            (Route("/tracks", track="path:track"), "has no parameter 'track', it has none"),
            (Route("/{id}/{id}"), "id"),
        ],
    )
    def test_a_template_that_cannot_be_used(self, route: Route, problem: str) -> None:
        """It is refused when the table is made."""
        with pytest.raises(ValueError, match=problem):
            RouteTable([route])


class TestQuery:
    """Ids in the query."""

    @pytest.mark.parametrize(
        ("query", "tracks"),
        [
            (b"id=abc", ("abc",)),
            (b"x=1&id=abc&id=def", ("abc", "def")),
            (b"%69d=a%62c", ("abc",)),
            (b"id=%2B42", ("+42", "42")),
            (b"id=+42", (" 42", "42")),
            (b"id=", ("",)),
            (b"ID=abc", ()),
            (b"", ()),
            (b"\xff\xfe=%zz&&&=", ()),
        ],
    )
    def test_named(self, table: RouteTable, query: bytes, tracks: tuple[str, ...]) -> None:
        """Every value of the parameter counts, decoded once."""
        assert Place(tracks, Serves.DOWNLOAD, routed=True) == table.place("/download", query=query)

    def test_the_query_is_no_part_of_the_cache(self, table: RouteTable) -> None:
        """The same path with another query is another track."""
        assert ("a",) == table.place("/download", query=b"id=a").tracks
        assert ("b",) == table.place("/download", query=b"id=b").tracks

    def test_too_many_ids_are_not_read(self, table: RouteTable) -> None:
        """One request cannot make the reader ask for thousands of tracks; it takes the most protected answer."""
        bearable = "&".join(f"id=t{number}" for number in range(MOST_TRACKS)).encode()
        place = table.place("/download", query=bearable)
        assert (MOST_TRACKS, False) == (len(place.tracks), place.unjudgeable)
        place = table.place("/download", query=bearable + b"&id=one-more")
        assert (0, True) == (len(place.tracks), place.unjudgeable)

    @given(st.binary(max_size=300))
    def test_never_crashes(self, query: bytes) -> None:
        """A query is anybody's bytes."""
        assert RouteTable(ROUTES).place("/download", query=query).routed


class TestReadings:
    """The ways in which an app may read a path."""

    @pytest.mark.parametrize(
        ("path", "root_path", "among"),
        [
            ("/tracks/42", "", "/tracks/42"),
            ("//tracks//42", "", "/tracks/42"),
            ("/./tracks/./42", "", "/tracks/42"),
            ("/x/../tracks/42", "", "/tracks/42"),
            ("/../../tracks/42", "", "/tracks/42"),
            ("/tracks/42/", "", "/tracks/42"),
            ("/tracks/42//", "", "/tracks/42"),
            ("/tracks/42;v=1", "", "/tracks/42"),
            ("/tracks;a/42;b", "", "/tracks/42"),
            ("http://music.example/tracks/42", "", "/tracks/42"),
            ("tracks/42", "", "/tracks/42"),
            ("/api/tracks/42", "/api", "/tracks/42"),
            ("/api/tracks/42", "/api/", "/tracks/42"),
            ("/tracks/42", "/api", "/tracks/42"),
            ("/api//tracks/42", "/api", "/tracks/42"),
            ("//api/tracks/42", "/api", "/tracks/42"),
            ("/apix/tracks/42", "/api", "/apix/tracks/42"),
        ],
    )
    def test_readings(self, path: str, root_path: str, among: str) -> None:
        """Each is one that some app takes."""
        assert among in readings(path, root_path)

    def test_an_ordinary_path_has_one_reading(self) -> None:
        """What no app reads in two ways costs nothing."""
        assert ("/tracks/42",) == readings("/tracks/42")

    def test_a_root_path_ends_at_a_slash(self) -> None:
        """`/apix` is not under `/api`."""
        assert all("x/tracks" in reading for reading in readings("/apix/tracks/42", "/api"))

    @given(st.text(alphabet="/.;a2 \n%:h", max_size=40), st.sampled_from(("", "/", "/a", "/a/", "/a/2")))
    def test_any_path_can_be_read(self, path: str, root_path: str) -> None:
        """The plain reading is the first, there are few, and a table can place them all."""
        found = readings(path, root_path)
        assert path == found[0]
        assert 40 > len(found)
        assert isinstance(RouteTable(ROUTES).place(path, root_path), Place)

    @given(st.text(alphabet="/.a", max_size=30))
    def test_collapsing_twice_changes_nothing(self, path: str) -> None:
        """A collapsed path is absolute and holds nothing to collapse."""
        once = collapsed(path)
        assert once == collapsed(once)
        assert once.startswith("/")
        assert not {"", ".", ".."} & set(once.strip("/").split("/")) or once == "/"


class TestUnjudgeable:
    """Paths that could mean anything take the most protected answer."""

    def test_too_long(self, table: RouteTable) -> None:
        """A path is read up to a length, and beyond it not at all."""
        longest = "/tracks/" + "a" * (LONGEST_PATH - len("/tracks/"))
        assert not table.place(longest).unjudgeable
        assert UNJUDGEABLE == table.place(longest + "a")

    @pytest.mark.parametrize(
        "path", ["/stream/7/../42/x.ts", "/stream/..", "/../tracks/42", "/stream\\..\\x", "/x/..;/y"]
    )
    def test_climbing(self, table: RouteTable, path: str) -> None:
        """Where `..` leads depends on where a mount or a folder begins: an open track before it vouches for nothing."""
        assert table.place(path).unjudgeable

    def test_climbing_still_names_tracks(self, table: RouteTable) -> None:
        """The log shows what it was about."""
        assert {"7", "42"} == set(table.place("/stream/7/../42/x.ts").tracks)

    @pytest.mark.parametrize("path", ["/tracks/..a", "/tracks/a..", "/tracks/a..b", "/tracks/...", "/wait..."])
    def test_dots_in_a_name_are_no_climbing(self, table: RouteTable, path: str) -> None:
        """Titles have ellipses."""
        assert not table.place(path).unjudgeable


class TestOwnDocuments:
    """Paths of the documents that tell the site's rules."""

    @pytest.mark.parametrize(
        ("path", "own"),
        [
            ("/robots.txt", True),
            ("/ai", True),
            ("/.well-known/tdmrep.json", True),
            ("/.well-known/acme-challenge/x", True),
            ("/Robots.txt", False),
            ("/robots.txt/", False),
            ("//robots.txt", False),
            ("/robots.txt;x", False),
            ("/x/../robots.txt", False),
            ("/.well-known/../tracks/42", False),
            ("/.well-known//x", False),
            ("/.well-known/x;y", False),
            ("/.well-known", False),
            ("/", False),
            ("/tracks/robots.txt", False),
        ],
    )
    def test_exact_paths(self, path: str, own: bool) -> None:
        """They are spelled exactly, and never a track's."""
        table = RouteTable(ROUTES, own_paths=("/robots.txt", "/ai"))
        assert own is table.place(path).own

    def test_a_track_route_is_never_one(self) -> None:
        """A route that swallows robots.txt serves tracks, and nothing of ours."""
        assert not RouteTable([Route("/{track_id}")], own_paths=("/robots.txt",)).place("/robots.txt").own

    def test_under_a_root_path(self) -> None:
        """The app's own root counts."""
        table = RouteTable((), own_paths=("/robots.txt",))
        assert table.place("/music/robots.txt", "/music").own


class TestSpellings:
    """An id means to noscrape what it means to the app."""

    @pytest.mark.parametrize(
        "spelling",
        [
            *("42", "+42", "042", " 42", "42 ", "42\n", "\t42", "4_2", "42.0", "42.000", "+0_42.00"),
            *("\u00a042", "٤٢", "４２", "0" * 60 + "42", "0" * 5000 + "42", "-0_0" + "0" * 5000 + "42"),
        ],
    )
    def test_numbers(self, spelling: str) -> None:
        """Every spelling that Python or pydantic reads as a number names that number."""
        number = "-42" if spelling.startswith("-") else "42"
        assert number in spellings(spelling)
        assert (number,) == spellings(spelling, integer=True)

    @pytest.mark.parametrize("text", ["42a", "4__2", "_42", "42.5", "42.", "4.2e1", "0x2a", "++42", "", "-", "."])
    def test_what_is_no_number(self, text: str) -> None:
        """It stands for itself."""
        assert (text,) == spellings(text) == spellings(text, integer=True)

    @pytest.mark.parametrize(
        "spelling",
        [
            "12345678-1234-5678-1234-56781234567a",
            "12345678-1234-5678-1234-56781234567A",
            "1234567812345678123456781234567a",
            "{12345678-1234-5678-1234-56781234567a}",
            "urn:uuid:12345678-1234-5678-1234-56781234567a",
            " 12345678-1234-5678-1234-56781234567a ",
        ],
    )
    def test_uuids(self, spelling: str) -> None:
        """A UUID in any case, with or without hyphens and brackets."""
        assert "12345678-1234-5678-1234-56781234567a" in spellings(spelling)

    def test_a_uuid_of_digits_alone_is_both(self) -> None:
        """`00000000000000000000000000000042` may be a UUID or a number: both count."""
        expected = {"00000000000000000000000000000042", "42", "00000000-0000-0000-0000-000000000042"}
        assert expected == set(spellings("00000000000000000000000000000042"))

    @given(st.uuids())
    def test_every_uuid(self, uuid: UUID) -> None:
        """Whatever the form, the canonical one is found."""
        for form in (str(uuid), uuid.hex, str(uuid).upper(), uuid.hex.upper(), uuid.urn, f"{{{uuid}}}"):
            assert str(uuid) in spellings(form)

    @given(st.text())
    def test_the_spelling_itself_always_counts(self, text: str) -> None:
        """Apps with text ids take it as it stands, and no id has many spellings."""
        found = spellings(text)
        assert text == found[0]
        assert 4 >= len(found)

    @given(st.integers())
    def test_every_integer(self, number: int) -> None:
        """Numbers come back as the database knows them."""
        assert str(number) in spellings(f" {number} ", integer=True)


class TestHook:
    """What the app's own `track_of` may answer."""

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (None, Place((), Serves.FEED)),
            ("42", Place(("42",), Serves.FEED, routed=True)),
            (42, Place(("42",), Serves.FEED, routed=True)),
            (["a", "b", "a"], Place(("a", "b"), Serves.FEED, routed=True)),
            (("a", "b"), Place(("a", "b"), Serves.FEED, routed=True)),
            ([], Place((), Serves.FEED, routed=True)),
            (("42", "media"), Place(("42",), Serves.MEDIA, routed=True)),
            ((["a", "b"], Serves.DATA), Place(("a", "b"), Serves.DATA, routed=True)),
            ((None, "media"), Place((), Serves.MEDIA)),
            (["42", "media"], Place(("42", "media"), Serves.FEED, routed=True)),
        ],
    )
    def test_answers(self, answer: object, expected: Place) -> None:
        """An id, several, or None; as they are, or in a tuple with the representation."""
        assert expected == place_of(answer, Serves.FEED)

    @pytest.mark.parametrize("answer", [True, 1.5, b"42", bytearray(b"42"), object()])
    def test_nonsense(self, answer: object) -> None:
        """What is no id is refused."""
        with pytest.raises(ValueError, match="wanted an id, several ids or None"):
            place_of(answer, Serves.PAGE)


class TestBounds:
    """What clients choose is kept within bounds."""

    def test_the_cache_is_bounded(self) -> None:
        """Any number of paths leaves at most twice the bound, and the answers right."""
        table = RouteTable(ROUTES, cache_entries=10)
        for number in range(1000):
            assert (f"t{number}",) == table.place(f"/tracks/t{number}").tracks
        kept = len(table._recent) + len(table._older)
        assert 20 >= kept
        assert ("t0",) == table.place("/tracks/t0").tracks

    def test_a_path_cannot_pass_for_another_under_a_root(self) -> None:
        """The cache keeps a path with a newline apart from a root path with a path."""
        table = RouteTable(ROUTES)
        assert () == table.place("/api\n/tracks/42").tracks
        assert ("42",) == table.place("/tracks/42", "/api").tracks
