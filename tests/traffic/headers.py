"""What programs send, names in their order: written down from their requests over HTTPS, as of 2026."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

Pairs = list[tuple[str, str]]

HOST = "shop.example"
ORIGIN = f"https://{HOST}"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that asks: its user agent, and what it sends with each kind of request.

    `shuffle` gives its headers an order of their own, as each scraper's author writes them down in another.
    """

    user_agent: str
    engine: str = ""
    phone: bool = False
    shuffle: int = 0

    def navigation(self, referer: str = "", site: str = "none") -> Pairs:
        """A page."""
        return self._ordered(_referred(_NAVIGATION[self.engine](self, site), referer))

    def part(self, dest: str, referer: str = ORIGIN + "/") -> Pairs:
        """What a page needs: `script`, `style`, `image`, `audio`; or `empty`, what a script fetches."""
        return self._ordered(_referred(_PART[self.engine](self, dest), referer))

    def _ordered(self, pairs: Pairs) -> Pairs:
        if not self.shuffle:
            return pairs
        first, *others = pairs
        Random(f"{self.shuffle} {len(others)}").shuffle(others)
        return [first, *others]


def _referred(pairs: Pairs, referer: str) -> Pairs:
    if not referer:
        return pairs
    at = next((number for number, (name, _) in enumerate(pairs) if name == "accept-encoding"), len(pairs))
    return [*pairs[:at], ("referer", referer), *pairs[at:]]


_ACCEPT = {
    "script": "*/*",
    "style": "text/css,*/*;q=0.1",
    "image": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "audio": "*/*",
    "empty": "*/*",
}
_HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def _mode(dest: str) -> str:
    return "cors" if dest == "empty" else "no-cors"


def _hints(program: Program) -> Pairs:
    version = program.user_agent.partition("Chrome/")[2].partition(".")[0]
    return [
        ("sec-ch-ua", f'"Chromium";v="{version}", "Not=A?Brand";v="24", "Google Chrome";v="{version}"'),
        ("sec-ch-ua-mobile", "?1" if program.phone else "?0"),
        ("sec-ch-ua-platform", '"Android"' if program.phone else '"Windows"'),
    ]


