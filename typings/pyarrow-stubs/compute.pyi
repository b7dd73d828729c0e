# pyarrow makes its compute functions from Arrow's registry while it is imported, so a type checker can't see them.
from typing import Any

def __getattr__(name: str) -> Any: ...
