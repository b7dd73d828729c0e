"""The example on real loans: the same commands, another workspace."""

import csv
import io
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd
import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from jobs.cli import main
from models import admission
from pipeline import reports
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.partners.inspection import inspect_all
from pipeline.registry import tracking, training_data
from tests import bare

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sba_farm"
FILE = EXAMPLE / "data" / "sba_farm_loans.csv"
OUTCOMES = {
    "term_months",
    "disbursed_date",
    "disbursed_usd",
    "balance_usd",
    "status",
    "charged_off_date",
    "charged_off_usd",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What `fieldstone run` said, on a state folder of its own."""
    with pytest.MonkeyPatch.context() as environment, redirect_stdout(io.StringIO()) as out:
        environment.setenv("FIELDSTONE_HOME", str(tmp_path_factory.mktemp("sba")))
        assert main(["run", "--workspace", str(EXAMPLE)]) == 0
        yield out.getvalue()


@pytest.fixture(scope="module")
def context(printed):
    """The example after a run."""
    workspace = load(EXAMPLE)
    return Context(workspace, workspace.settings.now())


@pytest.fixture(scope="module")
def frame(context):
    """What the model learnt from."""
    return training_data.frame(context)


@pytest.fixture(scope="module")
def version(context):
    """The version that the run registered."""
    client = tracking.connect(context.workspace.settings)
    (only,) = tracking.versions(client, "admission")
    return only


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the workspace to tamper with."""
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    return Path(shutil.copytree(EXAMPLE, tmp_path / "sba_farm"))


@pytest.fixture(scope="module")
def source():
    """The file, read without Fieldstone."""
    return pd.read_csv(FILE, dtype=str, keep_default_na=False).set_index("LoanNr_ChkDgt").sort_index()


@pytest.mark.further
def test_only_loans_that_were_never_paid_out_are_quarantined(context, printed):
    (batch,) = context.lake.batches("sba__loan", "refine")
    assert (batch.rows_read, batch.rows_stored, batch.rows_quarantined) == (9005, 9002, 3)
    assert batch.quarantined_by_reason == {"OUT_OF_RANGE": 3}
    assert "refine sba__loan: 9,005 rows, 9,002 to silver, 0 duplicates, 3 quarantined" in printed


@pytest.mark.further
def test_dirty_money_and_dates_are_read_in_every_row(context, source):
    rows = context.lake.read("silver_sba__loan", purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
    read = rows.select("loan_no", "approved_usd", "guaranteed_usd", "approved_date").toPandas()
    read = read.set_index("loan_no").sort_index()
    expected = source.loc[read.index]
    for ours, theirs in (("approved_usd", "GrAppv"), ("guaranteed_usd", "SBA_Appv")):
        money = expected[theirs].str.replace(r"[$, ]", "", regex=True).astype(float)
        assert (read[ours].astype(float) == money).all()
    dates = pd.to_datetime(expected["ApprovalDate"], format="%d-%b-%y")
    assert (pd.to_datetime(read["approved_date"]) == dates).all()


@pytest.mark.further
def test_the_place_below_the_state_is_never_stored(context):
    (batch,) = context.lake.batches("sba__loan", "ingest")
    assert batch.ignored_columns == ("City", "Zip")


@pytest.mark.further
def test_no_label_is_lost_to_the_quarantine(frame, source):
    assert frame["label_status"].value_counts().to_dict() == {"good": 8183, "bad": 812, "indeterminate": 7}
    assert frame["is_charged_off"].notna().sum() == 8995
    quarantined = source.drop(index=frame["application_id"])
    assert set(quarantined["MIS_Status"]) == {""}
    assert set(quarantined["DisbursementGross"].str.strip()) == {"$0.00"}


@pytest.mark.further
def test_it_ranks_in_five_folds_with_monotone_constraints_and_nothing_known_afterwards(context, version, frame):
    spec, features = context.workspace.model("admission"), declarations.feature_set(context.workspace)
    assert {name for name in spec.reads(features.names) if features.monotone[name]} == {
        "is_new_business",
        "is_revolving",
        "is_out_of_state_bank",
    }
    figures = tracking.metrics_of(tracking.connect(context.workspace.settings), version)
    assert sum(name.startswith("auc_fold_") for name in figures) == 5
    assert figures["auc_cv"] >= 0.775
    assert figures["auc_cv"] >= bare.auc_cv(frame, spec, features.monotone, 5) - 0.01


@pytest.mark.further
def test_where_nobody_is_asked_for_consent_no_page_speaks_of_one(context, version):
    assert version.tags["sampling"] == "all labelled applications; none sampled out"
    assert version.tags["data_subjects"] == "0"
    page = (reports.folder(context.workspace) / "models/admission/customers/1.html").read_text(encoding="utf-8")
    assert "authorisation" not in page
    assert "授权" not in page


@pytest.mark.further
def test_the_report_and_the_registry_show_how_it_does_out_of_time(context, version, printed):
    figures = tracking.metrics_of(tracking.connect(context.workspace.settings), version)
    assert figures["rows_in_time"] + figures["rows_oot"] == 8995
    assert figures["bad_rate_oot"] == pytest.approx(0.1306, abs=5e-5)  # approved from fiscal year 2005 on
    assert 0.55 < figures["auc_oot"] < 0.7 < figures["auc_in_time"]
    page = (reports.folder(context.workspace) / "models/admission/1.html").read_text(encoding="utf-8")
    assert "AUC out of time" in page
    assert f"{figures['auc_oot']:.3f}" in page
    assert f"reaches an AUC of <b>{figures['auc_cv']:.3f}</b>" in page
    assert f"auc_oot {figures['auc_oot']:.3f} (min 0.55) passed" in printed


@pytest.mark.further
def test_a_public_record_needs_no_assessment_but_still_its_gates(version, printed):
    assert version.tags["impact_assessment"] == "public record"
    assert version.aliases == []
    assert "decide:" not in printed


@pytest.mark.further
def test_a_pd_too_low_out_of_time_fails_and_cannot_be_approved(context, printed, capsys):
    assert "jeffreys_p_oot 0.000 (min 0.01) FAILED, grade_jeffreys_p 0.000 (min 0.01) FAILED" in printed
    who = ["--approver", "Rita", "--why", "it ranks"]
    assert main(["approve", "admission", "1", *who, "--workspace", str(EXAMPLE)]) == 1
    assert "admission:1 didn't pass its gates" in capsys.readouterr().err


def test_its_state_is_apart_from_that_of_the_default_workspace(monkeypatch):
    monkeypatch.delenv("FIELDSTONE_HOME", raising=False)
    assert load(EXAMPLE).settings.home != load().settings.home


def test_the_contract_knows_what_is_known_only_afterwards():
    columns = load(EXAMPLE).contract("sba__loan").columns
    assert {name for name, column in columns.items() if column.outcome} == OUTCOMES


@pytest.mark.parametrize("column", sorted(OUTCOMES))
def test_a_spec_that_names_a_leaking_column_is_refused(column):
    workspace = load(EXAMPLE)
    spec = workspace.model("admission").model_copy(update={"features": ("approved_usd", column)})
    with pytest.raises(FieldstoneError) as refusal:
        training_data.refuse_unlawful(spec, workspace)
    assert str(refusal.value) == (
        f"model admission names {column} as a feature, which sba__loan marks as known only after the decision; "
        "take it out of the spec"
    )


def test_training_on_a_leaking_column_fails_before_anything_is_read(copied, capsys):
    spec = copied / "conf" / "models" / "admission.yaml"
    spec.write_text(spec.read_text(encoding="utf-8") + "features: [approved_usd, term_months]\n", encoding="utf-8")
    assert main(["train", "admission", "--workspace", str(copied)]) == 1
    assert capsys.readouterr().err == (
        "fieldstone train: model admission names term_months as a feature, which sba__loan marks as known only after "
        "the decision; take it out of the spec\n"
    )


@pytest.mark.further
def test_a_leaking_column_by_the_partners_name_is_no_feature_either(frame, context):
    spec = context.workspace.model("admission").model_copy(update={"features": ("approved_usd", "Term")})
    with pytest.raises(FieldstoneError, match=r"the frame has no column for the features \['Term'\]"):
        admission.fit(frame, spec, {})


def test_a_feature_that_reads_a_leaking_column_is_refused(copied, capsys):
    (copied / "features" / "leak.py").write_text(
        "from features.engine.spec import Request\n\n"
        'loan = Request("sba__loan")\n\n\n'
        '@loan.feature(unit="usd", zh="核销本金")\n'
        "def lost_usd() -> str:\n"
        '    """Lost."""\n'
        '    return "charged_off_usd"\n',
        encoding="utf-8",
    )
    assert main(["docs", "--workspace", str(copied)]) == 1
    assert (
        "lost_usd reads sba__loan.charged_off_usd, which is known only after the decision (outcome)"
        in capsys.readouterr().err
    )


def test_what_cannot_be_used_is_quarantined_with_its_reason(copied):
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(140), strict=False)]
    rows[0]["GrAppv"] = "$1,0O0.00 "
    rows[1]["ApprovalDate"] = "31-Feb-99"
    rows[2]["RevLineCr"] = "Q"
    rows[3]["NAICS"] = "722511"
    rows[4]["SBA_Appv"] = "$9,000,000.00 "
    rows[5]["ChgOffDate"], rows[5]["MIS_Status"] = "", "CHGOFF"
    with (copied / "data" / FILE.name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert main(["ingest", "sba", "--workspace", str(copied)]) == 0
    assert main(["refine", "sba", "--workspace", str(copied)]) == 0
    workspace = load(copied)
    (batch,) = Context(workspace, workspace.settings.now()).lake.batches("sba__loan", "refine")
    assert batch.quarantined_by_reason == {
        "BAD_TYPE": 2,
        "BAD_FORMAT": 1,
        "NOT_ALLOWED": 1,
        "RULE_BROKEN": 2,
    }
    assert batch.rows_stored == 134


@pytest.mark.further
def test_a_public_record_is_scored_without_a_partner_to_admit(context, capsys):
    inspect_all(context, None)
    assert "partner sba: 0 new alerts" in capsys.readouterr().out
    page = (reports.folder(context.workspace) / "partners/sba.html").read_text(encoding="utf-8")
    assert "There is none in <code>conf/partners/sba.yaml</code>" in page
    assert "In order" in page
