"""robots.txt: ours, and the app's with ours in it. The parser of `noscrape.standards` is the oracle."""

from collections.abc import Iterable
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noscrape.errors import ExportError
from noscrape.signals.robots import Merged, Refused, RobotsPolicy, Statement, generated, merged, path_pattern
from noscrape.standards.content_signal import Signal
from noscrape.standards.content_usage import Preference
from noscrape.standards.robots_txt import LARGEST_BYTES, RobotsTxt, matches, parse

EVERYTHING = RobotsPolicy(refused=(Refused(("GPTBot", "CCBot"), ("/",)),))
TRACKS = RobotsPolicy(refused=(Refused(("GPTBot",), ("/tracks/",)),))
RESERVED = RobotsPolicy(statements=(Statement("train-ai=n", "ai-train=no"),))
FULL = RobotsPolicy(
    refused=(Refused(("Foo",), ("/tracks/", "/media/*.wav")), Refused(("GPTBot", "CCBot"), ("/",))),
    statements=(Statement("train-ai=n", "ai-input=no, ai-train=no"),),
    licence="https://music.example/license.xml",
    sitemaps=("https://music.example/sitemap.xml",),
)


def records(text: str) -> list[str]:
    """A text's lines without comments and empty ones."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class TestPathPattern:
    """From a route's template to the paths that it serves."""

    @pytest.mark.parametrize(
        ("template", "pattern"),
        [
            ("/tracks/{track_id}", "/tracks/"),
            ("/tracks/{track_id:int}", "/tracks/"),
            ("/media/{slug}.wav", "/media/*.wav"),
            ("/artists/{artist}/tracks/{id}", "/artists/*/tracks/"),
            ("/stream/{id}/{segment:path}", "/stream/*/"),
            ("/{id}", "/"),
            ("/{a}{b}.mp3", "/*.mp3"),
            ("/tracks", "/tracks"),
            ("/", "/"),
            ("", "/"),
            ("/lieder/ü/{id}", "/lieder/%C3%BC/"),
            ("/a b/{id}", "/a%20b/"),
            ("/a%2Fb/{id}", "/a%2Fb/"),
            ("/100%/{id}", "/100%25/"),
            ("/price$", "/price%24"),
            ("/all*/{id}", "/all%2A/"),
            ("/c#/{id}", "/c%23/"),
            ("/tracks/a%20b%2Fc", "/tracks/a%20b%2Fc"),
        ],
    )
    def test_template(self, template: str, pattern: str) -> None:
        """Each parameter is a `*`, none of which stands at the end; all else is as RFC 9309 section 2.2.2 has it."""
        assert pattern == path_pattern(template)

    @given(
        st.lists(st.tuples(st.text("/ab.*$ü #", max_size=4), st.text("ab09*$", min_size=1, max_size=4)), max_size=3),
        st.text("/ab.*$", max_size=4),
    )
    def test_it_covers_what_the_template_does(self, parts: list[tuple[str, str]], last: str) -> None:
        """Whatever stands for the parameters, and whatever query comes behind it; and it never ends in `$`."""
        template = "/" + "".join(f"{literal}{{x{number}}}" for number, (literal, _) in enumerate(parts)) + last
        path = "/" + "".join(literal + value for literal, value in parts) + last

        pattern = path_pattern(template)

        assert matches(pattern, path.replace("#", "%23") + "?signature=1")
        assert not pattern.endswith("$")


