"""Decorators that turn Python functions into functions over columns; each names the type of the result.

Both of pyspark's decorators take that type alone, as its documentation recommends; its stubs know only the older form,
with a kind of function beside it, against which it warns.
"""

from collections.abc import Callable
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

OnColumns = Callable[..., Column]
_UNTYPED = cast("Any", F)  # its stubs lack this form


def on_arrow(returns: DataType) -> Callable[[Callable[..., pa.Array]], OnColumns]:
    """Decorator for a function over Arrow arrays."""
    return _UNTYPED.arrow_udf(returns)


def on_pandas(returns: DataType) -> Callable[[Callable[..., pd.Series]], OnColumns]:
    """Decorator for a function over pandas series."""
    return _UNTYPED.pandas_udf(returns)
