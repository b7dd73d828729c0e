"""The audit trail: append-only, each entry bound to the one before by a keyed hash.

Nobody without its key can change, drop or insert an entry and mend the chain. How far it goes is told by its head, a
file of the state folder under a MAC, and by an anchor outside (`lake.anchors`). Entries are written to the table first,
then told to the head, then to the anchor: a crash leaves one of these a single entry behind, which the next entry makes
good. Anything else is a break, which `verify` tells and no further entry is written over, and so is an act that isn't
signed as it has to be (`lake.signatures`).
"""

import hashlib
import json
import socket
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conf.schema import audit_actions, drafts, table_names
from conf.schema.errors import Conflict, IntegrityError, UsageError
from conf.schema.person_names import a_name
from lake import anchors, entry_checks, entry_times, keyfiles, mark_checks, marks, signatures, state
from lake.anchors import Anchor
from lake.entries import Entry, of_record, os_user
from lake.mark_checks import acceptances, beyond, is_of, mark_findings
from lake.marks import Mark
from lake.tables import Lake

TRAIL, HEAD = table_names.TRAIL, "audit.head"
ACCEPT = "accept trail"
START = "0" * 64
REMEDY = (
    "Put back what is missing, or restore the last backup into an empty folder (fieldstone restore FOLDER). If only "
    "the end of the trail or its anchor is lost and you know why, let what is left count: fieldstone audit accept "
    "--who NAME --why TEXT, which stays in the trail"
)


def hashed(subject: str) -> str:
    """How entries and certificates name a subject: SHA-256 of its key."""
    return hashlib.sha256(f"subject {subject}".encode()).hexdigest()


