"""The conformance cases in `vectors/`, written for this project from the texts of the standards."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parent / "vectors"


def read(file: str) -> dict[str, Any]:
    """One file, whole."""
    loaded: dict[str, Any] = json.loads((VECTORS / file).read_text(encoding="utf-8"))
    return loaded


def cases(file: str, section: str) -> list[Any]:
    """The cases of one section, as parameters named by their id."""
    return [pytest.param(case, id=case["id"]) for case in read(file)[section]]


def check(case: dict[str, Any], actual: object) -> None:
    """Compare with what is expected; a case that is optional and not met is skipped."""
    if case.get("optional") and case["expected"] != actual:
        pytest.skip("optional")
    assert case["expected"] == actual, case.get("note", "")


def words(said: Any) -> object:
    """A mapping to enum members as the cases spell it; "n/a" where there is none."""
    return "n/a" if said is None else {key: member.value for key, member in said.items()}
