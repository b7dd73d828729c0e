"""A certificate authority of the sandbox's own, for TLS in both directions on the loopback."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.machine.ports import LOOPBACK

_VALID_DAYS = 90


@dataclass(frozen=True)
class Certificates:
    """PEM files of one authority, and of the server and the client whose certificates it signed."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def server(self) -> Path:
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def client(self) -> Path:
        return self.folder / "client.pem"

    @property
    def client_key(self) -> Path:
        return self.folder / "client.key"


def issue(folder: Path) -> Certificates:
    """Make an authority, whose key isn't stored, and certificates for a server on the loopback and for one client."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files, ca_key = Certificates(folder), ec.generate_private_key(ec.SECP256R1())
    name = _name("Sandbox CA")
    authority = _signed(_builder(name, name, ca_key, is_ca=True), ca_key, ca_key)
    _write(files.ca, authority.public_bytes(serialization.Encoding.PEM))
    for common_name, usage, certificate, key_file in (
        ("Sandbox platform", ExtendedKeyUsageOID.SERVER_AUTH, files.server, files.server_key),
        ("Sandbox bank", ExtendedKeyUsageOID.CLIENT_AUTH, files.client, files.client_key),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), name, key, is_ca=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]),
            critical=False,
        )
        _write(certificate, _signed(builder, ca_key, key).public_bytes(serialization.Encoding.PEM))
        _write(key_file, _pem(key))
    return files


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(is_ca), critical=True)
    )


def _key_usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(
    builder: x509.CertificateBuilder, ca_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    if key is not ca_key:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
