"""Forward-confirmed reverse DNS, asked in the background. Needs the extra `noscrape[dns]`.

No request waits: `check` tells what is known, and what is not yet known is asked for and holds from the next request
on. What is kept is about addresses, so that crawlers share it, and strangers choose the addresses; so there is a bound
on what is kept, on what is under way, and on what is asked in a second, by all clients together.

Names of strangers are answered by their own servers. One answer of theirs is one small datagram (no TCP), one name of
it is followed, and nothing takes longer than the time limit.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, Protocol

from noscrape.crawlers.suffixes import suffix_problem
from noscrape.decision import Checked
from noscrape.errors import NoScrapeError
from noscrape.networks import Address, ordinary
from noscrape.verify.reverse import Answer, Reverse, reverse_names, unknown

if TYPE_CHECKING:
    from aiodns import DNSResolver

logger = logging.getLogger("noscrape")

#: Look-ups under way at once, whatever the limit a second.
MOST_UNDER_WAY: Final = 256

#: Look-ups after which the resolver is made anew: c-ares caches all answers for as long as they ask it to, without
#: a bound, and aiodns cannot tell it not to.
RENEWED_AFTER: Final = 1_000

#: Share of its life after which an answer that is asked for again is renewed, while it still holds.
_RENEWED_AT: Final = 0.9

#: Look-ups that fail one after the other before it is said that the name servers do not answer.
_FAILED_IN_A_ROW: Final = 20

#: How the tasks are called.
TASK: Final = "noscrape-reverse-dns"

_NOT_PUBLIC: Final = unknown("not looked up, since the address is not one of the public internet")
_UNDER_WAY: Final = unknown("being looked up")
_NO_LOOP: Final = unknown("not looked up, since no event loop is running")


class Resolver(Protocol):
    """What asks the name servers. Used in one event loop."""

    async def ask(self, name: str, kind: str) -> Answer:
        """The records of a kind ("PTR", "A", "AAAA") that a name has."""

    def cancel(self) -> None:
        """End what is under way."""

    async def close(self) -> None:
        """End what is under way, and let go of sockets and threads."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an address until then, and from when on it is asked for again. Epoch seconds."""

    reverse: Reverse
    until: float
    again: float


