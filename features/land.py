"""Land: transfer contracts in force on the day, and what they cost."""

from conf.schema.sentences import LATER, NOW, Sentences
from features.engine.records import Records, months_since, months_until, ratio
from features.engine.spec import Table, derived
from features.engine.windows import Ever, Months, Valid

transfer = Table("farm__land_transfer", absent=("No land contract is on record", "无土地流转记录"))

RENT = "area_mu * rent_cny_mu_year"
IN, OUT = "direction = 'in'", "direction = 'out'"

_NO_LEASE = ("No land rented in is on record", "无流入土地记录")


@transfer.feature(
    windows=[Valid()],
    unit="mu",
    zh="流入土地面积",
    sentences=Sentences(
        LATER, high=("Much land is rented in", "流入土地面积较大"), low=("Little land is rented in", "流入土地面积较小")
    ),
)
def rented_in_area_mu(records: Records) -> str:
    """Land rented in."""
    return records.where(IN).sum("area_mu")


@transfer.feature(
    windows=[Valid()],
    unit="mu",
    zh="流出土地面积",
    sentences=Sentences(
        LATER,
        high=("Much land is rented out", "流出土地面积较大"),
        low=("Little land is rented out", "流出土地面积较小"),
    ),
)
def rented_out_area_mu(records: Records) -> str:
    """Land rented out."""
    return records.where(OUT).sum("area_mu")


@transfer.feature(
    windows=[Valid()],
    unit="cny_year",
    zh="土地流入年租金支出",
    sentences=Sentences(
        LATER,
        high=("The yearly rent to pay for land is high", "土地流入年租金支出较高"),
        low=("The yearly rent to pay for land is low", "土地流入年租金支出较低"),
    ),
)
def rent_paid_cny_year(records: Records) -> str:
    """Yearly rent to pay for land."""
    return records.where(IN).sum(RENT)


@transfer.feature(
    windows=[Valid()],
    unit="cny_year",
    zh="土地流出年租金收入",
    sentences=Sentences(
        LATER,
        high=("The yearly rent received for land is high", "土地流出年租金收入较高"),
        low=("The yearly rent received for land is low", "土地流出年租金收入较低"),
    ),
)
def rent_received_cny_year(records: Records) -> str:
    """Yearly rent received for land."""
    return records.where(OUT).sum(RENT)


@transfer.feature(
    windows=[Valid()],
    unit="cny_mu_year",
    zh="流入土地亩均年租金",
    sentences=Sentences(
        LATER,
        high=("Land is rented in at a high rent per mu", "流入土地亩均租金较高"),
        low=("Land is rented in at a low rent per mu", "流入土地亩均租金较低"),
        absent=_NO_LEASE,
    ),
)
def rent_cny_mu_year(records: Records) -> str:
    """Mean rent per mu of land rented in."""
    return ratio(records.where(IN).sum(RENT), records.where(IN).sum("area_mu"))


@transfer.feature(
    windows=[Valid()],
    unit="count",
    zh="土地流入合同数",
    sentences=Sentences(
        LATER,
        high=("Land is rented in by many contracts", "土地流入合同较多"),
        low=("Land is rented in by few contracts", "土地流入合同较少"),
    ),
)
def lease_count(records: Records) -> str:
    """Contracts of land rented in."""
    return records.where(IN).count()


@transfer.feature(
    windows=[Valid()],
    unit="months",
    zh="流入土地剩余期限（面积加权，月）",
    monotone=-1,
    sentences=Sentences(
        LATER, low=("Leases of land rented in end soon", "流入土地剩余期限较短"), absent=_NO_LEASE, fact="end_of_leases"
    ),
)
def lease_remaining_months(records: Records) -> str:
    """Remaining months of land rented in, by area."""
    left = records.where(IN).sum(f"area_mu * {months_until('valid_to_date')}")
    return ratio(left, records.where(IN).sum("area_mu"))


@transfer.feature(
    windows=[Valid()],
    unit="ratio",
    zh="一年内到期流入土地占比",
    monotone=1,
    sentences=Sentences(
        LATER,
        high=("The leases of much land rented in end within a year", "一年内到期的流入土地占比较高"),
        absent=_NO_LEASE,
        fact="end_of_leases",
    ),
)
def lease_expiring_ratio(records: Records) -> str:
    """Share of land rented in whose lease ends within a year."""
    leased = records.where(IN)
    return ratio(leased.where(f"{months_until('valid_to_date')} < 12").sum("area_mu"), leased.sum("area_mu"))


@transfer.feature(
    windows=[Valid()],
    unit="ratio",
    zh="流入土地备案占比",
    monotone=-1,
    sentences=Sentences(NOW, low=("Much land rented in isn't registered", "流入土地未备案占比较高"), absent=_NO_LEASE),
)
def registered_lease_ratio(records: Records) -> str:
    """Share of land rented in that is registered."""
    leased = records.where(IN)
    return ratio(leased.where("is_registered").sum("area_mu"), leased.sum("area_mu"))


@transfer.feature(
    windows=[Months(24)],
    unit="count",
    zh="{window}新签流转合同数",
    sentences=Sentences(
        LATER,
        high=("Many land contracts were signed in the {window}", "{window}新签土地流转合同较多"),
        low=("Few land contracts were signed in the {window}", "{window}新签土地流转合同较少"),
    ),
)
def transfers_signed_count(records: Records) -> str:
    """Land transfers signed, {window}."""
    return records.count()


@transfer.feature(
    windows=[Ever()],
    unit="months",
    zh="首次土地流转至今月数",
    sentences=Sentences(
        LATER,
        high=("The first land contract was signed long ago", "首次土地流转距今时间较长"),
        low=("The first land contract was signed only recently", "首次土地流转距今时间较短"),
        only_grows=True,
    ),
)
def transfer_history_months(records: Records) -> str:
    """Months since the first land transfer."""
    return months_since(records.min("signed_date"))


@derived(
    unit="ratio",
    zh="土地租金占近一年种植收入比",
    monotone=1,
    sentences=Sentences(
        LATER,
        high=("Land rent takes much of the crop revenue of the last year", "土地租金占近一年种植收入比例偏高"),
        absent=("No land rent or no crop revenue of the last year is on record", "无土地租金或近一年种植收入记录"),
    ),
)
def rent_to_crop_revenue_ratio() -> str:
    """Land rent against crop revenue of the last year."""
    return ratio("rent_paid_cny_year", "crop_revenue_cny_2s")
