"""Signed files for tests: certificates of our own, and manifests made with them. Needs c2pa and cryptography."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest

pytest.importorskip("c2pa", reason="needs the extra noscrape[c2pa]")
pytest.importorskip("cryptography", reason="the tests sign with it")

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: What C2PA calls the kinds that it can sign.
MIME = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "m4a": "audio/mp4", "jpeg": "image/jpeg"}

BEGIN, END = datetime(2024, 1, 1), datetime(2090, 1, 1)
CREATED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signs: the chain of certificates, its root alone, and the key."""

    chain: bytes
    root: bytes
    key: bytes

    def signed(self, kind: str, data: bytes, *assertions: Mapping[str, Any], remote: str = "", of: str = "") -> bytes:
        """A file with a manifest in it, or at the URL `remote`. `of` makes the file `data` an ingredient as well."""
        manifest = {
            "claim_generator_info": [{"name": "noscrape tests", "version": "1"}],
            "assertions": [
                {
                    "label": "c2pa.actions.v2",
                    "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": CREATED}]},
                },
                *assertions,
            ],
        }
        context = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, self.chain, self.key, None)
        signed = BytesIO()
        with c2pa.Builder(manifest, context) as builder:
            if remote:
                builder.set_no_embed()
                builder.set_remote_url(remote)
            if of:
                ingredient = {"title": of, "relationship": "componentOf"}
                builder.add_ingredient(ingredient, MIME[kind], BytesIO(data))
            builder.sign(c2pa.Signer.from_info(info), MIME[kind], BytesIO(data), signed)
        return signed.getvalue()


def new_signer(name: str = "noscrape tests") -> Signer:
    """A root and a certificate that it has signed, both made now and valid long."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate(f"{name} root", root_key, f"{name} root", root_key, serial=1)
    leaf = _certificate(f"{name} signer", key, f"{name} root", root_key, serial=2)
    pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (leaf, root)]
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return Signer(b"".join(pem), pem[1], secret)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, serial: int
) -> x509.Certificate:
    is_root = name == issuer
    usage = x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not is_root:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    return made.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "noscrape tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def assertion(*, label: str = "cawg.training-mining", prefix: str = "cawg.", **uses: str) -> dict[str, Any]:
    """One assertion: `assertion(ai_training="notAllowed")`."""
    return {"label": label, "data": {"entries": {prefix + key: {"use": use} for key, use in uses.items()}}}
