"""What applicants are grouped by for parting rows is a column that the workspace's contracts declare."""

import re
import shutil

import pytest

from conf.schema import workspace
from conf.schema.errors import FieldstoneError
from conf.schema.model import ModelSpec

TITLE = "title: {en: household, zh: 农户}"


def loaded(folder, split: str) -> ModelSpec:
    shutil.copytree(workspace.ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    spec = folder / "conf/models/limit.yaml"
    before, after = re.split(r"^split:\n(?:  .*\n)+", spec.read_text(encoding="utf-8"), flags=re.MULTILINE)
    spec.write_text(f"{before}split: {split}\n{after}", encoding="utf-8")
    return workspace.load(folder).models["limit"]


def test_rows_may_be_parted_by_chance_and_households_kept_together(tmp_path):
    split = f"{{by: chance, together: {{table: farm__household_membership, column: household_no, {TITLE}}}}}"
    spec = loaded(tmp_path, split)
    assert spec.is_by_chance
    assert list(spec.split.groupings) == ["together"]


def test_a_column_may_be_the_folds(tmp_path):
    spec = loaded(tmp_path, "{folds_by: {table: bank__customer, column: village_code, title: {en: village, zh: 村}}}")
    assert [*spec.split.groupings] == ["folds_by"]


@pytest.mark.parametrize(
    ("split", "error"),
    [
        (
            "{by: luck}",
            "model conf/models/limit.yaml is not valid: split.by: is 'luck', and has to be 'time' or 'chance'",
        ),
        (
            f"{{folds_by: {{table: bank__customer, column: season, {TITLE}}}}}",
            "split.folds_by: bank__customer has no column 'season' to group applicants by; it has ",
        ),
        (
            f"{{together: {{table: farm__moon, column: household_no, {TITLE}}}}}",
            "split.together: applicants can't be grouped by table 'farm__moon'; it must have a subject and the purpose "
            "model_training, as these have: bank__account, bank__application, ",
        ),
        (
            f"{{out_of: {{table: bank__customer, column: customer_name, {TITLE}}}}}",
            "split.out_of: bank__customer has no column 'customer_name' to group applicants by; it has ",
        ),
    ],
)
def test_a_grouping_that_isnt_there_is_refused_with_what_there_is(tmp_path, split, error):
    with pytest.raises(FieldstoneError) as refused:
        loaded(tmp_path, split)
    assert error in str(refused.value)