class ReverseDns:
    """Tells whether an address has a name of the operator that it claims. What is used least recently goes first.

    10,000 addresses take 6 MB, and 18 MB where all of them have many of the longest names.

    `clock` gives seconds from anywhere, for the limit of look-ups a second; how long answers live goes by `now`.
    `servers` are name servers, `192.0.2.53` or `192.0.2.53:5353`, where those of the machine shall not be asked.
    `resolver` makes one in the running loop, where aiodns shall not. `timeout_seconds` is for a look-up as a whole.

    `counters` tell the look-ups that were `asked`, those that were not for being `over_limit`, and that `failed`.
    Raises NoScrapeError where aiodns is wanted and missing.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        resolver: Callable[[], Resolver] | None = None,
        servers: Sequence[str] = (),
        timeout_seconds: float = 2.0,
        lookups_per_second: float = 20,
        cache_size: int = 10_000,
        positive_seconds: float = 86_400,
        negative_seconds: float = 3_600,
        unknown_seconds: float = 300,
        followed: int = 4,
    ) -> None:
        self._make = resolver or _aiodns(servers, timeout_seconds)
        self._timeout = timeout_seconds
        self._rate = _Rate(lookups_per_second, clock=clock)
        self._over_limit = unknown(f"not looked up, since there are {lookups_per_second:g} look-ups a second at most")
        self._bound = cache_size
        self._positive = positive_seconds
        self._negative = negative_seconds
        self._unknown = unknown_seconds
        self._followed = followed
        self.counters = Counter[str](asked=0, over_limit=0, failed=0)
        self._known: OrderedDict[Address, _Known] = OrderedDict()
        self._proving: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[Address, asyncio.Task[None]] = {}
        self._resolver: Resolver | None = None
        self._uses = 0
        self._failed_in_a_row = 0
        self._told: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def check(self, address: Address, suffixes: tuple[str, ...], *, decisive: bool, now: float) -> Checked:
        """What is known of an address by now. It never waits, and asks for what is not known in the background.

        `suffixes` are the catalog's (".googlebot.com"), and those that prove nothing count for nothing; `decisive` is
        whether the operator says that reverse DNS tells a false one.
        """
        proving = self._proving.get(suffixes)
        if proving is None:  # keys come from the catalog, not from clients
            proving = tuple(suffix.lower() for suffix in suffixes if not suffix_problem(suffix))
            self._proving[suffixes] = proving
        known = self._known.get(address)
        if known is None or known.until <= now:
            return self._ask(address, proving, now)
        self._known.move_to_end(address)
        if known.again <= now:
            self._ask(address, proving, now)
        return known.reverse.judged(proving, decisive=decisive)

    def _ask(self, address: Address, suffixes: tuple[str, ...], now: float) -> Checked:
        """Begin a look-up, where it may be; what is to be said meanwhile."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return _NO_LOOP
        if loop is not self._loop:  # what belongs to another loop ended with it
            self._loop, self._tasks, self._resolver = loop, {}, None
        if address in self._tasks:
            return _UNDER_WAY
        if not ordinary(address):
            return _NOT_PUBLIC
        if len(self._tasks) >= MOST_UNDER_WAY or not self._rate.take():
            self.counters["over_limit"] += 1
            self._tell("more addresses want a reverse DNS look-up than may be asked for in a second; they are unknown")
            return self._over_limit
        self.counters["asked"] += 1
        task = loop.create_task(self._look_up(address, suffixes, now), name=TASK)
        self._tasks[address] = task
        task.add_done_callback(lambda done: self._ended(address, done))
        return _UNDER_WAY

    def _ended(self, address: Address, task: asyncio.Task[None]) -> None:
        if self._tasks.get(address) is task:
            del self._tasks[address]
            if not self._tasks and self._resolver is not None:
                self._resolver.cancel()  # what came too late is still asked for, and must not answer to a closed loop

    async def _look_up(self, address: Address, suffixes: tuple[str, ...], now: float) -> None:
        reverse = Reverse()
        try:
            resolver = self._opened()
            async with asyncio.timeout(self._timeout):
                reverse = reverse_names(await resolver.ask(address.reverse_pointer, "PTR"), suffixes)
                if reverse.followed:
                    kind = "A" if isinstance(address, IPv4Address) else "AAAA"
                    addresses = await resolver.ask(reverse.followed, kind)
                    reverse = reverse.followed_to(addresses, address, most=self._followed)
        except TimeoutError:  # what is known so far stays: a name is known, though its server may be silent
            reverse = replace(reverse, problem=f"no answer within {self._timeout:g} s", failed=True)
        except Exception as error:  # nobody waits for this task, so that it would be lost; counted with the failed
            reverse = replace(reverse, problem="the resolver failed", failed=True)
            self._tell(f"reverse DNS failed: {error!r}; clients stay unknown", error)
        self._count(reverse)
        self._keep(address, reverse, now)

    def _keep(self, address: Address, reverse: Reverse, now: float) -> None:
        before = self._known.get(address)
        if reverse.failed and before is not None and now < before.until:
            self._known[address] = replace(before, again=now + self._unknown)
            return
        lives = self._unknown if reverse.failed else self._positive if reverse.confirmed else self._negative
        self._known[address] = _Known(reverse, until=now + lives, again=now + lives * _RENEWED_AT)
        self._known.move_to_end(address)
        while len(self._known) > self._bound:
            self._known.popitem(last=False)

    def _count(self, reverse: Reverse) -> None:
        if not reverse.failed:
            self._failed_in_a_row = 0
            return
        self.counters["failed"] += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row == _FAILED_IN_A_ROW:
            self._tell(f"{_FAILED_IN_A_ROW} reverse DNS look-ups in a row failed, the last one so: {reverse.problem}")

    def _opened(self) -> Resolver:
        """The resolver of the running loop. One that was used up ends with the last look-up that has it."""
        if self._resolver is None or self._uses >= RENEWED_AFTER:
            self._resolver, self._uses = self._make(), 0
        self._uses += 1
        return self._resolver

    def _tell(self, message: str, error: Exception | None = None) -> None:
        """Each kind of trouble is told once."""
        kind = type(error).__name__ if error else message
        if kind not in self._told:
            self._told.add(kind)
            logger.warning("%s", message, exc_info=error)

    async def settled(self) -> None:
        """Wait until nothing is being looked up. Not for requests: `explain` and tests want to know."""
        while tasks := self._own_tasks():
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """End what is under way, and let go of sockets and threads. What is known stays known."""
        tasks = self._own_tasks()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        resolver, self._resolver = self._resolver, None
        if resolver is not None and self._loop is asyncio.get_running_loop():
            await resolver.close()

    def _own_tasks(self) -> list[asyncio.Task[None]]:
        """Those of the running loop: no other's can be waited for."""
        return list(self._tasks.values()) if self._loop is asyncio.get_running_loop() else []


