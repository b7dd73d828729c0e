"""Where the borrower is, by census division. Nothing finer: a place can stand in for who lives there."""

from features.engine.spec import Request

loan = Request("sba__loan")


@loan.feature(unit="flag", zh="新英格兰")
def is_new_england() -> str:
    """New England."""
    return "borrower_state IN ('CT', 'ME', 'MA', 'NH', 'RI', 'VT')"


@loan.feature(unit="flag", zh="大西洋中部")
def is_mid_atlantic() -> str:
    """Middle Atlantic."""
    return "borrower_state IN ('NJ', 'NY', 'PA')"


@loan.feature(unit="flag", zh="中部东北")
def is_east_north_central() -> str:
    """East North Central."""
    return "borrower_state IN ('IL', 'IN', 'MI', 'OH', 'WI')"


@loan.feature(unit="flag", zh="中部西北")
def is_west_north_central() -> str:
    """West North Central."""
    return "borrower_state IN ('IA', 'KS', 'MN', 'MO', 'NE', 'ND', 'SD')"


@loan.feature(unit="flag", zh="大西洋南部")
def is_south_atlantic() -> str:
    """South Atlantic."""
    return "borrower_state IN ('DC', 'DE', 'FL', 'GA', 'MD', 'NC', 'SC', 'VA', 'WV')"


@loan.feature(unit="flag", zh="中部东南")
def is_east_south_central() -> str:
    """East South Central."""
    return "borrower_state IN ('AL', 'KY', 'MS', 'TN')"


@loan.feature(unit="flag", zh="中部西南")
def is_west_south_central() -> str:
    """West South Central."""
    return "borrower_state IN ('AR', 'LA', 'OK', 'TX')"


@loan.feature(unit="flag", zh="山区")
def is_mountain() -> str:
    """Mountain."""
    return "borrower_state IN ('AZ', 'CO', 'ID', 'MT', 'NV', 'NM', 'UT', 'WY')"


@loan.feature(unit="flag", zh="太平洋沿岸")
def is_pacific() -> str:
    """Pacific."""
    return "borrower_state IN ('AK', 'CA', 'HI', 'OR', 'WA')"
