"""Harvests of the farm, and what is owed."""

from features.engine.records import Records, months_since
from features.engine.spec import Table
from features.engine.windows import Ever, Last, Months

from .masse import EVERY_FIELD, KG

ernte = Table("hof__ernte")
darlehen = Table("kasse__darlehen", complete=True)


@ernte.feature(windows=[Months(12)], unit="kg", zh="{window}收成")
def ernte_kg(records: Records) -> str:
    """Harvest, {window}."""
    return records.sum(KG)


@ernte.feature(windows=[Last(1, of=EVERY_FIELD, months=36)], unit="kg", zh="各地块最近收成")
def letzte_kg(records: Records) -> str:
    """Last harvest of each field."""
    return records.sum(KG)


@ernte.feature(windows=[Ever()], unit="months", zh="最早收成至今月数", name="kunde_months")
def kunde_months(records: Records) -> str:
    """Months since the first harvest."""
    return months_since(records.min("tag"))


@darlehen.feature(windows=[Ever()], unit="cny", zh="贷款余额", name="restschuld_cny")
def restschuld_cny(records: Records) -> str:
    """Owed on loans."""
    return records.sum("rest_cny")


@darlehen.feature(windows=[Ever()], unit="cny_month", zh="月还款额", name="rate_cny_month")
def rate_cny_month(records: Records) -> str:
    """A tenth of what is owed, each month."""
    return f"{records.sum('rest_cny')} / 10"
