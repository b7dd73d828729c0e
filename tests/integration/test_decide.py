"""Decisions: made once, whatever becomes of the consents that they rest on."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from lake import raw_access
from models import policy
from models.explain import Reason
from pipeline.decisions import decide, decision_rows
from pipeline.features.build import SCORING
from tests.integration.holding import ANN, APPLICATIONS, BEN, folder_context, inputs_of, key_of

AFTER_EXPIRY = datetime(2028, 2, 1, tzinfo=UTC)


def test_the_end_of_a_consent_never_reopens_a_decision(populated, tmp_path):
    later = folder_context(tmp_path, AFTER_EXPIRY)
    later.lake.delete(decide.DECISIONS, {"application_id": [APPLICATIONS[BEN]]})
    # what features are built from once no consent is left: applications without any consented data
    rows = [(APPLICATIONS[each], key_of(populated, each), AFTER_EXPIRY, []) for each in (ANN, BEN)]
    names = "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    later.lake.overwrite(SCORING, later.lake.spark.createDataFrame(rows, names))
    assert decide.undecided(later)["application_id"].tolist() == [APPLICATIONS[BEN]]


def test_nothing_is_decided_by_a_policy_that_is_not_in_force_yet(tmp_path):
    early = folder_context(tmp_path, datetime(2024, 12, 31, tzinfo=UTC))
    with pytest.raises(FieldstoneError, match="the policy is valid from 2025-01-01, but decisions are requested as of"):
        decide.run(early)


@pytest.mark.parametrize(("as_of", "day"), [("2024-12-31T15:59:59", "2024-12-31"), ("2024-12-31T16:00:00", None)])
def test_a_policy_comes_into_force_at_the_midnight_of_the_bank(context, capsys, as_of, day):
    settings = context.workspace.settings.model_copy(update={"time_zone": "Asia/Shanghai"})
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    early = replace(context, workspace=replace(context.workspace, settings=settings), as_of=moment)
    if day:
        with pytest.raises(FieldstoneError, match=f"valid from 2025-01-01, but decisions are requested as of {day}"):
            decide.run(early)
    else:
        decide.run(early)
        assert "decide: nothing decided" in capsys.readouterr().out


def test_a_decision_says_in_words_why_and_on_what_grounds(context):
    known = {"term_months": 12, "product_code": "farm_credit", "is_source_suspended": False, "history_months": 24.0}
    owed = {"existing_debt_service_month": 0.0, "existing_exposure": 0.0, "capacity_year": 60_000.0}
    rows = pd.DataFrame(
        {
            "application_id": [APPLICATIONS[ANN], APPLICATIONS[BEN]],
            "subject_key": ["a", "b"],
            "as_of": pd.Timestamp("2026-01-01", tz="UTC"),
            "consent_ids": [["G1"], []],
            "pd": [0.3, 0.01],
            "requested_amount": [5_000.0, 5_000.0],
            "has_required_consent": [True, False],
        }
    ).assign(**known, **owed)
    decided = rows.join(policy.decide(rows, context.workspace.policy))
    reasons = [[Reason("balance_cny", 1.0, "Balance of all accounts: too low", "账户余额合计：偏低")], []]
    champions = {"pd": "admission:3", "capacity_year": "limit:2"}
    decision_rows.append(
        context, decided.assign(reasons=reasons, proposals=[[], []]), champions, inputs_of(context, decided)
    )
    written = context.lake.read(decide.DECISIONS, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    (ben,) = [row.asDict() for row in written.collect()]  # no consent of Ann's is there to show her row by
    assert (ben["decision"], ben["refer_reasons"]) == ("refer", ["CONSENT_MISSING"])
    assert ben["grounds_en"] == ["A consent that the decision needs is missing"]
    assert ben["grounds_zh"] == ["缺少决策所需授权"]
    assert (ben["admission_model"], ben["limit_model"], ben["policy_from"]) == ("admission:3", "limit:2", "2025-01-01")
    assert (ben["requested_amount"], ben["expected_loss"]) == (Decimal("5000.00"), 0)
    (ann,) = [
        row.asDict() for row in raw_access.rows(context.lake, decide.DECISIONS).where("subject_key = 'a'").collect()
    ]
    assert (ann["decision"], ann["grounds_en"]) == ("decline", ["Probability of default above the cut-off"])
    assert (ann["reasons_en"], ann["reason_features"]) == (["Balance of all accounts: too low"], ["balance_cny"])
