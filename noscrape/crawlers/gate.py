"""What a list of crawlers must pass before it is used: it may neither harm people nor catch less than before."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from noscrape.crawlers.catalog import GENERIC, Catalog, Crawler, Kind, unsafe
from noscrape.crawlers.corpus import Sample
from noscrape.crawlers.importing import strange
from noscrape.crawlers.matching import CAP_BYTES, Claim, Matcher
from noscrape.errors import Fault
from noscrape.words import TRAINING_PURPOSES

#: Groups of the corpus in which nothing that is a bot may be found, AI or not.
_PEOPLE: Final = frozenset({"browser", "player", "device"})

#: The corpus may hold crawlers to be found, which say nothing of people.
_FOUND: Final = "ai"

#: Agents that everybody wants. No AI entry may be found in what these send, unless one was before.
_WANTED: Final = frozenset({Kind.SEARCH, Kind.PREVIEW, Kind.FEED, Kind.PODCAST, Kind.PLAYER})

#: How programs and devices in people's hands are called, more than any corpus holds. A known crawler may be called so.
_HELD: Final = re.compile(
    r"(?:browser|player|webview|podcasts?|radio|music|phone|tablet|tv)(?:[/ ]?v?[0-9][0-9.]*)?\Z",
    re.ASCII | re.IGNORECASE,
)

#: The codes by which makers call their devices' models: SM-G991B, xq-dq54, CPH2451, M2101K6G.
_MODEL: Final = re.compile(
    r"(?:(?i:[a-z]{2,4}-[a-z]{0,4}[0-9]{2,6}[a-z0-9]{0,4})|[A-Z]{1,5}[ _]?[A-Z]{0,4}[0-9]{2,6}[A-Z]{0,4}"
    r"|[A-Z]?[0-9]{4,8}[A-Z][A-Z0-9]{0,5})\Z",
    re.ASCII,
)

#: The words that a name is put together of: Mobile-App, MobileApp.
_WORD: Final = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+", re.ASCII)

#: Generic words that robots' names have, too, beside others: Claude-User, WebCrawler.
_ROBOTIC: Final = frozenset(
    "agent agents ai assistant bing bot bots chatgpt claude copilot crawl crawler crawlers data deepseek devin fetch "
    "fetcher gemini google grok kimi llm meta mistral openai operator perplexity robot robots scraper scrapers search "
    "spider spiders trae user".split()
)

#: Requests that a log must have before its shares say something, and AI requests likewise.
_TELLING: Final = 100
_TELLING_CAUGHT: Final = 10

#: Different user agents of a log that are kept; all requests are counted.
_AGENTS_KEPT: Final = 1_000

#: Times that a list is gone through again without what was refused; what is still wrong then stops all of it.
_ROUNDS: Final = 10

#: Problems of one kind that are told one by one.
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Generated:
    """What an entry had none of, made from its name: "" where it had its own."""

    token: str
    example: str
    near_miss: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A user agent of a log that is now taken for something else: how often it came, and the AI entry in question."""

    user_agent: str
    requests: int
    token: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """What would change on the traffic of a log: requests by AI agents before and after, and who makes the difference.

    `loosened` are those that would still be caught, and no longer as training. It, `newly` and `no_longer` hold the
    most frequent first, of a bounded number that is kept.
    """

    requests: int
    caught_before: int
    caught_after: int
    newly_requests: int
    no_longer_requests: int
    loosened_requests: int
    newly: tuple[Seen, ...]
    no_longer: tuple[Seen, ...]
    loosened: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says. `shown` are the examples and near misses that were made for entries without."""

    problems: tuple[Fault, ...]
    shown: tuple[Generated, ...]
    traffic: Traffic | None = None

    @property
    def passed(self) -> bool:
        """Whether the list may be used."""
        return not self.problems


def gate(
    candidate: Catalog, *, current: Catalog, corpus: Iterable[Sample], log: Iterable[str] | None = None
) -> Verdict:
    """Judge a whole catalog, as it would be used, against the one in use.

    `log` are the user agents of requests, one for each request. Entries that are the very objects of the current
    catalog are only looked at for what the others do to them.
    """
    if not candidate.crawlers:
        return Verdict(problems=(Fault("list", "", "is empty: nothing would be caught any more"),), shown=())
    same = {id(crawler) for crawler in current.crawlers}
    changed = [crawler for crawler in candidate.crawlers if id(crawler) not in same]
    shown = [made for crawler in changed if (made := generated(crawler))]
    now, then = Matcher(candidate), Matcher(current)
    problems = [
        *shrunk(candidate.crawlers, current.crawlers),
        *_names(candidate, changed),
        *_like_peoples(changed, then),
        *_trials(map(with_trials, candidate.crawlers), now),
        *_harm(corpus, now, then),
        *_wanted(current, now, then),
        *_recall(candidate, current, now, then),
    ]
    traffic = None if log is None else _traffic(log, now, then)
    if traffic is not None:
        problems += _swing(traffic)
    return Verdict(problems=tuple(problems), shown=tuple(shown), traffic=traffic)


def usable(
    crawlers: Iterable[Crawler], *, current: Catalog, corpus: Collection[Sample]
) -> tuple[tuple[Crawler, ...], tuple[Fault, ...]]:
    """The entries of somebody's list that could be used beside the current ones, and why the others could not.

    What is left still has to pass the gate. An entry loses the examples that a longer name of another entry owns; one
    that has none left is known already.
    """
    kept = {crawler.token: with_trials(crawler) for crawler in crawlers}
    refused: list[Fault] = []
    for _ in range(_ROUNDS):  # one that goes may be what hid another
        candidate = current.extended(kept.values())
        matcher = Matcher(candidate)
        faults = dict(_hidden(kept, matcher))
        if not faults:
            problems = gate(candidate, current=current, corpus=corpus).problems
            faults = {fault.place: fault for fault in problems if fault.place in kept}
            faults |= {fault.place: fault for fault in _hiding(kept, current, matcher)}
        if not faults:
            break
        refused += faults.values()
        for token in faults:
            del kept[token]
    return tuple(kept.values()), tuple(refused)


def _hidden(kept: dict[str, Crawler], matcher: Matcher) -> Iterator[tuple[str, Fault]]:
    """Entries that are never found where they should be; the examples of the others are put right."""
    for token, crawler in kept.items():
        found = tuple(example for example in crawler.examples if token in _tokens(matcher, example))
        if found != crawler.examples:
            kept[token] = replace(crawler, examples=found)
        if not found and crawler.examples:
            others = ", ".join(sorted(_tokens(matcher, crawler.examples[0]))) or "nobody"
            yield token, Fault(token, "", f"is taken for {others} in all of its user agents")


def _hiding(kept: Mapping[str, Crawler], current: Catalog, matcher: Matcher) -> Iterator[Fault]:
    """Entries whose names take the place of others'."""
    for crawler in current.crawlers:
        for example in crawler.examples if crawler.token not in kept else ():
            tokens = _tokens(matcher, example)
            if crawler.token not in tokens and not crawler.control_only:
                for token in sorted(tokens & kept.keys()):
                    yield Fault(token, "match", f"takes the place of {crawler.token} in {example!r}")


