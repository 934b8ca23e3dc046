"""Forward-confirmed reverse DNS: asked in the background, of name servers that may lie, and within its limits."""

import asyncio
import sys
from ipaddress import IPv4Address, ip_address
from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from noscrape.decision import Checked
from noscrape.errors import NoScrapeError
from noscrape.verify.dns import MOST_UNDER_WAY, RENEWED_AFTER, TASK, ReverseDns
from noscrape.verify.reverse import Answer
from noscrape.words import Verification
from tests.asgi import Clock
from tests.verify.nameserver import NXDOMAIN, REFUSED, SERVFAIL, Fails, Nameserver, Raw, Said, Silent

ADDRESS = "192.0.2.7"
SPOOFED = IPv4Address("203.0.114.0")
POINTER = "7.2.0.192.in-addr.arpa"
NAME = "crawl-7.googlebot.com"
GOOGLE = (".googlebot.com",)
NO_HOST = "the reverse name of its address is not known: what stands there is no name of a public host"
VERIFIED, CONTRADICTED, UNKNOWN = Verification.VERIFIED, Verification.CONTRADICTED, Verification.UNKNOWN


class Fake:
    """A resolver that answers by itself. It never ends where it hangs."""

    def __init__(self, *answers: Answer, hangs: bool = False, error: Exception | None = None) -> None:
        self.answers = answers or (Answer((NAME,)), Answer((ADDRESS,)))
        self.hangs = hangs
        self.error = error
        self.made = self.asked = self.cancelled = self.closed = 0

    def __call__(self) -> "Fake":
        self.made += 1
        return self

    async def ask(self, name: str, kind: str) -> Answer:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()
        return self.answers[0 if kind == "PTR" else 1]

    def cancel(self) -> None:
        self.cancelled += 1

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def check(
    dns: ReverseDns,
    address: str = ADDRESS,
    suffixes: tuple[str, ...] = GOOGLE,
    *,
    decisive: bool = True,
    now: float = 0,
) -> Checked:
    """What a request is told."""
    return dns.check(ip_address(address), suffixes, decisive=decisive, now=now)


async def known(dns: ReverseDns, address: str = ADDRESS, *, now: float = 0) -> Checked:
    """What the next request is told, once everything has been looked up."""
    check(dns, address, now=now)
    await dns.settled()
    return check(dns, address, now=now)


