"""Thresholds by which a validation of models rates a finding amber or red: `conf/validation.yaml`.

For a workspace without the file, the thresholds beside this module apply, so that leaving it out loosens nothing.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError

DEFAULT = Path(__file__).with_suffix(".yaml")

Verdict = Literal["green", "amber", "red", "not tested"]


class Threshold(Declaration):
    """The values from which a figure is amber, or red; if red is above amber, higher values are worse, else lower."""

    amber: float = Field(allow_inf_nan=False)
    red: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.amber == self.red:
            raise ValueError(
                f"amber and red are both {self.red:g}, so it isn't clear which side is worse; give them different "
                "values"
            )
        return self

    def verdict(self, figure: float) -> Verdict:
        """The verdict on a figure; a figure without a value isn't tested."""
        if figure != figure:
            return "not tested"
        worse = 1 if self.red > self.amber else -1
        return "red" if worse * (figure - self.red) > 0 else "amber" if worse * (figure - self.amber) > 0 else "green"


class Validation(Declaration):
    """The rules of a validation.

    Attributes:
        version: the bank's name for this version of the rules.
        groups: columns of the training frame whose groups are tested one by one.
        thresholds: name of the test → threshold.
    """

    version: str = Field(min_length=1)
    groups: tuple[str, ...] = ()
    thresholds: dict[str, Threshold]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the declared rules; it doesn't depend on the layout of the file."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    def threshold(self, test: str) -> Threshold:
        """The threshold of a test.

        Raises:
            ContractError: none is declared.
        """
        if test not in self.thresholds:
            raise ContractError(
                f"conf/validation.yaml has no threshold for {test!r}; it has {', '.join(self.thresholds) or 'none'}. "
                "State its amber and red there"
            )
        return self.thresholds[test]


def read(path: Path) -> Validation:
    """Read the rules, or `DEFAULT` if there is no such file.

    Raises:
        ContractError: the file is not valid.
    """
    return yaml_reader.read(Validation, path if path.exists() else DEFAULT, f"validation rules conf/{path.name} are")
