"""Who did what an entry of the trail tells, and how that is known; the one wording for messages, pages and tags."""

from collections.abc import Sequence

from lake import dsse, signatures
from lake.entries import Entry


def who(entries: Sequence[Entry], entry: Entry) -> str:
    """Who did it, and how that is known."""
    return f"{entry.actor} ({how(entries, entry)})"


def how(entries: Sequence[Entry], entry: Entry) -> str:
    """How it is known who did it.

    Returns:
        `signed`; `signed by SERVICE for them`; `sandbox` where the keys lie open; `typed in a sandbox` where a name is
        believed; `unsigned`, of before there were people.
    """
    signed = dsse.read(entry.signature)
    if signed is None:
        return "typed in a sandbox" if entry.signature == signatures.SANDBOX else "unsigned"
    if not signatures.released(entries[: entry.number]).is_real:
        return "sandbox"
    services = sorted({*signed.signers} - {*signed.people})
    return f"signed by {', '.join(services)} for them" if services else "signed"