class TestGenerated:
    """A robots.txt where the app has none."""

    def test_the_whole(self) -> None:
        """Licence, everybody, who is refused everything, who is refused something, sitemaps (RFC 9309; RSL 1.0)."""
        assert [
            "License: https://music.example/license.xml",
            "User-agent: *",
            "Content-Signal: ai-input=no, ai-train=no",
            "Content-Usage: train-ai=n",
            "Allow: /",
            "User-agent: GPTBot",
            "User-agent: CCBot",
            "Disallow: /",
            "Content-Signal: ai-input=no, ai-train=no",
            "Content-Usage: train-ai=n",
            "User-agent: Foo",
            "Disallow: /tracks/",
            "Disallow: /media/*.wav",
            "Content-Signal: ai-input=no, ai-train=no",
            "Content-Usage: train-ai=n",
            "Sitemap: https://music.example/sitemap.xml",
        ] == records(generated(FULL))

    def test_it_reads_as_it_was_meant(self) -> None:
        """By the parser of the standard."""
        read = parse(generated(FULL))

        assert (False, False) == (read.allows("gptbot", "/"), read.allows("CCBot", "/tracks/1"))
        assert (True, False, False) == tuple(
            read.allows("Foo", path) for path in ("/", "/tracks/1", "/media/a.wav?s=1")
        )
        assert read.allows("Googlebot", "/tracks/1")
        assert ("https://music.example/license.xml",) == read.licences == read.licences_for("Googlebot")
        assert ("https://music.example/sitemap.xml",) == read.sitemaps

    def test_it_opens_with_words_for_people(self) -> None:
        """What the file is, by whom it was made, and what is reserved by law."""
        first, *others = [line for line in generated(RESERVED).splitlines() if line.startswith("#")]

        assert "Generated by noscrape" in first
        assert any("Directive (EU) 2019/790" in line for line in others)
        assert 1 == generated(EVERYTHING).count("#")

    def test_statements_where_only_some_paths_are_reserved(self) -> None:
        """A line for each path, in every group; longer ones repeat what shorter ones say, for the longest decides."""
        policy = RobotsPolicy(
            refused=(Refused(("Foo",), ("/x/",)),),
            statements=(Statement("train-ai=n", paths=("/tracks/", "/tracks/1", "/m/")), Statement("search=n")),
        )

        text = generated(policy)

        assert 2 == text.count("\nContent-Usage: /tracks/ train-ai=n, search=n\n")
        assert 2 == text.count("\nContent-Usage: /m/ train-ai=n, search=n\n")
        assert 2 == text.count("\nContent-Usage: search=n\n")
        assert "/tracks/1" not in text
        usage = parse(text).content_usage("Foo", "/tracks/1")
        assert {"train-ai": Preference.DISALLOWED, "search": Preference.DISALLOWED} == usage

    @pytest.mark.parametrize("paths", [(), ("/",), ("/tracks/", "/")])
    def test_statements_for_the_whole_site_have_no_path(self, paths: tuple[str, ...]) -> None:
        """As the drafts write them."""
        assert "\nContent-Usage: train-ai=n\n" in generated(
            RobotsPolicy(statements=(Statement("train-ai=n", "", paths),))
        )

    @pytest.mark.parametrize("usage", ["ai-train=n", "train-ai=no", "train-ai", "train-ai=n,", "train-ai=n\nAllow: /"])
    def test_a_statement_that_does_not_parse_is_not_written(self, usage: str) -> None:
        """It would say nothing, and look as if it did."""
        assert "Content-Usage:" not in generated(RobotsPolicy(statements=(Statement(usage),)))

    def test_one_crawler_in_several_places(self) -> None:
        """It stands in one group all the same, with all its paths: some readers take the first group alone."""
        policy = RobotsPolicy(refused=(Refused(("Foo", "Bar"), ("/a/", "/a/b/")), Refused(("foo",), ("/c/",))))

        read = parse(generated(policy))

        assert ("Foo",) == read.verdict("Foo", "/c/1").agents
        assert (False, False, True) == tuple(read.allows("Foo", path) for path in ("/a/1", "/c/1", "/d"))
        assert (False, True) == tuple(read.allows("Bar", path) for path in ("/a/b/1", "/c/1"))

    @pytest.mark.parametrize(
        ("paths", "disallowed"),
        [
            (("/media/*.wav$",), ["/media/*.wav"]),
            (("/a/*", "/a/b", "/c"), ["/a/", "/c"]),
            (("/a", "/", "/b"), ["/"]),
            (("a", "*.wav", ""), ["/"]),
            (("/ü$b",), ["/%C3%BC%24b"]),
        ],
    )
    def test_paths(self, paths: tuple[str, ...], disallowed: list[str]) -> None:
        """In one spelling, none that another covers, and never a `$`, which a signed query would get past."""
        text = generated(RobotsPolicy(refused=(Refused(("Foo",), paths),)))

        assert [f"Disallow: {path}" for path in disallowed] == records(text)[3:]

    @pytest.mark.parametrize("token", ["AI2Bot", "Foo/1.0", "*", "", "Foo Bar", "Foo\nUser-agent: *", "Fü"])
    def test_tokens_with_other_characters_are_left_out(self, token: str) -> None:
        """RFC 9309 section 2.2.1 knows letters, `_` and `-`; a comment and a note tell of the others."""
        policy = RobotsPolicy(refused=(Refused((token, "Foo_Bar-baz"), ("/",)),))

        assert ("*",) == parse(generated(policy)).verdict("Googlebot", "/").agents
        assert ["User-agent: *", "Allow: /", "User-agent: Foo_Bar-baz", "Disallow: /"] == records(generated(policy))
        assert "# Refused, and not named here" in generated(policy)
        assert merged(policy, "User-agent: a\nAllow: /\n").notes[0].startswith("Refused, and not named here")

    def test_nothing_to_say(self) -> None:
        """Everybody may crawl everything."""
        assert ["User-agent: *", "Allow: /"] == records(generated(RobotsPolicy()))
        assert ["User-agent: *", "Allow: /"] == records(generated(RobotsPolicy(refused=(Refused(("Foo",), ()),))))

    @given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.text(), st.lists(st.text(), max_size=3))
    @example("https://a.example/#\nAllow: /", "Foo\n", ["/a\r\nAllow: /a", "/a #b", "$"], "x", ["/ü\x85\u2028b"])
    def test_nothing_leaves_its_line(
        self, url: str, token: str, paths: list[str], usage: str, others: list[str]
    ) -> None:
        """Whatever stands in a configuration: there are the records that we wrote, and no others."""
        policy = RobotsPolicy(
            refused=(Refused(("Foo", token), tuple(paths)),),
            statements=(Statement(usage, usage, tuple(others)), Statement("train-ai=n", paths=tuple(others))),
            licence=url,
            sitemaps=(url, *paths),
        )

        read = parse(generated(policy))

        assert all(group.agents in {("*",), ("Foo",), (token,), ("Foo", token)} for group in read.groups)
        assert read.allows("Googlebot", "/anything")
        assert all(
            not read.allows("Foo", path.replace("#", "%23").replace("*", "x")) for path in paths if path[:1] == "/"
        )
        fields = {"allow", "disallow", "content-usage", "content-signal", "sitemap"}
        assert {line.field for group in read.groups for line in group.lines} <= fields
        assert len(read.licences) <= 1

    def test_too_many_paths_are_summed_up(self) -> None:
        """To directories that cover them, the deepest first; others stay as they are."""
        many = tuple(f"/users/{number}/tracks/secret" for number in range(20_000))
        policy = RobotsPolicy(
            refused=(Refused(("Foo",), many), Refused(("Bar",), ("/a/b",))),
            statements=(Statement("train-ai=n", "", many),),
        )

        text = generated(policy)

        read = parse(text)
        assert len(text.encode()) <= LARGEST_BYTES
        assert not any(read.allows("Foo", path) for path in many[::1000])
        assert (True, False) == (read.allows("Foo", "/about"), read.allows("Bar", "/a/b"))
        usage = read.content_usage("x", many[0])
        assert usage is not None
        assert Preference.DISALLOWED is usage["train-ai"]

    def test_too_many_crawlers(self) -> None:
        """Nothing could be left out of them."""
        letters = "abcdefghijklmnopqrstuvwxyz"
        tokens = tuple(f"crawler-{a}{b}{c}{d}" for a in letters for b in letters for c in letters for d in "ab")

        with pytest.raises(ExportError, match="more crawlers to refuse than crawlers read lines"):
            generated(RobotsPolicy(refused=(Refused(tokens, ("/",)),)))

    def test_too_many_sitemaps_are_left_out(self) -> None:
        """They come last, since who is refused is more important."""
        sitemaps = tuple(f"https://music.example/{'s' * 100}/{number}.xml" for number in range(10_000))

        text = generated(RobotsPolicy(refused=EVERYTHING.refused, sitemaps=sitemaps))

        assert LARGEST_BYTES - 200 < len(text) <= LARGEST_BYTES
        assert not parse(text).allows("GPTBot", "/")


