"""A version is put in force by a reviewer's key alone, and never by who trained it, under whatever name."""

import json
from dataclasses import replace

import pytest

from conf.schema import person_keys
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from jobs import compare
from lake import dsse
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import model_release, verification
from tests.conftest import AS_OF
from tests.integration.people_of_a_bank import PASSPHRASE, released, stated, with_people
from tests.integration.registering import registered
from tests.integration.small import copied
from tests.integration.test_releases import SHEDS


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A bank with a version that Tara has trained, who is a reviewer besides."""
    folder = tmp_path_factory.mktemp("bank")
    copied(folder / "workspace")
    (folder / "workspace/features/sheds.py").write_text(SHEDS, encoding="utf-8")
    workspace = load(folder / "workspace")
    settings = workspace.settings.model_copy(update={"home": folder / "state"})
    context = Context(replace(workspace, settings=settings), AS_OF)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(person_keys.PASSPHRASE, PASSPHRASE)
        listed = stated(folder / "keys")
        listed["tara"] |= {"roles": ["modeler", "reviewer"], "logins": ["tlogin"]}
        made = released(context, listed, folder / "keys")
        registered(made, trainer="tara")
        yield made


def _champion(context: Context):
    return tracking.by_alias(tracking.connect(context.workspace.settings), "admission", tracking.CHAMPION)


def test_who_trained_a_version_cannot_approve_it_under_any_name(bank):
    before = bank.trail.entries()
    for name in ("tara", "Tara", "ＴＡＲＡ", " tara ", "tlogin", "TLogin", "tara.", "ta-ra", "t.login"):
        with pytest.raises(FieldstoneError, match="trained admission:1 and can't approve it; another person has to"):
            model_release.approve(bank, "admission", "1", name, "mine", sandbox=False)
    assert bank.trail.entries() == before


def test_nobody_puts_a_version_in_force_by_a_name_or_by_an_office_that_isnt_theirs(bank, tmp_path):
    before, settings = bank.trail.entries(), bank.workspace.settings.model_copy(update={"person_key": tmp_path})
    stolen_name = replace(bank, workspace=replace(bank.workspace, settings=settings))
    for context, name, says in (
        (stolen_name, "ruth", "approve by ruth has to be signed by the key"),
        (bank, "Rita", "nobody is called Rita"),
        (bank, "sandbox-reviewer", "nobody is called sandbox-reviewer"),
        (bank, "zhao", "zhao is engineer, and approve is for reviewer"),
        (bank, "airflow", "airflow is service, and approve is for reviewer"),
    ):
        with pytest.raises(FieldstoneError, match=says):
            model_release.approve(context, "admission", "1", name, "let it pass", sandbox=False)
    assert bank.trail.entries() == before
    version = tracking.known(tracking.connect(bank.workspace.settings), "admission", "1")
    assert "approver" not in version.tags


def test_what_a_reviewer_signs_is_the_release(bank):
    looked_at = compare.run(bank, "admission", "1", as_json=True).release
    model_release.approve(bank, "admission", "1", "ruth", "sound", sandbox=False, release=looked_at)
    entry = bank.trail.entries()[-1]
    assert entry.action == "approve"
    assert dsse.read(entry.signature).signers == ("ruth",)
    assert json.loads(entry.details)["release_sha256"]
    assert str(_champion(bank).version) == "1"
    assert verification.differences(bank) == []
    gone = with_people(bank, {})
    assert gone.trail.verify() == []
