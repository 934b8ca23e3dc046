"""How fast access logs are replayed: `python -m tests.benchmarks.replay [--lines N]`.

Writes a log in the combined format, with the traffic of a music site: 500 user agents of browsers and players and 40
of crawlers, 20,000 addresses, 5,000 tracks. Then replays it by the command line, each time in a process of its own:
as a summary, as JSON, and as a summary with a quota on all that is asked for. Prints lines for each second of
one core's time, which depends less on what else the machine does, and peak memory.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)

QUOTA = '[[patterns.quota]]\nname = "all"\nlimit = "600/minute"\n'
ROUTES = """
[[tracks.routes]]
path = "/tracks/{track_id}"
[[tracks.routes]]
path = "/stream/{track_id}/{segment:path}"
serves = "media"
"""

#: Name: what is added to the configuration, and to the command line.
CONFIGURATIONS: dict[str, tuple[str, list[str]]] = {
    "summary": ("", []),
    "summary, a quota": (QUOTA, []),
    "--json": ("", ["--json"]),
}


def agents(draw: random.Random) -> list[str]:
    """User agents, listeners' many times as often as crawlers'."""
    browsers = [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.{draw.randrange(9999)}.0 "
        "Safari/537.36"
        for version in range(100, 150)
        for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
        for _ in range(3)
    ]
    players = [f"AntennaPod/3.{minor}.{patch}" for minor in range(10) for patch in range(5)]
    crawlers = [
        f"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {token}/1.{minor}; +https://example.org/bot)"
        for token in ("GPTBot", "ClaudeBot", "Bytespider", "OAI-SearchBot", "PerplexityBot")
        for minor in range(8)
    ]
    return (browsers + players) * 6 + crawlers


def lines(count: int, *, seed: int = 1) -> Iterator[str]:
    """A log in the combined format, a hundred requests a second."""
    draw = random.Random(seed)
    names = agents(draw)
    addresses = [f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}" for _ in range(18_000)]
    addresses += [f"2001:db8:{draw.randrange(65536):x}::{draw.randrange(65536):x}" for _ in range(2_000)]
    paths = [f"/tracks/{number}" for number in range(5_000)]
    paths += [f"/stream/{number}/seg-{number % 40:05}.m4s" for number in range(5_000)]
    paths += [f"/search?q=track+{number}&page=2" for number in range(500)] + ["/", "/robots.txt", "/style.css"] * 200
    for number in range(count):
        stamp = (BEGIN + timedelta(seconds=number // 100)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        yield (
            f'{draw.choice(addresses)} - - [{stamp}] "GET {draw.choice(paths)} HTTP/1.1" 200 '
            f'{draw.randrange(100_000)} "https://music.example/" "{draw.choice(names)}"\n'
        )


def measured(log: Path, settings: str, options: list[str]) -> tuple[float, float]:
    """Seconds of CPU time and peak memory in MiB of one replay, in a process of its own that runs this module."""
    config = log.with_name("noscrape.toml")
    config.write_text(ROUTES + settings)
    command = [sys.executable, "-m", "tests.benchmarks.replay", "--child", str(log), "--config", str(config), *options]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, text=True)
    seconds, kibibytes = json.loads(done.stderr.splitlines()[-1])
    return seconds, kibibytes / 1024


def child(arguments: list[str]) -> None:
    """Replay as the command line does, and say on stderr what it took."""
    from noscrape.cli import replay

    parser = argparse.ArgumentParser()
    replay.add(parser.add_subparsers())
    parsed = parser.parse_args(["replay", *arguments])
    begin = time.process_time()
    parsed.run(parsed)
    seconds = time.process_time() - begin
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]), file=sys.stderr)


def main() -> None:
    """Write the log, replay it in each way, print a table."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        with log.open("w") as file:
            file.writelines(lines(arguments.lines))
        print(f"{arguments.lines:,} lines, {log.stat().st_size / 1e6:,.0f} MB")
        for name, (settings, options) in CONFIGURATIONS.items():
            seconds, memory = measured(log, settings, options)
            print(f"{name:<20} {arguments.lines / seconds:>10,.0f} lines/s {memory:>8,.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
