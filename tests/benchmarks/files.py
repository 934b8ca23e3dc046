"""How fast audio files are read: `python -m tests.benchmarks.files [--files N] [--mutated N]`.

Writes small valid files of all seven kinds into a temporary folder: of ten, five with a no-AI tag, one with XMP as
well, and one signed (where c2pa-python and cryptography are installed). Reads all of them once, so that the machine has
them in memory, then again with the clock running, in one thread. `--mutated` reads damaged files instead, with all
that can be read switched on, and tells what became of them, the slowest one and the peak of memory.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from noscrape.readers.reading import State, read_file
from tests.readers.audio import KINDS, audio
from tests.readers.damage import damaged

TAGS = {"Content-Usage": "train-ai=n", "tdm-reservation": "1"}
OTHERS = {"MusicBrainz Album Id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "replaygain_track_gain": "-7.03 dB"}
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
 plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""

CAN_SIGN = find_spec("c2pa") is not None and find_spec("cryptography") is not None

#: What is asked for beside the tags: XMP, C2PA.
CONFIGURATIONS = {
    "tags": (False, False),
    "tags, XMP": (True, False),
    "tags, C2PA": (False, True),
    "tags, XMP, C2PA": (True, True),
}


def written(folder: Path, count: int) -> list[Path]:
    """The files, spread over folders as a catalogue is."""
    kinds = {kind: [audio(kind, OTHERS), audio(kind, TAGS | OTHERS), audio(kind, OTHERS, xmp=XMP)] for kind in KINDS}
    if CAN_SIGN:
        from tests.readers.signing import MIME, assertion, new_signer

        signer = new_signer()
        for kind in MIME.keys() & kinds.keys():
            kinds[kind].append(signer.signed(kind, kinds[kind][0], assertion(ai_training="notAllowed")))
    paths = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        part = number // len(KINDS) % 10
        which = 1 if part < 5 else 2 if part == 5 else 3 if part == 6 else 0
        path = folder / f"{number // 100}" / f"{number}.{kind}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(kinds[kind][min(which, len(kinds[kind]) - 1)])
        paths.append(path)
    return paths


def whole(folder: Path, count: int) -> None:
    """Read whole files in each way, and print a table."""
    paths = written(folder, count)
    print(f"{count:,} files of {len(KINDS)} kinds, {sum(path.stat().st_size for path in paths) / 1e6:,.1f} MB")
    for name, (xmp, c2pa) in CONFIGURATIONS.items():
        if c2pa and not CAN_SIGN:
            continue
        for path in paths:
            path.read_bytes()
        begin, begin_cpu = time.perf_counter(), time.process_time()
        states = Counter(read_file(path, xmp=xmp, c2pa=c2pa).state for path in paths)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
        told = ", ".join(f"{states[state]:,} {state.value}" for state in State if states[state])
        print(f"{name:<18} {seconds:6.2f} s ({cpu:.2f} s of one core, {1e6 * cpu / count:,.0f} µs a file): {told}")


def mutated(folder: Path, count: int) -> None:
    """Read damaged files, and tell what became of them."""
    states: Counter[State] = Counter()
    slowest = 0.0
    path = folder / "damaged"
    read_file(path, c2pa=CAN_SIGN, xmp=True)  # what is imported late is imported now
    begin = time.perf_counter()
    for data in damaged(count, seed=1):
        path.write_bytes(data)
        start = time.perf_counter()
        states[read_file(path, c2pa=CAN_SIGN, xmp=True).state] += 1
        slowest = max(slowest, time.perf_counter() - start)
    seconds = time.perf_counter() - begin
    told = ", ".join(f"{states[state]:,} {state.value}" for state in State if states[state])
    print(f"{count:,} damaged files in {seconds:.1f} s: {told}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"the slowest took {1000 * slowest:.1f} ms; peak memory {memory:,.0f} MiB")


def main() -> None:
    """Read the arguments, write the files, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--mutated", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.mutated:
            mutated(Path(folder), arguments.mutated)
        else:
            whole(Path(folder), arguments.files)


if __name__ == "__main__":
    main()
