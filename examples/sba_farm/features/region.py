"""The borrower's census division. Nothing finer is used, because a place can be a proxy for its inhabitants."""

from conf.schema.sentences import NEVER, Sentences
from features.engine.spec import Request

loan = Request("sba__loan")

WHERE = ("The state of the business isn't known", "企业所在州不详")


@loan.feature(
    unit="flag",
    zh="新英格兰",
    sentences=Sentences(
        NEVER,
        high=("The business is in New England", "企业位于新英格兰"),
        low=("The business isn't in New England", "企业不位于新英格兰"),
        absent=WHERE,
    ),
)
def is_new_england() -> str:
    """New England."""
    return "borrower_state IN ('CT', 'ME', 'MA', 'NH', 'RI', 'VT')"


@loan.feature(
    unit="flag",
    zh="大西洋中部",
    sentences=Sentences(
        NEVER,
        high=("The business is in the Middle Atlantic states", "企业位于大西洋中部"),
        low=("The business isn't in the Middle Atlantic states", "企业不位于大西洋中部"),
        absent=WHERE,
    ),
)
def is_mid_atlantic() -> str:
    """Middle Atlantic."""
    return "borrower_state IN ('NJ', 'NY', 'PA')"


@loan.feature(
    unit="flag",
    zh="中部东北",
    sentences=Sentences(
        NEVER,
        high=("The business is in the East North Central states", "企业位于中部东北"),
        low=("The business isn't in the East North Central states", "企业不位于中部东北"),
        absent=WHERE,
    ),
)
def is_east_north_central() -> str:
    """East North Central."""
    return "borrower_state IN ('IL', 'IN', 'MI', 'OH', 'WI')"


@loan.feature(
    unit="flag",
    zh="中部西北",
    sentences=Sentences(
        NEVER,
        high=("The business is in the West North Central states", "企业位于中部西北"),
        low=("The business isn't in the West North Central states", "企业不位于中部西北"),
        absent=WHERE,
    ),
)
def is_west_north_central() -> str:
    """West North Central."""
    return "borrower_state IN ('IA', 'KS', 'MN', 'MO', 'NE', 'ND', 'SD')"


@loan.feature(
    unit="flag",
    zh="大西洋南部",
    sentences=Sentences(
        NEVER,
        high=("The business is in the South Atlantic states", "企业位于大西洋南部"),
        low=("The business isn't in the South Atlantic states", "企业不位于大西洋南部"),
        absent=WHERE,
    ),
)
def is_south_atlantic() -> str:
    """South Atlantic."""
    return "borrower_state IN ('DC', 'DE', 'FL', 'GA', 'MD', 'NC', 'SC', 'VA', 'WV')"


@loan.feature(
    unit="flag",
    zh="中部东南",
    sentences=Sentences(
        NEVER,
        high=("The business is in the East South Central states", "企业位于中部东南"),
        low=("The business isn't in the East South Central states", "企业不位于中部东南"),
        absent=WHERE,
    ),
)
def is_east_south_central() -> str:
    """East South Central."""
    return "borrower_state IN ('AL', 'KY', 'MS', 'TN')"


@loan.feature(
    unit="flag",
    zh="中部西南",
    sentences=Sentences(
        NEVER,
        high=("The business is in the West South Central states", "企业位于中部西南"),
        low=("The business isn't in the West South Central states", "企业不位于中部西南"),
        absent=WHERE,
    ),
)
def is_west_south_central() -> str:
    """West South Central."""
    return "borrower_state IN ('AR', 'LA', 'OK', 'TX')"


@loan.feature(
    unit="flag",
    zh="山区",
    sentences=Sentences(
        NEVER,
        high=("The business is in the Mountain states", "企业位于山区"),
        low=("The business isn't in the Mountain states", "企业不位于山区"),
        absent=WHERE,
    ),
)
def is_mountain() -> str:
    """Mountain."""
    return "borrower_state IN ('AZ', 'CO', 'ID', 'MT', 'NV', 'NM', 'UT', 'WY')"


@loan.feature(
    unit="flag",
    zh="太平洋沿岸",
    sentences=Sentences(
        NEVER,
        high=("The business is in the Pacific states", "企业位于太平洋沿岸"),
        low=("The business isn't in the Pacific states", "企业不位于太平洋沿岸"),
        absent=WHERE,
    ),
)
def is_pacific() -> str:
    """Pacific."""
    return "borrower_state IN ('AK', 'CA', 'HI', 'OR', 'WA')"
