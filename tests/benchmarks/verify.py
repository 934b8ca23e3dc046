"""What verification costs: a look-up, a claim that is checked, a signature, and memory under spoofed addresses.

`python -m tests.benchmarks.verify` prints the figures of the README. Needs the extras `dns` and `signatures`.
"""

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network
from random import Random
from statistics import median

from noscrape.networks import Address, NetworkTable
from noscrape.site import builtin_catalog
from noscrape.verify import RangeLists, ReverseDns, Verifier
from noscrape.verify.keys import public_key
from noscrape.verify.reverse import Answer
from noscrape.verify.signatures import verify
from noscrape.verify.snapshots import Snapshot, Snapshots
from tests.verify.signing import ED25519, NOW, jwk, signed

PREFIXES = 20_000
SPOOFED = 1_000_000
ROUNDS = 7


def microseconds(action: Callable[[], object], count: int) -> float:
    """Of one, the median over some rounds of `count`."""
    spent = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        action()
        spent.append((time.perf_counter() - begin) / count * 1e6)
    return median(spent)


def look_ups(random: Random) -> None:
    """Prefixes of all lengths, of both kinds; half of the addresses are inside."""
    four = [ip_network((random.getrandbits(32), random.randint(16, 32)), strict=False) for _ in range(PREFIXES // 2)]
    six = [
        ip_network((0x2 << 124 | random.getrandbits(124), random.randint(32, 64)), strict=False)
        for _ in range(PREFIXES // 2)
    ]
    table = NetworkTable([*four, *six])
    wanted: list[Address] = [network.network_address for network in random.sample([*four, *six], 5_000)]
    wanted += [IPv4Address(random.getrandbits(32)) for _ in range(2_500)]
    wanted += [IPv6Address(random.getrandbits(128)) for _ in range(2_500)]
    random.shuffle(wanted)

    def every() -> None:
        for address in wanted:
            address in table  # noqa: B015  # the look-up itself

    print(f"a look-up in {PREFIXES:,} prefixes: {microseconds(every, len(wanted)):.2f} µs")


def claims() -> None:
    """Googlebot, inside of its list and outside."""
    catalog = builtin_catalog()
    bot = catalog.find("Googlebot")
    if bot is None:
        return
    urls = {url for each in catalog.crawlers if each.operator == "Google" for url in each.ranges}
    by_url = {url: Snapshot(url, (ip_network("66.249.64.0/19"),), NOW) for url in urls}
    verifier = Verifier(ranges=RangeLists(catalog.crawlers, Snapshots(by_url)))
    for words, address in (("true", IPv4Address("66.249.64.7")), ("false", IPv4Address("8.8.8.8"))):

        def every(address: Address = address) -> None:
            for _ in range(10_000):
                verifier.check((bot,), address, NOW)

        print(f"a {words} Googlebot, told by lists: {microseconds(every, 10_000):.2f} µs")


def signatures() -> None:
    """One Ed25519 signature of a request, with a key that is known."""
    key, asked = public_key(jwk(ED25519)), signed()

    def every() -> None:
        for _ in range(500):
            verify(asked, keys=lambda url, keyid: key, now=NOW)

    print(f"a signed request: {microseconds(every, 500):.0f} µs")


class Nobody:
    """Name servers without names."""

    async def ask(self, name: str, kind: str) -> Answer:
        """Nothing is there."""
        return Answer(())

    def cancel(self) -> None:
        """Nothing is under way."""

    async def close(self) -> None:
        """Nothing is open."""


async def spoofed() -> None:
    """Each address is another, and each claims to be Googlebot; as many look-ups as may be."""
    catalog = builtin_catalog()
    bot = catalog.find("Googlebot")
    if bot is None:
        return
    ticks = iter(range(10**9))
    dns = ReverseDns(clock=lambda: float(next(ticks)), resolver=Nobody, lookups_per_second=10_000)
    verifier = Verifier(ranges=RangeLists(catalog.crawlers, Snapshots()), dns=dns)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(SPOOFED):
        verifier.check((bot,), IPv4Address(0x08000000 + number), NOW + number / 10_000)
        if number % 200 == 0:
            await asyncio.sleep(0)
    await dns.settled()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"{SPOOFED:,} spoofed addresses: {dns.counters['asked']:,} looked up, {len(dns):,} kept, "
        f"{(after - before) / 1e6:.1f} MB, at most {(peak - before) / 1e6:.1f} MB"
    )
    await dns.close()


def main() -> None:
    """Print all of it."""
    look_ups(Random(7))
    claims()
    signatures()
    asyncio.run(spoofed())


if __name__ == "__main__":
    main()
