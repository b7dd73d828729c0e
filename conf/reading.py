"""How every declaration is read: YAML into a typed model, with an error that names the file."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from conf.errors import FieldstoneError

Declaration = TypeVar("Declaration", bound=BaseModel)


def read(model: type[Declaration], path: Path, what: str, **known: Any) -> Declaration:
    """Read one file.

    Args:
        model: what it declares.
        path: the file.
        what: how the error begins, such as `policy conf/policy.yaml is`.
        known: fields that the file's place says, such as its name; what it states itself wins.

    Raises:
        FieldstoneError: the file is no YAML, or not what the model asks for.
    """
    try:
        stated = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(known | stated if isinstance(stated, dict) else stated)
    except (ValidationError, yaml.YAMLError) as error:
        raise FieldstoneError(f"{what} not valid: {error}") from error
