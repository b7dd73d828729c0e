"""How a year's income is spread over it, beside how often each product is paid: do payments fit the income?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import frames
from models.explain import Described
from models.fairness import LEAST_ROWS
from models.record import FitResult


def recorded(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    catalogue: Mapping[str, Described],
    policy: Policy | None = None,
) -> FitResult[Any]:
    """The same result with `seasonality` in its record; unchanged if the spec names no feature or nothing is lent.

    Args:
        result: of `fit`.
        frame: what `fit` was given; `product_code` is the product that was asked for.
        catalogue: entry of each feature.

    Raises:
        ContractError: the feature or the product isn't there.
    """
    if spec.seasonality is None or policy is None or not policy.sets_limits:
        return result
    if spec.seasonality not in catalogue or spec.seasonality not in frame:
        raise ContractError(
            f"model {spec.name}: seasonality names the feature {spec.seasonality}, which isn't built; name one that "
            "tells how unevenly income comes over a year, or leave seasonality out"
        )
    if "product_code" not in frame:
        raise ContractError(
            f"model {spec.name}: seasonality compares products, but labels have no product_code; let labels of the "
            "spine return it, or leave seasonality out"
        )
    rows = frames.labelled(frame, spec)
    values, products = rows[spec.seasonality].to_numpy(float, na_value=np.nan), rows["product_code"].to_numpy()
    table = tuple(
        {"product": name, "payment_every_months": product.payment_every_months} | _mean(values[products == name])
        for name, product in policy.products.items()
    )
    return replace(result, record=replace(result.record, seasonality=table))


def _mean(values: np.ndarray) -> dict[str, Any]:
    """Rows that know the feature and their mean; None of fewer rows than a group must have."""
    known = values[~np.isnan(values)]
    return {"rows": len(known), "mean": float(known.mean()) if len(known) >= LEAST_ROWS else None}
