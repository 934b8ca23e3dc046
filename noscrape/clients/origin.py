"""The scheme and the host by which a client reached the site, as far as those who say so are believed."""

import re
from dataclasses import dataclass
from typing import Final

#: What a proxy says of the connection to it, and what it means: WebSockets have the scheme of their handshake.
_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}

#: RFC 3986, section 3.2, without user information: a name or an IPv4 address, or an IPv6 address in brackets.
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?\Z")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the client used: "http" or "https", and the host with its port, in lower case; "" where it is not known."""

    scheme: str
    authority: str


def scheme(text: str) -> str:
    """A scheme of ours; "" where the text is none."""
    return _SCHEMES.get(text.strip().lower(), "")


def authority(text: str) -> str:
    """A host with its port, in lower case; "" where the text is none."""
    text = text.strip()
    return text.lower() if _AUTHORITY.match(text) else ""