@dataclass(frozen=True)
class Trail:
    """The trail of one lake."""

    lake: Lake
    key: bytes = field(repr=False)
    anchor: Anchor

    def record(self, actor: str, action: str, **details: Any) -> Entry:
        """Append an entry; its moment is the real one, whatever clock the run was given.

        Raises:
            FieldstoneError: the trail is broken, the anchor can't be used, the actor is no name, may not do it or
                can't sign it; nothing was written.
        """
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.stored()
            self._require(entries)
            self.settle(entries)
            return self._append(entries, actor, action, details)

    def accept(self, actor: str, action: str, **details: Any) -> Entry:
        """Append an entry that lets what is left count where the end, the head or the anchor is lost; it says what was.

        Raises:
            FieldstoneError: nothing is lost, or entries were changed, which only a backup mends.
        """
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.stored()
            if faults := self.chain(entries):
                raise IntegrityError(f"{'; '.join(faults)}: that can't be accepted; restore the last backup")
            if not (faults := self.findings(entries)):
                raise Conflict("there is nothing to accept: the audit trail is whole")
            outside = self._outside()
            gone = [asdict(mark) for _, mark in outside if mark and not is_of(mark, entries)]
            unread = [_digest(line) for line, mark in outside if mark is None]
            return self._append(entries, actor, action, details | {"found": faults, "gone": gone, "unread": unread})

    def entries(self) -> list[Entry]:
        """All entries in order, for whoever rests on them: those that lack something stand aside (`lake.entry_checks`).

        Raises:
            FieldstoneError: the table isn't one of entries.
        """
        return entry_checks.counting(self.stored())

    def stored(self) -> list[Entry]:
        """All entries in order, as they stand there.

        Raises:
            FieldstoneError: the table isn't one of entries.
        """
        records = self.lake.records(TRAIL) if self.lake.exists(TRAIL) else []
        return sorted(map(_entry, records), key=lambda entry: entry.number)

    def verify(self) -> list[str]:
        """What is wrong with the trail, in words; nothing if it is whole."""
        with self.lake.lock(TRAIL, wait_seconds=600):
            return self.findings(self.stored())

    def require_signer(self, actor: str, action: str) -> None:
        """Make sure that somebody may do something and can sign it, before what its entry comes after is begun.

        Raises:
            FieldstoneError: they may not, or can't.
        """
        entries = self.stored()
        self._signed(entries, Entry(len(entries) + 1, datetime.now(UTC), a_name(actor), action, "{}", START, ""))

    def require_whole(self) -> list[Entry]:
        """Make sure that the trail is whole, before what rests on it is begun; returns its entries.

        Raises:
            IntegrityError: it isn't.
        """
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.stored()
            self._require(entries)
            return entry_checks.counting(entries)

    def settle(self, entries: list[Entry]) -> None:
        """Tell head and anchor of the last entry, unless they know it."""
        if not entries:
            return
        last = self._mark(entries)
        if self._headed() != last:
            self._tell_head(last)
        if [mark for _, mark in self._outside()[-1:]] != [last]:
            self._tell_anchor(last)

    # what is wrong -----------------------------------------------------------------------------------------------

    def _require(self, entries: list[Entry]) -> None:
        if findings := self.findings(entries):
            anew = "" if entries else "; a sandbox that is to begin anew is cleared by make clean"
            raise IntegrityError(
                f"the audit trail is broken: {'; '.join(findings)}. Nothing was written. {REMEDY}{anew}"
            )

    def findings(self, entries: list[Entry]) -> list[str]:
        """What is wrong with the trail of these entries, in words; held by its lock."""
        faults = self.chain(entries)
        faults = faults or [*self._of_head(entries), *self._of_anchor(entries), *entry_times.findings(entries)]
        return list(dict.fromkeys(faults))

    def chain(self, entries: list[Entry]) -> list[str]:
        """What is wrong with the entries and how they are linked, whatever head and anchor say."""
        findings, previous = list[str](), START
        for expected, entry in enumerate(entries, start=1):
            if entry.number != expected:
                findings.append(
                    f"entry {expected} is missing"
                    if entry.number > expected
                    else f"entry {entry.number} is there twice"
                )
                break
            if entry.link != entry.linked(self.key):
                findings.append(f"entry {entry.number} was changed")
            if entry.previous != previous:
                findings.append(f"entry {entry.number} doesn't follow entry {entry.number - 1}")
            previous = entry.link
        return findings or signatures.findings(entries)

    def _of_head(self, entries: list[Entry]) -> list[str]:
        """What the head says: the last entry, or after a crash the one before it."""
        if not self._head.exists():
            is_crash = len(entries) <= 1 and not self.anchor.lines()
            return [] if is_crash else [f"the head of the trail ({HEAD}) is missing"]
        if (mark := self._headed()) is None:
            return [f"the head of the trail ({HEAD}) was changed"]
        return mark_findings(mark, entries, f"the head of the trail ({HEAD})")

    def _of_anchor(self, entries: list[Entry]) -> list[str]:
        """What the anchor says: all that it was ever told, but for what was accepted as lost since."""
        outside, accepted, lost, findings = self._outside(), acceptances(entries), list[Mark](), list[str]()
        unread = {digest for details in accepted.values() for digest in details.get("unread", ())}
        gone = mark_checks.lost(accepted)
        for number, (line, mark) in enumerate(outside, start=1):
            if mark is None:
                if _digest(line) not in unread:
                    findings.append(f"line {number} of the anchor was changed, torn or is of another trail")
            elif not is_of(mark, entries):
                lost.append(mark)
            else:
                lost = [each for each in lost if each not in gone.get(mark.number, ())]
        if lost:
            findings.append(beyond(min(lost, key=lambda mark: mark.number), entries))
        known = [mark for _, mark in outside if mark]
        if not known:
            return findings + ([f"the anchor tells nothing of {len(entries)} entries"] if len(entries) > 1 else [])
        head = self._headed()
        if head and head.number < known[-1].number:
            findings.append(f"the head of the trail ({HEAD}) is older than the anchor")
        return findings + ([] if lost else mark_findings(known[-1], entries, "the anchor"))

    def _outside(self) -> list[tuple[str, Mark | None]]:
        # one that has no end was being written when the disk was full or the power failed, and was never told
        whole = [line for line in self.anchor.lines() if line.endswith("}")]
        return [(line, marks.read(line, self.key, "anchor")) for line in whole]

    def _headed(self) -> Mark | None:
        try:
            return marks.read(self._head.read_text(), self.key, "head") if self._head.is_file() else None
        except (OSError, UnicodeDecodeError):
            return None

    # writing -----------------------------------------------------------------------------------------------------

    def _append(self, entries: list[Entry], actor: str, action: str, details: dict[str, Any]) -> Entry:
        previous = entries[-1].link if entries else START
        text = json.dumps(details, sort_keys=True, ensure_ascii=False, default=str)
        content = (len(entries) + 1, datetime.now(UTC), a_name(actor), action, text, previous)
        entry = Entry(*content, link="", os_user=os_user(), host=socket.gethostname())
        entry = replace(entry, signature=self._signed(entries, entry))
        if why := entry_checks.lacking(entry):
            raise UsageError(
                f"{action} lacks what it needs to count ({why}); what an act has to say is in lake/entry_details.py. "
                "Nothing was written"
            )
        entry = replace(entry, link=entry.linked(self.key))
        self.lake.append_records(TRAIL, [asdict(entry)])
        mark = self._mark([*entries, entry])
        self._tell_head(mark)
        self._tell_anchor(mark)
        return entry

    def _signed(self, entries: list[Entry], entry: Entry) -> str | None:
        if entry.action in audit_actions.OF_JOBS:
            return None
        noted, known = state.read(self.lake.workspace.settings.home), signatures.released(entries)
        # what was real once stays so, whatever was cut off the trail since
        is_real = known.is_real or any(mark.is_real for _, mark in self._outside() if mark)
        known, identity = replace(known, is_real=is_real), noted.identity if noted else ""
        return signatures.of_act(self.lake.workspace, entries, known, entry, identity)

    def _mark(self, entries: list[Entry]) -> Mark:
        return Mark(entries[-1].number, entries[-1].link, signatures.released(entries).is_real)

    def _tell_head(self, mark: Mark) -> None:
        drafts.replace(self._head, mark.written(self.key, "head").encode(), is_lasting=True)

    def _tell_anchor(self, mark: Mark) -> None:
        self.anchor.add(mark.written(self.key, "anchor"))

    @property
    def _head(self) -> Path:
        return self.lake.workspace.settings.home / HEAD


def opened(lake: Lake) -> Trail:
    """The trail of a lake, by the key and the anchor that its settings name."""
    settings = lake.workspace.settings
    return Trail(lake, keyfiles.key(settings, "trail", settings.trail_from), anchors.of(settings))


def _entry(record: dict[str, Any]) -> Entry:
    if (entry := of_record(record)) is None:
        raise IntegrityError(
            f"the audit trail is broken: {TRAIL} holds what is no entry. Nothing was written. {REMEDY}"
        )
    return entry


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