def shrunk(candidate: tuple[Crawler, ...], current: tuple[Crawler, ...], *, name: str = "list") -> tuple[Fault, ...]:
    """Why a list that has lost most of its entries is not used; nothing where it has not."""
    if 2 * len(candidate) >= len(current):
        return ()
    problem = f"has {len(candidate)} entries, fewer than half of the {len(current)} before: half a file, or a mistake"
    return (Fault(name, "", problem),)


def with_trials(crawler: Crawler) -> Crawler:
    """An entry with an example and a near miss: its own, or else made from its name."""
    made = generated(crawler)
    if made is None:
        return crawler
    return replace(
        crawler,
        examples=crawler.examples or (made.example,),
        near_misses=crawler.near_misses or (made.near_miss,),
    )


def generated(crawler: Crawler) -> Generated | None:
    """What an entry lacks to be tried, made from its name; None where it lacks nothing."""
    if crawler.control_only or not crawler.match or (crawler.examples and crawler.near_misses):
        return None
    name = crawler.match[0]
    # Letters beside a name make another word of it, at whatever place.
    example = (
        f"Mozilla/5.0 (compatible; +https://{name})" if crawler.in_url else f"Mozilla/5.0 (compatible; {name}/1.0)"
    )
    near_miss = f"x{name}x/1.0"
    return Generated(
        token=crawler.token,
        example="" if crawler.examples else example,
        near_miss="" if crawler.near_misses else near_miss,
    )


