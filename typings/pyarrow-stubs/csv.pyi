# pyarrow.csv is used in one or two places, which say their own types.
from typing import Any

def __getattr__(name: str) -> Any: ...
