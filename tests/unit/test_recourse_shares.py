"""Whom a change would bring within the cut-off, as the report of a version says it: each lever truly moved."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from asking import judges, lent, requesting
from portfolio import ADMISSION, MONOTONE, POLICY, admitted, frame, limited

from conf.schema.model import Split
from models import admission, frames, recourse_shares, report
from models.record import FitResult

SPEC = ADMISSION.model_copy(update={"gates": (), "rounds": 60, "split": Split(folds=2)})
DIRECTIONS = MONOTONE | {
    "amount_cny": 0, "asked_months": 0, "instalment_ratio": 1, "owed_ratio": 1, "arrears_cny": 1,
}  # fmt: skip
CATALOGUE = judges().catalogue


def rows() -> pd.DataFrame:
    learnt = lent()
    return requesting(learnt, learnt["amount_cny"], learnt["asked_months"])


def counted(learnt: pd.DataFrame) -> FitResult:
    return recourse_shares.recorded(admission.fit(learnt, SPEC, DIRECTIONS, POLICY), learnt, SPEC, CATALOGUE, POLICY)


RESULT = counted(rows())


def test_shares_are_of_those_above_the_cut_off_out_of_time():
    recourse, scored = RESULT.record.recourse, RESULT.scored
    above = scored["slice"].eq("oot") & (scored["pd"] > POLICY.decline_pd)
    assert recourse["declined"] == above.sum() > 20
    assert set(recourse["shares"]) == {"requested_amount", "term_months", "repaid_amount", "several", "none"}
    assert all(0 <= share <= 1 for share in recourse["shares"].values())


def test_who_is_risky_whatever_is_changed_is_helped_by_nothing():
    line = RESULT.predictor.calibration
    hopeless = replace(RESULT.predictor, calibration=replace(line, intercept=line.intercept + 20))
    result = recourse_shares.recorded(replace(RESULT, predictor=hopeless), rows(), SPEC, CATALOGUE, POLICY)
    assert result.record.recourse["shares"] == dict.fromkeys(RESULT.record.recourse["shares"], 0.0) | {"none": 1.0}


def test_a_smaller_amount_is_scored_as_if_it_had_been_asked_for():
    learnt, scored = frames.labelled(rows(), SPEC), RESULT.scored
    above = learnt[(scored["slice"].eq("oot") & (scored["pd"] > POLICY.decline_pd)).to_numpy()]
    tried = [
        RESULT.predictor.predict_pd(requesting(above, above["requested_amount"] * tenths / 10, above["term_months"]))
        for tenths in range(1, 10)
    ]
    open_to = [above["requested_amount"] * tenths / 10 >= POLICY.min_limit for tenths in range(1, 10)]
    within = np.any([(pd_ <= POLICY.decline_pd) & each for pd_, each in zip(tried, open_to, strict=True)], axis=0)
    assert RESULT.record.recourse["shares"]["requested_amount"] == within.mean()


def test_nobody_in_arrears_is_counted_as_helped_by_repaying():
    learnt = rows().assign(arrears_cny=500.0)
    assert counted(learnt).record.recourse["shares"]["repaid_amount"] == 0


def test_a_frame_without_what_is_asked_for_leaves_it_as_it_is():
    shares = counted(lent()).record.recourse["shares"]
    assert set(shares) == {"repaid_amount", "several", "none"}


def test_where_nothing_can_be_changed_or_no_pd_is_predicted_nothing_is_said():
    catalogue = {name: replace(CATALOGUE[name], repaid=None) for name in MONOTONE}
    for result in (admitted(), limited()):
        assert recourse_shares.recorded(result, frame(), ADMISSION, catalogue, POLICY) is result


def test_the_report_says_it():
    page = " ".join(
        re.sub(r"<[^>]+>", " ", report.page(RESULT, rows(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")).split()
    )
    assert "Whom a change would help" in page
    none = RESULT.record.recourse["shares"]["none"]
    assert re.search(rf"Nothing of that [^%]*{none:.1%}", page)


def test_terms_that_nobody_told_are_left_as_they_are():
    learnt = rows()
    for unknown in (np.nan, 0):
        shares = counted_as_fitted(learnt.assign(term_months=unknown))
        assert shares.get("term_months", 0) == 0


def counted_as_fitted(learnt: pd.DataFrame) -> dict[str, float]:
    return recourse_shares.recorded(RESULT, learnt, SPEC, CATALOGUE, POLICY).record.recourse["shares"]