def _names(candidate: Catalog, changed: Iterable[Crawler]) -> Iterator[Fault]:
    owners: dict[tuple[bool, str], str] = {}
    for crawler in candidate.crawlers:
        for string in crawler.match:
            owner = owners.setdefault((crawler.in_url, string.casefold()), crawler.token)
            if owner != crawler.token:
                yield Fault(crawler.token, "match", f"{string!r} is already looked for by {owner}")
    for crawler in changed:
        for problem in strange(crawler.token):
            yield Fault(crawler.token, "token", problem)
        for string in crawler.match:
            for problem in strange(string) or unsafe(string):
                yield Fault(crawler.token, "match", problem)


def _like_peoples(changed: Iterable[Crawler], then: Matcher) -> Iterator[Fault]:
    """New AI entries with names such as programs and devices have that people use."""
    for crawler in changed:
        for string in crawler.match if crawler.ai and not crawler.in_url else ():
            if (kind := _peoples(string)) and not _ai(_claim(then, string)):
                meant = "[[crawlers.extra]] in noscrape.toml takes it all the same"
                yield Fault(crawler.token, "match", f"{string!r} looks like the name of {kind}; {meant}")


def _peoples(string: str) -> str:
    """What a name looks like that is in people's hands; "" where it may be a robot's."""
    if _MODEL.match(string):
        return "a device's model"
    if _HELD.search(string):
        return "a program or device that people use"
    words = {word.lower() for word in _WORD.findall(string)}
    if len(words) > 1 and words <= GENERIC and not words & _ROBOTIC:
        return "a program that people use: it is made of generic words"
    return ""


def _trials(crawlers: Iterable[Crawler], matcher: Matcher) -> Iterator[Fault]:
    for crawler in crawlers:
        if crawler.control_only or not crawler.match:
            continue
        for example in crawler.examples:
            if crawler.token not in _tokens(matcher, example):
                yield Fault(crawler.token, "examples", f"is not found in {example!r}")
        for near in crawler.near_misses:
            if crawler.token in _tokens(matcher, near):
                yield Fault(crawler.token, "near_misses", f"is found in {near!r}")


def _harm(corpus: Iterable[Sample], now: Matcher, then: Matcher) -> Iterator[Fault]:
    """Entries that are found in what people use, or in what everybody wants."""
    hit: dict[str, list[Sample]] = {}
    for sample in corpus:
        claim = None if sample.group == _FOUND else _claim(now, sample.user_agent)
        if claim is None:
            continue
        before = _tokens(then, sample.user_agent)
        for crawler in claim.crawlers:
            if crawler.ai or (crawler.bot and sample.group in _PEOPLE and crawler.token not in before):
                hit.setdefault(crawler.token, []).append(sample)
    for token, samples in hit.items():
        first = samples[0]
        more = f", and {len(samples) - 1} more" if len(samples) > 1 else ""
        yield Fault(token, "match", f"is found in what a {first.group} sends: {first.user_agent!r}{more}")


def _wanted(current: Catalog, now: Matcher, then: Matcher) -> Iterator[Fault]:
    """Agents that everybody wants, and that would be taken for AI."""
    for crawler in current.crawlers:
        if crawler.kind not in _WANTED:
            continue
        for example in crawler.examples:
            taken = _ai(_claim(now, example))
            if taken and not _ai(_claim(then, example)):
                problem = f"takes {crawler.token} ({crawler.kind.value}) for AI: {example!r}"
                yield Fault(taken.token, "match", problem)
                break


def _recall(candidate: Catalog, current: Catalog, now: Matcher, then: Matcher) -> Iterator[Fault]:
    """AI user agents that were caught, and would not be any more, or no longer as training."""
    lost = [
        Fault(crawler.token, "", problem)
        for crawler in current.crawlers
        if crawler.ai
        for example in crawler.examples
        if (problem := _lost(example, _claim(now, example), _claim(then, example)))
    ]
    kept = {crawler.token.casefold(): crawler for crawler in candidate.crawlers}
    for crawler in current.crawlers:  # those that no user agent names, and robots.txt does
        if crawler.purpose in TRAINING_PURPOSES and not crawler.examples:
            found = kept.get(crawler.token.casefold())
            if found is None or found.purpose not in TRAINING_PURPOSES or found.robots_token != crawler.robots_token:
                lost.append(Fault(crawler.token, "", f"would not be kept from training any more; {_MEANT}"))
    yield from lost[:_TOLD]
    if len(lost) > _TOLD:
        yield Fault("list", "", f"{len(lost)} bundled AI user agents in all would not be caught as they were")


