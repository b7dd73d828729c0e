"""Newcomers of a county: real farms with next to no account, whose risk the farm's facts tell and the bank's don't."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from county_files import scope, tables

from sandbox.county.generator import generate

DAY = pd.Timedelta(days=1)
INCOME = ["crop_sale", "livestock_sale", "subsidy", "wage", "rent"]
OF = replace(scope(2000), thin_files=0.4)


@pytest.fixture(scope="module")
def county() -> dict[str, pd.DataFrame]:
    parts = [tables(OF, number) for number in range(OF.chunks)]
    return {name: pd.concat([part[name].to_pandas() for part in parts], ignore_index=True) for name in parts[0]}


@pytest.fixture(scope="module")
def applications(county) -> pd.DataFrame:
    """Applications with the truth, who applied, and the days that they had been customers for."""
    person = county["bank__application"].drop_duplicates("application_no").set_index("application_no")["id_no"]
    opened = county["bank__customer"].drop_duplicates("id_no").set_index("id_no")["opened_date"]
    rows = county["truth__applications"].merge(county["truth__households"], on="household_no")
    rows["id_no"] = rows["application_no"].map(person)
    rows["opened"] = pd.to_datetime(rows["id_no"].map(opened)).dt.tz_localize("Asia/Shanghai")
    return rows.assign(days=(rows["applied_at"] - rows["opened"]) / DAY)


@pytest.fixture(scope="module")
def booked(county, applications) -> pd.DataFrame:
    """Bookings of newcomers, with the day on which each came and that of its first loan."""
    newcomers = applications[applications["is_newcomer"]].drop_duplicates("id_no")[["id_no", "opened"]]
    lent = county["bank__loan"].groupby("id_no")["disbursed_date"].min().rename("lent")
    rows = county["bank__transaction"].merge(newcomers, on="id_no").join(lent, on="id_no")
    return rows.assign(lent=pd.to_datetime(rows["lent"]).dt.tz_localize("Asia/Shanghai"))


def within_a_year(county, rows: pd.DataFrame, table: str, day: str) -> pd.DataFrame:
    """Records of a table in the year before each application of its household, as it was known then."""
    joined = rows[["application_no", "household_no", "applied_at"]].merge(county[table], on="household_no")
    happened = pd.to_datetime(joined[day]).dt.tz_localize("Asia/Shanghai")
    is_known = joined["published_at"] < joined["applied_at"]
    return joined[is_known & (happened > joined["applied_at"] - 365 * DAY)]


def test_a_third_to_a_half_of_applicants_are_new_to_the_bank(applications):
    first = applications.sort_values("applied_at").drop_duplicates("household_no")
    assert 0.33 < first["is_thin_file"].mean() < 0.5
    assert 0.33 < applications.loc[applications["status"] == "pending", "is_thin_file"].mean() < 0.55  # of but 160
    assert (first["is_thin_file"] == first["is_newcomer"]).all()


def test_newcomers_first_ask_with_months_of_history_and_mostly_less_than_six(applications):
    days = applications[applications["is_newcomer"]].groupby("household_no")["days"].min()
    assert days.between(20, 341).all()
    assert 0.6 < (days < 182).mean() < 0.95


def test_newcomers_are_farmers_more_than_others(county):
    share = county["truth__households"].groupby("kind")["is_newcomer"].mean()
    assert share[["grower", "breeder"]].min() > share["smallholder"] > 2 * share["part_time"]


def test_nothing_is_on_an_account_before_it_is_opened(county, booked):
    assert (booked["booked_at"] >= booked["opened"]).all()
    account = county["bank__account"]
    assert (account["snapshot_date"] >= account["opened_date"]).all()


def test_balances_of_newcomers_follow_from_all_their_bookings(county, booked):
    signed = booked["amount_cny"].astype(float).where(booked["direction"] == "in", -booked["amount_cny"].astype(float))
    local = booked["booked_at"].dt.tz_convert("Asia/Shanghai")
    total = signed[local < pd.Timestamp("2025-07-01", tz="Asia/Shanghai")].groupby(booked["account_no"]).sum()
    account = county["bank__account"]
    account = account[pd.to_datetime(account["opened_date"]).dt.year > 2022]  # what was booked before isn't delivered
    shown = account[pd.to_datetime(account["snapshot_date"]) == "2025-06-30"].set_index("account_no")["balance_cny"]
    difference = (shown.astype(float) - total).dropna()
    assert len(difference) > 300
    assert difference.abs().max() < 0.01
    assert (shown >= 0).mean() > 0.97


def test_income_runs_through_the_bank_once_they_have_borrowed(booked):
    income = booked[(booked["direction"] == "in") & booked["category"].isin(INCOME)]
    money, is_before = income["amount_cny"].astype(float), income["booked_at"] < income["lent"]
    persons = booked.drop_duplicates("id_no").set_index("id_no")
    years_before = ((persons["lent"] - persons["opened"]) / DAY / 365).sum()
    years_after = ((pd.Timestamp("2026-01-01", tz="Asia/Shanghai") - persons["lent"]) / DAY / 365).sum()
    before = money[is_before].sum() / years_before
    after = money[income["booked_at"] > income["lent"] + DAY].sum() / years_after
    assert 0.08 < before / after < 0.2


def test_first_loans_default_more_often_and_the_mix_and_risk_of_loans_are_steady(applications):
    lent = applications[applications["did_default"].notna()]
    risk = lent.groupby("is_thin_file")["true_pd"].mean()
    assert risk[False] < 0.1 < risk[True] < 0.16
    by = lent.groupby(lent["applied_at"].dt.tz_localize(None).dt.to_period("Q"))[["true_pd", "is_thin_file"]]
    of = by.mean()[by.size() > 50]  # the first quarter has but its last month
    assert len(of) > 4
    assert of["true_pd"].max() - of["true_pd"].min() < 0.04
    assert of["is_thin_file"].between(0.2, 0.45).all()


def test_newcomers_all_consent_to_every_table_shortly_before_they_first_ask(county, applications):
    first = applications[applications["is_newcomer"]].sort_values("applied_at").drop_duplicates("household_no")
    granted = county["consent__grant"].rename(columns={"subject_id_no": "id_no"}).sort_values("granted_at")
    joined = first.merge(granted.drop_duplicates("id_no"), on="id_no", how="left")
    assert ((joined["applied_at"] - joined["granted_at"]) / DAY).between(0, 66).all()
    assert joined["scopes"].nunique() == 1


def test_in_thin_files_the_farm_and_the_house_tell_more_of_the_risk_than_the_bank(county, applications):
    thin = applications[applications["is_thin_file"]].set_index("application_no")
    sown = within_a_year(county, thin.reset_index(), "farm__planting", "harvest_date")
    area = sown.astype({"disaster_area_mu": float, "sown_area_mu": float}).groupby("application_no")
    lost = area["disaster_area_mu"].sum() / area["sown_area_mu"].sum()
    house = county["housing__rural_house"].drop_duplicates("household_no").set_index("household_no")["built_year"]
    booking = thin.reset_index().merge(county["bank__transaction"], on="id_no")
    booking = booking[(booking["booked_at"] < booking["applied_at"]) & booking["category"].isin(INCOME)]
    paid_in = booking.astype({"amount_cny": float}).groupby("application_no")["amount_cny"].sum()

    def ranked(fact: pd.Series) -> float:
        return thin["true_pd"].corr(fact.reindex(thin.index), method="spearman")

    assert ranked(lost) > 0.25
    assert ranked(thin["household_no"].map(house)) < -0.2
    assert abs(ranked(paid_in)) < 0.15


def test_farms_are_the_same_with_and_without_newcomers():
    with_newcomers, without = tables(replace(scope(60), thin_files=0.5)), tables(scope(60))
    for name in ("farm__planting", "farm__breeding", "farm__land_transfer", "housing__rural_house"):
        assert with_newcomers[name].equals(without[name])
    assert "is_thin_file" not in without["truth__applications"].column_names


def test_a_county_with_newcomers_is_another_one_and_is_noted_as_such(spark, tmp_path):
    options = {"households": 30, "months": 6, "seed": 1}
    plain = generate(spark, tmp_path, **options)
    mixed = generate(spark, tmp_path, **options, thin_files=0.4)
    assert json.loads((tmp_path / "county.json").read_text(encoding="utf-8"))["thin_files"] == mixed.thin_files == 0.4
    assert mixed.rows != plain.rows
    assert generate(spark, tmp_path, **options, thin_files=0.4) == mixed
    assert generate(spark, tmp_path, **options) == plain
