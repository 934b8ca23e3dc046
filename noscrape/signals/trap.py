"""A link that no person sees, and the line of robots.txt that closes it to everybody who reads that."""

from html import escape
from urllib.parse import quote

from noscrape.signals.html import Html

_AGENT = "user-agent"


def trap_link(path: str) -> Html:
    """The link, for the body of a page: hidden from eyes, screen readers and the keyboard, and not to be followed."""
    if not path:
        return Html("")
    href = escape(quote(path, safe="/~-._"))
    return Html(f'<a href="{href}" rel="nofollow" hidden aria-hidden="true" tabindex="-1"></a>')


def closed(text: str, path: str) -> str:
    """A robots.txt (RFC 9309) with a path closed in its group for everybody, or in one of its own."""
    if not path:
        return text
    lines = text.splitlines(keepends=True)
    for_all = False
    for number, line in enumerate(lines):
        field, colon, value = line.lstrip("\ufeff").partition(":")
        if colon and field.strip().lower() == _AGENT:
            for_all = for_all or value.partition("#")[0].strip() == "*"
            continue
        if for_all and line.partition("#")[0].strip():
            lines.insert(number, f"Disallow: {path}\n")
            return "".join(lines)
        if line.partition("#")[0].strip():
            for_all = False
    end = "" if not lines or lines[-1].endswith(("\n", "\r")) else "\n"
    head = "" if for_all else ("\n" if lines else "") + "User-agent: *\n"
    return f"{text}{end}{head}Disallow: {path}\n"
