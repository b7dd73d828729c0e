"""A workspace's own kind of model: loaded by its file's name, checked at load, judged as any other."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, frame, protected

from conf.schema.errors import FieldstoneError
from conf.schema.workspace import Workspace, load
from models import report
from models.validation import of_fit
from pipeline.decisions import decide
from pipeline.features import kinds
from tests.integration.followed import blocks

OWN = blocks("how-to/kind.md")[0].text
SPEC = ADMISSION.model_copy(update={"kind": "logistic", "params": {}, "gates": ()})


def with_kind(folder: Path, text: str = OWN, name: str = "logistic") -> Workspace:
    (folder / "kinds").mkdir(exist_ok=True)
    (folder / "kinds" / f"{name}.py").write_text(text, encoding="utf-8")
    return replace(load(), root=folder, models={"admission": SPEC})


def test_it_learns_is_validated_and_has_the_page_of_what_it_predicts(tmp_path):
    workspace = with_kind(tmp_path)
    kind = kinds.of(workspace, "logistic")
    result = kind.fit(frame(), SPEC, MONOTONE, POLICY, protected())
    assert result.record.metrics["auc_oot"] > 0.6
    until = datetime(2025, 1, 1, tzinfo=UTC)
    rules = workspace.validation
    result = of_fit.validated(result, frame(), SPEC, rules, until, kind, POLICY, protected(), CATALOGUE)
    tests = {each.name: each.verdict for each in result.record.validation}
    assert {tests[name] for name in ("monotone", "additive", "reason_stability")} == {"green"}
    page = report.page(result, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
    assert "TreeSHAP" not in page
    assert "The contributions of a row add up to its prediction." in page
    again = kinds.predictor(workspace, result.predictor.to_json())
    np.testing.assert_array_equal(again.predict_pd(frame()), result.predictor.predict_pd(frame()))


@pytest.mark.parametrize("name", [name for name in NAMES if MONOTONE[name]])
def test_its_pd_goes_in_the_declared_directions(tmp_path, name):
    predictor = kinds.of(with_kind(tmp_path), "logistic").fit(frame(), SPEC, MONOTONE).predictor
    rows = frame().head(50)
    steps = np.array([predictor.predict_pd(rows.assign(**{name: value})) for value in np.linspace(-3, 3, 9)])
    assert (np.diff(steps, axis=0) * MONOTONE[name] >= 0).all()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "def fold_losses(",
            "def losses(",
            "kinds/logistic.py lacks fold_losses, which a kind of model gives; see models",
        ),
        (
            "def relearnt(",
            "def learnt_again(",
            "kinds/logistic.py lacks relearnt, which a kind of model gives; see models/kind.py",
        ),
        (
            "    def to_json(",
            "    def json(",
            "kinds/logistic.py: its PREDICTOR lacks to_json, which others ask of it; see",
        ),
        (
            "    missing: Missing\n    line",
            '    outputs = ("odds",)\n    missing: Missing\n    line',
            "kinds/logistic.py: `outputs` of its PREDICTOR are ('odds',), but pages and tests exist only for one of "
            "pd, ",
        ),
    ],
)
def test_a_file_that_lacks_something_is_refused_when_it_is_loaded(tmp_path, before, after, says):
    assert OWN.count(before) == 1
    with pytest.raises(FieldstoneError) as refused:
        kinds.of(with_kind(tmp_path, OWN.replace(before, after)), "logistic")
    assert says in str(refused.value)


IMPORTS = ["from .shared import drawn", "from . import shared", "from kinds.shared import drawn", "import kinds.shared"]


@pytest.mark.parametrize("line", IMPORTS)
def test_a_file_that_imports_another_of_the_workspace_is_refused(tmp_path, line):
    workspace = with_kind(tmp_path, f"{OWN}\n\ndef later():\n    {line}\n")
    (tmp_path / "kinds/shared.py").write_text("def drawn():\n    pass\n", encoding="utf-8")
    with pytest.raises(FieldstoneError, match=r"kinds/logistic\.py imports (kinds)?\.shared, and the file"):
        kinds.of(workspace, "logistic")


def test_a_file_that_is_not_python_is_refused_with_what_is_wrong(tmp_path):
    with pytest.raises(FieldstoneError, match=r"kinds/logistic\.py can't be loaded: SyntaxError"):
        kinds.of(with_kind(tmp_path, "def fit(:\n"), "logistic")


def test_there_is_no_such_kind_or_its_name_is_taken(tmp_path):
    with pytest.raises(FieldstoneError) as unknown:
        kinds.of(with_kind(tmp_path), "forest")
    assert str(unknown.value) == (
        "there is no kind of model 'forest': `kind` of a spec is one of admission, ebm, limit, logistic, "
        "mean_regression, quantile_regression, scorecard, or add kinds/forest.py"
    )
    with pytest.raises(FieldstoneError, match=r"kinds/limit\.py has the name of a kind that is built in; rename"):
        kinds.of(with_kind(tmp_path, name="limit"), "limit")


def test_a_changed_file_is_another_fingerprint_and_a_built_in_kind_has_none(tmp_path):
    before = kinds.fingerprint(with_kind(tmp_path), SPEC)
    assert before != kinds.fingerprint(with_kind(tmp_path, OWN + "\n"), SPEC)
    assert kinds.fingerprint(with_kind(tmp_path), ADMISSION) is None


def test_a_policy_decides_by_what_it_predicts(tmp_path):
    workspace = with_kind(tmp_path)
    both = {"admission": SPEC, "limit": load().models["limit"]}
    assert decide.deciding_models(replace(workspace, models=both)) == ["admission", "limit"]
