"""Sources of data that an applicant may withhold, and the applicants who withheld them."""

import pandas as pd
from pyspark.sql import functions as F

from conf.schema.contract import LawfulBasis, Purpose
from conf.schema.workspace import Workspace
from features.engine.feature_set import FeatureColumn
from models.withholding import Scopes
from pipeline.context import Context
from pipeline.registry import training_data


def scopes(workspace: Workspace) -> Scopes:
    """Optional scope of consent (not required by the policy) → the features that need this consent only."""
    features_of: dict[str, list[str]] = {}
    for column in training_data.features(workspace).columns:
        consented = _scopes_of(workspace, column)
        if len(consented) == 1 and not consented <= set(workspace.policy.required_scopes if workspace.policy else ()):
            (scope,) = consented
            features_of.setdefault(scope, []).append(column.name)
    return {scope: tuple(names) for scope, names in features_of.items()}


def withheld(context: Context, rows: pd.DataFrame, optional: Scopes) -> dict[str, pd.Series]:
    """Optional scope → for each row, whether its applicant withheld this consent.

    Args:
        rows: with `subject_key`.
    """
    consents = context.lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of)
    if consents is None:
        return {}
    granted = consents.select("subject_key", F.explode("scopes").alias("scope")).toPandas()
    holders = {scope: set(of_scope["subject_key"]) for scope, of_scope in granted.groupby("scope")}
    keys: pd.Series = rows.loc[:, "subject_key"]
    return {scope: ~keys.isin([*holders.get(scope, ())]) for scope in optional}


def _scopes_of(workspace: Workspace, column: FeatureColumn) -> set[str]:
    contracts = map(workspace.contract, column.tables)
    consented = (contract for contract in contracts if contract.lawful_basis is LawfulBasis.CONSENT)
    return {contract.consent_scope for contract in consented if contract.consent_scope}