# What may stand in an app's robots.txt, with much that is read one way by some and another way by others.
AGENTS = ["GPTBot", "CCBot", "Claude", "ClaudeBot", "Googlebot", "Foo", "Bot", "Unnamed"]
_names = st.sampled_from(
    [*AGENTS[:-1], "gptbot", "*", "*", "*", "GPTBot/1.0", "GPTBot, CCBot", "", "*x", "* # all", "moved-by-noscrape"]
)
_paths = st.one_of(
    st.sampled_from(["/", "/a", "/a/", "/a/b", "/*", "/a*b", "", "*a", "/a$", "/$", "/a/b/", "/%61"]),
    st.text(alphabet="/ab*$%2Fé", max_size=5).map("/".__add__),
)
_usages = st.sampled_from(["train-ai=n", "train-ai=y", "search=n", "search=y", "train-ai=y, search=n", "x", "", "a=b,"])
_signals = st.sampled_from(["ai-train=no", "ai-train=yes", "search=no", "ai-input=no, search=yes", "junk"])
_lines = st.one_of(
    st.builds("{}: {}".format, st.sampled_from(["User-agent", "user-agent", "User-agent "]), _names),
    st.builds("{}: {}".format, st.sampled_from(["User-agent", "USER-AGENT"]), _names),
    st.builds("{}: {}".format, st.sampled_from(["Allow", "Disallow", "disallow", " Disallow"]), _paths),
    st.builds("{}: {}".format, st.sampled_from(["Allow", "Disallow", "allow"]), _paths),
    st.builds("Content-Usage: {} {}".format, st.one_of(st.just(""), _paths), _usages),
    st.builds("Content-Signal: {} {}".format, st.one_of(st.just(""), _paths), _signals),
    st.sampled_from(
        [
            *(
                "",
                "# c",
                "Crawl-delay: 3",
                "License: https://a.example/l",
                "Sitemap: https://a.example/s",
                "Disallow /",
            ),
            *("junk", "   ", ":x", "Useragent: GPTBot"),
        ]
    ),
)
texts = st.builds(
    lambda mark, lines, end, last: mark + end.join(lines) + last,
    st.sampled_from(["", "\ufeff"]),
    st.lists(_lines, max_size=14),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n"]),
)
_patterns = st.lists(st.sampled_from(["/", "/a", "/a/", "/a/b", "/*b", "/a/*/b", "/b"]), min_size=1, max_size=3).map(
    tuple
)
_refused = st.builds(Refused, st.lists(st.sampled_from([*AGENTS[:4], "X9"]), max_size=3).map(tuple), _patterns)
_statements = st.builds(
    Statement,
    st.sampled_from(["", "train-ai=n", "train-ai=n, search=y"]),
    st.sampled_from(["", "ai-train=no", "ai-input=no, ai-train=no"]),
    st.one_of(st.just(()), _patterns),
)
policies = st.builds(
    RobotsPolicy,
    st.lists(_refused, max_size=2).map(tuple),
    st.lists(_statements, max_size=2).map(tuple),
    st.sampled_from(["", "https://music.example/l.xml"]),
    st.sampled_from([(), ("https://a.example/s", "https://music.example/s")]),
)
asked = st.lists(st.text(alphabet="/ab?$*", max_size=8).map("/".__add__), min_size=1, max_size=8)


def refused_paths(policy: RobotsPolicy, agent: str) -> list[str]:
    return [path for refused in policy.refused if agent in refused.tokens for path in refused.paths]


def verdicts(read: RobotsTxt, paths: Iterable[str], agents: Iterable[str] = AGENTS) -> dict[tuple[str, str], bool]:
    return {(agent, path): read.allows(agent, path) for agent in agents for path in paths}


