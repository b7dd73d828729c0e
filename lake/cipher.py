"""Sealing: authenticated encryption under a key, by the algorithm that the settings name.

The first byte of sealed data names its algorithm, so the setting may change and old data stays readable.
SM4 is that of the OpenSSL behind `cryptography`: tested against the published vectors, but no certified module. A bank
that must use one puts it behind a master key plug-in for the keys, and knows that rows are sealed in software.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from conf.schema.errors import SetupError
from conf.schema.settings import CipherName

KEY_BYTES = 32
_NONCE = 12
_TAG = 16


class Sm4Gcm:
    """SM4 (GB/T 32907) in Galois/Counter Mode by RFC 8998, with the methods of `AESGCM`.

    Args:
        key: 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._block = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, plaintext: bytes, bound: bytes) -> bytes:
        """Ciphertext and tag; `bound` is authenticated with them.

        Raises:
            SetupError: the installed OpenSSL has no SM4.
        """
        try:
            encryptor = Cipher(self._block, modes.GCM(nonce)).encryptor()
        except UnsupportedAlgorithm:
            raise SetupError(
                "cipher sm4-gcm is set, but this machine's OpenSSL has no SM4; install the wheels of `cryptography`, "
                "whose OpenSSL has it, or set cipher aes-256-gcm"
            ) from None
        encryptor.authenticate_additional_data(bound)
        return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        """Undo `encrypt`.

        Raises:
            InvalidTag: another key, nonce or `bound`, or changed bytes.
        """
        if len(sealed) < _TAG:
            raise InvalidTag
        decryptor = Cipher(self._block, modes.GCM(nonce, sealed[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(sealed[:-_TAG]) + decryptor.finalize()


def _sm4(secret: bytes) -> Sm4Gcm:
    """SM4 takes 128 bits; they are derived, so that no key serves two algorithms."""
    return Sm4Gcm(HKDFExpand(SHA256(), 16, b"fieldstone sm4-gcm").derive(secret))


_HEADERS: dict[CipherName, bytes] = {"aes-256-gcm": b"\x01", "sm4-gcm": b"\x02"}
_BY_HEADER: dict[bytes, Callable[[bytes], AESGCM | Sm4Gcm]] = {b"\x01": AESGCM, b"\x02": _sm4}


@dataclass(frozen=True)
class Key:
    """A key of 32 bytes and the algorithm that it seals with; it can open data sealed with any of the algorithms.

    Attributes:
        secret: left out of `repr`, and so of logs.
    """

    secret: bytes = field(repr=False)
    cipher: CipherName

    @classmethod
    def made(cls, cipher: CipherName) -> "Key":
        """A new random key."""
        return cls(os.urandom(KEY_BYTES), cipher)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Header, nonce, ciphertext and tag, bound to a context such as the key's id."""
        header, nonce = _HEADERS[self.cipher], os.urandom(_NONCE)
        return header + nonce + self._sealing.encrypt(nonce, plaintext, header + context.encode())

    @cached_property
    def _sealing(self) -> AESGCM | Sm4Gcm:
        return _BY_HEADER[_HEADERS[self.cipher]](self.secret)

    def __reduce__(self) -> tuple[type["Key"], tuple[bytes, CipherName]]:
        return Key, (self.secret, self.cipher)  # to a worker, where `_sealing` can't go

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Undo `seal`.

        Raises:
            cryptography.exceptions.InvalidTag: another key, another context, or changed bytes.
        """
        header, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if header not in _BY_HEADER or len(nonce) < _NONCE:
            raise InvalidTag
        return _BY_HEADER[header](self.secret).decrypt(nonce, rest, header + context.encode())
