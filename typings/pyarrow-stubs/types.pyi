from pyarrow import DataType

def __getattr__(name: str) -> _Asked: ...  # `is_string` and its like

class _Asked:
    def __call__(self, t: DataType, /) -> bool: ...