class TestMergedHolds:
    """For whatever stands in the app's own, and whatever is refused."""

    @given(policies, texts, asked)
    def test_no_rule_is_weakened(self, policy: RobotsPolicy, text: str, paths: list[str]) -> None:
        """What was disallowed, for any crawler on any path, is disallowed."""
        before, after = parse(text), parse(merged(policy, text).text)

        disallowed = {asked for asked, allowed in verdicts(before, paths).items() if not allowed}
        assert set() == {asked for asked, allowed in verdicts(after, paths).items() if allowed and asked in disallowed}

    @given(policies, texts, asked)
    def test_the_refused_are_refused(self, policy: RobotsPolicy, text: str, paths: list[str]) -> None:
        """On their paths, whatever the app allows them there."""
        after = parse(merged(policy, text).text)

        for agent in AGENTS:
            for pattern in refused_paths(policy, agent):
                those = [*filter(lambda path: matches(pattern, path), paths), pattern.replace("*", "/x/")]
                assert {(agent, path): False for path in those} == verdicts(after, those, [agent])

    @given(policies, texts, asked)
    def test_others_are_left_alone(self, policy: RobotsPolicy, text: str, paths: list[str]) -> None:
        """Who is not refused may crawl what it might before."""
        others = [agent for agent in AGENTS if not refused_paths(policy, agent)]

        before, after = parse(text), parse(merged(policy, text).text)

        assert verdicts(before, paths, others) == verdicts(after, paths, others)

    @given(policies, texts, asked)
    def test_statements_hold_for_everybody(self, policy: RobotsPolicy, text: str, paths: list[str]) -> None:
        """Where a path may be crawled, it is reserved; groups inherit nothing."""
        after = parse(merged(policy, text).text)

        for statement in policy.statements:
            for path in paths:
                if statement.paths and not any(matches(pattern, path) for pattern in statement.paths):
                    continue
                for agent in AGENTS:
                    usage, signal = after.content_usage(agent, path), after.content_signal(agent, path)
                    if usage is not None and "train-ai=n" in statement.usage:
                        assert Preference.DISALLOWED is usage["train-ai"]
                    if signal is not None and "ai-train=no" in statement.signal:
                        assert Signal.NO is signal["ai-train"]
                    if signal is not None and "ai-input=no" in statement.signal:
                        assert Signal.NO is signal["ai-input"]

    @given(policies, texts, asked)
    @example(
        RobotsPolicy(statements=(Statement("train-ai=n", "", ("/a",)),)),
        "User-agent: Foo\nContent-Usage: / train-ai=n\nUser-agent: Foo\nContent-Usage: search=y\n",
        ["/a"],
    )
    def test_statements_of_the_app_are_not_weakened(self, policy: RobotsPolicy, text: str, paths: list[str]) -> None:
        """What it denied stays denied, and nothing is granted that neither it nor the policy granted."""
        before, after = parse(text), parse(merged(policy, text).text)
        granting = any("y" in statement.usage for statement in policy.statements)

        for agent in AGENTS:
            for path in paths:
                usage, signal = after.content_usage(agent, path), after.content_signal(agent, path)
                was, signalled = before.content_usage(agent, path), before.content_signal(agent, path)
                if usage is None or signal is None:
                    continue
                assert was is not None  # what may be crawled now could be crawled before
                assert signalled is not None
                denied = [key for key, said in was.items() if said is Preference.DISALLOWED]
                assert [] == [key for key in denied if usage[key] is not Preference.DISALLOWED]
                forbidden = [key for key, said in signalled.items() if said is Signal.NO]
                assert [] == [key for key in forbidden if signal[key] is not Signal.NO]
                granted = [key for key, said in usage.items() if said is Preference.ALLOWED]
                assert granting or [] == [key for key in granted if was[key] is not Preference.ALLOWED]

    @given(policies, texts)
    @example(
        RobotsPolicy(EVERYTHING.refused, RESERVED.statements),
        "User-agent: *\nDisallow: /a\nUser-agent: GPTBot\nContent-Usage: search=n\nUser-agent: Foo\nDisallow: /b\n",
    )
    def test_merged_twice_is_merged_once(self, policy: RobotsPolicy, text: str) -> None:
        """So the output may be the input."""
        once = merged(policy, text).text

        assert once == merged(policy, once).text

    @given(policies, texts)
    def test_licences_and_sitemaps(self, policy: RobotsPolicy, text: str) -> None:
        """The app's stay; ours is added where it has no licence for the whole file, and each sitemap that it lacks."""
        before, after = parse(text), parse(merged(policy, text).text)

        assert before.licences + ((policy.licence,) if policy.licence and not before.licences else ()) == after.licences
        assert {*before.sitemaps, *policy.sitemaps} == {*after.sitemaps}

    @given(st.builds(RobotsPolicy, st.just(()), st.lists(_statements, max_size=2).map(tuple)), texts)
    def test_no_line_is_changed_for_a_statement(self, policy: RobotsPolicy, text: str) -> None:
        """Lines are added, and that is all."""
        kept = iter(merged(policy, text).text.removeprefix("\ufeff").splitlines())

        lines = text.removeprefix("\ufeff").splitlines()
        assert not any(map(str.strip, lines)) or [] == [line for line in lines if line not in kept]

    @given(texts)
    def test_nothing_to_say(self, text: str) -> None:
        """Nothing is changed where there is a group for everybody."""
        text = f"User-agent: *\nAllow: /\n{text}"

        assert Merged(text, ()) == merged(RobotsPolicy(), text)

    @given(policies, st.text())
    @settings(max_examples=50)
    def test_any_text(self, policy: RobotsPolicy, text: str) -> None:
        """Whatever it is, it is taken."""
        read = parse(merged(policy, text).text)

        assert all(
            not read.allows(agent, path.replace("*", "x")) for agent in AGENTS for path in refused_paths(policy, agent)
        )

    @given(policies, texts)
    def test_a_reader_that_takes_the_first_group(self, policy: RobotsPolicy, text: str) -> None:
        """CPython's takes the first group that has a part of the name, and the first rule in it, and merges nothing."""
        reader = RobotFileParser()
        reader.parse(merged(policy, text).text.splitlines())
        reader.modified()

        for agent in AGENTS:
            if "/" in refused_paths(policy, agent):
                assert not reader.can_fetch(agent, "https://music.example/x")


