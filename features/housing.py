"""Housing: signs of stability only.

A homestead can't be mortgaged (Civil Code 399), so no value of a house is computed. No feature describes the household
itself: only members who consented are on record, so its size isn't known, and whether a relative consents is no reason
to lend or not. Family relation, and length or changes of membership, would be proxies for age or marital status.
"""

from conf.schema.sentences import LATER, NEVER, Sentences
from features.engine.records import Records, months_since, ratio
from features.engine.spec import Table
from features.engine.windows import Ever

house = Table("housing__rural_house", absent=("No house is on record", "无房屋登记记录"))


@house.feature(
    windows=[Ever()],
    unit="count",
    zh="房屋数量",
    sentences=Sentences(
        NEVER,
        high=("Several houses are on record", "登记房屋数量较多"),
        low=("Few houses are on record", "登记房屋数量较少"),
    ),
)
def house_count(records: Records) -> str:
    """Number of houses."""
    return records.count()


@house.feature(
    windows=[Ever()],
    unit="m2",
    zh="房屋建筑面积",
    sentences=Sentences(
        NEVER,
        high=("The floor area of the house is large", "房屋建筑面积偏大"),
        low=("The floor area of the house is small", "房屋建筑面积偏小"),
    ),
)
def floor_area_m2(records: Records) -> str:
    """Floor area of the houses."""
    return records.sum("floor_area_m2")


@house.feature(
    windows=[Ever()],
    unit="m2",
    zh="宅基地面积",
    sentences=Sentences(
        NEVER, high=("The homestead is large", "宅基地面积偏大"), low=("The homestead is small", "宅基地面积偏小")
    ),
)
def homestead_area_m2(records: Records) -> str:
    """Homestead area."""
    return records.sum("homestead_area_m2")


@house.feature(
    windows=[Ever()],
    unit="years",
    zh="最新房屋房龄",
    sentences=Sentences(
        NEVER, high=("The house is old", "房屋房龄较长"), low=("The house was built only recently", "房屋建成时间较短")
    ),
)
def house_age_years(records: Records) -> str:
    """Age of the newest house."""
    return f"YEAR(_date) - {records.max('built_year')}"


@house.feature(
    windows=[Ever()],
    unit="count",
    zh="房屋最高层数",
    sentences=Sentences(
        NEVER, high=("The house has many storeys", "房屋层数较多"), low=("The house has few storeys", "房屋层数较少")
    ),
)
def storey_count(records: Records) -> str:
    """Storeys of the tallest house."""
    return records.max("floors")


@house.feature(
    windows=[Ever()],
    unit="flag",
    zh="有已颁证房屋",
    sentences=Sentences(
        LATER,
        high=("The house is registered", "房屋已颁证"),
        low=("The house isn't registered", "房屋未颁证"),
        only_grows=True,
        fact="certificate",
    ),
)
def has_certified_house(records: Records) -> str:
    """Has a house with a certificate."""
    return records.max("CAST(has_certificate AS INT)")


@house.feature(
    windows=[Ever()],
    unit="ratio",
    zh="已颁证建筑面积占比",
    sentences=Sentences(
        LATER,
        high=("Most of the floor area is registered", "已颁证建筑面积占比偏高"),
        low=("Much of the floor area isn't registered", "未颁证建筑面积占比偏高"),
        fact="certificate",
    ),
)
def certified_floor_ratio(records: Records) -> str:
    """Share of floor area with a certificate."""
    return ratio(records.where("has_certificate").sum("floor_area_m2"), records.sum("floor_area_m2"))


@house.feature(
    windows=[Ever()],
    unit="flag",
    zh="有危房",
    monotone=1,
    sentences=Sentences(LATER, high=("A house is rated dangerous", "有房屋被鉴定为危房")),
)
def has_dangerous_house(records: Records) -> str:
    """Has a house rated dangerous."""
    return records.max("CAST(is_dangerous AS INT)")


@house.feature(
    windows=[Ever()],
    unit="ratio",
    zh="混凝土结构面积占比",
    sentences=Sentences(
        NEVER,
        high=("Most of the house is built of concrete", "混凝土结构面积占比偏高"),
        low=("Little of the house is built of concrete", "混凝土结构面积占比偏低"),
    ),
)
def concrete_floor_ratio(records: Records) -> str:
    """Share of floor area in concrete structure."""
    concrete = records.where("structure IN ('reinforced_concrete', 'brick_concrete')")
    return ratio(concrete.sum("floor_area_m2"), records.sum("floor_area_m2"))


@house.feature(
    windows=[Ever()],
    unit="months",
    zh="房屋首次登记至今月数",
    sentences=Sentences(
        LATER,
        high=("The house was first registered long ago", "房屋首次登记距今时间较长"),
        low=("The house was first registered only recently", "房屋首次登记距今时间较短"),
        absent=("No registration of a house is on record", "无房屋登记记录"),
        only_grows=True,
    ),
)
def house_registered_months(records: Records) -> str:
    """Months since the first registration of a house."""
    return months_since(records.min("registered_date"))
