"""Names that amounts had while they stated a currency, in records that were kept and in files of workspaces.

A record stays as it was written and sealed; whoever reads it maps its names. A file with an earlier name is refused
with the name of today.
"""

import re
from collections.abc import Mapping
from typing import Any

from conf.schema.declaration import is_list, is_mapping

# earlier name → name of today; amounts are in the workspace's currency
NOW: Mapping[str, str] = {
    # conf/policy.yaml, and the last one as a step of a limit
    "cap_cny": "cap",
    "group_cap_cny": "group_cap",
    "min_limit_cny": "min_limit",
    "regulatory_cap_cny": "regulatory_cap",
    "round_down_to_cny": "round_down_to",
    # conf/labels.yaml
    "least_arrears_cny": "least_arrears",
    # conf/tables.yaml, and facts of decisions, steps of limits, reasons
    "existing_exposure_cny": "existing_exposure",
    "existing_debt_service_cny_month": "existing_debt_service_month",
    "existing_product_cny": "existing_product_amount",
    "free_cny_month": "free_amount_month",
    "committed_cny": "committed_amount",
    "committed_product_cny": "committed_product_amount",
    "committed_service_cny_month": "committed_service_month",
    "household_committed_cny": "household_committed_amount",
    "household_committed_product_cny": "household_committed_product_amount",
    "household_committed_service_cny_month": "household_committed_service_month",
    "household_existing_cny": "household_existing_amount",
    "household_existing_product_cny": "household_existing_product_amount",
    "household_existing_service_cny_month": "household_existing_service_month",
    # columns of decisions, what models predict, and changes that are proposed
    "capacity_cny_year": "capacity_year",
    "requested_cny": "requested_amount",
    "limit_cny": "limit_amount",
    "expected_loss_cny": "expected_loss",
    "repaid_cny": "repaid_amount",
}


# name of today → earlier name
BEFORE: Mapping[str, str] = {now: earlier for earlier, now in NOW.items()}
_LISTED = ("limit_steps", "reason_features", "changes_asked")  # columns of a decision that list names
_NAME = re.compile(r"\b[a-z]\w*")


def today(stated: Any) -> Any:
    """A JSON document with the names of today, in all of its mappings."""
    if is_mapping(stated):
        return {NOW.get(name, name): today(value) for name, value in stated.items()}
    return [today(each) for each in stated] if is_list(stated) else stated


def of_decision(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A decision by the columns of today, with the names of today in the texts that list names.

    A reason that names a feature, and not a fact, is read so as well where both had one name.
    """
    stored = {NOW[name]: value for name, value in row.items() if name in NOW}
    own = {name: value for name, value in row.items() if name not in NOW}
    known = {name: value for name, value in stored.items() if own.get(name) is None}
    listed = {name: [_NAME.sub(_now, each) for each in own[name]] for name in _LISTED if own.get(name)}
    return own | known | listed


def _now(name: re.Match[str]) -> str:
    return NOW.get(name[0], name[0])
