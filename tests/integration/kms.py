"""A key service for tests: its keys lie in a folder that only it opens; what it gives away is wrapped keys."""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from conf.schema.errors import FieldstoneError


class FolderService:
    """Wraps by ChaCha20-Poly1305 under the key in a file."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.key_id = f"folder-service/{self.path.stem}"

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, bytes]:
        cipher, nonces = self._cipher(), {name: os.urandom(12) for name in keys}
        return {name: nonces[name] + cipher.encrypt(nonces[name], key, name.encode()) for name, key in keys.items()}

    def unwrap(self, wrapped: Mapping[str, bytes]) -> dict[str, bytes]:
        cipher = self._cipher()
        return {name: cipher.decrypt(key[:12], key[12:], name.encode()) for name, key in wrapped.items()}

    def _cipher(self) -> ChaCha20Poly1305:
        if not self.path.exists():
            raise FieldstoneError(f"the key service has no key {self.path.stem}")
        return ChaCha20Poly1305(self.path.read_bytes())


def service(path: Path) -> str:
    """Make a key of the service; returns what the settings call it."""
    path.write_bytes(ChaCha20Poly1305.generate_key())
    return f"plugin:tests.integration.kms:FolderService@{path}"
