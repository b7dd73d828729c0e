"""Every feature that may count against an applicant says so in a sentence for people, in each language."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from portfolio import MONOTONE, admitted, frame, limited

from conf.schema import workspace
from conf.schema.errors import ContractError
from conf.schema.sentences import LATER, NEVER, SIDES, Sentences, unsaid
from features.engine.catalogue import formula
from features.engine.windows import Months
from models import adverse_direction, explain
from pipeline.decisions import decision_inputs
from pipeline.features import declarations
from tests.integration.small import copied

ROOT = Path(__file__).parents[2]
OF_COUNTY = declarations.feature_set(workspace.load())
COUNTY = OF_COUNTY.columns
FARM = declarations.feature_set(workspace.load(ROOT / "examples/sba_farm")).columns
SPEAKING = [column for column in (*COUNTY, *FARM) if not column.is_plain]  # the others speak by their label
LABEL_LIKE = ("too low", "too high", "unfavourable", "对申请不利", "{", "：")


def sides(column) -> list[str]:
    """Ways in which a feature may count against somebody."""
    return ["absent", *({1: ["high"], -1: ["low"], 0: ["high", "low"]}[column.monotone])]


CASES = [pytest.param(column, side, id=f"{column.name}-{side}") for column in SPEAKING for side in sides(column)]


@pytest.mark.parametrize(("column", "side"), CASES)
def test_every_feature_speaks_in_every_direction_to_people(column, side):
    value = {"absent": np.nan, "high": 1.0, "low": 0.0}[side]
    shap, values = pd.DataFrame({column.name: [1.0]}), pd.DataFrame({column.name: [value]})
    lean = {"high": 1, "low": -1, "absent": 0}[side]
    ((reason,),) = explain.reasons(shap, values, np.zeros(1), {column.name: column}, (), lambda row, name: lean)
    assert (reason.en, reason.zh) == getattr(column.sentences, side)
    assert reason.en[0].isupper()
    assert not reason.en.endswith(".")
    assert any("一" <= character <= "鿿" for character in reason.zh)
    assert not any(phrase in text for phrase in LABEL_LIKE for text in (reason.en, reason.zh))
    assert reason.change == column.sentences.change_of(side)


def test_a_flag_says_what_is_so_and_not_how_much():
    (certified,) = [column for column in COUNTY if column.name == "has_certified_house"]
    assert certified.sentences.low == ("The house isn't registered", "房屋未颁证")
    assert certified.sentences.change == LATER


def test_what_nobody_can_change_is_declared_so():
    never = {column.name for column in COUNTY if column.sentences.change == NEVER}
    assert {"house_age_years", "disaster_area_ratio_2s", "homestead_area_m2"} <= never
    assert not never & {"requested_cny", "overdue_cny", "balance_cny"}


def test_the_time_since_something_first_happened_can_never_be_made_shorter():
    shown = {column.name: formula(column, OF_COUNTY) for column in COUNTY if "high" in sides(column)}
    grow = {name for name, sql in shown.items() if sql.startswith("SHIFTRIGHT(_today - ") and "min(" in sql.lower()}
    assert {"house_registered_months", "transfer_history_months", "borrowing_months"} <= grow
    later = {column.name for column in COUNTY if column.name in grow and column.sentences.change_of("high") != NEVER}
    assert not later, f"{', '.join(sorted(later))}: state only_grows=True in Sentences, as no household can lower it"


def test_what_only_grows_can_still_be_waited_for_where_it_is_low():
    (borrowing,) = [column for column in COUNTY if column.name == "borrowing_months"]
    assert [borrowing.sentences.change_of(side) for side in SIDES] == [NEVER, LATER, LATER]


def test_a_fact_is_stated_by_several_features():
    facts: dict[str, set[str]] = {}
    for column in COUNTY:
        if fact := column.sentences.fact:
            facts.setdefault(fact, set()).add(column.name.removesuffix(f"_{column.window}"))
    assert {"crop_income", "debt", "amount_requested"} <= set(facts)
    alone = [fact for fact, names in facts.items() if len(names) == 1]
    assert not alone, f"{', '.join(alone)}: only one feature states it; is it spelt as others spell it?"


def test_a_feature_that_states_neither_its_fact_nor_whether_it_only_grows_counts_as_the_declaration_of_before():
    each = declarations.each_sha256(workspace.load(ROOT / "examples/sba_farm"))
    before = "c88ca84169994880984755a8292ef3a3e4e9bd5064c08bea84f82ff152a24c79"
    assert each["guaranteed_ratio"] == before, (
        "gold that was built before would be refused, and versions in force with it; leave a field that isn't stated "
        "out of the SHA-256 of declarations. If this feature itself was changed, put its new SHA-256 here"
    )


def test_the_window_stands_in_the_sentence_and_the_table_speaks_where_nothing_is_known():
    window = Months(12)
    sentences = Sentences(LATER, low=("Little came in over the {window}", "{window}偏少"))
    texts = sentences.of(absent=("Nothing is on record", "无记录"), en=window.en, zh=window.zh)
    assert texts.low == ("Little came in over the last 12 months", "近12个月偏少")
    assert texts.absent == ("Nothing is on record", "无记录")


@pytest.mark.parametrize(
    ("sentences", "monotone", "languages", "lacking"),
    [
        (None, 1, 1, ["high", "absent"]),
        (None, 0, 1, list(SIDES)),
        (Sentences(LATER, low=("a", "b"), absent=("a", "b")), -1, 2, []),
        (Sentences(LATER, low=("a",), absent=("a", "b")), -1, 2, ["low"]),
        (Sentences(LATER, high=("a",), absent=("a",)), 1, 1, []),
        (Sentences(LATER, high=("a",), absent=("a",)), 0, 1, ["low"]),
    ],
)
def test_what_lacks_a_sentence_is_found_by_the_directions_it_has(sentences, monotone, languages, lacking):
    assert unsaid(sentences, monotone, languages) == lacking


def with_an_unexplained_feature(root: Path) -> Path:
    """A copy of the county's workspace with a feature that has no sentence."""
    copied(root)
    (root / "features/shed.py").write_text(
        "from features.engine.spec import Request\n\n"
        'request = Request("bank__application")\n\n\n'
        '@request.feature(unit="cny", zh="申请额", monotone=1)\n'
        'def asked_cny() -> str:\n    """Asked for."""\n    return "requested_cny"\n',
        encoding="utf-8",
    )
    return root


