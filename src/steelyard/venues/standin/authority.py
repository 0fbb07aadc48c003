"""This file makes a certificate authority of one's own, which vouches for the stand-in's hosts.

It lives in a private folder and is installed nowhere: who wants to believe it, is handed its file.
"""

import datetime as dt
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK: Final = "127.0.0.1"
_LIFE: Final = dt.timedelta(days=30)
"""How long certificates hold; they are made anew at every start."""

_EARLY: Final = dt.timedelta(hours=1)
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Authority:
    """Files of an authority.

    Parameters
    ----------
    ca : Path
        Its certificate, for clients.
    chain : Path
        Certificate and key of the server.
    """

    ca: Path
    chain: Path

    def server(self) -> ssl.SSLContext:
        """Return how the server proves that it is any of the hosts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context


def make_authority(folder: Path, hosts: Sequence[str], now_ms: int) -> Authority:
    """Make an authority and one certificate for all hosts, and for loopback itself.

    Parameters
    ----------
    folder : Path
        Made, for its owner alone.
    hosts : sequence of str
        Names that it may be met under.
    now_ms : int, stamp
        Of the real time, in which clients look at certificates.
    """
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    folder.chmod(_PRIVATE)
    begin = dt.datetime.fromtimestamp(now_ms / 1000, tz=dt.UTC) - _EARLY
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("steelyard stand-in authority")
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id)
    ca = (
        _certificate(ca_name, ca_name, ca_key.public_key(), begin)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(ca_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in (*hosts, "localhost")]
    names.append(x509.IPAddress(ipaddress.ip_address(LOOPBACK)))
    certificate = (
        _certificate(_name("steelyard stand-in"), ca_name, key.public_key(), begin)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    made = Authority(folder / "ca.pem", folder / "server.pem")
    _write(made.ca, ca.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(made.chain, certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return made


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + _LIFE)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
