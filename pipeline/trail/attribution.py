"""The person behind an entry of the audit trail, and how this is known; one wording for messages, pages and tags."""

from collections.abc import Sequence

from lake import dsse, signatures
from lake.entries import Entry


def who(entries: Sequence[Entry], entry: Entry) -> str:
    """The person behind an entry, and how this is known."""
    return f"{entry.actor} ({how(entries, entry)})"


def how(entries: Sequence[Entry], entry: Entry) -> str:
    """How the person behind an entry is known.

    Returns:
        `signed`; `signed by SERVICE for them`; `sandbox` if keys aren't protected; `typed in a sandbox` if a name is
        believed; `unsigned` for entries from before there was a list of people.
    """
    signed = dsse.read(entry.signature)
    if signed is None:
        return "typed in a sandbox" if entry.signature == signatures.SANDBOX else "unsigned"
    if not signatures.released(entries[: entry.number]).is_real:
        return "sandbox"
    services = sorted({*signed.signers} - {*signed.people})
    return f"signed by {', '.join(services)} for them" if services else "signed"
