"""The point-in-time join: all features of a table, over all windows, in one grouped aggregation.

The records of each table are projected to what its aggregates read, joined once to the spine with
`event_time < as_of and known_at <= as_of` and grouped once by application; each table's result is joined to the spine
once. Nothing that became known later can change a byte of the result, nor any record that happened later; a version
is superseded as soon as a later one is known, even if that moves the record beyond `as_of`. Tables without a subject
are joined by the key that is declared for them.

Records of a household serve the applicant who holds them. They also serve the other members if the holder's consent
allows it (`_is_shared`) and the holder is a member too: by a membership of her own that is valid at `as_of`, was known
by then, and is shared as well; the consent of that membership counts as used, too. A record that an applicant may not
see is treated as if it didn't exist: it isn't counted, and it supersedes no other version.
"""

from collections.abc import Callable, Iterable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError
from features.engine.feature_set import FeatureSet
from features.engine.household import KNOWN, by_role, clocked, holders_of, membership_of, residences, versions
from features.engine.records import Aggregate, names
from features.engine.windows import SPINE_CLOCKS, bound

SPINE = ["application_id", "subject_key", "as_of"]


def assemble(
    spine: DataFrame,
    tables: dict[str, DataFrame],
    features: FeatureSet,
    contracts: dict[str, Contract],
    membership: DataFrame | None = None,
    *,
    zone: str,
    persisted: Callable[[DataFrame, str], DataFrame] = lambda rows, name: rows,
) -> DataFrame:
    """Compute the features of applications, each as of its own moment.

    Args:
        spine: one row per application: `application_id`, `subject_key`, `as_of` (timestamp) and the columns that
            request features read.
        tables: silver frames by contract table, with `subject_key`, `event_time`, `known_at`, `_row_hash` and
            `consent_id` (null where the lawful basis is another); of tables of households that need consent
            with `_is_shared` as well, whether the consent lets a record serve other members of the household.
        features: what to compute.
        contracts: contracts of these tables. They declare the primary key, whether records have versions, and the
            column with a household's number: tables with a column of that name are joined through the membership.
        membership: silver frame of household memberships. The membership that was valid at `as_of` and known by then
            counts; of several, the one that began last.
        zone: time zone in which days are counted: the days of `as_of`, of the records and of the windows.
        persisted: function that stores a frame under a name until the result is read. It is called for each part and
            for what several parts read; without it an engine would plan and compute these anew each time.

    Returns:
        `application_id`, `subject_key`, `as_of`, `consent_ids` (consents of the records used, sorted) and a double for
        each feature column. A feature is null, not 0, if no record of its table is known.

    Raises:
        ContractError: a table, or a column of the spine, is missing.
    """
    homes = membership_of(contracts.values())
    household = homes and homes.carries["household_no"]
    _demand(spine, tables, features, contracts, membership, household)
    applications, holders = clocked(persisted(spine, "spine"), zone), None
    parts: list[DataFrame] = []
    linked = applications
    if membership is not None and homes:
        membership = persisted(by_role(membership, homes), "membership")
        linked = persisted(applications.join(residences(applications, membership), "application_id", "left"), "linked")
        holders = persisted(holders_of(linked, membership), "holders")
    for table, measures in features.measures.items():
        records = _clocked(tables[table], measures, zone)
        key = features.keys.get(table)
        home = household if household in tables[table].columns and not key else None
        part = _aggregate(linked if home else applications, records, home, measures, contracts[table], holders, key)
        parts.append(persisted(part.withColumnRenamed("_consents", f"_consents_{table}"), table))
    wide = reduce(lambda left, right: left.join(right, "application_id", "left"), parts, linked)
    plain = wide.select(*SPINE, _consents(wide), *_formulas(features, derived=False))
    return plain.select("*", *_formulas(features, derived=True))


def _demand(
    spine: DataFrame,
    tables: dict[str, DataFrame],
    features: FeatureSet,
    contracts: dict[str, Contract],
    membership: DataFrame | None,
    household: str | None,
) -> None:
    if absent := sorted(set(features.tables) - set(tables)):
        raise ContractError(
            f"features need the tables {', '.join(absent)}; the tables passed are {', '.join(sorted(tables))}"
        )
    needed = set[str]().union(*(names(column.sql) for column in features.columns if column.kind == "request"))
    needed |= {ours for table in features.tables for ours in features.keys.get(table, {}).values()}
    if absent := sorted({*SPINE, *needed} - set(spine.columns)):
        raise ContractError(f"the spine lacks {', '.join(absent)}; it has {', '.join(spine.columns)}")
    households = [table for table in features.tables if household in tables[table].columns]
    if households and membership is None:
        raise ContractError(f"{', '.join(households)} belong to households; give the household membership as well")
    asking = [table for table in households if contracts[table].lawful_basis is LawfulBasis.CONSENT]
    if absent := [table for table in asking if "_is_shared" not in tables[table].columns]:
        raise ContractError(
            f"{', '.join(absent)} lack the column _is_shared, which tells whether a record may serve the whole "
            "household; add it"
        )


def _clocked(rows: DataFrame, measures: dict[str, Aggregate], zone: str) -> DataFrame:
    """Records with the columns that the windows read, each computed once."""
    for clock in sorted({measure.window.clock for measure in measures.values()}, key=repr):
        rows = clock.clocks(rows, zone)
    return rows


