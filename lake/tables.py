"""The lake: its tables, and the one way to see rows of people, through the consent gate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import gold, table_names
from conf.schema.contract import Contract, LawfulBasis, Purpose
from conf.schema.naming import parse
from lake import consent, gates, gold_schema, grounds, restrictions, schema, sharing, stops
from lake.batch import REFINE, Batch, last_receipt
from lake.storage import Storage


@dataclass(frozen=True)
class Lake(Storage):
    """The lake of one workspace: its tables, of which people's rows are read as their consents allow."""

    def read(self, table: str, *, purpose: Purpose | Collection[Purpose], as_of: datetime) -> DataFrame:
        """Read subject data, as only this can: rows known at a moment, whose consent holds now, for a purpose.

        Args:
            table: a table of bronze, silver or gold.
            purpose: what the rows are for; of several, any suffices (ingest and refine store for all of a contract's).
            as_of: the moment, UTC. Silver rows known later are left out; consent is judged at `consent_moment`.

        Returns:
            The rows with the `consent_id` (gold: `consent_ids`) that permits each, and `_is_shared` with the household,
            see `consent.live_consents`; protected columns only for fairness testing.

        Raises:
            FieldstoneError: the contract doesn't allow the purpose, its grounds changed, or the table isn't there yet
                or isn't declared.
        """
        purposes = {purpose} if isinstance(purpose, str) else set(purpose)
        name = parse(table)
        if name.layer == "gold":
            return self._of_gold(table, purposes, as_of)
        rows, contract = self._in_use(table), self.workspace.contract(name.contract)
        consent.require_purpose(contract, purposes)
        grounds.require_same_grounds(self, contract, table)
        if name.layer == "silver":
            rows = rows.where(F.col("known_at") <= F.lit(as_of))
        if Purpose.FAIRNESS_TESTING not in purposes:
            rows = rows.drop(*[name for name, column in contract.columns.items() if column.protected])
        if contract.lawful_basis is not LawfulBasis.CONSENT:
            return rows
        return self.permitted(contract, purposes, as_of).join(rows.drop("consent_id"), "subject_key")

    def _of_gold(self, table: str, purposes: set[Purpose], as_of: datetime) -> DataFrame:
        consent.require_purpose(declared := gold.declared(table), purposes)
        is_gated = declared.gates and self.workspace.asks_for_consent
        rows = gold_schema.of_today(declared, self._in_use(table))
        return gates.passed(declared, rows, self._consents(purposes, as_of) if is_gated else None)

    def permitted(
        self, contract: Contract, purposes: Collection[Purpose], as_of: datetime, *, is_doubt_ignored: bool = False
    ) -> DataFrame:
        """(`subject_key`, `consent_id`, `_is_shared`) of the subjects whose rows may be read, see `consent_moment`."""
        return consent.for_contract(self._consents(purposes, as_of, is_doubt_ignored), contract)

    def consenting(self, purpose: Purpose, as_of: datetime) -> DataFrame | None:
        """(`subject_key`, `scopes` array) of consenting subjects, see `consent_moment`; None if none is needed."""
        if not self.workspace.asks_for_consent:
            return None
        return consent.by_subject(self._consents({purpose}, as_of))

    def _consents(self, purposes: Collection[Purpose], as_of: datetime, is_doubt_ignored: bool = False) -> DataFrame:
        own, moment = self.workspace, self.consent_moment(as_of)
        grant, withdrawal = grounds.of_consents(self)
        silver, quarantine = map(withdrawal.named, ("silver", "quarantine"))
        for table in (*map(grant.named, ("silver", "quarantine", "bronze")), silver, quarantine):
            self.create(table)
        grants = consent.by_role(self._in_use(grant.named("silver")), grant)
        withdrawals, unclear = consent.by_role(self._scan(silver), withdrawal), self._scan(quarantine)
        known_at = F.least("quarantined_at", F.lit(moment))  # it's known now
        unclear = unclear.where(F.lit(not is_doubt_ignored)).withColumn("quarantined_at", known_at)
        evidence = grants, withdrawals, unclear, own.settings.recipient, purposes, moment
        return consent.live_consents(*evidence, own.sharing_texts, self._doubted(grants, grant))

    def _doubted(self, grants: DataFrame, grant: Contract) -> DataFrame | None:
        quarantine, bronze = map(grant.named, ("quarantine", "bronze"))
        waiting = self.batch_ids(bronze) - {batch.batch_id for batch in self.batches(grant.table, REFINE)}
        if not self.workspace.sharing_texts or not (waiting or self.count(quarantine)):
            return None
        unrefined = consent.by_role(self._scan(bronze).where(F.col(schema.BATCH).isin(*waiting)), grant)
        return sharing.doubted(self._scan(quarantine), unrefined, grants, self.workspace.sharing_texts)

    def live_consents(self, as_of: datetime) -> set[str]:
        """Numbers of the consents in force at a moment, for any purpose."""
        return {row["consent_no"] for row in self._consents(set(Purpose), as_of).select("consent_no").collect()}

    def consent_moment(self, as_of: datetime) -> datetime:
        """When consent is judged: at `as_of`, by the workspace's clock or at the last receipt, whichever is latest.

        Rows are used when they are read. So a withdrawal that is known now counts for a run that looks back as well,
        and so does a consent given only after `as_of`: the subject lets us use rows now, those of the past with them.
        """
        return max(as_of, self.workspace.settings.now(), last_receipt(self) or as_of)

    def _in_use(self, table: str) -> DataFrame:
        """A table without the rows of restricted subjects."""
        rows = self._scan(table)
        return rows.where("false") if stops.has_left(self, parse(table).source) else restrictions.left_out(self, rows)

    def batches(self, source_table: str, stage: str) -> list[Batch]:
        """The batches of a source table that have passed a stage, oldest first; `lake.ledger` writes them."""
        records = self.records(table_names.BATCHES)
        passed = [Batch.of(r) for r in records if (r["source_table"], r["stage"]) == (source_table, stage)]
        return sorted(passed, key=lambda batch: (batch.received_at, batch.batch_id))
