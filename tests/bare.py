"""What a bare XGBoost reaches, which Fieldstone's models are held against."""

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from conf.schema.model import ModelSpec
from models import frames, pd_model


def auc_cv(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int], folds: int) -> float:
    """Mean AUC of the folds of `pd_model.cross_validate`, by boosters of the same parameters and nothing else.

    No constraint, no treatment of the missing; each stops where XGBoost's own cross-validation of its rows says.
    """
    features, _, rows, bad = pd_model.prepared(frame, spec, monotone)
    x = frames.matrix(rows, features)
    params = spec.params | {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1, "seed": spec.seed}
    areas: list[float] = []
    for known, test in StratifiedKFold(folds, shuffle=True, random_state=spec.seed).split(x, bad):
        learnt = xgb.DMatrix(x[known], bad[known])
        stopping = {"early_stopping_rounds": spec.early_stopping_rounds, "seed": spec.seed}
        rounds = len(xgb.cv(params, learnt, spec.rounds, nfold=folds, stratified=True, **stopping))
        booster = xgb.train(params, learnt, rounds)
        areas.append(float(roc_auc_score(bad[test], booster.predict(xgb.DMatrix(x[test])))))
    return float(np.mean(areas))