def _aggregate(
    spine: DataFrame,
    rows: DataFrame,
    home: str | None,
    measures: dict[str, Aggregate],
    contract: Contract,
    holders: DataFrame | None,
    key: dict[str, str] | None = None,
) -> DataFrame:
    """One row per application that has any record: `application_id`, the measures, `_consents`.

    Args:
        home: column of the rows with the household's number; None if rows are joined by their subject or by a key.
        key: column of the rows → column of the spine; None if rows are joined by their subject or household.
    """
    oldest = bound(measure.window for measure in measures.values())
    ranks = {name: sql for m in measures.values() for name, sql in m.window.ranks(contract.primary_key).items()}
    ranks |= {name: sql for m in measures.values() for name, sql in m.counted}
    early = _early(measures, ranks.keys() | SPINE_CLOCKS | {"as_of"})
    late = {text for m in measures.values() for text in (m.value, m.condition, m.window.contains)} - early.keys()
    read = names(oldest).union(*map(names, late | set(ranks.values()))) - ranks.keys()
    of_spine = {"application_id", "_household" if home else "subject_key", "as_of", *(read & SPINE_CLOCKS)}
    columns = {name: F.col(name) for name in ("consent_id", *sorted(read - of_spine))}
    columns |= {name: F.expr(text) for text, name in early.items()}
    key = key or {"subject_key": "subject_key"}
    linking = [F.col(ours).alias(f"_spine_{i}") for i, ours in enumerate(key.values())]
    applications = spine.select(*sorted(of_spine | {"subject_key"}), *linking)
    linked = (
        _join_household(applications, rows.withColumn("_link", F.col(home)), columns, contract, holders)
        if home and holders is not None
        else _join_key(applications, rows, columns, contract, key)
    )
    joined = linked.where(F.expr(oldest)).select("*", *(F.expr(sql).alias(name) for name, sql in ranks.items()))
    aggregates = [F.expr(_sql(m, early, oldest)).alias(name) for name, m in measures.items()]
    used = F.array_union(F.collect_set("consent_id"), F.collect_set("_membership_id"))
    return joined.groupBy("application_id").agg(*aggregates, used.alias("_consents"))


def _join_key(
    spine: DataFrame, rows: DataFrame, columns: dict[str, Column], contract: Contract, key: Iterable[str]
) -> DataFrame:
    """Records joined to applications by `_spine_<i>`: those that had happened at `as_of`, in the version known then."""
    rows = versions(rows, list(contract.primary_key), contract.versioned)
    links = [F.col(name).alias(f"_link_{i}") for i, name in enumerate(key)]
    technical = [*links, "_usable_at", "_superseded_at"]
    records = rows.select(*technical, *(column.alias(name) for name, column in columns.items()))
    is_linked = " AND ".join(f"_spine_{i} = _link_{i}" for i in range(len(links)))
    joined = spine.join(records, F.expr(f"{is_linked} AND {KNOWN}"))
    return joined.withColumn("_membership_id", F.lit(None).cast("string"))


def _join_household(
    spine: DataFrame, rows: DataFrame, columns: dict[str, Column], contract: Contract, holders: DataFrame
) -> DataFrame:
    """Like `_join_key`, for household records that the applicant may see, with the holder's `_membership_id`.

    The version in force depends on the applicant: a version that she may not see doesn't supersede one that she may.
    """
    is_shared = F.col("_is_shared") if contract.lawful_basis is LawfulBasis.CONSENT else F.lit(True)
    keys = {f"_key_{i}": F.col(name) for i, name in enumerate(contract.primary_key)}
    technical = [
        F.col("_link"),
        F.col("subject_key").alias("_holder"),
        is_shared.alias("_serves_all"),
        F.col("known_at").alias("_known_at"),
        F.col("_row_hash").alias("_hash"),
        F.col("event_time").alias("_event_time"),
    ]
    named = (column.alias(name) for name, column in (keys | columns).items())
    visible = "_household = _link AND _known_at <= as_of AND (_serves_all OR _holder = subject_key)"
    reached = spine.join(rows.select(*technical, *named), F.expr(visible))
    joined = reached.join(holders, F.expr("application_id = _application AND _holder = _member"), "left")
    if contract.lawful_basis is LawfulBasis.CONSENT:  # records on another lawful basis need no consent
        joined = joined.where("_holder = subject_key OR _application IS NOT NULL")
    if contract.versioned:
        newest = Over.partitionBy("application_id", *keys).orderBy(F.desc("_known_at"), F.desc("_hash"))
        joined = joined.withColumn("_version", F.row_number().over(newest)).where("_version = 1")
    return joined.where("_event_time < as_of")


def _early(measures: dict[str, Aggregate], late: set[str]) -> dict[str, str]:
    """Expressions that don't depend on `as_of`, to be computed per record before the join: SQL → column name."""
    texts = sorted({text for m in measures.values() for text in (m.value, m.condition)})
    return {t: f"_row_{i}" for i, t in enumerate(texts) if names(t) and not names(t) & late}


def _sql(measure: Aggregate, early: dict[str, str], oldest: str) -> str:
    conditions = (measure.window.contains, early.get(measure.condition, measure.condition))
    needed = " AND ".join(f"({c})" for c in conditions if c not in ("TRUE", oldest))
    value = early.get(measure.value, measure.value)
    return measure.function.format(f"CASE WHEN {needed} THEN {value} END" if needed else value)


def _consents(wide: DataFrame) -> Column:
    none = F.array().cast("array<string>")
    used = [F.coalesce(F.col(f"`{name}`"), none) for name in wide.columns if name.startswith("_consents_")]
    return F.array_sort(F.array_distinct(F.array_compact(F.concat(none, *used)))).alias("consent_ids")


def _formulas(features: FeatureSet, derived: bool) -> list[Column]:
    chosen = [column for column in features.columns if (column.kind == "derived") == derived]
    return [F.expr(f"CAST({column.sql} AS DOUBLE)").alias(column.name) for column in chosen]
