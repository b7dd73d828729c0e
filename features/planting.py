"""Planting: what the household grew in its last completed seasons (two a year)."""

from conf.schema.sentences import LATER, NEVER, Sentences
from features.engine.records import Records, ratio, volatility
from features.engine.spec import Table, derived

from .farm_windows import Seasons

planting = Table("farm__planting", absent=("No planting is on record", "无种植记录"))

YEAR, THREE_YEARS = Seasons(2), Seasons(6)
BOTH = (YEAR, THREE_YEARS)
CROPS = ("rice", "maize", "sweet_potato", "rapeseed", "mustard_tuber", "sichuan_pepper", "citrus", "vegetables")
REVENUE = "yield_kg * price_cny_kg"

_NO_PLANTING = ("No planting of the last three years is on record", "近三年无种植记录")


@planting.feature(
    windows=BOTH,
    unit="mu",
    zh="{window}播种面积",
    sentences=Sentences(
        LATER,
        high=("A large area was sown in the {window}", "{window}播种面积偏大"),
        low=("A small area was sown in the {window}", "{window}播种面积偏小"),
    ),
)
def sown_area_mu(records: Records) -> str:
    """Sown area, {window}."""
    return records.sum("sown_area_mu")


@planting.feature(
    windows=BOTH,
    unit="cny",
    zh="{window}种植收入",
    monotone=-1,
    sentences=Sentences(LATER, low=("Crop revenue of the {window} is low", "{window}种植收入偏低"), fact="crop_income"),
)
def crop_revenue_cny(records: Records) -> str:
    """Crop revenue, {window}."""
    return records.sum(REVENUE)


@planting.feature(
    windows=BOTH,
    unit="cny_mu",
    zh="{window}亩均种植收入",
    monotone=-1,
    sentences=Sentences(
        LATER, low=("Crop revenue per mu of the {window} is low", "{window}亩均种植收入偏低"), fact="yield"
    ),
)
def crop_revenue_cny_mu(records: Records) -> str:
    """Crop revenue per mu, {window}."""
    return ratio(records.sum(REVENUE), records.sum("sown_area_mu"))


@planting.feature(
    windows=BOTH,
    unit="ratio",
    zh="{window}受灾面积占比",
    monotone=1,
    sentences=Sentences(
        NEVER, high=("Much of the area was hit by disaster in the {window}", "{window}受灾面积占比偏高")
    ),
)
def disaster_area_ratio(records: Records) -> str:
    """Share of area hit by disaster, {window}."""
    return ratio(records.sum("disaster_area_mu"), records.sum("sown_area_mu"))


@planting.feature(
    windows=BOTH,
    unit="ratio",
    zh="{window}参保面积占比",
    sentences=Sentences(
        LATER,
        high=("Most of the area was insured in the {window}", "{window}参保面积占比偏高"),
        low=("Little of the area was insured in the {window}", "{window}参保面积占比偏低"),
    ),
)
def insured_area_ratio(records: Records) -> str:
    """Share of area insured, {window}."""
    return ratio(records.where("is_insured").sum("sown_area_mu"), records.sum("sown_area_mu"))


@planting.feature(
    windows=[YEAR],
    unit="ratio",
    zh="{window}多年生作物面积占比",
    sentences=Sentences(
        LATER,
        high=("Perennial crops take much of the area of the {window}", "{window}多年生作物面积占比偏高"),
        low=("Perennial crops take little of the area of the {window}", "{window}多年生作物面积占比偏低"),
    ),
)
def perennial_area_ratio(records: Records) -> str:
    """Share of perennial crops in area, {window}."""
    return ratio(records.where("season LIKE '%perennial'").sum("sown_area_mu"), records.sum("sown_area_mu"))


@planting.feature(
    windows=[YEAR],
    unit="ratio",
    zh="{window}经济作物面积占比",
    sentences=Sentences(
        LATER,
        high=("Cash crops take much of the area of the {window}", "{window}经济作物面积占比偏高"),
        low=("Cash crops take little of the area of the {window}", "{window}经济作物面积占比偏低"),
    ),
)
def cash_crop_area_ratio(records: Records) -> str:
    """Share of cash crops in area, {window}."""
    grain = records.where("crop_code IN ('rice', 'maize', 'sweet_potato')").sum("sown_area_mu")
    return f"1 - {ratio(grain, records.sum('sown_area_mu'))}"


@planting.feature(
    windows=BOTH,
    unit="count",
    zh="{window}作物种类数",
    sentences=Sentences(
        LATER,
        high=("Many different crops were grown in the {window}", "{window}种植作物种类较多"),
        low=("Few different crops were grown in the {window}", "{window}种植作物种类较少"),
    ),
)
def crop_count(records: Records) -> str:
    """Number of different crops, {window}."""
    return records.distinct("crop_code")


