"""The policy that `tdm-policy` names, for machines: mining by consent (TDMRep, section 7, a profile of ODRL 2.2)."""

import json

from noscrape.signals import paths


def policy_document(
    *, uid: str, assigner_name: str, assigner_url: str, contact: str = "", licence_url: str = ""
) -> bytes:
    """The policy in JSON-LD: an offer to allow mining to who obtains consent from the assigner.

    `uid` is the URL of the policy, `assigner_url` that of the site. Who asks is sent to `contact`, an address of a page
    or for mail, and to the licence, else to the site. A contact of another kind has no place in the profile.
    """
    assigner = {"uid": assigner_url, "vcard:fn": assigner_name}
    address = paths.contact(contact)
    if address.startswith("mailto:"):
        assigner["vcard:hasEmail"] = address
    assigner["vcard:hasURL"] = address if address.startswith("http") else licence_url or assigner_url
    policy = {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": uid,
        "assigner": assigner,
        "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
    }
    return (json.dumps(policy, indent=2) + "\n").encode("ascii")
