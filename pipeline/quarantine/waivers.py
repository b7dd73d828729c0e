"""The checks of a contract that a person may waive for quarantined rows."""

from collections.abc import Iterable

from conf.schema.contract import Contract
from conf.schema.errors import UsageError
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import CheckKind, checks

# a value can be accepted as an exception, but not a missing, unreadable or unattributed one
_WAIVABLE = {CheckKind.RULE, CheckKind.RANGE, CheckKind.VALUES, CheckKind.PATTERN, CheckKind.FORMAT}
# the conditions of a valid consent, which only the subject can fulfil
_OF_CONSENT = {
    ReasonCode.UNKNOWN_CONSENT_TEXT,
    ReasonCode.OTHER_CONSENT_TEXT,
    ReasonCode.CONSENT_TEXT_NOT_IN_FORCE,
    ReasonCode.BEYOND_CONSENT_TEXT,
    ReasonCode.CONSENT_WITHOUT_END,
}
_FIELDS = {
    CheckKind.RANGE: ("min", "max"),
    CheckKind.VALUES: ("values",),
    CheckKind.PATTERN: ("pattern",),
    CheckKind.FORMAT: ("format",),
}


def without_checks(contract: Contract, names: Iterable[str]) -> Contract:
    """A contract without some of its checks.

    Raises:
        ContractError, UsageError: a check doesn't exist or can't be waived.
    """
    waivable = {c.name: c for c in checks(contract) if c.kind in _WAIVABLE and c.reason not in _OF_CONSENT}
    if unknown := sorted(set(names) - waivable.keys()):
        raise UsageError(
            f"{', '.join(unknown)} can't be waived; of {contract.table} can be: {', '.join(waivable) or 'no check'}"
        )
    columns = dict(contract.columns)
    for check in (waivable[name] for name in names if waivable[name].kind in _FIELDS):
        column = check.columns[0]
        columns[column] = columns[column].model_copy(update=dict.fromkeys(_FIELDS[check.kind]))
    rules = tuple(rule for rule in contract.rules if rule.name not in names)
    return contract.model_copy(update={"columns": columns, "rules": rules})
