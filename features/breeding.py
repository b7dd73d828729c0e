"""Breeding: livestock, by completed cycles of each herd and by months."""

from conf.schema.sentences import LATER, Sentences
from features.engine.records import Records, months_since, ratio
from features.engine.spec import Table, derived
from features.engine.windows import Months

from .farm_windows import Cycles

breeding = Table("farm__breeding", absent=("No breeding is on record", "无养殖记录"))

CYCLES = Cycles(3, of=("household_no", "species_code"))
YEARS = (Months(12), Months(24))
RISK = (CYCLES, Months(24))
REVENUE = "sold_head * price_cny_head"

_NO_STOCK = ("No animals stocked over the {window} are on record", "{window}无畜禽存栏记录")


@breeding.feature(
    windows=RISK,
    unit="ratio",
    zh="{window}畜禽死亡率",
    monotone=1,
    sentences=Sentences(
        LATER,
        high=("Many animals died over the {window}", "{window}畜禽死亡率偏高"),
        absent=_NO_STOCK,
        fact="animal_health",
    ),
)
def mortality_ratio(records: Records) -> str:
    """Mortality of animals, {window}."""
    return ratio(records.sum("died_head"), records.sum("stocked_head"))


@breeding.feature(
    windows=RISK,
    unit="ratio",
    zh="{window}畜禽患病率",
    monotone=1,
    sentences=Sentences(
        LATER,
        high=("Many animals fell ill over the {window}", "{window}畜禽患病率偏高"),
        absent=_NO_STOCK,
        fact="animal_health",
    ),
)
def disease_ratio(records: Records) -> str:
    """Share of animals fallen ill, {window}."""
    return ratio(records.sum("diseased_head"), records.sum("stocked_head"))


@breeding.feature(
    windows=[CYCLES],
    unit="ratio",
    zh="{window}畜禽出栏率",
    monotone=-1,
    sentences=Sentences(
        LATER, low=("Few of the animals were sold over the {window}", "{window}畜禽出栏率偏低"), absent=_NO_STOCK
    ),
)
def sold_ratio(records: Records) -> str:
    """Share of animals sold, {window}."""
    return ratio(records.sum("sold_head"), records.sum("stocked_head"))


@breeding.feature(
    windows=[CYCLES],
    unit="ratio",
    zh="{window}畜禽免疫率",
    monotone=-1,
    sentences=Sentences(
        LATER, low=("Few of the animals were vaccinated over the {window}", "{window}畜禽免疫率偏低"), absent=_NO_STOCK
    ),
)
def vaccinated_ratio(records: Records) -> str:
    """Share of animals vaccinated, {window}."""
    return ratio(records.where("is_vaccinated").sum("stocked_head"), records.sum("stocked_head"))


@breeding.feature(
    windows=[CYCLES],
    unit="ratio",
    zh="{window}畜禽参保率",
    sentences=Sentences(
        LATER,
        high=("Most of the animals were insured over the {window}", "{window}畜禽参保率偏高"),
        low=("Few of the animals were insured over the {window}", "{window}畜禽参保率偏低"),
        absent=_NO_STOCK,
    ),
)
def insured_stock_ratio(records: Records) -> str:
    """Share of animals insured, {window}."""
    return ratio(records.where("is_insured").sum("stocked_head"), records.sum("stocked_head"))


@breeding.feature(
    windows=[CYCLES],
    unit="days",
    zh="{window}平均每批养殖天数",
    sentences=Sentences(
        LATER,
        high=("Breeding cycles took long over the {window}", "{window}每批养殖天数偏长"),
        low=("Breeding cycles were short over the {window}", "{window}每批养殖天数偏短"),
    ),
)
def cycle_days(records: Records) -> str:
    """Mean length of a cycle, {window}."""
    return ratio(records.sum("DATEDIFF(end_date, start_date)"), records.count())


@breeding.feature(
    windows=YEARS,
    unit="cny",
    zh="{window}养殖收入",
    monotone=-1,
    sentences=Sentences(
        LATER, low=("Revenue from livestock over the {window} is low", "{window}养殖收入偏低"), fact="livestock_income"
    ),
)
def breeding_revenue_cny(records: Records) -> str:
    """Revenue from livestock, {window}."""
    return records.sum(REVENUE)


@breeding.feature(
    windows=YEARS,
    unit="count",
    zh="{window}完成养殖批次数",
    sentences=Sentences(
        LATER,
        high=("Many breeding cycles were completed in the {window}", "{window}完成养殖批次较多"),
        low=("Few breeding cycles were completed in the {window}", "{window}完成养殖批次较少"),
    ),
)
def cycle_count(records: Records) -> str:
    """Completed breeding cycles, {window}."""
    return records.count()


@breeding.feature(
    windows=[Months(24)],
    unit="count",
    zh="{window}养殖畜禽种类数",
    sentences=Sentences(
        LATER,
        high=("Many species were raised in the {window}", "{window}养殖畜禽种类较多"),
        low=("Few species were raised in the {window}", "{window}养殖畜禽种类较少"),
    ),
)
def species_count(records: Records) -> str:
    """Number of species raised, {window}."""
    return records.distinct("species_code")


@breeding.feature(
    windows=[Months(24)],
    unit="months",
    zh="距最近一次出栏月数",
    name="breeding_idle_months",
    sentences=Sentences(
        LATER,
        high=("The last breeding cycle ended long ago", "距最近一次出栏时间较长"),
        low=("The last breeding cycle ended only recently", "距最近一次出栏时间较短"),
    ),
)
def breeding_idle_months(records: Records) -> str:
    """Months since the last cycle ended."""
    return months_since(records.max("end_date"))


@derived(
    unit="ratio",
    zh="近一年养殖收入与上一年之比",
    sentences=Sentences(
        LATER,
        high=("Livestock revenue rose strongly against the year before", "近一年养殖收入较上一年大幅上升"),
        low=("Livestock revenue fell against the year before", "近一年养殖收入较上一年下降"),
        absent=("No livestock revenue of the year before is on record", "上一年无养殖收入记录"),
    ),
)
def breeding_revenue_trend_ratio() -> str:
    """Livestock revenue of the last year against the year before."""
    return ratio("breeding_revenue_cny_12m", "breeding_revenue_cny_24m - breeding_revenue_cny_12m")
