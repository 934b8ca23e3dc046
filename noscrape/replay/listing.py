"""The decisions of a replay as JSON Lines, one for each line of the log."""

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Final

from noscrape.decision import Decision
from noscrape.errors import ReplayError
from noscrape.replay.formats import UnreadLineError
from noscrape.request import Facts
from noscrape.site import Judgement

#: Decisions that are remembered with how they are written.
_DECISIONS_KEPT: Final = 4096

_quoted: Final[Callable[[str], str]] = encode_basestring_ascii


class Listing:
    """Writes an object a line: `{"n", "action", "rule", "reason", "token", "purpose", "client", "track"}`.

    `"enforced": false` is added where a decision would only be observed. A line of which no request can be told is
    `{"n", "error"}`. `track` is the first that the request names, as it names it. `client_of` says whom it counts for.
    """

    def __init__(self, write: Callable[[str], object], *, client_of: Callable[[Facts], str]) -> None:
        self._client_of = client_of
        self._write = write
        self._held: list[str] = []
        self._written: dict[int, tuple[str, str, Decision]] = {}
        self.unread_lines = 0
        self.failures: list[str] = []

    def judged(self, number: int, facts: Facts, judgement: Judgement) -> None:
        """A request has been judged."""
        decision = judgement.decision
        try:
            words, enforced, _ = self._written[id(decision)]
        except KeyError:
            words, enforced = self._words(judgement)
        key, tracks = self._client_of(facts), judgement.place.tracks
        client = _quoted(key) if key else "null"
        track = _quoted(tracks[0]) if tracks else "null"
        self._held.append(f'{{"n":{number},{words},"client":{client},"track":{track}{enforced}}}\n')

    def unread(self, number: int, line: bytes, problem: UnreadLineError) -> None:
        """Of a line no request could be told."""
        self.unread_lines += 1
        self._held.append(f'{{"n":{number},"error":{_quoted(str(problem))}}}\n')

    def failed(self, problem: ReplayError) -> None:
        """A file could not be read to its end."""
        self.failures.append(str(problem))

    def batch_done(self) -> None:
        """Hand on what has been written."""
        self._write("".join(self._held))
        self._held.clear()

    def _words(self, judgement: Judgement) -> tuple[str, str]:
        """What is the same for all requests of one decision. One that was made for many is looked up by itself."""
        decision = judgement.decision
        crawler = judgement.claim.crawler if judgement.claim is not None else None
        words = json.dumps(
            {
                "action": decision.action.value,
                "rule": decision.rule,
                "reason": decision.reason,
                "token": crawler.token if crawler else None,
                "purpose": crawler.purpose.value if crawler and crawler.purpose else None,
            },
            separators=(",", ":"),
        )[1:-1]
        enforced = "" if decision.enforced else ',"enforced":false'
        if len(self._written) >= _DECISIONS_KEPT:
            self._written.clear()
        self._written[id(decision)] = words, enforced, decision  # held, so that its id stays its own
        return words, enforced