#: What to do for whoever means it.
_MEANT: Final = "[crawlers.agents] in noscrape.toml is the place to let one in"


def _lost(example: str, now: Claim | None, then: Claim | None) -> str:
    if _ai(then) and not _ai(now):
        return f"would not be caught any more: {example!r}"
    if (crawler := _training(then)) and not _training(now) and (found := _ai(now)) and found.purpose:
        was = crawler.purpose.value if crawler.purpose else ""
        return f"would be taken for {found.purpose.value}, and is {was}: {example!r}; {_MEANT}"
    return ""


def _training(claim: Claim | None) -> Crawler | None:
    """The agent that a claim names and that `noai` speaks of, if any."""
    named = claim.crawlers if claim else ()
    return next((crawler for crawler in named if crawler.purpose in TRAINING_PURPOSES), None)


def _traffic(log: Iterable[str], now: Matcher, then: Matcher) -> Traffic:
    requests = before = after = newly_requests = no_longer_requests = loosened_requests = 0
    newly: dict[str, Seen] = {}
    no_longer: dict[str, Seen] = {}
    loosened: dict[str, Seen] = {}
    for agent in log:
        requests += 1
        claimed, claims = _claim(then, agent), _claim(now, agent)
        was, is_now = _ai(claimed), _ai(claims)
        before += was is not None
        after += is_now is not None
        if is_now and not was:
            newly_requests += 1
            _count(newly, agent, is_now.token)
        elif was and not is_now:
            no_longer_requests += 1
            _count(no_longer, agent, was.token)
        elif (trained := _training(claimed)) and not _training(claims):
            loosened_requests += 1
            _count(loosened, agent, trained.token)
    return Traffic(
        requests=requests,
        caught_before=before,
        caught_after=after,
        newly_requests=newly_requests,
        no_longer_requests=no_longer_requests,
        loosened_requests=loosened_requests,
        newly=_ranked(newly),
        no_longer=_ranked(no_longer),
        loosened=_ranked(loosened),
    )


def _count(seen: dict[str, Seen], user_agent: str, token: str) -> None:
    """Count one request; of a user agent that comes when enough are kept, only the sum tells."""
    agent = user_agent[:CAP_BYTES]
    known = seen.get(agent)
    if known is not None:
        seen[agent] = replace(known, requests=known.requests + 1)
    elif len(seen) < _AGENTS_KEPT:
        seen[agent] = Seen(user_agent=agent, requests=1, token=token)


def _ranked(seen: Mapping[str, Seen]) -> tuple[Seen, ...]:
    return tuple(sorted(seen.values(), key=lambda each: (-each.requests, each.user_agent)))


def _swing(traffic: Traffic) -> Iterator[Fault]:
    if traffic.requests >= _TELLING and 2 * traffic.newly_requests > traffic.requests:
        problem = f"would newly catch {traffic.newly_requests:,} of {traffic.requests:,} requests, more than half"
        yield Fault("log", "", problem)
    lost, caught = traffic.no_longer_requests + traffic.loosened_requests, traffic.caught_before
    if caught >= _TELLING_CAUGHT and 2 * lost > caught:
        what = "would no longer catch" if not traffic.loosened_requests else "would no longer catch as before"
        yield Fault("log", "", f"{what} {lost:,} of {caught:,} requests by AI agents, more than half")


def _claim(matcher: Matcher, user_agent: str) -> Claim | None:
    return matcher.claim_of(user_agent.encode("utf-8", "replace")[:CAP_BYTES])


def _tokens(matcher: Matcher, user_agent: str) -> frozenset[str]:
    claim = _claim(matcher, user_agent)
    return frozenset(crawler.token for crawler in claim.crawlers) if claim else frozenset()


def _ai(claim: Claim | None) -> Crawler | None:
    """The AI agent that a claim names, if any."""
    return next((crawler for crawler in claim.crawlers if crawler.ai), None) if claim else None