def test_a_feature_that_decides_without_a_sentence_is_refused_with_what_to_write(tmp_path):
    own = with_an_unexplained_feature(tmp_path / "own")
    with pytest.raises(ContractError, match=r"asked_cny \(high, absent\).*sentences=Sentences\(LATER"):
        declarations.feature_set(workspace.load(own))


def test_a_feature_that_only_a_model_of_no_decisions_reads_needs_no_sentence(tmp_path):
    own = with_an_unexplained_feature(tmp_path / "own")
    for path in (own / "conf/models").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec["exclude"] = [*spec.get("exclude", ()), "asked_cny"]
        path.write_text(yaml.safe_dump(spec, allow_unicode=True), encoding="utf-8")
    (own / "conf/models/yield.yaml").write_text(
        "kind: mean_regression\ntitle: {en: Yield, zh: 产量}\nlabel: yield\nfeatures: [asked_cny]\n", encoding="utf-8"
    )
    assert "asked_cny" in declarations.feature_set(workspace.load(own)).names


def test_a_column_that_is_a_feature_as_it_is_needs_no_sentence_and_speaks_by_its_label():
    (new,) = [column for column in FARM if column.name == "is_new_business"]
    assert (new.is_plain, new.sentences) == (True, None)
    shap, values = pd.DataFrame({new.name: [1.0]}), pd.DataFrame({new.name: [1.0]})
    ((reason,),) = explain.reasons(shap, values, np.zeros(1), {new.name: new}, (), lambda row, name: 1)
    assert (reason.en, reason.zh) == ("New business: yes", "新设企业：是")


@pytest.mark.parametrize(("fitted", "sign"), [(admitted, 1), (limited, -1)])
def test_a_free_feature_leans_the_way_in_which_the_model_itself_would_improve(fitted, sign):
    scorer, rows = fitted().predictor, frame().head(6).reset_index(drop=True)

    def risk(applications: pd.DataFrame) -> np.ndarray:
        return sign * scorer.margin(applications)

    leans = adverse_direction.by(risk, scorer.thresholds)
    seen = set()
    for name in [name for name in scorer.features if MONOTONE[name] == 0]:
        for i in rows.index[rows[name].notna()]:
            row, tried = rows.loc[[i]], adverse_direction.intervals(scorer.thresholds[name])
            risks = np.array([risk(row.assign(**{name: value}))[0] for value in tried])
            direction = leans(row, name)
            if direction:
                better = tried[risks == risks.min()]
                assert risks.min() < risk(row)[0]
                assert ((better < row[name].iloc[0]) if direction > 0 else (better > row[name].iloc[0])).any()
            else:
                assert not (risks < risk(row)[0]).any()
            seen.add(direction)
    assert seen >= {1, -1}


def test_a_feature_that_no_tree_reads_leans_to_no_side():
    assert (
        adverse_direction.by(lambda rows: np.zeros(len(rows)), {"a": np.empty(0)})(pd.DataFrame({"a": [1.0]}), "a") == 0
    )


@pytest.mark.parametrize("name", ["sentences", "told"])
def test_a_decision_kept_before_they_were_called_sentences_has_them_all_the_same(name):
    sentences = Sentences(LATER, low=("Little came in", "入账偏少"))
    before = {what: value for what, value in asdict(sentences).items() if what != "only_grows"}
    entry = {"unit": "cny", "en": "Income", "zh": "收入", "monotone": -1, name: before}
    assert decision_inputs.catalogue({"catalogue": {"income_cny": entry}})["income_cny"].sentences == sentences
