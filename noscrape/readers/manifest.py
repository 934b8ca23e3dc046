"""Signed manifests (C2PA) and what they state about training and mining. Needs the extra `noscrape[c2pa]`.

Nothing is fetched: no manifest that is named in a file, no status of a certificate, no identity.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from noscrape.errors import ReaderError
from noscrape.reservation import Terms
from noscrape.standards import training_mining
from noscrape.standards.training_mining import Use
from noscrape.words import Purpose

#: Kinds of files of which the library reads manifests, by the name that it has for them.
_KINDS: Final = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp4": "audio/mp4",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "markup": "image/svg+xml",
}
#: Manifests hold thumbnails and the manifests of what a work was made from. Beyond this they are refused.
LARGEST_BYTES: Final = 33_554_432

_MODELS: Final = ("ai_training", "ai_generative_training")
#: The keys that bear on each purpose: reserved where one of them is not allowed, open where all are.
_KEYS: Final[Mapping[Purpose, tuple[str, ...]]] = {
    Purpose.TRAINING: _MODELS,
    Purpose.DATASET: (*_MODELS, "data_mining"),
    Purpose.UNDISCLOSED: (*_MODELS, "data_mining"),
    Purpose.SEARCH: ("ai_inference",),
    Purpose.ASSISTANT: ("ai_inference",),
    Purpose.AGENT: ("ai_inference",),
}

_SETTINGS: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "allow_redirects": False, "decode_identity_assertions": False},
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One assertion of the active manifest, and what the whole of it was found to be: Trusted, Valid or Invalid."""

    label: str
    uses: Mapping[str, Use]
    validation: str

    @property
    def terms(self) -> Terms:
        """What it counts for. Only whom we trust may open; whoever signed may restrict."""
        refused = {key for key, use in self.uses.items() if use is not Use.ALLOWED}
        allowed = self.uses.keys() - refused if self.validation == "Trusted" else set()
        return Terms(
            reserved=frozenset(purpose for purpose, keys in _KEYS.items() if refused.intersection(keys)),
            open=frozenset(purpose for purpose, keys in _KEYS.items() if allowed.issuperset(keys)),
        )

    def __str__(self) -> str:
        uses = ", ".join(f"{key}: {use.value}" for key, use in self.uses.items())
        return f"{uses or 'nothing that is known'} ({self.validation})"


def check() -> None:
    """Raises ReaderError where c2pa-python is missing."""
    _c2pa()


def statements(file: BinaryIO, kind: str, *, size: int, anchors: str = "") -> tuple[Statement, ...]:
    """What the active manifest of a file states. Manifests of what it was made from do not speak for it.

    `size` is that of the manifest; `anchors` are certificates in PEM of whom is trusted, none by default.
    Raises ReaderError where the manifest cannot be read. Blocks: the whole file is hashed.
    """
    if kind not in _KINDS:
        return ()
    if size > LARGEST_BYTES:
        raise ReaderError(f"a manifest of {size:,} bytes")
    c2pa = _c2pa()
    settings = {**_SETTINGS, "trust": {"trust_anchors": anchors}} if anchors else _SETTINGS
    file.seek(0)
    try:
        with c2pa.Context.from_dict(settings) as context, c2pa.Reader(_KINDS[kind], file, context=context) as reader:
            store = json.loads(reader.json())
        manifest = store["manifests"][store["active_manifest"]]
        assertions = [(entry["label"], entry.get("data")) for entry in manifest.get("assertions", ())]
    except (c2pa.C2paError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ReaderError(f"the manifest cannot be read: {str(error)[:200]}") from error
    validation = str(store.get("validation_state", "Invalid"))
    return tuple(
        Statement(label, training_mining.parse(data), validation)
        for label, data in assertions
        if training_mining.is_label(label)
    )


def _c2pa() -> Any:
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError) as error:  # the last two: its library does not load on this machine
        raise ReaderError("reading signed manifests needs c2pa-python: pip install 'noscrape[c2pa]'") from error
    return c2pa
