"""Plans the erasure of a person, or of data whose retention has ended, and carries it out."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

from pyspark.sql import functions as F

from conf.schema import table_names
from lake import erasure
from lake.erasure import Item, Outcome
from lake.file_search import Traces
from pipeline.context import Context
from pipeline.erasure import erasure_request, model_traces, named_elsewhere, unlinked_rows
from pipeline.erasure.erasure_request import ErasureRequest
from pipeline.erasure.erasure_steps import carry_out
from pipeline.results.governance import Erased

LOG = logging.getLogger(__name__)

_NAMING = ("subject_key", "key_id")  # columns that identify a person
# least characters of a name: shorter ones are also words, or occur in any Chinese text or among random bytes
_LONG_ENOUGH, _LONG_ENOUGH_IN_LETTERS = 3, 4
_A_PART = 6  # a name with fewer letters may be part of any key's text, so it counts only as a whole word


def planned(
    context: Context, subject: str | None, number: str | None, operator: str | None
) -> tuple[ErasureRequest, ErasureRequest | None]:
    """The plan of an erasure, and the plan that an interrupted run has begun; None if there was none.

    Args:
        subject: key of the subject; None plans the erasure of all data whose retention has ended.
        number: the person's ID number, if it was entered.
    """
    about, subjects = ("subject", (subject,)) if subject else ("due", ())
    begun = erasure_request.opened(context, erasure_request.reference(about, subjects))
    # the person who carries it out is responsible, also if another person began it
    if begun:
        begun = replace(begun, operator=operator or begun.operator)
        return begun, begun
    return of_subject(context, subject, operator, number) if subject else _due(context, operator), None


def result(request: ErasureRequest, certificate: str | None = None) -> Erased:
    """The result of a request, with the path of its certificate if it was carried out."""
    rows: dict[str, dict[str, int]] = {}
    for item in request.items:
        outcomes = rows.setdefault(item.table, {})
        outcomes[str(item.outcome)] = outcomes.get(str(item.outcome), 0) + item.rows
    return Erased(request.reference, rows, certificate)


def start(context: Context, request: ErasureRequest) -> Erased:
    """Carry out a request; the result names its certificate.

    Raises:
        FieldstoneError: its operator isn't allowed to, or the proof still found data.
    """
    context.trail.require_signer(request.operator, "erase begin")
    erasure_request.keep(context, request)
    certificate = str(carry_out(context, request))
    LOG.info(f"erase: done, certificate {certificate}")
    return result(request, certificate)


def draft(
    context: Context, about: str, operator: str | None, items: list[Item], searches: list[Traces]
) -> ErasureRequest:
    """A request that starts now, with the applications to hide in reports, and the models that learnt from them."""
    persons = {key for item in items for name in _NAMING for key in item.where.get(name, ())}
    persons |= {word for search in searches for word in search.words}
    numbers = tuple(sorted(model_traces.applications(context, items, persons)))
    reports = [Traces(folder, (), (), numbers) for folder in ("reports", "mlflow/artifacts") if numbers]
    return ErasureRequest(
        reference=erasure_request.reference(about, ()),
        about=about,
        operator=operator or "",
        requested_at=datetime.now(UTC).isoformat(),
        as_of=context.as_of.isoformat(),
        items=tuple(items),
        searches=(*searches, *reports),
        redacted=numbers,
        learnt=model_traces.learnt(context, persons),
    )


def of_subject(context: Context, subject: str, operator: str | None, number: str | None = None) -> ErasureRequest:
    """The request for one person; the identifiers are read from the vault while they are still readable.

    Args:
        number: the person's ID number, if it was entered; the vault may not have it.
    """
    lake, identifiers = context.lake, _identifiers(context, subject, number)
    items = [*unlinked_rows.items(context, subject, identifiers), *erasure.full(lake, {subject}, context.as_of)]
    items += named_elsewhere.items(context, subject)
    kept = [f"lake/{item.table}" for item in items if item.outcome is Outcome.RESTRICTED]
    kept += [f"lake/{erasure.RESTRICTED}"] if kept else []
    searches = [
        Traces(".", (subject,), tuple(kept)),
        searched_for(identifiers),
        Traces("lake", (), tuple(kept), words=tuple(sorted(erasure.consents(lake, {subject})))),
    ]
    number = erasure_request.reference("subject", (subject,))
    return replace(draft(context, "subject", operator, items, searches), reference=number, subjects=(subject,))


def searched_for(identifiers: list[str]) -> Traces:
    """The search for a person's identifiers in any place; short ones of Latin letters count only as whole words."""
    words = [value for value in identifiers if value.isascii() and len(value) < _A_PART]
    return Traces(".", tuple(value for value in identifiers if value not in words), words=tuple(words))


def _due(context: Context, operator: str | None) -> ErasureRequest:
    """The request for data whose retention has ended; their tables must keep no data of these persons."""
    items = erasure.due(context.lake, context.as_of)
    gone = {key for item in items if item.table == table_names.KEYS for key in item.where["key_id"]}
    whole = [item for item in items if "source_table" not in item.where]
    columns = (*_NAMING, "consent_ids")
    searches = [
        Traces(f"lake/{i.table}", (), words=tuple(v for name in columns for v in i.where.get(name, ()))) for i in whole
    ]
    return draft(context, "due", operator, [*items, *unlinked_rows.due(context, gone)], searches)


def _identifiers(context: Context, subject: str, number: str | None) -> list[str]:
    sealed = context.lake.platform(table_names.IDENTITIES).where(F.col("subject_key") == subject)
    sealed = sealed.select(F.col("subject_key").alias("key_id"), "identity_ciphertext")
    rows = context.vault.unseal_rows(sealed, "identity_ciphertext", "identity").select("identity").collect()
    values = {str(value).strip() for row in rows for value in json.loads(row["identity"]).values() if value}
    values |= {number} if number else set()
    values |= {value.lower() for value in values} | {value.upper() for value in values}
    return sorted(v for v in values if len(v) >= (_LONG_ENOUGH_IN_LETTERS if v.isascii() else _LONG_ENOUGH))
