"""Names that once stated a currency: records of before are read with those of today, files are refused with them."""

import pytest

from conf.schema import earlier_names, policy
from conf.schema.errors import FieldstoneError
from conf.schema.policy import Policy
from conf.schema.workspace import ROOT, load

OWN = load().policy
EARLIER = {now: earlier for earlier, now in earlier_names.NOW.items()}


def as_before(stated):
    """A JSON document with the names of before."""
    if isinstance(stated, dict):
        return {EARLIER.get(name, name): as_before(value) for name, value in stated.items()}
    return [as_before(each) for each in stated] if isinstance(stated, list) else stated


def test_a_policy_in_the_trail_of_before_is_the_policy_of_today():
    before = as_before(OWN.model_dump(mode="json"))
    assert {"min_limit_cny", "products"} <= before.keys()
    assert Policy.model_validate(earlier_names.today(before)) == OWN


def test_what_has_names_of_today_stays_as_it_is():
    assert earlier_names.today(OWN.model_dump(mode="json")) == OWN.model_dump(mode="json")
    assert not {*earlier_names.NOW} & {*EARLIER}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("min_limit", "min_limit_cny: is called min_limit now; rename it"),
        ("round_down_to", "products.farm_credit.round_down_to_cny: is called round_down_to now; rename it"),
        ("group_cap", "grades (entry 1).group_cap_cny: is called group_cap now; rename it"),
    ],
)
def test_a_file_with_a_name_of_before_is_refused_with_that_of_today(tmp_path, name, says):
    path = tmp_path / "policy.yaml"
    text = (
        (ROOT / "conf/policy.yaml")
        .read_text(encoding="utf-8")
        .replace("{annual_rate: 0.055,", "{annual_rate: 0.055, round_down_to: 100,")
    )
    path.write_text(text.replace(f"{name}: ", f"{EARLIER[name]}: "), encoding="utf-8")
    with pytest.raises(FieldstoneError) as refused:
        policy.read(path)
    assert says in str(refused.value)


def test_the_steps_of_a_decision_of_before_have_names_of_today():
    row = {"limit_steps": ["smallest", "round_down_to_cny"], "limit_step_values": [250.0, 100.0]}
    assert earlier_names.of_decision(row) == row | {"limit_steps": ["smallest", "round_down_to"]}
