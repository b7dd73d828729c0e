"""What a reviewer is asked shows what was loosened and what changed, also where no version is in force yet."""

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.naming import model_page
from conf.schema.workspace import load
from jobs import compare
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import model_pages, model_release, policy_release, version_ending
from tests.conftest import AS_OF
from tests.integration import moving
from tests.integration.registering import registered
from tests.integration.small import copied, forget
from tests.integration.test_releases import SHEDS
from tests.unit.portfolio import admitted


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """A workspace whose models learn from features that it declares."""
    folder = tmp_path_factory.mktemp("asked")
    copied(folder / "workspace")
    (folder / "workspace/features/sheds.py").write_text(SHEDS, encoding="utf-8")
    policy_release.approve(of(folder), "Paula", "as agreed", sandbox=False)
    return folder


def of(folder: Path) -> Context:
    forget(folder)
    workspace = load(folder / "workspace")
    settings = workspace.settings.model_copy(update={"home": folder / "state", "sandbox_approval": False})
    return Context(replace(workspace, settings=settings), AS_OF)


@pytest.fixture
def folder(fresh, tmp_path) -> Path:
    shutil.copytree(fresh / "workspace", tmp_path / "workspace")
    moving.copied(fresh / "state", tmp_path / "state")
    return tmp_path


def trained(folder: Path, number: int, *gates: tuple, **made: str) -> None:
    """A version that is held to gates: figure, min, max, and whether it passed."""
    first = admitted().record.gates[0]
    judged = tuple(replace(first, metric=m, min=low, max=high, value=0.42, passed=ok) for m, low, high, ok in gates)
    passed = str(all(gate.passed for gate in judged)).lower()
    result = replace(admitted(), record=replace(admitted().record, gates=judged))
    registered(of(folder), "admission", result, fingerprint=f"{number:064}", passed=passed, **made)


def edited(folder: Path, before: str, after: str) -> None:
    file = folder / "workspace/conf/models/admission.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def compared(folder: Path, number: str, capsys) -> str:
    capsys.readouterr()
    compare.run(of(folder), "admission", number, as_json=False)
    return capsys.readouterr().out


def page(folder: Path) -> str:
    context = of(folder)
    model_pages.publish(context, tracking.connect(context.workspace.settings), "admission")
    return (reports.folder(context.workspace) / model_page("admission")).read_text(encoding="utf-8")


def test_a_reviewer_sees_what_was_loosened_and_what_changed_with_old_and_new_value(folder, capsys, monkeypatch):
    trained(folder, 1, ("score_psi", None, 0.25, False))
    edited(folder, "{metric: score_psi, max: 0.25}", "{metric: score_psi, max: 0.5}")
    trained(folder, 2, ("score_psi", None, 0.5, True), started_at="2026-11-26T08:30:11+00:00")
    text = compared(folder, "2", capsys)
    assert "Its fingerprint is `000000000000`, trained 2026-11-26 08:30 +0000, as its report says." in text
    assert "No version is in force" in text
    assert "The version before it, admission:1, failed its gates." in text
    assert "| score_psi | max 0.25 (admission:1: 0.42 FAILED) | max 0.5 | 🔴 **WEAKER** |" in text
    assert "- declaration (`conf/models`) since admission:1: `gates.score_psi.max` 0.25 → 0.5\n" in text
    listed = page(folder)
    assert listed.count("放宽</span>: score_psi</span>") == 1
    assert ">000000000000</small>" in listed
    with monkeypatch.context() as terminal:
        terminal.setattr(sys.stdout, "isatty", lambda: True)
        text = compared(folder, "2", capsys)
        assert "\x1b[1;31mWEAKER\x1b[0m" in text
        assert "🔴" not in text

    model_release.approve(of(folder), "admission", "2", "Rita", "harvest was late", sandbox=False)
    client = tracking.connect(of(folder).workspace.settings)
    # as a training does that finds nothing new
    tracking.promote_to_challenger(client, client.get_model_version("admission", "2"))
    assert client.get_model_version("admission", "2").aliases == ["champion"]
    edited(folder, "rounds: 400", "rounds: 300")
    policy = folder / "workspace/conf/policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("max_dti: ", "max_dti: 0.9 # ", 1), encoding="utf-8")
    trained(folder, 3, ("score_psi", None, 0.6, True))
    text = compared(folder, "3", capsys)
    assert "version before it" not in text  # for it was judged with the one in force
    assert text.count("WEAKER") == 1
    assert "- declaration (`conf/models`) changed: `rounds` 400 → 300\n" in text
    assert "trained by another declaration" not in text  # told once
    edited(folder, "rounds: 300", "rounds: 200")
    assert "- trained by another declaration (`conf/models`): `rounds` 400 → 300\n" in compared(folder, "3", capsys)
    edited(folder, "rounds: 200", "rounds: 300")
    assert re.search(r"- policy at the time of the approval changed: `max_dti` [\d.]+ → 0.9\n", text)
    for number in ("4", "01", "x"):
        with pytest.raises(FieldstoneError, match=f"model admission has no version {number}; it has 1, 2, 3"):
            version_ending.reject(of(folder), "admission", number, "Rita", "no")
