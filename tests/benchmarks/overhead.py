"""What noscrape adds to a request: `python -m tests.benchmarks.overhead`.

Each configuration runs in a process of its own, and their rounds are interleaved, so that whatever else the machine
does falls on all alike. A request is a call of the ASGI app, with the 16 headers of a browser; what is printed is its
median and 99th percentile in µs, less the median of a middleware that does nothing.

    python -m tests.benchmarks.overhead [--rounds N] [--requests N] [--uvicorn]

`--uvicorn` measures requests a second through a server instead, as shares of the bare app's.
"""

import argparse
import asyncio
import gc
import json
import random
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from noscrape import NoScrape

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]

BODY = b"<!doctype html><title>a track</title>"

QUIET = {
    "log": {"path": ""},
    "signals": {"x_robots_tag": False, "tdm_reservation": False, "content_usage": "off", "link": False},
    "tracks": {"app_answer": False},
}
#: An app's answers are listened to, and no header is added; and the same with all six.
LISTENING = {**QUIET, "tracks": {"app_answer": True}}
SIGNALLED = {
    "log": {"path": ""},
    "site": {"policy": "https://music.example/ai", "licence": "https://music.example/license.xml"},
}
EVERYTHING = {
    "log": {"path": ""},
    "site": {"policy": "https://music.example/ai", "licence": "https://music.example/license.xml"},
    "tracks": {"routes": [{"path": "/tracks/{track_id}"}], "cache_seconds": 86_400},
    "patterns": {"clients": 200_000, "quota": [{"name": "all", "limit": "1000000/minute"}]},
}

#: Name: (user agents, addresses). A "refused" request comes from a crawler.
CONFIGURATIONS = {
    "bare": (500, 5_000),
    "no-op": (500, 5_000),
    "user agents alone": (500, 5_000),
    "user agents alone, 5,000 agents": (5_000, 5_000),
    "no headers": (500, 5_000),
    "headers": (500, 5_000),
    "everything": (500, 5_000),
    "everything, 5,000 agents": (5_000, 5_000),
    "everything, 100,000 addresses": (500, 100_000),
    "refused, no log line": (500, 5_000),
    "refused, 100,000 addresses": (500, 100_000),
}


async def page(scope: Any, receive: Any, send: Any) -> None:
    """The app: one small page, with the headers that such a page has."""
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(BODY)).encode()),
        (b"cache-control", b"max-age=60"),
        (b"etag", b'"abc"'),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


