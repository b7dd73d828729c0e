"""The latent truth: defaults as likely as it says, seen in part by what partners deliver, and a believable county."""

import numpy as np
import pandas as pd
import pytest
from county_files import scope, tables


@pytest.fixture(scope="module")
def county() -> dict[str, pd.DataFrame]:
    of = scope(2000)
    parts = [tables(of, number) for number in range(of.chunks)]
    return {name: pd.concat([part[name].to_pandas() for part in parts], ignore_index=True) for name in parts[0]}


@pytest.fixture(scope="module")
def loans(county) -> pd.DataFrame:
    """Matured loans with their truth."""
    truth = county["truth__applications"]
    return truth[truth["did_default"].notna()].assign(bad=lambda rows: rows["did_default"].astype(int))


def share_above(score: pd.Series, bad: pd.Series) -> float:
    """Probability that a bad loan scores above a good one: the area under the ROC curve."""
    rank = score.rank()
    positives = int(bad.sum())
    return (rank[bad == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(bad) - positives))


def test_nearly_every_household_has_had_a_loan_that_matured(county, loans):
    assert 0.75 < loans["household_no"].nunique() / len(county["truth__households"]) < 0.95


def test_bad_rate_is_that_of_farm_credit(loans):
    assert 0.05 < loans["bad"].mean() < 0.11


def test_true_pd_is_calibrated(loans):
    group = pd.qcut(loans["true_pd"], 5, labels=False)
    for _, part in loans.groupby(group):
        expected = part["true_pd"].sum()
        spread = np.sqrt((part["true_pd"] * (1 - part["true_pd"])).sum())
        assert abs(part["bad"].sum() - expected) < 3.5 * spread + 1


def test_true_pd_ranks_defaults_but_not_perfectly(loans):
    assert 0.78 < share_above(loans["true_pd"], loans["bad"]) < 0.92


def test_savings_seen_by_the_bank_tell_part_of_the_truth(county, loans):
    first = county["bank__application"].drop_duplicates("application_no").set_index("application_no")
    month_end = pd.to_datetime(county["bank__account"]["snapshot_date"], utc=True).astype("datetime64[us, UTC]")
    account = county["bank__account"].assign(day=month_end)
    balance = account.groupby(["id_no", "day"])["balance_cny"].sum().astype(float).rename("balance").reset_index()
    seen = pd.merge_asof(
        loans.join(first[["id_no"]], on="application_no").sort_values("applied_at"),
        balance.sort_values("day"),
        left_on="applied_at",
        right_on="day",
        by="id_no",
    )
    assert 0.65 < share_above(-seen["balance"], seen["bad"]) < 0.85


def shown(county, loans, is_bullet: bool, months: int) -> tuple[pd.Series, pd.Series]:
    """What instalments tell of loans so many months from disbursement, and the true outcome, by application."""
    lent = county["bank__loan"].drop_duplicates("loan_no")[
        ["loan_no", "application_no", "disbursed_date", "repayment_type"]
    ]
    lent = lent[(lent["repayment_type"] == "bullet") == is_bullet]
    instalment = county["bank__instalment"].merge(lent, on="loan_no")
    reached = pd.to_datetime(instalment["due_date"]) + pd.to_timedelta(instalment["days_past_due"], unit="D")
    within = reached < pd.to_datetime(instalment["disbursed_date"]) + pd.DateOffset(months=months)
    worst = instalment[within].groupby("application_no")["days_past_due"].max()
    end = pd.to_datetime(lent.set_index("application_no")["disbursed_date"]) + pd.DateOffset(months=months)
    mature = end.index[end <= pd.Timestamp("2026-01-01")]
    outcome = loans.set_index("application_no")["outcome"]
    outcome = outcome[outcome.index.isin(mature)]
    names = ["clean", "late", "indeterminate", "default"]
    return pd.cut(worst.reindex(outcome.index), [-1, 0, 29, 89, 9999], labels=names).astype(str), outcome