class TestMerged:
    """Examples of the app's own, and what becomes of them."""

    def test_the_apps_text_stays(self) -> None:
        """Ours stands between what comes before the first group and that group, its comments with it."""
        text = (
            "# Hello\n\nSitemap: https://a.example/s\n\n# everybody\nUser-agent: *\nDisallow: /admin/ # hush\n\n# end\n"
        )
        before, mark, after = text.partition("# everybody\n")

        found = merged(FULL, text).text

        assert found.startswith(before + "# Added by noscrape")
        after = after.replace("User-agent: *\n", "User-agent: *\nContent-Signal: ai-input=no, ai-train=no\n@")
        assert found.endswith(
            mark + after.replace("@", "Content-Usage: train-ai=n\n") + "Sitemap: https://music.example/sitemap.xml\n"
        )

    def test_a_crawler_that_the_app_refuses_already_stays_where_it_is(self) -> None:
        """There is nothing to do."""
        text = (
            "User-agent: *\nDisallow: /admin/\n\nUser-agent: CCBot\nUser-agent: Foo\nUser-agent: gptbot\nDisallow: /\n"
        )

        assert Merged(text, ()) == merged(EVERYTHING, text)

    @pytest.mark.parametrize(
        "text",
        [
            "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\nAllow: /x\n",
            "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /*\n",
            "User-agent: GPTBot\nUser-agent: CCBot\nDisallow:\n",
            "User-agent: GPTBot\nUser-agent: CCBot\n",
            "User-agent: GPTBot\nUser-agent: CCBot\n\nDisallow: /\n",
            "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nAllow: /x\n",
            "User-agent: GPTBot/1.0\nUser-agent: CCBot, Foo\nDisallow: /\n",
            "User-agent: Bot\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n",
        ],
        ids=[
            "but not everywhere",
            "by a pattern that some take for a name",
            "by an empty rule, which allows all",
            "by a group without rules",
            "after an empty line, which to some ends a group",
            "in one group of two",
            "by names that some do not read",
            "after a part of the name, which some take for it",
        ],
    )
    def test_it_stands_at_the_top_where_some_reader_would_let_it_in(self, text: str) -> None:
        """In a group of its own, and in no other."""
        found = merged(EVERYTHING, text)

        assert ["GPTBot", "CCBot"] == [
            line.removeprefix("User-agent: ") for line in found.text.splitlines() if "GPTBot" in line or "CCBot" in line
        ]
        assert "\nUser-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\n" in found.text
        assert found.notes[0].startswith("GPTBot, CCBot: told at the top now")

    @pytest.mark.parametrize(
        "rules",
        [
            "Allow: /\nDisallow: /tracks/",
            "Disallow: /tracks/\nAllow: /tracks/",
            "Disallow: /tracks/\nAllow: /*/tracks/",
            "Disallow: /\nAllow: /tracks/1",
            "Disallow: /tracks/1",
            "Disallow: /tracks/$",
            "Disallow: /a",
        ],
        ids=[
            "to those who take the first rule",
            "as a rule that is equally long",
            "as a longer rule that may meet it",
            "as an exception",
            "as it is narrower",
            "as it is one page",
            "elsewhere",
        ],
    )
    def test_what_lets_it_in(self, rules: str) -> None:
        """A refusal of some paths that does not hold everywhere on them."""
        found = merged(TRACKS, f"User-agent: *\nAllow: /\n\nUser-agent: GPTBot\n{rules}\n").text

        assert "\nUser-agent: GPTBot\nDisallow: /tracks/\n" in found
        assert not parse(found).allows("GPTBot", "/tracks/1")

    @pytest.mark.parametrize("rules", ["Disallow: /tr", "Disallow: /tracks/\nAllow: /\nAllow: /t*\nAllow: /about/us"])
    def test_what_does_not(self, rules: str) -> None:
        """A wider refusal, and rules that are shorter or for other paths."""
        text = f"User-agent: *\nAllow: /\n\nUser-agent: GPTBot\n{rules}\n"

        assert Merged(text, ()) == merged(TRACKS, text)

    def test_who_is_refused_everything_needs_no_other_rules(self) -> None:
        """But for the licence that the app names for it."""
        text = (
            "User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nCrawl-delay: 1\n"
            "Content-Usage: search=n\nDisallow: /x\nLicense: https://a.example/l\n"
        )

        found = merged(EVERYTHING, text).text

        assert "\nUser-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\nLicense: https://a.example/l\n\n" in found

    def test_the_rules_that_held_for_it_hold(self) -> None:
        """Those of the app's group for it, and its other records; an `Allow` only where it reopens nothing refused."""
        text = (
            "User-agent: GPTBot\nUser-agent: Googlebot\nCrawl-delay: 5\nDisallow: /tracks/1\nDisallow: /x/\n"
            "Allow: /tracks/free/\nAllow: /tracks/\nAllow: /x/y\nAllow: /*/free/\nAllow: /t\nSitemap: https://a.example/s\n"
        )

        found = merged(TRACKS, text)

        assert [
            "User-agent: GPTBot",
            "Disallow: /tracks/",
            "Disallow: /x/",
            "Allow: /x/y",
            "Allow: /t",
            "Crawl-delay: 5",
        ] == records(found.text.partition("User-agent: GPTBot")[1] + found.text.partition("User-agent: GPTBot")[2])[:6]
        assert 3 == sum("would let in what is refused" in note for note in found.notes)
        assert "GPTBot: Allow: /tracks/free/ does not hold any more, for it would let in what is refused" in found.notes
        assert "\nUser-agent: Googlebot\nCrawl-delay: 5\n" in found.text

    def test_the_rules_for_everybody_hold_for_who_is_named_now(self) -> None:
        """Nothing is inherited (RFC 9309 section 2.2.1), so they are repeated."""
        text = "User-agent: *\nDisallow: /admin/\nContent-Usage: search=n\nLicense: https://a.example/l\n"

        found = merged(TRACKS, text)

        read = parse(found.text)
        assert (False, False, True) == tuple(read.allows("GPTBot", path) for path in ("/admin/", "/tracks/1", "/x"))
        usage = read.content_usage("GPTBot", "/x")
        assert usage is not None
        assert Preference.DISALLOWED is usage["search"]
        assert ("https://a.example/l",) == read.licences_for("GPTBot")
        assert () == found.notes

    def test_a_group_of_nobody_goes(self) -> None:
        """With all that other readers would take for a rule of the group before it; comments and sitemaps stay."""
        text = (
            "User-agent: *\nDisallow: /admin/\n# bots\nUser-agent: GPTBot # that one\nDisallow /\nAllow: /\n"
            "Sitemap: https://a.example/s\n# end\n"
        )

        found = merged(EVERYTHING, text).text

        assert found.endswith("User-agent: *\nDisallow: /admin/\n# bots\nSitemap: https://a.example/s\n# end\n")

    def test_a_name_between_other_records_leaves_a_name_behind(self) -> None:
        """Else the records after it would become those of the group before, to some readers."""
        text = (
            "User-agent: *\nDisallow: /a\nUser-agent: GPTBot\nContent-Usage: search=n\nUser-agent: Foo\nDisallow: /b\n"
        )

        found = merged(EVERYTHING, text).text

        assert found.endswith(text.replace("GPTBot", "moved-by-noscrape"))
        assert {"search": Preference.UNKNOWN, "train-ai": Preference.UNKNOWN} == parse(found).content_usage(
            "Other", "/"
        )

    @pytest.mark.parametrize(
        ("name", "reads"), [("GPTBot/1.2", "before the slash"), ("GPTBot, CCBot", "before the comma")]
    )
    def test_names_that_some_read_as_a_token(self, name: str, reads: str) -> None:
        """They take what stands before the slash or comma; so what both readings disallow is told, and no `Allow`."""
        text = (
            f"User-agent: *\nDisallow: /all\nUser-agent: {name}\nUser-agent: Foo\nDisallow: /some\nAllow: /some/free\n"
        )

        found = merged(TRACKS, text)

        ours = found.text.partition("User-agent: GPTBot\n")[2].partition("\n\n")[0]
        assert ["Disallow: /tracks/", "Disallow: /some", "Disallow: /all"] == ours.splitlines()
        assert name not in found.text
        assert any(note.startswith("GPTBot: Allow: /some/free") for note in found.notes), reads

    def test_where_the_app_has_no_group_for_everybody(self) -> None:
        """One is added, for what is reserved; it allows what was allowed."""
        found = merged(RESERVED, "User-agent: Foo\nDisallow: /x\n").text

        assert found.startswith("# Added by noscrape")
        assert (
            "\nUser-agent: *\nContent-Signal: ai-train=no\nContent-Usage: train-ai=n\nAllow: /\n\nUser-agent: Foo\n"
            in found
        )

    def test_a_group_without_rules_is_not_taken_for_a_part_of_ours(self) -> None:
        """Names after names are one group, so ours stand before it (RFC 9309 section 2.2.1)."""
        read = parse(merged(EVERYTHING, "User-agent: Googlebot\nUser-agent: *\n").text)

        assert (True, True, False) == tuple(read.allows(agent, "/") for agent in ("Googlebot", "x", "GPTBot"))

    def test_rules_before_the_first_group_stay_nobodys(self) -> None:
        """They are ignored (RFC 9309 section 2.2.1), and would not be after a group of ours."""
        text = "Disallow: /secret/\nLicense: https://a.example/l\nUser-agent: Foo\nAllow: /\n"

        found = merged(FULL, text)

        read = parse(found.text)
        assert found.text.startswith("Disallow: /secret/\nLicense: https://a.example/l\n\n# Added")
        assert (True, True) == (read.allows("Foo", "/secret/"), read.allows("x", "/secret/"))
        assert ("https://a.example/l",) == read.licences

    @pytest.mark.parametrize("text", ["Disallow: /\nAllow: /x", "# nobody\r\n", "junk"])
    def test_a_text_without_groups(self, text: str) -> None:
        """It stays, and ours comes after it."""
        found = merged(EVERYTHING, text).text

        assert found.startswith(text)
        assert not parse(found).allows("GPTBot", "/")
        assert parse(found).allows("x", "/y")

    @pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
    def test_an_empty_text(self, text: str) -> None:
        """Ours stands in for it."""
        assert Merged(generated(FULL), ()) == merged(FULL, text)

    @pytest.mark.parametrize("text", ["<!doctype html>\n<title>Hi: there</title>", "\n<html>", "\ufeff <Error/>"])
    def test_a_page_is_no_robots_txt(self, text: str) -> None:
        """Single-page apps answer every path with one."""
        found = merged(FULL, text)

        assert generated(FULL) == found.text
        assert 1 == len(found.notes)
        assert "page" in found.notes[0]

    def test_a_page_with_groups_in_it_is_one(self) -> None:
        """Crawlers read it."""
        found = merged(EVERYTHING, "<pre>\nUser-agent: *\nDisallow: /x\n</pre>\n")

        assert not parse(found.text).allows("Googlebot", "/x")

    @pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
    def test_lines_end_as_the_apps_do(self, end: str) -> None:
        """All of them."""
        text = f"User-agent: *{end}Disallow: /x{end}"

        found = merged(FULL, text).text

        assert found.count(end) == len(records(found)) + found.count("#") + 3  # comments, and 3 empty lines
        assert set() == {"\r", "\n"}.difference(end).intersection(found)
        assert not parse(found).allows("GPTBot", "/")

    def test_the_mark_stays_first(self) -> None:
        """A byte order mark elsewhere would be part of a field's name."""
        found = merged(EVERYTHING, "\ufeffUser-agent: *\nDisallow: /x\n").text

        assert (0, 1) == (found.index("\ufeff"), found.count("\ufeff"))
        assert not parse(found).allows("Googlebot", "/x")

    def test_a_last_line_without_an_end(self) -> None:
        """What is added after it does not become part of it."""
        policy = RobotsPolicy(statements=RESERVED.statements, sitemaps=("https://a.example/s",))

        assert (
            "User-agent: *\nContent-Signal: ai-train=no\nContent-Usage: train-ai=n\nSitemap: https://a.example/s\n"
            == merged(policy, "User-agent: *").text
        )

    def test_bytes_that_are_no_utf_8(self) -> None:
        """They go through as they came."""
        text = b"User-agent: *\nDisallow: /\xff\xfe # \xe9\n".decode("utf-8", "surrogateescape")

        found = merged(TRACKS, text).text.encode("utf-8", "surrogateescape")

        assert found.endswith(b"User-agent: *\nDisallow: /\xff\xfe # \xe9\n")
        assert not parse(found).allows("GPTBot", "/%FF%FE")