def _chromium_navigation(program: Program, site: str) -> Pairs:
    return [
        ("host", HOST),
        ("connection", "keep-alive"),
        *_hints(program),
        ("upgrade-insecure-requests", "1"),
        ("user-agent", program.user_agent),
        ("accept", _HTML),
        ("sec-fetch-site", site),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-user", "?1"),
        ("sec-fetch-dest", "document"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-GB,en;q=0.9"),
    ]


def _chromium_part(program: Program, dest: str) -> Pairs:
    platform, *others = reversed(_hints(program))
    return [
        ("host", HOST),
        ("connection", "keep-alive"),
        platform,
        ("user-agent", program.user_agent),
        *others,
        ("accept", _ACCEPT[dest]),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", _mode(dest)),
        ("sec-fetch-dest", dest),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-GB,en;q=0.9"),
        *([("range", "bytes=0-")] if dest == "audio" else []),
    ]


def _firefox_navigation(program: Program, site: str) -> Pairs:
    return [
        ("host", HOST),
        ("user-agent", program.user_agent),
        ("accept", _HTML),
        ("accept-language", "en-GB,en;q=0.5"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("connection", "keep-alive"),
        ("upgrade-insecure-requests", "1"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", site),
        ("sec-fetch-user", "?1"),
        ("priority", "u=0, i"),
    ]


def _firefox_part(program: Program, dest: str) -> Pairs:
    return [
        ("host", HOST),
        ("user-agent", program.user_agent),
        ("accept", _ACCEPT[dest]),
        ("accept-language", "en-GB,en;q=0.5"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        *([("range", "bytes=0-")] if dest == "audio" else []),
        ("connection", "keep-alive"),
        ("sec-fetch-dest", dest),
        ("sec-fetch-mode", _mode(dest)),
        ("sec-fetch-site", "same-origin"),
    ]


def _safari_navigation(program: Program, site: str) -> Pairs:
    return [
        ("host", HOST),
        ("sec-fetch-dest", "document"),
        ("user-agent", program.user_agent),
        ("accept", _HTML),
        ("sec-fetch-site", site),
        ("sec-fetch-mode", "navigate"),
        ("accept-language", "en-GB,en;q=0.9"),
        ("priority", "u=0, i"),
        ("accept-encoding", "gzip, deflate, br"),
        ("connection", "keep-alive"),
    ]


def _safari_part(program: Program, dest: str) -> Pairs:
    return [
        ("host", HOST),
        ("accept", _ACCEPT[dest]),
        ("sec-fetch-site", "same-origin"),
        ("accept-language", "en-GB,en;q=0.9"),
        ("sec-fetch-mode", _mode(dest)),
        *([("range", "bytes=0-1")] if dest == "audio" else []),
        ("accept-encoding", "gzip, deflate, br"),
        ("user-agent", program.user_agent),
        ("sec-fetch-dest", dest),
        ("connection", "keep-alive"),
    ]


def _app(program: Program, _: str) -> Pairs:
    return [
        ("host", HOST),
        ("accept", "application/json"),
        ("x-app-build", "4211"),
        ("authorization", "Bearer 00"),
        ("accept-language", "en-GB"),
        ("user-agent", program.user_agent),
        ("accept-encoding", "gzip"),
        ("connection", "keep-alive"),
    ]


def _player(program: Program, _: str) -> Pairs:
    return [
        ("host", HOST),
        ("x-playback-session-id", "00"),
        ("range", "bytes=0-"),
        ("accept", "*/*"),
        ("user-agent", program.user_agent),
        ("accept-language", "en-GB,en;q=0.9"),
        ("accept-encoding", "identity"),
        ("connection", "keep-alive"),
    ]


def _text_browser(program: Program, _: str) -> Pairs:
    return [
        ("host", HOST),
        ("accept", "text/html, text/plain, text/sgml, */*;q=0.01"),
        ("accept-encoding", "gzip, compress, bzip2"),
        ("accept-language", "en"),
        ("user-agent", program.user_agent),
    ]


def _requests(program: Program, _: str) -> Pairs:
    return [
        ("host", HOST),
        ("user-agent", program.user_agent),
        ("accept-encoding", "gzip, deflate"),
        ("accept", "*/*"),
        ("connection", "keep-alive"),
    ]


def _go(program: Program, _: str) -> Pairs:
    return [("host", HOST), ("user-agent", program.user_agent), ("accept-encoding", "gzip")]


def _node(program: Program, _: str) -> Pairs:
    return [
        ("host", HOST),
        ("connection", "keep-alive"),
        ("accept", "*/*"),
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("user-agent", program.user_agent),
        ("accept-encoding", "gzip, deflate"),
    ]


def _imitation(program: Program, _: str) -> Pairs:
    """A library with a browser's name, and the few headers that examples on the web have."""
    return [
        ("host", HOST),
        ("user-agent", program.user_agent),
        ("accept", _HTML),
        ("accept-language", "en-US,en;q=0.5"),
        ("accept-encoding", "gzip, deflate"),
        ("connection", "keep-alive"),
    ]


def _disordered(program: Program, site: str) -> Pairs:
    """All that a browser sends, in the order of a library."""
    first = [("host", HOST), ("user-agent", program.user_agent)]
    return [*first, *sorted(pair for pair in _chromium_navigation(program, site) if pair not in first)]


_NAVIGATION = {
    "chromium": _chromium_navigation,
    "firefox": _firefox_navigation,
    "safari": _safari_navigation,
    "app": _app,
    "player": _player,
    "text": _text_browser,
    "requests": _requests,
    "go": _go,
    "node": _node,
    "imitation": _imitation,
    "disordered": _disordered,
}
_PART = {
    **_NAVIGATION,
    "chromium": _chromium_part,
    "firefox": _firefox_part,
    "safari": _safari_part,
}


def _chrome(version: int, system: str, end: str = "Safari/537.36") -> str:
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 {end}"


_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

#: Browsers as people have them, with their shares.
BROWSERS: Sequence[tuple[Program, float]] = (
    (Program(_chrome(141, "Windows NT 10.0; Win64; x64"), "chromium"), 0.2),
    (Program(_chrome(140, "Windows NT 10.0; Win64; x64"), "chromium"), 0.05),
    (Program(_chrome(141, "Macintosh; Intel Mac OS X 10_15_7"), "chromium"), 0.1),
    (Program(_chrome(141, "Windows NT 10.0; Win64; x64", "Safari/537.36 Edg/141.0.0.0"), "chromium"), 0.07),
    (Program(_chrome(141, "Linux; Android 10; K", "Mobile Safari/537.36"), "chromium", phone=True), 0.2),
    (Program(f"{_IPHONE.format(6)} Version/18.6 Mobile/15E148 Safari/604.1", "safari", phone=True), 0.18),
    (Program(f"{_IPHONE.format(5)} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1", "safari", phone=True), 0.04),
    (
        Program(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Safari/605.1.15",
            "safari",
        ),
        0.07,
    ),
    (Program("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "firefox"), 0.06),
    (Program("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "firefox"), 0.02),
    (Program("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "firefox", phone=True), 0.01),
)
APP = Program("ShopPlayer/4.2 (Android 15; Pixel 8)", "app")
APP_IOS = Program("ShopPlayer/4.2 CFNetwork/1568.200.51 Darwin/24.6.0", "app")
IOS_PLAYER = Program("AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_gb)", "player")
SPEAKER = Program("Sonos/83.1-61240 (ZPS33)", "player")
LYNX = Program("Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8", "text")
PODCASTS = Program("AntennaPod/3.5.0", "player")
LIBRARIES = (
    Program("python-requests/2.32.3", "requests"),
    Program("Go-http-client/1.1", "go"),
    Program("node", "node"),
)
IMITATION = Program(_chrome(141, "Windows NT 10.0; Win64; x64"), "imitation")
DISORDERED = Program(_chrome(139, "Windows NT 10.0; Win64; x64"), "disordered")
HEADLESS = Program(_chrome(141, "X11; Linux x86_64").replace("Chrome/", "HeadlessChrome/"), "chromium")