def test_defaults_show_in_the_instalments_within_the_year(county, loans):
    seen, outcome = shown(county, loans, is_bullet=False, months=12)
    assert (seen == outcome).mean() > 0.97
    assert (seen == "default").equals(outcome == "default")


def test_defaults_on_bullet_loans_show_once_they_are_due(county, loans):
    seen, outcome = shown(county, loans, is_bullet=True, months=16)
    assert (outcome == "default").sum() > 5
    assert (seen == outcome).mean() > 0.97
    assert (seen == "default").equals(outcome == "default")


def test_loans_are_repaid_in_every_way_and_their_balance_falls_to_nothing(county):
    loan = county["bank__loan"].assign(left=lambda rows: rows["outstanding_cny"].astype(float))
    first = loan.drop_duplicates("loan_no")
    assert set(first["repayment_type"]) == {"equal_instalment", "equal_principal", "interest_only", "bullet"}
    assert (first["left"] == first["principal_cny"].astype(float)).all()
    assert (loan.groupby("loan_no")["left"].diff().dropna() < 0).all()
    assert ((loan["left"] == 0) == loan["closed_date"].notna()).all()
    assert 0.3 < loan.drop_duplicates("loan_no", keep="last")["closed_date"].notna().mean() < 0.9


def test_some_persons_and_households_have_two_applications_at_once(county):
    newest = county["bank__application"].drop_duplicates("application_no", keep="last")
    member = county["farm__household_membership"].drop_duplicates("member_id_no")[["member_id_no", "household_no"]]
    open_ = newest[newest["status"] == "pending"].merge(member, left_on="id_no", right_on="member_id_no")
    persons, homes = open_.groupby("household_no")["id_no"].nunique(), open_.groupby("household_no").size()
    assert ((homes > 1) & (persons == 1)).any()
    assert (persons > 1).any()
    lent = set(county["bank__loan"]["application_no"])
    approved = newest[(newest["status"] == "approved") & ~newest["application_no"].isin(lent)]
    assert set(approved["id_no"]) & set(open_["id_no"])
    assert approved["approved_cny"].notna().all()


def test_the_bad_year_hits_neighbours_together(county):
    planting = county["farm__planting"].assign(
        town=lambda rows: rows["household_no"].str[:9],
        lost=lambda rows: rows["disaster_area_mu"].astype(float),
        sown=lambda rows: rows["sown_area_mu"].astype(float),
    )
    share = planting.groupby(["season", "town"])[["lost", "sown"]].sum().pipe(lambda t: t["lost"] / t["sown"])
    assert share["2024-spring"].min() > 0.1
    assert share["2024-spring"].mean() > 3 * share["2023-spring"].mean()
    assert share["2024-spring"].std() > 0.05


def test_pending_applications_are_recent_and_undecided(county):
    truth = county["truth__applications"]
    pending = truth[truth["status"] == "pending"]
    assert 0.05 < len(pending) / len(county["truth__households"]) < 0.11
    assert pending["applied_at"].min() > pd.Timestamp("2025-12-01", tz="UTC")
    assert pending["did_default"].isna().all()


def test_incomes_and_capacity_are_those_of_farm_households(county):
    homes, truth = county["truth__households"], county["truth__applications"]
    assert 35_000 < homes["net_income_year_cny"].median() < 75_000
    assert (truth["capacity_12m_cny"] >= 0).all()
    assert (truth["capacity_12m_cny"] <= truth["net_income_12m_cny"].clip(lower=0)).all()


def test_customers_book_some_ten_transactions_a_month(county):
    assert 6 < len(county["bank__transaction"]) / county["bank__customer"]["customer_no"].nunique() / 36 < 11


def test_some_records_are_corrected_later(county):
    key = ["household_no", "season", "crop_code", "parcel_code"]
    versions = county["farm__planting"].groupby(key).size()
    assert 0.01 < (versions > 1).mean() < 0.03
