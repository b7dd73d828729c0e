"""The label of this workspace, which defines a bad loan; its labels and its features of debts both use it."""

from pathlib import Path

from conf.schema import label

LABEL = label.read(Path(__file__).parents[1])["is_default_12m"]
