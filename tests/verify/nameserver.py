"""A name server on 127.0.0.1, which answers what a test tells it to, lies included.

A label of a name may hold any character but a dot, each of which is one byte on the wire (latin-1).
"""

import asyncio
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Self, cast

CNAME: Final = 5
PTR: Final = 12
KINDS: Final = {1: "A", CNAME: "CNAME", PTR: "PTR", 28: "AAAA"}

SERVFAIL: Final = 2
NXDOMAIN: Final = 3
REFUSED: Final = 5

#: What a server of its time says in one datagram where nobody asks for more (RFC 1035, section 4.2.1).
_LARGEST: Final = 512
_CUT: Final = 0x0200


@dataclass(frozen=True)
class Fails:
    """An answer without records, and with this code."""

    code: int


@dataclass(frozen=True)
class Raw:
    """Bytes that stand for an answer, after the two that name the question."""

    data: bytes


class Silent:
    """No answer at all."""


#: What is said of one name and kind: records as text, or something worse. What is not told of does not exist.
Said = Sequence[str] | Fails | Raw | Silent


class Nameserver(asyncio.DatagramProtocol):
    """Answers questions by UDP. `asked` counts them, by name and kind."""

    def __init__(self, otherwise: Said | None = None) -> None:
        self.zone: dict[tuple[str, str], Said] = {}
        self.otherwise = Fails(NXDOMAIN) if otherwise is None else otherwise
        self.asked = Counter[tuple[str, str]]()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        host, port = self._transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def host(self, address: str, *names: str, leads_to: Sequence[str] | None = None) -> None:
        """An address with its reverse names, of which each leads back to it, or elsewhere."""
        self.zone[ip_address(address).reverse_pointer, "PTR"] = names
        for name in names:
            for each in (address,) if leads_to is None else leads_to:
                key = (name.lower(), "AAAA" if ":" in each else "A")
                self.zone[key] = (*cast("Sequence[str]", self.zone.get(key, ())), each)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
            at += 1 + data[at]
        name, kind = ".".join(labels).lower(), KINDS[int.from_bytes(data[at + 1 : at + 3], "big")]
        self.asked[name, kind] += 1
        said = self.zone.get((name, kind), self.otherwise)
        if isinstance(said, Silent):
            return
        if isinstance(said, Raw):
            self._transport.sendto(data[:2] + said.data, addr)
            return
        self._transport.sendto(_answer(data[:2], data[12 : at + 5], said), addr)


def _answer(number: bytes, question: bytes, said: Sequence[str] | Fails) -> bytes:
    code, records = (said.code, []) if isinstance(said, Fails) else (0, _chain(question, said))
    body, count = question, 0
    for record in records:
        if len(body) + len(record) + 12 > _LARGEST:
            break
        body += record
        count += 1
    flags = 0x8180 | code | (_CUT if count < len(records) else 0)
    return number + struct.pack("!HHHHH", flags, 1, count, 0, 0) + body


def _chain(question: bytes, texts: Sequence[str]) -> list[bytes]:
    """Records of the kind that was asked for. `-> name` is an alias, whose records stand behind it."""
    kind = int.from_bytes(question[-4:-2], "big")
    owner, records = b"\xc0\x0c", []
    for text in texts:
        alias = text.startswith("-> ")
        name = _name(text.removeprefix("-> "))
        data = name if alias or kind == PTR else ip_address(text).packed
        records.append(owner + struct.pack("!HHIH", CNAME if alias else kind, 1, 60, len(data)) + data)
        owner = name if alias else owner
    return records


def _name(text: str) -> bytes:
    labels = [label.encode("latin-1") for label in text.split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
