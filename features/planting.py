"""Planting: what the household grew in its last completed seasons (two a year)."""

from features.engine.records import Records, ratio, volatility
from features.engine.spec import Table, derived

from .farm_windows import Seasons

planting = Table("farm__planting")

YEAR, THREE_YEARS = Seasons(2), Seasons(6)
BOTH = (YEAR, THREE_YEARS)
CROPS = ("rice", "maize", "sweet_potato", "rapeseed", "mustard_tuber", "sichuan_pepper", "citrus", "vegetables")
REVENUE = "yield_kg * price_cny_kg"


@planting.feature(windows=BOTH, unit="mu", zh="{window}播种面积")
def sown_area_mu(records: Records) -> str:
    """Sown area, {window}."""
    return records.sum("sown_area_mu")


@planting.feature(windows=BOTH, unit="cny", zh="{window}种植收入", monotone=-1)
def crop_revenue_cny(records: Records) -> str:
    """Crop revenue, {window}."""
    return records.sum(REVENUE)


@planting.feature(windows=BOTH, unit="cny_mu", zh="{window}亩均种植收入", monotone=-1)
def crop_revenue_cny_mu(records: Records) -> str:
    """Crop revenue per mu, {window}."""
    return ratio(records.sum(REVENUE), records.sum("sown_area_mu"))


@planting.feature(windows=BOTH, unit="ratio", zh="{window}受灾面积占比", monotone=1)
def disaster_area_ratio(records: Records) -> str:
    """Share of area hit by disaster, {window}."""
    return ratio(records.sum("disaster_area_mu"), records.sum("sown_area_mu"))


@planting.feature(windows=BOTH, unit="ratio", zh="{window}参保面积占比")
def insured_area_ratio(records: Records) -> str:
    """Share of area insured, {window}."""
    return ratio(records.where("is_insured").sum("sown_area_mu"), records.sum("sown_area_mu"))


@planting.feature(windows=[YEAR], unit="ratio", zh="{window}多年生作物面积占比")
def perennial_area_ratio(records: Records) -> str:
    """Share of perennial crops in area, {window}."""
    return ratio(records.where("season LIKE '%perennial'").sum("sown_area_mu"), records.sum("sown_area_mu"))


@planting.feature(windows=[YEAR], unit="ratio", zh="{window}经济作物面积占比")
def cash_crop_area_ratio(records: Records) -> str:
    """Share of cash crops in area, {window}."""
    grain = records.where("crop_code IN ('rice', 'maize', 'sweet_potato')").sum("sown_area_mu")
    return f"1 - {ratio(grain, records.sum('sown_area_mu'))}"


@planting.feature(windows=BOTH, unit="count", zh="{window}作物种类数")
def crop_count(records: Records) -> str:
    """Number of different crops, {window}."""
    return records.distinct("crop_code")


@planting.feature(windows=[YEAR], unit="ratio", zh="{window}作物集中度（赫芬达尔指数）")
def crop_concentration_ratio(records: Records) -> str:
    """Concentration of area on few crops (Herfindahl), {window}."""
    total = records.sum("sown_area_mu")
    shares = [ratio(records.where(f"crop_code = '{crop}'").sum("sown_area_mu"), total) for crop in CROPS]
    return " + ".join(f"{share} * {share}" for share in shares)


@planting.feature(windows=BOTH, unit="kg_mu", zh="{window}粮食亩产", monotone=-1)
def grain_yield_kg_mu(records: Records) -> str:
    """Grain yield per mu, {window}."""
    grain = records.where("crop_code IN ('rice', 'maize')")
    return ratio(grain.sum("yield_kg"), grain.sum("sown_area_mu"))


@planting.feature(windows=[YEAR], unit="count", zh="{window}种植地块数")
def parcel_count(records: Records) -> str:
    """Number of parcels sown, {window}."""
    return records.distinct("parcel_code")


@planting.feature(windows=[YEAR], unit="mu", zh="{window}单次播种平均面积")
def mean_sowing_mu(records: Records) -> str:
    """Mean area of a sowing, {window}."""
    return ratio(records.sum("sown_area_mu"), records.count())


@planting.feature(windows=[THREE_YEARS], unit="count", zh="{window}有收获的种植季数", monotone=-1)
def planted_seasons_count(records: Records) -> str:
    """Seasons with a harvest, {window}."""
    return records.distinct("season")


@planting.feature(windows=[THREE_YEARS], unit="ratio", zh="{window}年度种植收入波动率", monotone=1)
def crop_revenue_volatility_ratio(records: Records) -> str:
    """Volatility of yearly crop revenue, {window}."""
    seasons = [season.sum(REVENUE) for season in records.split()]
    # spring and autumn differ by nature, so two seasons make one observation
    return volatility([f"({late} + {early})" for late, early in zip(seasons[::2], seasons[1::2], strict=True)])


@derived(unit="ratio", zh="近一年播种面积与三年均值之比")
def sown_area_trend_ratio() -> str:
    """Sown area of the last year against the three-year mean."""
    return ratio("sown_area_mu_2s * 3", "sown_area_mu_6s")


@derived(unit="ratio", zh="近一年种植收入与三年均值之比")
def crop_revenue_trend_ratio() -> str:
    """Crop revenue of the last year against the three-year mean."""
    return ratio("crop_revenue_cny_2s * 3", "crop_revenue_cny_6s")
