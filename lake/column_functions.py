"""Python functions over columns, as decorators that say the type of what they return.

Both of pyspark's decorators take that type alone, as its documentation recommends; its stubs know only the older form,
with a kind of function beside it, against which it warns.
"""

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

OnColumns = Callable[..., Column]


def on_arrow(returns: DataType) -> Callable[[Callable[..., pa.Array]], OnColumns]:
    """Of a function over Arrow arrays."""
    return F.arrow_udf(returns)  # pyright: ignore[reportCallIssue] - the stubs lack this form


def on_pandas(returns: DataType) -> Callable[[Callable[..., pd.Series]], OnColumns]:
    """Of a function over pandas series."""
    return F.pandas_udf(returns)  # pyright: ignore[reportCallIssue] - the stubs lack this form
