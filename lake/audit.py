"""The audit trail: append-only, each entry bound to the one before by a keyed hash.

Nobody without its key can change, drop or insert an entry and repair the chain. Its last entry is noted by its head, a
file of the state folder under a MAC, and by an anchor outside (`lake.anchors`). An entry is written to the table first,
then noted in the head, then in the anchor: after a crash, head or anchor may be one entry behind, and the next entry
corrects that. Any other difference is a break, and so is an act without the signatures that it needs
(`lake.signatures`): `verify` reports it, and no further entry is written.
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
    "the end of the trail or its anchor is lost and you know why, accept the rest, which is recorded in the trail: "
    "fieldstone audit accept --who NAME --why TEXT"
)


def hashed(subject: str) -> str:
    """SHA-256 of a subject's key, by which entries and certificates name the subject."""
    return hashlib.sha256(f"subject {subject}".encode()).hexdigest()


@dataclass(frozen=True)
class Trail:
    """The trail of one lake."""

    lake: Lake
    key: bytes = field(repr=False)
    anchor: Anchor

    def record(self, actor: str, action: str, **details: Any) -> Entry:
        """Append an entry; its time is the system's, even if the run works by another clock.

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
        """Append an entry that accepts the rest of a trail that lost its end, head or anchor; it lists the losses.

        Raises:
            FieldstoneError: nothing is lost, or entries were changed, which only a backup can repair.
        """
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.stored()
            if faults := self.chain(entries):
                raise IntegrityError(f"{'; '.join(faults)}: this can't be accepted; restore the last backup")
            if not (faults := self.findings(entries)):
                raise Conflict("there is nothing to accept: the audit trail is whole")
            outside = self._outside()
            gone = [asdict(mark) for _, mark in outside if mark and not is_of(mark, entries)]
            unread = [_digest(line) for line, mark in outside if mark is None]
            return self._append(entries, actor, action, details | {"found": faults, "gone": gone, "unread": unread})

    def entries(self) -> list[Entry]:
        """All entries that count, in order; incomplete ones are set aside (`lake.entry_checks`).

        Raises:
            FieldstoneError: the table isn't one of entries.
        """
        return entry_checks.counting(self.stored())

    def stored(self) -> list[Entry]:
        """All entries in order, as they are stored.

        Raises:
            FieldstoneError: the table isn't one of entries.
        """
        records = self.lake.records(TRAIL) if self.lake.exists(TRAIL) else []
        return sorted(map(_entry, records), key=lambda entry: entry.number)

    def verify(self) -> list[str]:
        """Describe each fault of the trail; an empty list if it is whole."""
        with self.lake.lock(TRAIL, wait_seconds=600):
            return self.findings(self.stored())

    def require_signer(self, actor: str, action: str) -> None:
        """Check that a person may do an act and can sign it, before an act begins whose entry is written last.

        Raises:
            FieldstoneError: they may not, or can't.
        """
        entries = self.stored()
        self._signed(entries, Entry(len(entries) + 1, datetime.now(UTC), a_name(actor), action, "{}", START, ""))

    def require_whole(self) -> list[Entry]:
        """Check that the trail is whole before a job relies on it; returns its entries.

        Raises:
            IntegrityError: it isn't.
        """
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.stored()
            self._require(entries)
            return entry_checks.counting(entries)

    def settle(self, entries: list[Entry]) -> None:
        """Note the last entry in head and anchor, unless they have it already."""
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
        """Describe each fault of the trail with these entries; the caller holds the trail's lock."""
        faults = self.chain(entries)
        faults = faults or [*self._of_head(entries), *self._of_anchor(entries), *entry_times.findings(entries)]
        return list(dict.fromkeys(faults))

    def chain(self, entries: list[Entry]) -> list[str]:
        """Describe each fault of the entries and of the links between them, without regard to head and anchor."""
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
        """Faults of the head: it must name the last entry, or after a crash the one before it."""
        if not self._head.exists():
            is_crash = len(entries) <= 1 and not self.anchor.lines()
            return [] if is_crash else [f"the head of the trail ({HEAD}) is missing"]
        if (mark := self._headed()) is None:
            return [f"the head of the trail ({HEAD}) was changed"]
        return mark_findings(mark, entries, f"the head of the trail ({HEAD})")

    def _of_anchor(self, entries: list[Entry]) -> list[str]:
        """Faults of the anchor: all marks that it ever noted must be in the trail, unless their loss was accepted."""
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
        # a line without an end was being written when the disk was full or the power failed, so it never counted
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
                f"{action} lacks details that it needs to count ({why}); lake/entry_details.py lists the details of "
                "each action. Nothing was written"
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
        # a state that was real once stays real, even if entries were cut off since
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
    """The trail of a lake, with the key and the anchor that the lake's settings name."""
    settings = lake.workspace.settings
    return Trail(lake, keyfiles.key(settings, "trail", settings.trail_from), anchors.of(settings))


def _entry(record: dict[str, Any]) -> Entry:
    if (entry := of_record(record)) is None:
        raise IntegrityError(
            f"the audit trail is broken: {TRAIL} contains something that isn't an entry. Nothing was written. {REMEDY}"
        )
    return entry


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
