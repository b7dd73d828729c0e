"""The sector of the business, by groups of its industry code (NAICS 11: agriculture, forestry, fishing)."""

from conf.schema.sentences import NEVER, Sentences
from features.engine.spec import Request

loan = Request("sba__loan")

SECTOR = ("The sector of the business isn't known", "企业所属行业不详")


@loan.feature(
    unit="flag",
    zh="谷物与油料种植",
    sentences=Sentences(
        NEVER,
        high=("The business grows grain or oilseeds", "企业从事谷物与油料种植"),
        low=("The business doesn't grow grain or oilseeds", "企业不从事谷物与油料种植"),
        absent=SECTOR,
    ),
)
def is_grain() -> str:
    """Grain and oilseeds."""
    return "naics_code LIKE '1111%'"


@loan.feature(
    unit="flag",
    zh="蔬菜瓜类种植",
    sentences=Sentences(
        NEVER,
        high=("The business grows vegetables or melons", "企业从事蔬菜瓜类种植"),
        low=("The business doesn't grow vegetables or melons", "企业不从事蔬菜瓜类种植"),
        absent=SECTOR,
    ),
)
def is_vegetables() -> str:
    """Vegetables and melons."""
    return "naics_code LIKE '1112%'"


@loan.feature(
    unit="flag",
    zh="水果坚果种植",
    sentences=Sentences(
        NEVER,
        high=("The business grows fruit or nuts", "企业从事水果坚果种植"),
        low=("The business doesn't grow fruit or nuts", "企业不从事水果坚果种植"),
        absent=SECTOR,
    ),
)
def is_fruit() -> str:
    """Fruit and nuts."""
    return "naics_code LIKE '1113%'"


@loan.feature(
    unit="flag",
    zh="温室与苗圃",
    sentences=Sentences(
        NEVER,
        high=("The business runs a greenhouse or nursery", "企业从事温室与苗圃"),
        low=("The business doesn't run a greenhouse or nursery", "企业不从事温室与苗圃"),
        absent=SECTOR,
    ),
)
def is_greenhouse() -> str:
    """Greenhouse and nursery."""
    return "naics_code LIKE '1114%'"


@loan.feature(
    unit="flag",
    zh="其他作物种植",
    sentences=Sentences(
        NEVER,
        high=("The business grows other crops", "企业从事其他作物种植"),
        low=("The business doesn't grow other crops", "企业不从事其他作物种植"),
        absent=SECTOR,
    ),
)
def is_other_crops() -> str:
    """Other crops."""
    return "naics_code LIKE '1119%'"


@loan.feature(
    unit="flag",
    zh="肉牛养殖",
    sentences=Sentences(
        NEVER,
        high=("The business raises beef cattle", "企业从事肉牛养殖"),
        low=("The business doesn't raise beef cattle", "企业不从事肉牛养殖"),
        absent=SECTOR,
    ),
)
def is_beef() -> str:
    """Beef cattle."""
    return "naics_code LIKE '11211%'"


@loan.feature(
    unit="flag",
    zh="奶牛养殖",
    sentences=Sentences(
        NEVER,
        high=("The business raises dairy cattle", "企业从事奶牛养殖"),
        low=("The business doesn't raise dairy cattle", "企业不从事奶牛养殖"),
        absent=SECTOR,
    ),
)
def is_dairy() -> str:
    """Dairy cattle."""
    return "naics_code LIKE '11212%'"


@loan.feature(
    unit="flag",
    zh="生猪养殖",
    sentences=Sentences(
        NEVER,
        high=("The business raises hogs", "企业从事生猪养殖"),
        low=("The business doesn't raise hogs", "企业不从事生猪养殖"),
        absent=SECTOR,
    ),
)
def is_hogs() -> str:
    """Hogs."""
    return "naics_code LIKE '1122%'"


@loan.feature(
    unit="flag",
    zh="家禽养殖（全部）",
    sentences=Sentences(
        NEVER,
        high=("The business raises poultry", "企业从事家禽养殖"),
        low=("The business doesn't raise poultry", "企业不从事家禽养殖"),
        absent=SECTOR,
    ),
)
def is_poultry() -> str:
    """Poultry of any kind."""
    return "naics_code LIKE '1123%'"


@loan.feature(
    unit="flag",
    zh="肉鸡养殖",
    sentences=Sentences(
        NEVER,
        high=("The business raises broilers", "企业从事肉鸡养殖"),
        low=("The business doesn't raise broilers", "企业不从事肉鸡养殖"),
        absent=SECTOR,
    ),
)
def is_broilers() -> str:
    """Broilers."""
    return "naics_code LIKE '11232%'"


@loan.feature(
    unit="flag",
    zh="其他畜牧业",
    sentences=Sentences(
        NEVER,
        high=("The business raises other animals", "企业从事其他畜牧业"),
        low=("The business doesn't raise other animals", "企业不从事其他畜牧业"),
        absent=SECTOR,
    ),
)
def is_other_animals() -> str:
    """Other animals."""
    return "naics_code LIKE '1129%'"


@loan.feature(
    unit="flag",
    zh="伐木",
    sentences=Sentences(
        NEVER,
        high=("The business is in logging", "企业从事伐木"),
        low=("The business isn't in logging", "企业不从事伐木"),
        absent=SECTOR,
    ),
)
def is_logging() -> str:
    """Logging."""
    return "naics_code LIKE '1133%'"


@loan.feature(
    unit="flag",
    zh="捕捞",
    sentences=Sentences(
        NEVER,
        high=("The business is in fishing", "企业从事捕捞"),
        low=("The business isn't in fishing", "企业不从事捕捞"),
        absent=SECTOR,
    ),
)
def is_fishing() -> str:
    """Fishing."""
    return "naics_code LIKE '1141%'"


@loan.feature(
    unit="flag",
    zh="种植业服务",
    sentences=Sentences(
        NEVER,
        high=("The business serves crop farming", "企业从事种植业服务"),
        low=("The business doesn't serve crop farming", "企业不从事种植业服务"),
        absent=SECTOR,
    ),
)
def is_crop_services() -> str:
    """Services to crop farming."""
    return "naics_code LIKE '1151%'"


@loan.feature(
    unit="flag",
    zh="畜牧业服务",
    sentences=Sentences(
        NEVER,
        high=("The business serves animal farming", "企业从事畜牧业服务"),
        low=("The business doesn't serve animal farming", "企业不从事畜牧业服务"),
        absent=SECTOR,
    ),
)
def is_animal_services() -> str:
    """Services to animal farming."""
    return "naics_code LIKE '1152%'"


@loan.feature(
    unit="flag",
    zh="林业服务",
    sentences=Sentences(
        NEVER,
        high=("The business serves forestry", "企业从事林业服务"),
        low=("The business doesn't serve forestry", "企业不从事林业服务"),
        absent=SECTOR,
    ),
)
def is_forestry_services() -> str:
    """Services to forestry."""
    return "naics_code LIKE '1153%'"