class TestStatementsBesideTheApps:
    """The longest path decides alone, equal ones are combined (draft-ietf-aipref-attach-05): so more is said."""

    @staticmethod
    def added(statement: Statement, *lines: str) -> list[str]:
        """The lines that a group gets: they stand right below its name."""
        text = "\n".join(("User-agent: *", "Allow: /", *lines, ""))
        return merged(RobotsPolicy(statements=(statement,)), text).text.partition("Allow: /")[0].splitlines()[1:]

    @pytest.mark.parametrize(
        ("paths", "lines", "added"),
        [
            ((), [], ["Content-Usage: train-ai=n"]),
            ((), ["Content-Usage: train-ai=n"], []),
            ((), ["content-usage:train-ai=n, search=y"], []),
            ((), ["Content-Usage: search=y"], ["Content-Usage: train-ai=n"]),
            ((), ["Content-Usage: train-ai=y"], ["Content-Usage: train-ai=n"]),
            ((), ["Content-Usage: train-ai=n", "Content-Usage: train-ai=y"], []),
            ((), ["Content-Usage: Train-AI=n"], ["Content-Usage: train-ai=n"]),
            ((), ["Content-Usage: /a/ search=n"], ["Content-Usage: train-ai=n", "Content-Usage: /a/ train-ai=n"]),
            ((), ["Content-Usage: /a/ train-ai=y"], ["Content-Usage: train-ai=n", "Content-Usage: /a/ train-ai=n"]),
            ((), ["Content-Usage: /a/"], ["Content-Usage: train-ai=n", "Content-Usage: /a/ train-ai=n"]),
            (("/a/",), ["Content-Usage: train-ai=n"], ["Content-Usage: /a/ train-ai=n"]),
            (("/a/",), ["Content-Usage: search=n"], ["Content-Usage: /a/ train-ai=n, search=n"]),
            (("/a/",), ["Content-Usage: search=y"], ["Content-Usage: /a/ train-ai=n, search=y"]),
            (("/a/",), ["Content-Usage: /b search=n"], ["Content-Usage: /a/ train-ai=n"]),
            (("/a/b/",), ["Content-Usage: /*b search=n"], ["Content-Usage: /a/b/ train-ai=n, search=n"]),
            (("/a/b/",), ["Content-Usage: /*b search=y"], ["Content-Usage: /a/b/ train-ai=n"]),
            (
                ("/a/",),
                ["Content-Usage: /*b search=y"],
                ["Content-Usage: /a/ train-ai=n", "Content-Usage: /*b train-ai=n"],
            ),
            (
                ("/a/",),
                ["Content-Usage: /*/free/ train-ai=y"],
                ["Content-Usage: /a/ train-ai=n", "Content-Usage: /*/free/ train-ai=n"],
            ),
            (
                ("/a/",),
                ["Content-Usage: search=y", "Content-Usage: /a search=n"],
                ["Content-Usage: /a/ train-ai=n, search=n"],
            ),
        ],
    )
    def test_usage(self, paths: tuple[str, ...], lines: list[str], added: list[str]) -> None:
        """What the app denies is repeated where ours would silence it, and ours where the app's would silence it."""
        assert added == self.added(Statement("train-ai=n", paths=paths), *lines)

    def test_signals(self) -> None:
        """In the same way, in words of their own."""
        lines = ["Content-Signal: search=yes, ai-train=yes", "Content-Signal: /a/ ai-input=yes"]

        assert [
            "Content-Signal: ai-input=no, ai-train=no",
            "Content-Signal: /a/ ai-input=no, ai-train=no",
        ] == self.added(Statement(signal="ai-input=no, ai-train=no"), *lines)

    def test_every_group_is_told(self) -> None:
        """Each set of names that is one to whoever reads statements, for a statement ends a set of names for them."""
        text = (
            "User-agent: *\nContent-Usage: search=y\nUser-agent: Foo\nUser-agent: Bar\nDisallow: /x\nUser-agent: Baz\n"
        )

        found = merged(RobotsPolicy(statements=(Statement("train-ai=n"),)), text).text

        assert (
            "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: search=y\n"
            "User-agent: Foo\nUser-agent: Bar\nContent-Usage: train-ai=n\nDisallow: /x\n"
            "User-agent: Baz\nContent-Usage: train-ai=n\n"
        ) == found

    def test_the_opposite_is_noted(self) -> None:
        """The operator should know that the app says something else."""
        text = "User-agent: Foo\nUser-agent: *\nAllow: /\nContent-Usage: /free/ train-ai=y, search=y\n"

        (note,) = merged(RESERVED, text).notes

        assert note.startswith("foo, *: Content-Usage: /free/ train-ai=y says the opposite of what is reserved")

    def test_notes_show_no_control_characters(self) -> None:
        """They are shown in terminals and logs."""
        (note,) = merged(RESERVED, "User-agent: \x1b[2Jx\nContent-Usage: train-ai=y\nUser-agent: *\nAllow:\n").notes

        assert note.isprintable()

    def test_notes_are_not_endless(self) -> None:
        """Twenty, and how many more there are."""
        lines = "".join(f"Content-Usage: /{number} train-ai=y\n" for number in range(50))

        notes = merged(RESERVED, f"User-agent: *\n{lines}").notes

        assert (21, "and 30 more") == (len(notes), notes[-1])