class _Rate:
    """So many a second, and as many at once."""

    def __init__(self, per_second: float, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._most = max(per_second, 1.0)
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._left = min(self._most, self._left + max(now - self._at, 0.0) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


#: The member of aiodns' records that holds what was asked for; others in an answer (CNAME) lack it.
_MEMBER: Final = {"PTR": "dname", "A": "addr", "AAAA": "addr"}


class _Aiodns:
    """One c-ares channel. `errors` are what aiodns raises, `meant` what its numbers mean that are no failures."""

    def __init__(self, inner: "DNSResolver", *, errors: type[Exception], meant: Mapping[int, Answer]) -> None:
        self._inner = inner
        self._errors = errors
        self._meant = meant

    async def ask(self, name: str, kind: str) -> Answer:
        """The records of a kind that a name has."""
        try:
            result = await self._inner.query_dns(name, kind)
        except self._errors as error:
            number, *words = error.args or (0,)
            return self._meant.get(number) or Answer(problem=" ".join(map(str, words)) or "the resolver failed")
        found = (getattr(record.data, _MEMBER[kind], None) for record in result.answer)
        return Answer(tuple(value for value in found if isinstance(value, str)))

    def cancel(self) -> None:
        """End what is under way."""
        self._inner.cancel()

    async def close(self) -> None:
        """End what is under way, and let go of sockets and threads."""
        await self._inner.close()


def _aiodns(servers: Sequence[str], timeout_seconds: float) -> Callable[[], Resolver]:
    """What makes a resolver with aiodns in the running loop. Raises NoScrapeError where it is missing."""
    try:
        from aiodns import DNSResolver
        from aiodns.error import ARES_ENODATA, ARES_ENOTFOUND, DNSError
        from pycares import ARES_FLAG_IGNTC
    except ImportError as error:
        raise NoScrapeError("reverse DNS needs aiodns 4: pip install 'noscrape[dns]'") from error

    def make() -> Resolver:
        # A question is asked again after a third of the time. By the flag, an answer that was cut stays cut and is not
        # fetched by TCP; and since it stands alone there is no EDNS, so that an answer has at most 512 bytes.
        inner = DNSResolver(
            list(servers) or None, timeout=max(timeout_seconds / 3, 0.001), tries=2, flags=ARES_FLAG_IGNTC
        )
        return _Aiodns(inner, errors=DNSError, meant={ARES_ENOTFOUND: Answer(absent=True), ARES_ENODATA: Answer()})

    return make
