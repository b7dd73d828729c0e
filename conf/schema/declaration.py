"""What every declaration is: fixed once it is read, and without a field that its kind doesn't name."""

from pydantic import BaseModel, ConfigDict


class Declaration(BaseModel):
    """Part of what a workspace declares; an unknown field is a mistake to be told, not to be passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
