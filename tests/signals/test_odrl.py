"""The policy for machines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.signals.odrl import policy_document


def test_the_whole() -> None:
    """TDMRep, section 7: an offer with one permission, to mine, and the duty to obtain consent."""
    made = policy_document(
        uid="https://music.example/ai.json",
        assigner_name="Music Example",
        assigner_url="https://music.example",
        contact="licensing@music.example",
        licence_url="https://music.example/license.xml",
    )

    assert {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": "https://music.example/ai.json",
        "assigner": {
            "uid": "https://music.example",
            "vcard:fn": "Music Example",
            "vcard:hasEmail": "mailto:licensing@music.example",
            "vcard:hasURL": "https://music.example/license.xml",
        },
        "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
    } == json.loads(made)


@pytest.mark.parametrize(
    ("contact", "licence", "members"),
    [
        ("", "", {"vcard:hasURL": "https://m.example"}),
        ("", "https://m.example/l.xml", {"vcard:hasURL": "https://m.example/l.xml"}),
        ("a@m.example", "", {"vcard:hasEmail": "mailto:a@m.example", "vcard:hasURL": "https://m.example"}),
        ("mailto:a@m.example", "", {"vcard:hasEmail": "mailto:a@m.example", "vcard:hasURL": "https://m.example"}),
        ("https://m.example/ask", "https://m.example/l.xml", {"vcard:hasURL": "https://m.example/ask"}),
        ("the office, Monday to Friday", "", {"vcard:hasURL": "https://m.example"}),
        ("Ann <a@m.example>", "", {"vcard:hasURL": "https://m.example"}),
        ("javascript:alert(1)", "", {"vcard:hasURL": "https://m.example"}),
    ],
)
def test_whom_to_ask(contact: str, licence: str, members: dict[str, str]) -> None:
    """An address for mail or of a page; what is neither is left out, since the profile has no place for it."""
    made = json.loads(
        policy_document(
            uid="u", assigner_name="M", assigner_url="https://m.example", contact=contact, licence_url=licence
        )
    )

    assert {"uid": "https://m.example", "vcard:fn": "M"} | members == made["assigner"]


@given(st.text(), st.text())
def test_any_text(name: str, contact: str) -> None:
    """It is JSON, in ASCII, whatever the names."""
    made = policy_document(uid="u", assigner_name=name, assigner_url="https://m.example", contact=contact)

    assert name == json.loads(made.decode("ascii"))["assigner"]["vcard:fn"]
