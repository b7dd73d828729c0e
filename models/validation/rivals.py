"""Is the model better than a simpler one?"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from models import metrics
from models.validation.discrimination import Z95
from models.validation.finding import UNTESTED, Measure
from models.validation.grades import fall


def logistic_pd(x: pd.DataFrame, bad: np.ndarray, late: pd.DataFrame) -> np.ndarray:
    """PD of the rows `late` by a ridge logistic regression on ranked development features, missing ones as medians."""
    rival = make_pipeline(*_ranked(x), LogisticRegression(C=0.1, max_iter=500))
    return rival.fit(x.to_numpy(float), bad).predict_proba(late.to_numpy(float))[:, 1]


def _ranked(x: pd.DataFrame) -> tuple[SimpleImputer, QuantileTransformer]:
    """Fills what is missing with medians, and gives each feature the normal scores of its ranks."""
    return (
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(n_quantiles=min(100, len(x)), output_distribution="normal", random_state=0),
    )


def linear(
    x: pd.DataFrame, actual: np.ndarray, late: pd.DataFrame, functional: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Predictions of the rows `late` by a ridge regression on the same, moved by the functional of what it leaves.

    Args:
        functional: what is predicted, such as a quantile, computed from a sample.
    """
    rival = make_pipeline(*_ranked(x), Ridge()).fit(x.to_numpy(float), actual)
    return rival.predict(late.to_numpy(float)) + functional(actual - rival.predict(x.to_numpy(float)))


def logistic_regression(bad: np.ndarray, pd_: np.ndarray, rival: np.ndarray) -> Measure:
    """AUC gained over a rival on the same rows; one-sided test of a rival that is better (DeLong et al. 1988)."""
    gained = metrics.auc(bad, pd_) - metrics.auc(bad, rival)
    error = metrics.auc_difference_error(bad, pd_, rival)
    p = float(stats.norm.cdf(gained / error)) if error else 1.0
    return Measure(gained, gained - Z95 * error, gained + Z95 * error, p=p)


def swap_set(bad: np.ndarray, pd_: np.ndarray, rival: np.ndarray, cut_off_pd: float) -> Measure:
    """Bad rate of applicants whom only the model admits, less that of those whom only the rival admits (Siddiqi 2017).

    One-sided test of a higher bad rate of the former. Both admit the same number, so the rival's scale doesn't matter.
    """
    admitted = pd_ <= cut_off_pd
    admitted_by_rival = np.argsort(np.argsort(rival, kind="stable"), kind="stable") < admitted.sum()
    swapped_in, swapped_out = bad[admitted & ~admitted_by_rival], bad[~admitted & admitted_by_rival]
    if min(len(swapped_in), len(swapped_out)) < 10:
        return UNTESTED
    worse, p = fall(swapped_in, swapped_out)
    spread = [float(part.mean() * (1 - part.mean()) / len(part)) for part in (swapped_in, swapped_out)]
    error = float(np.sqrt(sum(spread)))
    return Measure(worse, worse - Z95 * error, worse + Z95 * error, p=p)
