"""What answers mean, by the parsers of the standards."""

import pytest

from noscrape.probe import Answer, Asker, Outcome, Question
from noscrape.probe.reading import Tdmrep, between, lines, robots, said, stored, tdm
from noscrape.standards.robots_txt import Access
from noscrape.standards.tdmrep import Statement
from tests.probe.world import JSON, PAGE, PLAIN, RESERVED, Headers, Reply, answer, look, rules
from tests.probe.world import robots as robots_of

QUESTION = Question(PAGE, Asker.LISTENER, "")


def of(*headers: tuple[str, str]) -> Answer:
    return answer(QUESTION, Reply(200, headers))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (None, Outcome.NONE),
        (101, Outcome.FAILED),
        (200, Outcome.SERVED),
        (206, Outcome.SERVED),
        (301, Outcome.MOVED),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.MISSING),
        (410, Outcome.MISSING),
        (429, Outcome.REFUSED),
        (451, Outcome.REFUSED),
        (500, Outcome.FAILED),
        (999, Outcome.FAILED),
    ],
)
def test_what_a_status_comes_to(status: int | None, outcome: Outcome) -> None:
    """In six words."""
    assert outcome is answer(QUESTION, Reply(status)).outcome


@pytest.mark.parametrize(
    ("headers", "by"),
    [
        (RESERVED, ("X-Robots-Tag", "tdm-reservation", "Content-Usage")),
        ((("x-robots-tag", "noindex"), ("x-robots-tag", "noai")), ("X-Robots-Tag",)),
        ((("x-robots-tag", "GPTBot: noai"),), ()),
        ((("tdm-reservation", "1"), ("tdm-reservation", "1")), ()),
        ((("tdm-reservation", "0"),), ()),
        ((("content-usage", "search=y"), ("content-usage", "train-ai=n")), ("Content-Usage",)),
        ((("content-usage", "train-ai=no"),), ()),
        ((), ()),
    ],
)
def test_what_reserves(headers: Headers, by: tuple[str, ...]) -> None:
    """The headers that say so to everybody."""
    assert by == said(of(*headers)).by


def test_what_headers_mean() -> None:
    """Those that concern us, in one order, with a word for each that needs it."""
    headers = (
        ("x-support-id", "0123"),
        ("set-cookie", "a=1"),
        ("content-usage", "train-ai=n, search=y"),
        ("tdm-reservation", "1"),
        ("x-robots-tag", "noindex"),
        ("x-robots-tag", "noai"),
        ("link", "</l>; rel=license, </p>; rel=describedby"),
        ("link", "</s>; rel=preload"),
    )
    assert [
        ("x-robots-tag", "noindex", "nothing about AI"),
        ("x-robots-tag", "noai", "no AI training"),
        ("tdm-reservation", "1", "reserved"),
        ("content-usage", "train-ai=n, search=y", "training disallowed, search allowed"),
        ("link", "</l>; rel=license, </p>; rel=describedby", "licence and policy"),
        ("link", "</s>; rel=preload", ""),
        ("x-support-id", "0123", ""),
    ] == list(lines(of(*headers)))
    assert [("tdm-reservation", "yes", "counts as unset"), ("content-usage", "a", "says nothing")] == list(
        lines(of(("content-usage", "a"), ("tdm-reservation", "yes")))
    )
    assert [("tdm-reservation", "0", "not reserved")] == list(lines(of(("tdm-reservation", "0"))))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("age", "1"), True),
        (("age", "0"), False),
        (("age", "-1"), False),
        (("age", "9" * 5000), False),
        (("age", "²"), False),
        (("x-cache", "HIT"), True),
        (("x-cache", "Hit from cloudfront"), True),
        (("x-cache", "MISS, HIT"), True),
        (("x-cache", "Miss from cloudfront"), False),
        (("x-cache", "white"), False),
        (("x-cache-hits", "0, 3"), True),
        (("x-cache-hits", "0"), False),
        (("cf-cache-status", "HIT"), True),
        (("cf-cache-status", "DYNAMIC"), False),
        (("cache-status", "Squid; hit; ttl=3"), True),
        (("cache-status", "Squid; fwd=miss; stored"), False),
        (("via", "1.1 hit"), False),
    ],
)
def test_what_comes_from_a_cache(header: tuple[str, str], expected: bool) -> None:
    """By an age, or by the words that caches have for it; what passes through one does not count."""
    assert expected == stored(of(header))
    assert [header] == list(between(of(header)))


class TestRobots:
    """robots.txt for the crawler and each control token."""

    def test_what_it_tells(self) -> None:
        """Verdict, by which group, and what may be done with it."""
        text = b"User-agent: *\nAllow: /\nContent-Usage: train-ai=n\nUser-agent: GPTBot\nDisallow: /tracks/\n"
        found = robots(look(robots_of(Reply(200, PLAIN, text))))
        assert [
            ("GPTBot", False, True, 5),
            ("Google-Extended", True, False, 2),
            ("Applebot-Extended", True, False, 2),
        ] == [
            (each.token, each.verdict.allowed, each.by_name, each.verdict.line.number if each.verdict.line else None)
            for each in found.told
        ]
        assert found.told[0].usage is None
        assert found.told[1].usage is not None
        assert "disallowed" == found.told[1].usage["train-ai"].value

    @pytest.mark.parametrize(
        ("reply", "access"),
        [
            (Reply(404), Access.EVERYTHING),
            (Reply(503), Access.NOTHING),
            (Reply(None, problem="x"), Access.NOTHING),
            (Reply(302, (("location", "https://a.example/"),)), None),
            (Reply(302, (("location", "/robots.txt"),)), Access.EVERYTHING),
        ],
    )
    def test_without_one(self, reply: Reply, access: Access | None) -> None:
        """What follows is the standard's."""
        found = robots(look(robots_of(reply)))
        assert (access, None, ()) == (found.access, found.file, found.told)


class TestTdmrep:
    """tdmrep.json for the page."""

    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (
                Reply(200, JSON, b'[{"location": "/tracks/", "tdm-reservation": 1}]'),
                Tdmrep(1, Statement(1), Statement(1)),
            ),
            (
                Reply(
                    200,
                    JSON,
                    b'[{"location": "/", "tdm-reservation": 0}, {"location": "/tracks/", "tdm-reservation": 1}]',
                ),
                Tdmrep(2, Statement(0), Statement(1)),
            ),
            (Reply(200, JSON, b"[]"), Tdmrep()),
            (Reply(200, JSON, b"{}"), Tdmrep(fault="it is no JSON array")),
            (Reply(200, JSON, b"[" * 100_000), Tdmrep(fault="it is no JSON array")),
            (Reply(200, JSON, b"[" + b"1" * 5000 + b"]"), Tdmrep()),
            (
                Reply(200, JSON, b"[", whole=False),
                Tdmrep(fault="it is longer than 500 KiB, and was not read"),
            ),
            (Reply(200, JSON, b"[", whole=False, problem="it broke off"), Tdmrep(fault="it broke off")),
            (Reply(404), None),
        ],
    )
    def test_what_it_says(self, reply: Reply, expected: Tdmrep | None) -> None:
        """By both readings of the text; or why nothing."""
        assert expected == tdm(look(rules(reply)))
