"""A scorecard in force: trained, registered, approved, decided by and replayed as a boosted PD is."""

import json

import numpy as np
import pytest

from lake import raw_access
from lake.erasure import DECISIONS
from models.card_predictor import CardPredictor
from pipeline import reports
from pipeline.context import Context
from pipeline.decisions import replay_results
from pipeline.registry import tracking
from pipeline.releases import champions, comparison
from pipeline.results.modelers import Replayed
from tests.integration.learning import county_copied, deciding_by


@pytest.fixture(scope="module")
def county(learnt, tmp_path_factory) -> Context:
    """A small county that has put a scorecard in force in place of the boosted PD."""
    copied = county_copied(learnt, tmp_path_factory.mktemp("carded"))
    spec = copied.workspace.model("admission").model_copy(
        update={"kind": "scorecard", "params": {}, "reject_inference": None}
    )
    return deciding_by(copied, spec)


def test_it_is_registered_with_its_table_and_whole_report(county):
    client = tracking.connect(county.workspace.settings)
    version = tracking.by_alias(client, "admission", tracking.CHAMPION)
    record = json.loads(tracking.artifact(client, version, tracking.RECORD))
    assert (str(version.version), record["kind"], record["params"]) == (
        "2",
        "scorecard",
        {"base": 600, "base_odds": 50, "pdo": 20},
    )
    assert record["validation"]
    assert record["joining"]
    page = (reports.folder(county.workspace) / "models/admission/2.html").read_text(encoding="utf-8")
    for part in record["scorecard"].values():
        assert all(f'<td class="n"><b>{each["points"]}</b></td>' in page for each in part["attributes"])
    text = tracking.artifact(client, version, tracking.CUSTOMERS).decode()
    assert "A scorecard, in which each fact brings points" in text
    assert "Decision trees" not in text


def test_its_report_tells_what_changed_against_the_boosted_one(county):
    client = tracking.connect(county.workspace.settings)
    records = (tracking.artifact(client, client.get_model_version("admission", n), tracking.RECORD) for n in ("1", "2"))
    was, now = (json.loads(record)["metrics"]["auc_oot"] for record in records)
    page = (reports.folder(county.workspace) / "models/admission/2.html").read_text(encoding="utf-8")
    shown = page.partition('id="champion"')[2].partition("</section>")[0]
    assert f'<code>auc_oot</code></td><td class="n">{was:.3f}</td><td class="n">{now:.3f}</td>' in shown
    assert "<code>kind</code> admission → scorecard" in shown
    assert "<code>params.max_depth</code> 3 → –" in shown


def test_decisions_rest_on_its_points(county):
    champion = champions.load(county, tracking.connect(county.workspace.settings), "admission")
    assert isinstance(champion.predictor, CardPredictor)
    made = [*raw_access.chosen(county.lake, DECISIONS, {}, ["score"])]
    score = [row["score"] for row in made]
    assert len({*np.rint(score)}) > 10
    np.testing.assert_allclose(score, np.rint(score), atol=1e-6)


def test_a_reviewer_sees_whom_it_admits_that_the_boosted_one_did_not(county):
    text = comparison.compare(county, "admission", "1").text
    assert "| auc_oot |" in text
    assert "Swap set of the latest" in text


def test_its_decisions_are_the_same_again(county, capsys):
    count = len([*raw_access.chosen(county.lake, DECISIONS, {}, ["application_id"])])
    capsys.readouterr()
    assert replay_results.show(county, None, is_all=True) == Replayed(count, without_inputs=0)
    assert capsys.readouterr().out == f"replay: {count} of {count} decisions are the same\n"
