"""Queries on a subject's consents: all permitted uses, or a check of a single use."""

from conf.schema.contract import Purpose
from conf.schema.errors import ConsentError, NotFound
from pipeline.consent import standing
from pipeline.consent.standing import Standing
from pipeline.context import Context
from pipeline.results.governance import ConsentShown, MayBeUsed


def shown(context: Context, subject_key: str) -> ConsentShown:
    """Every scope and purpose of the workspace for one subject, now or as of a past moment."""
    uses = tuple(_use(each) for each in standing.every(context, subject_key))
    return ConsentShown(context.as_of, context.is_backdated, uses)


def checked(context: Context, subject_key: str, scope: str, purpose: Purpose) -> MayBeUsed:
    """One scope and purpose for one subject.

    Raises:
        NotFound: no contract has that scope.
        ConsentError: the scope may not be used for the purpose; the text says why.
    """
    if scope not in (scopes := standing.scopes(context.workspace)):
        raise NotFound(f"no scope {scope!r}; there are {', '.join(scopes)}")
    use = _use(standing.one(context, subject_key, scope, purpose))
    if not use.may_be_used:
        raise ConsentError(f"{scope} may not be used for {purpose}: {use.why}{looking_back(context)}")
    return use


def looking_back(context: Context) -> str:
    """Text that names the past moment of the query; empty for the present."""
    if not context.is_backdated:
        return ""
    return (
        f" (looking back to {context.local_time(context.as_of)}; data are used by what holds at present, not by this)"
    )


def _use(standing_of: Standing) -> MayBeUsed:
    return MayBeUsed(standing_of.scope, str(standing_of.purpose), standing_of.consent_id is not None, standing_of.why)
