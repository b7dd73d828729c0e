"""The sector of the business, by groups of its industry code (NAICS 11: agriculture, forestry, fishing)."""

from features.engine.spec import Request

loan = Request("sba__loan")


@loan.feature(unit="flag", zh="谷物与油料种植")
def is_grain() -> str:
    """Grain and oilseeds."""
    return "naics_code LIKE '1111%'"


@loan.feature(unit="flag", zh="蔬菜瓜类种植")
def is_vegetables() -> str:
    """Vegetables and melons."""
    return "naics_code LIKE '1112%'"


@loan.feature(unit="flag", zh="水果坚果种植")
def is_fruit() -> str:
    """Fruit and nuts."""
    return "naics_code LIKE '1113%'"


@loan.feature(unit="flag", zh="温室与苗圃")
def is_greenhouse() -> str:
    """Greenhouse and nursery."""
    return "naics_code LIKE '1114%'"


@loan.feature(unit="flag", zh="其他作物种植")
def is_other_crops() -> str:
    """Other crops."""
    return "naics_code LIKE '1119%'"


@loan.feature(unit="flag", zh="肉牛养殖")
def is_beef() -> str:
    """Beef cattle."""
    return "naics_code LIKE '11211%'"


@loan.feature(unit="flag", zh="奶牛养殖")
def is_dairy() -> str:
    """Dairy cattle."""
    return "naics_code LIKE '11212%'"


@loan.feature(unit="flag", zh="生猪养殖")
def is_hogs() -> str:
    """Hogs."""
    return "naics_code LIKE '1122%'"


@loan.feature(unit="flag", zh="家禽养殖（全部）")
def is_poultry() -> str:
    """Poultry of any kind."""
    return "naics_code LIKE '1123%'"


@loan.feature(unit="flag", zh="肉鸡养殖")
def is_broilers() -> str:
    """Broilers."""
    return "naics_code LIKE '11232%'"


@loan.feature(unit="flag", zh="其他畜牧业")
def is_other_animals() -> str:
    """Other animals."""
    return "naics_code LIKE '1129%'"


@loan.feature(unit="flag", zh="伐木")
def is_logging() -> str:
    """Logging."""
    return "naics_code LIKE '1133%'"


@loan.feature(unit="flag", zh="捕捞")
def is_fishing() -> str:
    """Fishing."""
    return "naics_code LIKE '1141%'"


@loan.feature(unit="flag", zh="种植业服务")
def is_crop_services() -> str:
    """Services to crop farming."""
    return "naics_code LIKE '1151%'"


@loan.feature(unit="flag", zh="畜牧业服务")
def is_animal_services() -> str:
    """Services to animal farming."""
    return "naics_code LIKE '1152%'"


@loan.feature(unit="flag", zh="林业服务")
def is_forestry_services() -> str:
    """Services to forestry."""
    return "naics_code LIKE '1153%'"
