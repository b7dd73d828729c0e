"""Breeding: livestock, by completed cycles of each herd and by months."""

from features.engine.records import Records, months_since, ratio
from features.engine.spec import Table, derived
from features.engine.windows import Months

from .farm_windows import Cycles

breeding = Table("farm__breeding")

CYCLES = Cycles(3, of=("household_no", "species_code"))
YEARS = (Months(12), Months(24))
RISK = (CYCLES, Months(24))
REVENUE = "sold_head * price_cny_head"


@breeding.feature(windows=RISK, unit="ratio", zh="{window}畜禽死亡率", monotone=1)
def mortality_ratio(records: Records) -> str:
    """Mortality of animals, {window}."""
    return ratio(records.sum("died_head"), records.sum("stocked_head"))


@breeding.feature(windows=RISK, unit="ratio", zh="{window}畜禽患病率", monotone=1)
def disease_ratio(records: Records) -> str:
    """Share of animals fallen ill, {window}."""
    return ratio(records.sum("diseased_head"), records.sum("stocked_head"))


@breeding.feature(windows=[CYCLES], unit="ratio", zh="{window}畜禽出栏率", monotone=-1)
def sold_ratio(records: Records) -> str:
    """Share of animals sold, {window}."""
    return ratio(records.sum("sold_head"), records.sum("stocked_head"))


@breeding.feature(windows=[CYCLES], unit="ratio", zh="{window}畜禽免疫率", monotone=-1)
def vaccinated_ratio(records: Records) -> str:
    """Share of animals vaccinated, {window}."""
    return ratio(records.where("is_vaccinated").sum("stocked_head"), records.sum("stocked_head"))


@breeding.feature(windows=[CYCLES], unit="ratio", zh="{window}畜禽参保率")
def insured_stock_ratio(records: Records) -> str:
    """Share of animals insured, {window}."""
    return ratio(records.where("is_insured").sum("stocked_head"), records.sum("stocked_head"))


@breeding.feature(windows=[CYCLES], unit="days", zh="{window}平均养殖周期天数")
def cycle_days(records: Records) -> str:
    """Mean length of a cycle, {window}."""
    return ratio(records.sum("DATEDIFF(end_date, start_date)"), records.count())


@breeding.feature(windows=YEARS, unit="cny", zh="{window}养殖收入", monotone=-1)
def breeding_revenue_cny(records: Records) -> str:
    """Revenue from livestock, {window}."""
    return records.sum(REVENUE)


@breeding.feature(windows=YEARS, unit="count", zh="{window}完成养殖批次数")
def cycle_count(records: Records) -> str:
    """Completed breeding cycles, {window}."""
    return records.count()


@breeding.feature(windows=[Months(24)], unit="count", zh="{window}养殖畜禽种类数")
def species_count(records: Records) -> str:
    """Number of species raised, {window}."""
    return records.distinct("species_code")


@breeding.feature(windows=[Months(24)], unit="months", zh="距最近一次出栏月数", name="breeding_idle_months")
def breeding_idle_months(records: Records) -> str:
    """Months since the last cycle ended."""
    return months_since(records.max("end_date"))


@derived(unit="ratio", zh="近一年养殖收入与上一年之比")
def breeding_revenue_trend_ratio() -> str:
    """Livestock revenue of the last year against the year before."""
    return ratio("breeding_revenue_cny_12m", "breeding_revenue_cny_24m - breeding_revenue_cny_12m")
