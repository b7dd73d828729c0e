"""Names of files, which may be called after a person: the lake knows a file by a token, and keeps its name sealed."""

import os
from collections.abc import Mapping

from conf.schema import table_names
from lake.vault import Vault, token_of

NAMES = table_names.FILE_NAMES
_KEY = "file-names"
_LENGTH = 16  # hex digits of a token


def token_of_file(name: str, ending: str, pseudonym_key: bytes) -> str:
    """The name of a file in every table: a keyed hash of its own name, and an ending for its format.

    Args:
        name: its path below the root; bytes that aren't UTF-8 as `os.fsdecode` returns them.
        ending: with its dot; chosen by format, not the file's own ending, which may be anything.
    """
    return token_of(f"file {os.fsencode(name).hex()}", pseudonym_key)[:_LENGTH] + ending


def keep(vault: Vault, source_table: str, names: Mapping[str, str]) -> None:
    """Store the names behind tokens; a name already stored isn't stored again."""
    known = {record["name_token"] for record in vault.lake.records(NAMES, source_table=source_table)}
    if not (added := {token: name for token, name in names.items() if token not in known}):
        return
    key = vault.own_key(_KEY)
    records = [
        {"name_token": token, "source_table": source_table, "name_ciphertext": key.seal(os.fsencode(name), token)}
        for token, name in added.items()
    ]
    vault.lake.append_records(NAMES, records)


def revealed(vault: Vault) -> dict[str, str]:
    """Token → file name, for names that weren't erased."""
    records = vault.lake.records(NAMES) if vault.lake.exists(NAMES) else []
    if not records:
        return {}
    key = vault.own_key(_KEY)
    return {r["name_token"]: os.fsdecode(key.unseal(r["name_ciphertext"], r["name_token"])) for r in records}
