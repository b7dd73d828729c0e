"""An explainable boosting machine in force: searched, trained, approved, decided by and replayed as a boosted PD is."""

import json

import numpy as np
import pytest

from conf.schema.model import Search
from lake import raw_access
from lake.erasure import DECISIONS
from models.ebm_predictor import EbmPredictor
from pipeline import reports
from pipeline.context import Context
from pipeline.decisions import replay_results
from pipeline.registry import tracking
from pipeline.releases import champions
from pipeline.results.modelers import Replayed
from tests.integration.learning import county_copied, deciding_by

SPEC = {
    "kind": "ebm",
    "params": {"max_rounds": 200, "outer_bags": 2},
    "search": Search(trials=2, space={"max_bins": (8, 32)}),
    "reject_inference": None,
}


@pytest.fixture(scope="module")
def county(learnt, tmp_path_factory) -> Context:
    """A small county that has put curves in force in place of the boosted PD."""
    copied = county_copied(learnt, tmp_path_factory.mktemp("curved"))
    spec = copied.workspace.model("admission").model_copy(update=SPEC)
    return deciding_by(copied, spec)


def test_it_is_registered_with_its_search_and_whole_report(county):
    client = tracking.connect(county.workspace.settings)
    version = tracking.by_alias(client, "admission", tracking.CHAMPION)
    record = json.loads(tracking.artifact(client, version, tracking.RECORD))
    trials = record["search"]["trials"]
    assert (str(version.version), record["kind"], len(trials)) == ("2", "ebm", 2)
    assert record["params"]["max_bins"] == trials[record["search"]["chosen"]]["params"]["max_bins"]
    assert record["validation"]
    assert record["joining"]
    page = (reports.folder(county.workspace) / "models/admission/2.html").read_text(encoding="utf-8")
    assert "The curves of the strongest features, as they score" in page
    text = tracking.artifact(client, version, tracking.CUSTOMERS).decode()
    assert "A sum of curves, each of which tells how one fact changes the risk" in text
    assert "Decision trees" not in text


def test_decisions_rest_on_its_curves(county):
    champion = champions.load(county, tracking.connect(county.workspace.settings), "admission")
    assert isinstance(champion.predictor, EbmPredictor)
    made = [row["pd"] for row in raw_access.chosen(county.lake, DECISIONS, {}, ["pd"])]
    assert len({*np.round(made, 6)}) > 10


def test_its_decisions_are_the_same_again(county, capsys):
    count = len([*raw_access.chosen(county.lake, DECISIONS, {}, ["application_id"])])
    capsys.readouterr()
    assert replay_results.show(county, None, is_all=True) == Replayed(count, without_inputs=0)
    assert capsys.readouterr().out == f"replay: {count} of {count} decisions are the same\n"