class TestSize:
    """Crawlers need not read more than 500 KiB (RFC 9309 section 2.5)."""

    def test_a_text_that_is_too_long_already(self) -> None:
        """Is left alone, and that is told."""
        text = "User-agent: *\nDisallow: /x\n" + "#" * LARGEST_BYTES

        assert text == merged(FULL, text).text
        assert "512_000" in merged(FULL, text).notes[0]

    def test_bytes_count_and_not_characters(self) -> None:
        """An umlaut has two."""
        text = "# " + "ü" * (LARGEST_BYTES // 2) + "\n"

        assert text == merged(FULL, text).text

    @pytest.mark.parametrize("before", ["Disallow: /x\n", "# a comment\n", "License: https://a.example/l\n"])
    def test_the_refused_are_told_where_crawlers_still_read(self, before: str) -> None:
        """At the top, however much stands before the first group; what stood there stays nobody's."""
        text = before * (480_000 // len(before)) + "User-agent: Foo\nDisallow: /f\n"

        found = merged(EVERYTHING, text)

        after = parse(found.text)
        assert (False, False) == (after.allows("GPTBot", "/"), after.allows("CCBot", "/x"))
        assert after.allows("Other", "/x")
        assert parse(text).licences[:1] == after.licences[:1]
        assert found.text.endswith("User-agent: Foo\nDisallow: /f\n")

    def test_what_stands_before_the_first_group_is_not_taken_for_a_rule_of_everybody(self) -> None:
        """When it has to stand after a group of ours."""
        found = merged(RESERVED, "Disallow: /x\n" * 38_000 + "User-agent: Foo\nDisallow: /f\n").text

        assert parse(found).names("*")
        assert parse(found).allows("Other", "/x")

    def test_what_would_be_too_long_then(self) -> None:
        """Is left alone, and that is told: the app's last lines would not be read any more, and hold for others."""
        text = "User-agent: *\n" + "Disallow: /x\n" * 39_379 + "Disallow: /last\n"

        found = merged(EVERYTHING, text)

        assert text == found.text
        assert found.notes[-1].startswith("left as it is: it would have 512_")
        assert not parse(found.text).allows("Googlebot", "/last")

    def test_statements_are_given_up_for_rules(self) -> None:
        """Those in groups for single crawlers: rules at the end of the text are worth more."""
        text = "User-agent: *\nAllow: /\n" + "User-agent: a\nDisallow: /\n" * 18_000 + "User-agent: z\nDisallow: /\n"

        found = merged(RobotsPolicy(EVERYTHING.refused, RESERVED.statements), text)

        assert len(found.text) < LARGEST_BYTES
        assert not parse(found.text).allows("z", "/x")
        assert "told in the groups for everybody alone" in found.notes[-1]
        assert found.text == merged(RobotsPolicy(EVERYTHING.refused, RESERVED.statements), found.text).text

    def test_partial_refusals_are_widened_for_rules(self) -> None:
        """Who is refused some paths would need all of the app's rules once more: it is refused everything instead."""
        text = "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(26_000))

        found = merged(TRACKS, text)

        assert len(found.text) < LARGEST_BYTES
        assert not parse(found.text).allows("Other", "/25999")
        assert "refused everything" in found.notes[-1]
        assert found.text == merged(TRACKS, found.text).text

    def test_both_are_given_up(self) -> None:
        """Where neither alone is enough."""
        rules = "".join(f"Disallow: /{number}\n" for number in range(10_000))
        text = f"User-agent: *\n{rules}" + "User-agent: a\nDisallow: /\n" * 10_000

        found = merged(RobotsPolicy(TRACKS.refused, RESERVED.statements), text)

        assert len(found.text) < LARGEST_BYTES
        assert (False, False) == (parse(found.text).allows("Other", "/9999"), parse(found.text).allows("GPTBot", "/x"))
        assert "refused everything" in found.notes[-1]
        assert "told in the groups for everybody alone" in found.notes[-1]

    def test_our_own_part_is_bounded(self) -> None:
        """Paths are summed up, so that the app's rules are read as well."""
        policy = RobotsPolicy(refused=(Refused(("Foo",), tuple(f"/tracks/{number}/" for number in range(50_000))),))

        found = merged(policy, "User-agent: *\nDisallow: /x\n")

        assert len(found.text) < 1_000
        assert "summed up" in found.notes[0]
        assert not parse(found.text).allows("Foo", "/tracks/49999/")
