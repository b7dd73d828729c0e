"""From a training frame to the matrix of a booster, in a row order that doesn't depend on the engine."""

import numpy as np
import pandas as pd

from conf.schema.errors import ContractError, DataError
from conf.schema.model import ModelSpec
from models import splits

MOST = 1e15  # larger than any amount, area in mu or number of days


def feature_names(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> list[str]:
    """Features that a model reads: those its spec names, else all that `monotone` declares, without the excluded.

    Raises:
        ContractError, DataError: the frame lacks one of them, or none is left.
    """
    names = spec.reads(monotone)
    if missing := sorted(set(names) - set(frame.columns)):
        raise DataError(
            f"model {spec.name}: the frame has no column for the features {missing}; "
            f"build them or leave them out in conf/models/{spec.name}.yaml"
        )
    if not names:
        raise ContractError(f"model {spec.name} has no features; name some in conf/models/{spec.name}.yaml")
    return names


def require_declared_directions(spec: ModelSpec) -> None:
    """Refuse directions in a spec whose model uses the directions declared with the features.

    Raises:
        ContractError: the spec states some.
    """
    if spec.monotone:
        raise ContractError(
            f"model {spec.name}: monotone states directions of {', '.join(sorted(spec.monotone))}, but a model of "
            f"kind {spec.kind} uses the directions that features declare; take it out of conf/models/{spec.name}.yaml"
        )


def labelled(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """The rows with a label, ordered by `as_of` and `application_id`, so that row order means nothing.

    Rows that chance parts are in an order of chance, see `splits.by_chance`.

    Raises:
        DataError: a column is missing or an application comes twice.
    """
    needed = ["application_id", "as_of", spec.label]
    if missing := [name for name in needed if name not in frame.columns]:
        raise DataError(f"model {spec.name}: the frame has no column {missing}; it needs {needed}")
    if repeated := int(frame["application_id"].duplicated().sum()):
        raise DataError(
            f"model {spec.name}: {repeated} of {len(frame)} rows repeat an application_id; "
            "a training frame has one row per application"
        )
    rows = frame.loc[frame[spec.label].notna()].sort_values(["as_of", "application_id"], ignore_index=True)
    if not spec.is_by_chance:
        return rows
    return splits.by_chance(rows, spec.label, spec.seed, splits.kept_together(rows, spec.split))


def owners(rows: pd.DataFrame) -> pd.Series:
    """Whose each row is: the subject's key, or the application's own where there is no subject."""
    own = rows.loc[:, "application_id"]
    return rows.loc[:, "subject_key"].fillna(own) if "subject_key" in rows else own


def counts(frame: pd.DataFrame, spec: ModelSpec, is_outcome: bool) -> dict[str, int]:
    """Rows given, used and left out; of an outcome with a `label_status` also how many there are of each.

    Args:
        is_outcome: whether the label is what the loan became, which the status is about.
    """
    used = int(frame[spec.label].notna().sum())
    has_status = is_outcome and "label_status" in frame
    statuses: pd.Series = frame.loc[:, "label_status"] if has_status else pd.Series(dtype=object)
    return {"given": len(frame), "used": used, "left_out": len(frame) - used} | {
        f"status_{status}": int(n) for status, n in statuses.value_counts().sort_index().items()
    }


def matrix(frame: pd.DataFrame, features: list[str] | tuple[str, ...]) -> np.ndarray:
    """The features as float32 of shape (rows, features): booleans 0 and 1, missing NaN.

    Raises:
        DataError: a feature is missing, or holds text, an infinite value or one beyond `MOST`.
    """
    return _numbers(frame, features).astype(np.float32, order="C")


def numbers(frame: pd.DataFrame, features: list[str] | tuple[str, ...]) -> pd.DataFrame:
    """The features of a frame as floats; raises what `matrix` raises."""
    return pd.DataFrame(_numbers(frame, features), index=frame.index, columns=pd.Index(features), dtype=float)


def _numbers(frame: pd.DataFrame, features: list[str] | tuple[str, ...]) -> np.ndarray:
    if missing := sorted(set(features) - set(frame.columns)):
        raise DataError(f"the frame has no column for the features {missing}, which the model was trained on")
    read = frame.loc[:, list(features)]
    values = read.to_numpy()
    if values.dtype.name not in {"float32", "float64"}:
        # columns of several types are turned to floats one by one, so that an error can name the one that can't be
        values = np.column_stack([_number(read[name]) for name in features])
    if (is_absurd := np.abs(values) > MOST).any():
        j = int(np.argmax(is_absurd.any(axis=0)))
        absurd = is_absurd[:, j].sum()
        raise DataError(
            f"feature {features[j]} is infinite or beyond ±{MOST:.0e} in {absurd} of {len(values)} rows, which no "
            "quantity can be; mend its formula, such as a division by nearly 0, or the records behind it"
        )
    return values


def _number(column: pd.Series) -> np.ndarray:
    try:
        return column.astype(float).to_numpy(float, na_value=np.nan)
    except (TypeError, ValueError):
        # the cause is left out, because its text holds a row's value
        raise DataError(
            f"feature {column.name} isn't a number (its type is {column.dtype}); features are numeric or boolean"
        ) from None