class NoOp:
    """A middleware that does nothing, the yardstick."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def app_of(name: str) -> App:
    """The app of one configuration."""
    if name == "bare":
        return page
    if name == "no-op":
        return NoOp(page)
    if name.startswith("everything"):
        return NoScrape(page, config=EVERYTHING, reader=lambda track, scope: True)
    configs: dict[str, dict[str, Any]] = {"no headers": LISTENING, "headers": SIGNALLED}
    return NoScrape(page, config=configs.get(name, QUIET))


def scopes_of(name: str, agents: int, addresses: int, count: int) -> list[dict[str, Any]]:
    """Requests of many clients, seeded."""
    chance = random.Random(1)
    crawler = "; compatible; GPTBot/1.2; +https://openai.com/gptbot" if name.startswith("refused") else ""
    names = [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{100 + n % 43}.0."
        f"{n}.{n % 97} Safari/537.36{crawler}".encode()
        for n in range(agents)
    ]
    hosts = [f"{20 + n // 65536}.{n // 256 % 256}.{n % 256}.7" for n in range(addresses)]
    return [
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": f"/tracks/{chance.randrange(2_000)}",
            "raw_path": b"/tracks/1",
            "query_string": b"",
            "root_path": "",
            "headers": headers_of(chance.choice(names)),
            "client": (hosts[n % addresses], 40_000),
            "server": ("127.0.0.1", 8000),
        }
        for n in range(max(count, addresses))
    ]


def headers_of(agent: bytes) -> list[tuple[bytes, bytes]]:
    """The 16 headers of a browser's navigation."""
    return [
        (b"host", b"music.example"),
        (b"connection", b"keep-alive"),
        (b"sec-ch-ua", b'"Chromium";v="142", "Not A Brand";v="24"'),
        (b"sec-ch-ua-mobile", b"?0"),
        (b"sec-ch-ua-platform", b'"Windows"'),
        (b"upgrade-insecure-requests", b"1"),
        (b"user-agent", agent),
        (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8"),
        (b"sec-fetch-site", b"same-origin"),
        (b"sec-fetch-mode", b"navigate"),
        (b"sec-fetch-user", b"?1"),
        (b"sec-fetch-dest", b"document"),
        (b"referer", b"https://music.example/"),
        (b"accept-encoding", b"gzip, deflate, br"),
        (b"accept-language", b"en-GB,en;q=0.9"),
        (b"cookie", b"session=0123456789abcdef"),
    ]


async def receive() -> Message:
    """An empty request body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    """A server that throws the answer away."""


async def work(name: str, requests: int) -> None:
    """One process: warm up, then a round for each line on stdin, its timings on stdout."""
    app = app_of(name)
    scopes = scopes_of(name, *CONFIGURATIONS[name], requests)
    for scope in scopes:
        await app(scope, receive, send)
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    position, clock = 0, time.perf_counter_ns
    for _ in sys.stdin:
        times = []
        for scope in scopes[position : position + requests]:
            begin = clock()
            await app(scope, receive, send)
            times.append(clock() - begin)
        position = (position + requests) % len(scopes)
        times.sort()
        print(json.dumps([statistics.median(times), times[len(times) * 99 // 100]]), flush=True)


def measure(rounds: int, requests: int) -> dict[str, tuple[float, float]]:
    """Median and 99th percentile of each configuration, in µs: the medians over the rounds."""
    workers = {name: _worker(name, requests) for name in CONFIGURATIONS}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in workers}
    for worker in workers.values():
        _line(worker)
    for _ in range(rounds):
        for name, worker in workers.items():
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
            middle, high = json.loads(_line(worker))
            found[name].append((middle / 1000, high / 1000))
    for worker in workers.values():
        worker.communicate()
    return {
        name: (statistics.median(m for m, _ in pairs), statistics.median(h for _, h in pairs))
        for name, pairs in found.items()
    }


def _worker(name: str, requests: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.benchmarks.overhead", "--worker", name, "--requests", str(requests)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout is not None
    return worker.stdout.readline()


SERVED = {"bare": page, "no-op": NoOp(page), "user agents alone": None, "everything": None}


def serve(name: str) -> None:
    """One server process on a free port, which it prints."""
    import uvicorn

    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves the delay of Nagle on
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app_of(name), log_level="error", access_log=False, proxy_headers=False)
    uvicorn.Server(config).run(sockets=[listener])


def throughput(rounds: int, seconds: float) -> dict[str, float]:
    """Requests a second through uvicorn, the medians over the rounds."""
    module = "tests.benchmarks.overhead"
    servers = {
        name: subprocess.Popen([sys.executable, "-m", module, "--serve", name], stdout=subprocess.PIPE, text=True)
        for name in SERVED
    }
    found: dict[str, list[float]] = {name: [] for name in servers}
    try:
        ports = {name: int(_line(server)) for name, server in servers.items()}
        for number in range(rounds + 1):
            for name in sorted(ports, reverse=bool(number % 2)):  # whoever comes first, comes last in the next round
                found[name].append(_load(ports[name], seconds))
    finally:
        for server in servers.values():
            server.terminate()
            server.communicate()
    return {name: statistics.median(rates[1:]) for name, rates in found.items()}


def _load(port: int, seconds: float, connections: int = 16) -> float:
    """Requests a second that so many kept-alive connections get answered."""
    lines = [name + b": " + value for name, value in headers_of(b"Mozilla/5.0 (X11) Chrome/142.0.0.0 Safari/537.36")]
    request = b"GET /tracks/7 HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"
    chosen = selectors.DefaultSelector()
    for _ in range(connections):
        for attempt in range(50):
            try:
                link = socket.create_connection(("127.0.0.1", port), timeout=5)
                break
            except ConnectionRefusedError:
                if attempt == 49:
                    raise
                time.sleep(0.1)
        link.sendall(request)
        chosen.register(link, selectors.EVENT_READ)
    answered, begin = 0, time.perf_counter()
    end = begin + seconds
    while time.perf_counter() < end:
        for key, _ in chosen.select(timeout=1):
            link = key.fileobj  # type: ignore[assignment]  # registered above as a socket
            if link.recv(65_536).endswith(BODY):
                answered += 1
                link.sendall(request)
    rate = answered / (time.perf_counter() - begin)
    for key in list(chosen.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    return rate


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--uvicorn", action="store_true")
    options.add_argument("--worker", help=argparse.SUPPRESS)
    options.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.worker:
        asyncio.run(work(arguments.worker, arguments.requests))
    elif arguments.serve:
        serve(arguments.serve)
    elif arguments.uvicorn:
        rates = throughput(min(arguments.rounds, 12), 1.0)
        for name, rate in rates.items():
            print(f"{name:34} {rate:8.0f} requests/s  {rate / rates['bare']:6.1%} of the bare app")
    else:
        found = measure(arguments.rounds, arguments.requests)
        yardstick = found["no-op"][0]
        print(f"{'configuration':34} {'median':>8} {'p99':>8} {'added':>8}   µs per request")
        for name, (middle, high) in found.items():
            print(f"{name:34} {middle:8.2f} {high:8.2f} {middle - yardstick:8.2f}")
        print(f"the headers themselves add {found['headers'][0] - found['no headers'][0]:.2f} µs")


if __name__ == "__main__":
    main()
