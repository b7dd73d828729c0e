"""What makes a loan of this workspace bad: one declaration, for its label and for features of debts."""

from pathlib import Path

from conf.schema import label

LABEL = label.read(Path(__file__).parents[1])["is_default_12m"]
