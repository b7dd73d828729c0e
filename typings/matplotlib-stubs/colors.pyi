from collections.abc import Sequence

class LinearSegmentedColormap:
    @staticmethod
    def from_list(name: str, colors: Sequence[str], N: int = ..., gamma: float = ...) -> LinearSegmentedColormap: ...