@planting.feature(
    windows=[YEAR],
    unit="ratio",
    zh="{window}作物集中度（赫芬达尔指数）",
    sentences=Sentences(
        LATER,
        high=("Most of the area of the {window} was sown with few crops", "{window}种植过于集中于少数作物"),
        low=("The area of the {window} was spread over many crops", "{window}种植分散于多种作物"),
    ),
)
def crop_concentration_ratio(records: Records) -> str:
    """Concentration of area on few crops (Herfindahl), {window}."""
    total = records.sum("sown_area_mu")
    shares = [ratio(records.where(f"crop_code = '{crop}'").sum("sown_area_mu"), total) for crop in CROPS]
    return " + ".join(f"{share} * {share}" for share in shares)


@planting.feature(
    windows=BOTH,
    unit="kg_mu",
    zh="{window}粮食亩产",
    monotone=-1,
    sentences=Sentences(
        LATER,
        low=("Grain yield per mu in the {window} is low", "{window}粮食亩产偏低"),
        absent=("No grain harvest of the {window} is on record", "{window}无粮食收获记录"),
        fact="yield",
    ),
)
def grain_yield_kg_mu(records: Records) -> str:
    """Grain yield per mu, {window}."""
    grain = records.where("crop_code IN ('rice', 'maize')")
    return ratio(grain.sum("yield_kg"), grain.sum("sown_area_mu"))


@planting.feature(
    windows=[YEAR],
    unit="count",
    zh="{window}种植地块数",
    sentences=Sentences(
        LATER,
        high=("Many parcels were sown in the {window}", "{window}种植地块较多"),
        low=("Few parcels were sown in the {window}", "{window}种植地块较少"),
    ),
)
def parcel_count(records: Records) -> str:
    """Number of parcels sown, {window}."""
    return records.distinct("parcel_code")


@planting.feature(
    windows=[YEAR],
    unit="mu",
    zh="{window}单次播种平均面积",
    sentences=Sentences(
        LATER,
        high=("Sowings of the {window} were large", "{window}单次播种面积偏大"),
        low=("Sowings of the {window} were small", "{window}单次播种面积偏小"),
    ),
)
def mean_sowing_mu(records: Records) -> str:
    """Mean area of a sowing, {window}."""
    return ratio(records.sum("sown_area_mu"), records.count())


@planting.feature(
    windows=[THREE_YEARS],
    unit="count",
    zh="{window}有收获的种植季数",
    monotone=-1,
    sentences=Sentences(LATER, low=("Few seasons of the {window} had a harvest", "{window}有收获的种植季偏少")),
)
def planted_seasons_count(records: Records) -> str:
    """Seasons with a harvest, {window}."""
    return records.distinct("season")


@planting.feature(
    windows=[THREE_YEARS],
    unit="ratio",
    zh="{window}年度种植收入波动率",
    monotone=1,
    sentences=Sentences(
        LATER,
        high=("Yearly crop revenue varied much over the {window}", "{window}年度种植收入波动较大"),
        absent=(
            "Too few seasons of the {window} are on record to see how crop revenue varies",
            "{window}种植记录不足，无法判断收入波动",
        ),
    ),
)
def crop_revenue_volatility_ratio(records: Records) -> str:
    """Volatility of yearly crop revenue, {window}."""
    seasons = [season.sum(REVENUE) for season in records.split()]
    # spring and autumn differ by nature, so two seasons make one observation
    return volatility([f"({late} + {early})" for late, early in zip(seasons[::2], seasons[1::2], strict=True)])


@derived(
    unit="ratio",
    zh="近一年播种面积与三年均值之比",
    sentences=Sentences(
        LATER,
        high=("The area sown grew strongly against the three-year mean", "近一年播种面积较三年均值大幅增加"),
        low=("The area sown fell against the three-year mean", "近一年播种面积低于三年均值"),
        absent=_NO_PLANTING,
    ),
)
def sown_area_trend_ratio() -> str:
    """Sown area of the last year against the three-year mean."""
    return ratio("sown_area_mu_2s * 3", "sown_area_mu_6s")


@derived(
    unit="ratio",
    zh="近一年种植收入与三年均值之比",
    sentences=Sentences(
        LATER,
        high=("Crop revenue rose strongly against the three-year mean", "近一年种植收入较三年均值大幅上升"),
        low=("Crop revenue fell against the three-year mean", "近一年种植收入低于三年均值"),
        absent=_NO_PLANTING,
    ),
)
def crop_revenue_trend_ratio() -> str:
    """Crop revenue of the last year against the three-year mean."""
    return ratio("crop_revenue_cny_2s * 3", "crop_revenue_cny_6s")
