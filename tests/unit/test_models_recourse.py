"""What a declined applicant could ask for: only levers in their hands, within bounds, and each truly admitted."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from asking import STEP, applicants, judges, lent, owing, repaid, requesting
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import ADMISSION, MONOTONE, NAMES, POLICY, limited

from conf.schema.loan_request import Repaid
from conf.schema.model import Split
from models import card, deciding, policy, recourse
from models.reasons import Judges
from models.recourse_sentences import as_request, of_proposals

SCOPES = {"housing.rural_house": (NAMES[2], NAMES[5])}


def decide(rows: pd.DataFrame, withheld: pd.Series | None = None, by: Judges | None = None) -> pd.DataFrame:
    by = by or judges()
    is_withheld = pd.Series(False, index=rows.index) if withheld is None else withheld
    known = deciding.known(rows, rows, {"housing.rural_house": is_withheld}, by)
    return deciding.decide(known, by, SCOPES, lambda facts: deciding.alone(facts, by.rules))


@settings(deadline=None, max_examples=3)
@given(
    scale=st.floats(0.3, 5), exposure=st.sampled_from([0.0, 15_000.0]), seed=st.integers(0, 10**6), months=st.booleans()
)
def test_each_proposal_is_admitted_when_it_is_asked_for_and_moves_nothing_else(scale, exposure, seed, months):
    rng = np.random.default_rng(seed)
    rows = applicants(120, existing_exposure=exposure)
    rows = requesting(
        rows, rows["requested_amount"] * scale, rng.integers(6, 40, 120) if months else rows["term_months"]
    )
    withheld = pd.Series(rng.random(120) < 0.3)
    made = decide(rows, withheld)
    parted = judges().admission.thresholds["asked_months"]
    offers = [(i, each) for i, proposals in made["proposals"].items() for each in proposals]
    for i, proposal in offers:
        row, amount, term = made.loc[i], proposal.requested_amount, proposal.term_months
        assert row["decision"] == "decline"
        assert amount == row["requested_amount"] or (amount % STEP == 0 and POLICY.min_limit <= amount)
        assert amount <= row["requested_amount"] or amount == POLICY.min_limit
        assert term == row["term_months"] or (term % 6 == 0 and parted.min() <= term <= parted.max())
        assert (amount, term) != (row["requested_amount"], row["term_months"])
    if offers:
        whose = [i for i, _ in offers]
        amounts, terms = ([getattr(each, name) for _, each in offers] for name in ("requested_amount", "term_months"))
        anew = requesting(rows.loc[whose].reset_index(drop=True), np.array(amounts), np.array(terms))
        anew = decide(anew, withheld.loc[whose].reset_index(drop=True))
        assert set(anew["decision"]) == {"admit"}
        assert anew["limit_amount"].tolist() == [each.limit_amount for _, each in offers]


def test_who_is_declined_by_a_scorecard_hears_what_it_would_admit():
    monotone = MONOTONE | {"amount_cny": 1, "asked_months": 0, "instalment_ratio": 1}
    spec = ADMISSION.model_copy(update={"kind": "scorecard", "params": {}, "gates": (), "split": Split(folds=2)})
    by = replace(judges(), admission=card.fit(lent(), spec, monotone, POLICY).predictor)
    assert {"amount_cny", "instalment_ratio"} & {*by.admission.features}
    rows = applicants(150)
    offers = [(i, each) for i, proposals in decide(rows, by=by)["proposals"].items() for each in proposals]
    amounts, terms = (
        np.array([getattr(each, name) for _, each in offers]) for name in ("requested_amount", "term_months")
    )
    anew = requesting(rows.loc[[i for i, _ in offers]].reset_index(drop=True), amounts, terms)
    assert offers
    assert set(decide(anew, by=by)["decision"]) == {"admit"}


def is_admitted(rows: pd.DataFrame) -> np.ndarray:
    """Whether each is admitted by models and policy."""
    pd_, capacity = judges().admission.predict_pd(rows), limited().predictor.predict_capacity(rows)
    return policy.decide(rows.assign(pd=pd_, capacity_year=capacity), POLICY)["decision"].eq("admit").to_numpy()


def test_no_smaller_change_would_be_admitted_and_who_hears_of_none_is_admitted_for_nothing():
    rows = applicants(150)
    made = decide(rows)
    declined = made[made["decision"] == "decline"].head(6)
    assert {0, 1} <= {len(offers) > 0 for offers in declined["proposals"]}
    parted = judges().admission.thresholds["asked_months"]
    for i, row in declined.iterrows():
        amounts = np.arange(float(POLICY.min_limit), row["requested_amount"], STEP)
        again = rows.loc[[i] * len(amounts)].reset_index(drop=True)
        enough = amounts[is_admitted(requesting(again, amounts, row["term_months"]))]
        offers = {each.requested_amount for each in row["proposals"] if each.term_months == row["term_months"]}
        assert offers == ({enough.max()} if enough.size else set())
        if not row["proposals"]:
            terms = np.arange(6 * np.ceil(parted.min() / 6), parted.max() + 1, 6)
            both = np.array([*product(amounts, terms), *product([row["requested_amount"]], terms)])
            again = rows.loc[[i] * len(both)].reset_index(drop=True)
            assert not is_admitted(requesting(again, both[:, 0], both[:, 1])).any()


def test_who_asks_for_less_than_is_lent_hears_of_the_smallest_loan():
    rows = requesting(applicants(60), 300.0, 12.0)
    offers = [each for proposals in decide(rows)["proposals"] for each in proposals if each.term_months == 12]
    assert {each.requested_amount for each in offers} == {float(POLICY.min_limit)}


def test_a_lever_that_a_feature_follows_in_a_way_nobody_declared_is_left_alone():
    def with_power(name: str, powers) -> Judges:
        entry = replace(judges().catalogue[name], follows=powers)
        return replace(judges(), catalogue=judges().catalogue | {name: entry})

    rows = applicants(200)
    made = decide(rows, by=with_power("amount_cny", (("requested_amount", None),)))
    assert {
        p.requested_amount == a
        for offers, a in zip(made["proposals"], made["requested_amount"], strict=True)
        for p in offers
    } <= {True}
    both = with_power("instalment_ratio", (("requested_amount", None), ("term_months", None)))
    assert not decide(rows, by=both)["proposals"].map(bool).any()


@pytest.fixture(scope="module")
def of_owing() -> pd.DataFrame:
    """Decisions on applicants of whom half owe something, and who ask for much."""
    rows = owing(500)
    return decide(requesting(rows, rows["amount_cny"] * 2, rows["asked_months"]))


def test_who_owes_less_than_is_asked_for_hears_of_repaying_it_all_and_it_is_admitted_then(of_owing):
    offers = [(i, each) for i, proposals in of_owing["proposals"].items() for each in proposals if each.repaid_amount]
    requests = of_owing[["requested_amount", "term_months"]]
    assert {(each.requested_amount, each.term_months) == tuple(requests.loc[i]) for i, each in offers} == {True, False}
    rows = of_owing.loc[[i for i, _ in offers]].reset_index(drop=True)
    amounts, terms, owed = (
        np.array([getattr(each, name) for _, each in offers])
        for name in ("requested_amount", "term_months", "repaid_amount")
    )
    assert (rows["existing_exposure"] == owed).all()
    assert (owed < amounts).all()
    applied = owing(500).loc[[i for i, _ in offers]].reset_index(drop=True)
    assert (applied["arrears_cny"] == 0).all()
    anew = decide(repaid(requesting(applied, amounts, terms)))
    assert set(anew["decision"]) == {"admit"}
    assert anew["limit_amount"].tolist() == [each.limit_amount for _, each in offers]


def test_more_levers_are_only_moved_where_fewer_do_not_help(of_owing):
    def levers_of(i: int, each: recourse.Proposal) -> int:
        row = of_owing.loc[i]
        return sum(
            (
                each.requested_amount != row["requested_amount"],
                each.term_months != row["term_months"],
                each.repaid_amount > 0,
            )
        )

    counts = [{levers_of(i, each) for each in proposals} for i, proposals in of_owing["proposals"].items() if proposals]
    assert all(len(each) == 1 for each in counts)
    assert {1, 2} <= set().union(*counts)


@pytest.mark.parametrize("effect", [Repaid.UNKNOWN, Repaid.SAME])
def test_nobody_hears_of_repaying_where_it_is_not_declared_what_it_brings(effect):
    entry = replace(judges().catalogue["owed_ratio"], repaid=effect)
    by = replace(judges(), catalogue=judges().catalogue | {"owed_ratio": entry})
    rows = owing(300)
    assert not any(each.repaid_amount for proposals in decide(rows, by=by)["proposals"] for each in proposals)


def test_without_limits_nothing_is_asked_for_and_so_nothing_proposed():
    rules = POLICY.model_copy(update={"products": {}})
    rows = applicants(50)
    known = deciding.known(rows, rows, {}, judges())
    decided = pd.DataFrame({"decision": ["decline"] * 50})
    result = recourse.of_declined(
        known.features, known.facts, decided, replace(judges(), rules=rules), lambda *_: decided
    )
    assert result == [[]] * 50


def test_a_proposal_is_told_in_both_languages_and_as_figures():
    proposals = [
        recourse.Proposal(32_000, 12, 32_000),
        recourse.Proposal(50_000, 24, 12_500.5),
        recourse.Proposal(32_000, 24, 32_000),
    ]
    proposals += [recourse.Proposal(50_000, 12, 50_000, 8_000), recourse.Proposal(32_000, 12, 32_000, 8_000)]
    decided = pd.DataFrame({"requested_amount": [50_000.0], "term_months": [12.0], "proposals": [proposals]})
    ((amount, term, both, repaying, repaying_too),) = of_proposals(decided, "CNY")
    assert repaying.en.startswith(
        "If the 8,000 yuan owed on loans were repaid first, all else being as it is, your application would be "
    )
    assert repaying.zh.startswith("若先结清存量贷款8,000元（其他情况不变），按现行规则可予准入；")
    assert "as it is, and you asked for 32,000 yuan instead of 50,000, your application" in repaying_too.en
    assert "若先结清存量贷款8,000元（其他情况不变）、申请金额由50,000元改为32,000元，" in repaying_too.zh
    assert as_request(proposals[3]).endswith("limit_amount=50000 repaid_amount=8000")
    assert amount.en.startswith(
        "If you asked for 32,000 yuan instead of 50,000, your application would be admitted by "
    )
    assert amount.zh.startswith("若申请金额由50,000元改为32,000元，按现行规则可予准入；")
    assert term.en.startswith("If you asked for a term of 24 months instead of 12, ")
    assert "by today's rules, with a limit of 12,500.5 yuan; " in term.en
    assert "申请期限由12个月改为24个月，按现行规则可予准入，额度为12,500.5元；" in term.zh
    assert both.en.startswith("If you asked for 32,000 yuan over 24 months instead of 50,000 over 12, ")
    assert "no promise" in amount.en
    assert "不构成授信承诺" in amount.zh
    assert as_request(proposals[1]) == "requested_amount=50000 term_months=24 limit_amount=12500.5"