@pytest.mark.dns
class TestNameServers:
    """With aiodns, against a name server."""

    @pytest.mark.parametrize("address", [ADDRESS, "2001:db8::7"])
    async def test_a_crawler_is_verified_on_its_second_request(self, address: str, clock: Clock) -> None:
        """The first one does not wait."""
        async with Nameserver() as server:
            server.host(address, NAME)
            dns = ReverseDns(clock=clock, servers=[server.address])
            assert Checked(UNKNOWN, "reverse-dns: being looked up") == check(dns, address)
            assert VERIFIED is (await known(dns, address)).status
            await dns.close()

    @pytest.mark.parametrize(
        ("names", "leads_to", "decisive", "plain"),
        [
            (["dsl-7.provider.example"], None, CONTRADICTED, CONTRADICTED),
            ([NAME], ["198.51.100.1"], CONTRADICTED, UNKNOWN),
            ([NAME], [], CONTRADICTED, UNKNOWN),
            ([NAME], ["2001:db8::1"], UNKNOWN, UNKNOWN),
            ([NAME], [f"198.51.100.{number}" for number in range(5)], UNKNOWN, UNKNOWN),
            ([NAME], [*(f"198.51.100.{number}" for number in range(3)), ADDRESS], VERIFIED, VERIFIED),
            (["CRAWL-7.GoogleBot.com"], None, VERIFIED, VERIFIED),
        ],
        ids=["own-name", "lie", "lie-about-a-name-that-is-not", "other-family", "more-than-followed", "fourth", "case"],
    )
    async def test_who_lies_is_contradicted_on_the_second_request(
        self,
        names: list[str],
        leads_to: list[str] | None,
        decisive: Verification,
        plain: Verification,
        clock: Clock,
    ) -> None:
        """Whoever holds an address may write any reverse name, but not that name's addresses."""
        async with Nameserver() as server:
            server.host(ADDRESS, *names, leads_to=leads_to)
            if leads_to == ["2001:db8::1"]:
                server.zone[NAME, "A"] = []
            dns = ReverseDns(clock=clock, servers=[server.address])
            assert decisive is (await known(dns)).status
            assert plain is check(dns, decisive=False).status
            await dns.close()

    @pytest.mark.parametrize(
        ("said", "how"),
        [
            (Fails(NXDOMAIN), "its address has no reverse name"),
            ([], "its address has no reverse name"),
            (Fails(SERVFAIL), "the reverse name of its address is not known: DNS server returned general failure"),
            (Fails(REFUSED), "the reverse name of its address is not known: DNS server refused query"),
            (Raw(b"\x81\x80 not DNS"), "the reverse name of its address is not known: Misformatted DNS reply"),
            (Silent(), "the reverse name of its address is not known: no answer within 0.1 s"),
            (["a\x00\x1b[31mb.googlebot.com"], NO_HOST),
        ],
        ids=["no-such-name", "no-record", "failure", "refused", "nonsense", "silence", "control-characters"],
    )
    async def test_no_name_proves_nothing(self, said: Said, how: str, clock: Clock) -> None:
        """No PTR, no answer, and no sense in it are all unknown, even where the method is decisive."""
        async with Nameserver() as server:
            server.zone[POINTER, "PTR"] = said
            dns = ReverseDns(
                clock=clock, servers=[server.address], timeout_seconds=0.1 if said.__class__ is Silent else 2
            )
            assert Checked(UNKNOWN, f"reverse-dns: {how}") == await known(dns)
            await dns.close()

    async def test_a_name_whose_server_is_silent_is_known_all_the_same(self, clock: Clock) -> None:
        """Somebody else's name contradicts, whether or not it leads back."""
        async with Nameserver() as server:
            server.zone[POINTER, "PTR"] = ["dsl-7.provider.example"]
            server.zone["dsl-7.provider.example", "A"] = Silent()
            dns = ReverseDns(clock=clock, servers=[server.address], timeout_seconds=0.2)
            assert CONTRADICTED is (await known(dns)).status
            await dns.close()

    async def test_aliases_are_followed_by_the_name_server(self, clock: Clock) -> None:
        """Classless delegation has an alias in front of the PTR record (RFC 2317, section 4)."""
        async with Nameserver() as server:
            server.zone[POINTER, "PTR"] = ["-> 7.0-127.2.0.192.in-addr.arpa", NAME]
            server.zone[NAME, "A"] = ["-> other.example.net", "-> third.example.net", ADDRESS]
            dns = ReverseDns(clock=clock, servers=[server.address])
            assert VERIFIED is (await known(dns)).status
            assert 2 == server.asked.total()
            await dns.close()

    async def test_thousands_of_names_are_one_datagram(self, clock: Clock) -> None:
        """What does not fit is not fetched, and one of the names is followed."""
        async with Nameserver() as server:
            server.host(ADDRESS, *(f"{number}.googlebot.com" for number in range(3000)), leads_to=["198.51.100.1"])
            dns = ReverseDns(clock=clock, servers=[server.address])
            assert CONTRADICTED is (await known(dns)).status
            assert 2 == server.asked.total()
            await dns.close()

    async def test_the_longest_names_are_shown_in_part(self, clock: Clock) -> None:
        """Their end, which tells whose they are; what stands before it often spells the address."""
        async with Nameserver() as server:
            server.host(ADDRESS, ".".join(["a" * 63] * 3 + ["b" * 40, "googlebot.com"]))
            checked = await known(dns := ReverseDns(clock=clock, servers=[server.address]))
            assert VERIFIED is checked.status
            assert "reverse-dns: its address is named *." + "b" * 40 + ".googlebot.com, and" in checked.how
            assert len(checked.how) < 200
            await dns.close()

    async def test_nobody_answers(self, clock: Clock) -> None:
        """A name server that is not there is no reason for anything."""
        async with Nameserver() as server:
            pass
        dns = ReverseDns(clock=clock, servers=[server.address], timeout_seconds=0.3)
        assert UNKNOWN is (await known(dns)).status
        assert 1 == dns.counters["failed"]
        await dns.close()

    def test_each_loop_has_its_resolver(self, clock: Clock) -> None:
        """As in tests of apps: what a loop did not wait for ends with it, and never speaks to it again."""
        with socket(AF_INET, SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            dns = ReverseDns(clock=clock, servers=["127.0.0.1:{1}".format(*silent.getsockname())], timeout_seconds=0.3)

            async def visit() -> None:
                check(dns)
                await asyncio.to_thread(silent.recv, 512)

            for _ in range(3):
                asyncio.run(visit())
        assert 3 == dns.counters["asked"]


class TestLookingUp:
    """When something is asked, and when not."""

    async def test_crawlers_share_one_look_up(self, clock: Clock) -> None:
        """What is known is about the address."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake)
        for suffixes in (GOOGLE, (".search.msn.com",), GOOGLE):
            check(dns, suffixes=suffixes)
        await dns.settled()
        assert 2 == fake.asked
        assert [VERIFIED, CONTRADICTED] == [check(dns, suffixes=s).status for s in (GOOGLE, (".search.msn.com",))]
        assert 1 == dns.counters["asked"]

    @pytest.mark.parametrize(
        ("answers", "seconds"),
        [
            pytest.param((), 86_400, id="verified"),
            pytest.param((Answer((NAME,)), Answer(absent=True)), 3_600, id="denied"),
            pytest.param((Answer((NAME,)), Answer()), 3_600, id="no-address"),
            pytest.param((Answer(absent=True),), 3_600, id="no-name"),
            pytest.param((Answer(("localhost",)),), 3_600, id="no-host"),
            pytest.param((Answer(problem="refused"),), 300, id="failed"),
        ],
    )
    async def test_each_answer_lives_for_its_time(
        self, answers: tuple[Answer, ...], seconds: int, clock: Clock
    ) -> None:
        """In its last tenth it is asked for again while it holds; at its end it is gone."""
        dns = ReverseDns(clock=clock, resolver=Fake(*answers))
        held = await known(dns)
        assert held == check(dns, now=seconds * 0.9 - 1)
        assert 1 == dns.counters["asked"]
        assert "reverse-dns: being looked up" == check(dns, now=seconds).how
        await dns.settled()
        assert held == check(dns, now=seconds + seconds * 0.9)
        assert 3 == dns.counters["asked"]
        await dns.settled()

    async def test_a_failure_takes_nothing_back(self, clock: Clock) -> None:
        """What holds goes on to its end, and is asked for again after a while."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake)
        await known(dns)
        fake.answers = (Answer(problem="refused"),)
        assert VERIFIED is (await known(dns, now=80_000)).status
        assert VERIFIED is (await known(dns, now=80_299)).status
        assert 2 == dns.counters["asked"]
        assert VERIFIED is (await known(dns, now=80_300)).status
        assert 3 == dns.counters["asked"]
        assert UNKNOWN is (await known(dns, now=86_400)).status

    async def test_there_are_so_many_look_ups_a_second(self, clock: Clock) -> None:
        """By all clients together; over it nothing is asked, and it says so."""
        dns = ReverseDns(clock=clock, resolver=Fake(), lookups_per_second=3)
        told = [check(dns, f"192.0.2.{number}").how for number in range(5)]
        assert ["being looked up"] * 3 + ["not looked up, since there are 3 look-ups a second at most"] * 2 == [
            how.removeprefix("reverse-dns: ") for how in told
        ]
        assert (3, 2) == (dns.counters["asked"], dns.counters["over_limit"])
        clock.forward(0.5)
        check(dns, "192.0.2.10")
        check(dns, "192.0.2.11")
        assert (4, 3) == (dns.counters["asked"], dns.counters["over_limit"])
        clock.forward(100)
        for number in range(20, 30):
            check(dns, f"192.0.2.{number}")
        assert (7, 10) == (dns.counters["asked"], dns.counters["over_limit"])
        await dns.close()

    async def test_there_are_so_many_under_way(self, clock: Clock) -> None:
        """However many a second are allowed, where a name server is slow."""
        dns = ReverseDns(clock=clock, resolver=Fake(hangs=True), lookups_per_second=1e6)
        for number in range(MOST_UNDER_WAY + 10):
            check(dns, str(SPOOFED + number))
        assert (MOST_UNDER_WAY, 10) == (dns.counters["asked"], dns.counters["over_limit"])
        await dns.close()

    async def test_what_is_kept_is_bounded(self, clock: Clock) -> None:
        """Addresses are cheap to spoof. Who comes again and again stays known."""
        dns = ReverseDns(clock=clock, resolver=Fake(), cache_size=100, lookups_per_second=1e6)
        await known(dns)
        for number in range(2_000):
            check(dns, str(SPOOFED + number))
            if number % 50 == 0:
                await dns.settled()
                assert VERIFIED is check(dns).status
        await dns.settled()
        assert 100 == len(dns)

    def test_without_a_loop_nothing_is_asked(self, clock: Clock) -> None:
        """As on the command line."""
        dns = ReverseDns(clock=clock, resolver=Fake())
        assert Checked(UNKNOWN, "reverse-dns: not looked up, since no event loop is running") == check(dns)
        assert 0 == dns.counters["asked"]

    def test_what_one_loop_began_another_asks_anew(self, clock: Clock) -> None:
        """A look-up that ended with its loop is not waited for; what was found stays known."""
        fake = Fake(hangs=True)
        dns = ReverseDns(clock=clock, resolver=fake)

        async def visit() -> Checked:
            check(dns)
            await asyncio.sleep(0)
            if not fake.hangs:
                await dns.settled()
            return check(dns)

        assert UNKNOWN is asyncio.run(visit()).status
        fake.hangs = False
        assert VERIFIED is asyncio.run(visit()).status
        assert VERIFIED is check(dns).status
        assert 2 == fake.made

    @pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "fe80::1", "100.64.0.1"])
    async def test_addresses_of_the_inside_are_not_asked_for(self, address: str, clock: Clock) -> None:
        """Their names are nobody's business, and prove nothing."""
        dns = ReverseDns(clock=clock, resolver=Fake())
        how = "reverse-dns: not looked up, since the address is not one of the public internet"
        assert Checked(UNKNOWN, how) == await known(dns, address)
        assert 0 == dns.counters["asked"]

    @pytest.mark.parametrize("suffixes", [(".amazonaws.com",), (".com",), ("googlebot.com",), ()])
    async def test_suffixes_that_prove_nothing_count_for_nothing(self, suffixes: tuple[str, ...], clock: Clock) -> None:
        """Nobody is verified by them, and nobody contradicted."""
        dns = ReverseDns(clock=clock, resolver=Fake(Answer(("ec2-7.amazonaws.com",)), Answer((ADDRESS,))))
        await known(dns)
        assert UNKNOWN is check(dns, suffixes=suffixes).status


