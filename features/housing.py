"""Housing and household: signs of stability only.

A homestead can't be mortgaged (Civil Code 399), so no value of a house is computed. Of the household only its size is
used: relation, length of membership and changes of it would stand in for age or marital status.
"""

from features.records import Records, months_since, ratio
from features.spec import Table, derived
from features.windows import Ever, Valid

house = Table("housing__rural_house")
membership = Table("farm__household_membership")


@house.feature(windows=[Ever()], unit="count", zh="房屋数量")
def house_count(records: Records) -> str:
    """Number of houses."""
    return records.count()


@house.feature(windows=[Ever()], unit="m2", zh="房屋建筑面积")
def floor_area_m2(records: Records) -> str:
    """Floor area of the houses."""
    return records.sum("floor_area_m2")


@house.feature(windows=[Ever()], unit="m2", zh="宅基地面积")
def homestead_area_m2(records: Records) -> str:
    """Homestead area."""
    return records.sum("homestead_area_m2")


@house.feature(windows=[Ever()], unit="years", zh="最新房屋房龄")
def house_age_years(records: Records) -> str:
    """Age of the newest house."""
    return f"YEAR(as_of) - {records.max('built_year')}"


@house.feature(windows=[Ever()], unit="count", zh="房屋最高层数")
def storey_count(records: Records) -> str:
    """Storeys of the tallest house."""
    return records.max("floors")


@house.feature(windows=[Ever()], unit="flag", zh="有已颁证房屋")
def has_certified_house(records: Records) -> str:
    """Has a house with a certificate."""
    return records.max("CAST(has_certificate AS INT)")


@house.feature(windows=[Ever()], unit="ratio", zh="已颁证建筑面积占比")
def certified_floor_ratio(records: Records) -> str:
    """Share of floor area with a certificate."""
    return ratio(records.where("has_certificate").sum("floor_area_m2"), records.sum("floor_area_m2"))


@house.feature(windows=[Ever()], unit="flag", zh="有危房", monotone=1)
def has_dangerous_house(records: Records) -> str:
    """Has a house rated dangerous."""
    return records.max("CAST(is_dangerous AS INT)")


@house.feature(windows=[Ever()], unit="ratio", zh="混凝土结构面积占比")
def concrete_floor_ratio(records: Records) -> str:
    """Share of floor area in concrete structure."""
    concrete = records.where("structure IN ('reinforced_concrete', 'brick_concrete')")
    return ratio(concrete.sum("floor_area_m2"), records.sum("floor_area_m2"))


@house.feature(windows=[Ever()], unit="months", zh="房屋首次登记至今月数")
def house_registered_months(records: Records) -> str:
    """Months since the first registration of a house."""
    return months_since(records.min("registered_date"))


@membership.feature(windows=[Valid()], unit="count", zh="家庭成员数")
def household_member_count(records: Records) -> str:
    """Members of the household."""
    return records.distinct("subject_key")


@derived(unit="m2_member", zh="人均建筑面积")
def floor_area_m2_member() -> str:
    """Floor area per member of the household."""
    return ratio("floor_area_m2", "household_member_count")


@derived(unit="mu_member", zh="近一年人均播种面积")
def sown_area_mu_member() -> str:
    """Sown area of the last year per member of the household."""
    return ratio("sown_area_mu_2s", "household_member_count")