class TestEnding:
    """Nothing stays behind."""

    async def test_it_gives_up_in_time(self, clock: Clock) -> None:
        """A resolver that never answers; what it still asks for is ended with the last look-up."""
        fake = Fake(hangs=True)
        dns = ReverseDns(clock=clock, resolver=fake, timeout_seconds=0.01)
        assert (
            "reverse-dns: the reverse name of its address is not known: no answer within 0.01 s"
            == (await known(dns)).how
        )
        assert (1, 1) == (dns.counters["failed"], fake.cancelled)

    async def test_closing_ends_what_is_under_way(self, clock: Clock) -> None:
        """Tasks and resolver; what is known stays known."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake)
        await known(dns)
        fake.hangs = True
        check(dns, "192.0.2.8")
        await asyncio.sleep(0)
        await dns.close()
        assert 0 == dns.counters["failed"]
        assert [] == [task for task in asyncio.all_tasks() if task.get_name() == TASK]
        assert 1 == fake.closed
        assert VERIFIED is check(dns).status

    async def test_closing_twice_or_unused_is_fine(self, clock: Clock) -> None:
        """As when an app never got a request."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake)
        await dns.close()
        await dns.close()
        assert 0 == fake.closed

    async def test_a_resolver_is_made_anew_after_a_while(self, clock: Clock) -> None:
        """c-ares keeps all answers for as long as they ask it to, and there is no bound on them."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake, lookups_per_second=1e6)
        for number in range(RENEWED_AFTER + 1):
            check(dns, str(SPOOFED + number))
            if number % 100 == 0:
                await dns.settled()
        await dns.settled()
        assert 2 == fake.made

    async def test_a_resolver_that_fails_is_told_once(self, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        """Clients stay unknown."""
        dns = ReverseDns(clock=clock, resolver=Fake(error=OSError("too many open files")))
        for number in range(3):
            checked = await known(dns, f"192.0.2.{number}")
            assert "reverse-dns: the reverse name of its address is not known: the resolver failed" == checked.how
        assert ["reverse DNS failed: OSError('too many open files'); clients stay unknown"] == caplog.messages
        assert 3 == dns.counters["failed"]

    async def test_name_servers_that_are_gone_are_told_once(
        self, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """After twenty failures in a row; an answer between them begins the row anew."""
        fake = Fake()
        dns = ReverseDns(clock=clock, resolver=fake, lookups_per_second=1e6)
        for number in range(100):
            refused = (Answer(problem="DNS server refused query"),)
            fake.answers = (Answer(absent=True),) if number == 10 else refused
            await known(dns, f"192.0.2.{number}")
            assert (1 if number >= 30 else 0) == len(caplog.messages)
        assert ["20 reverse DNS look-ups in a row failed, the last one so: DNS server refused query"] == caplog.messages


def test_without_aiodns_it_says_what_to_install(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is made, and not on a request."""
    monkeypatch.setitem(sys.modules, "aiodns", None)
    with pytest.raises(NoScrapeError, match=r"reverse DNS needs aiodns 4: pip install 'noscrape\[dns\]'"):
        ReverseDns(clock=clock)
