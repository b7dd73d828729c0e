"""Consent texts and what they declare."""

import hashlib
import re

import pytest
import yaml

from conf.schema import consent_text
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT, load

GOOD = {"from_date": "2024-01-01", "scopes": ["farm.planting"], "purposes": ["credit_assessment"]}


@pytest.fixture
def folder(tmp_path):
    def write(name, **changes):
        (tmp_path / f"{name}.md").write_text(f"words of {name}")
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(GOOD | changes))
        return tmp_path

    return write


def test_texts_come_by_hash_oldest_first(folder):
    folder("b", from_date="2020-01-01")
    texts = list(consent_text.read(folder("a", shares_with_household=True)).items())
    assert [text.version for _, text in texts] == ["b", "a"]
    assert texts[1][0] == hashlib.sha256(b"words of a").hexdigest()
    assert [text.shares_with_household for _, text in texts] == [False, True]


@pytest.mark.parametrize("missing", ["md", "yaml"])
def test_a_version_needs_its_words_and_what_they_say(folder, missing):
    folder("a")
    (folder("b") / f"b.{missing}").unlink()
    with pytest.raises(FieldstoneError, match=r"b has only a text or only a declaration.*b\.md.*b\.yaml"):
        consent_text.read(folder("a"))


def test_two_versions_with_the_same_words_are_refused(folder):
    path = folder("a")
    (folder("b") / "b.md").write_text("words of a")
    with pytest.raises(FieldstoneError, match="two versions have the same text"):
        consent_text.read(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"purposes": ["advertising"]}, "purposes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["farm.*"]}, "scopes"),
        ({"until_date": "2023-12-31"}, "in force for at least one day"),
        ({"sha256": "0" * 64}, "comes from the text itself"),
        ({"shared": True}, "is no field here"),
    ],
)
def test_a_wrong_declaration_is_refused(folder, changes, message):
    with pytest.raises(FieldstoneError, match=message):
        consent_text.read(folder("a", **changes))


def test_the_projects_texts_speak_of_every_scope_that_contracts_ask_for():
    workspace = load()
    scopes = {contract.consent_scope for contract in workspace.contracts.values() if contract.consent_scope}
    newest = list(workspace.consent_texts.values())[-1]
    assert scopes == {*newest.scopes}
    assert [t.version for t in workspace.consent_texts.values() if t.shares_with_household] == ["2025-01"]


WORDS = {
    "credit_assessment": ("credit assessment|assess that application", "贷款审批"),
    "model_training": ("model training", "模型训练"),
    "post_loan_monitoring": ("post-loan monitoring", "贷后管理"),
    "fairness_testing": ("fairness tests", "公平性检验"),
}


@pytest.mark.parametrize("text", load().consent_texts.values(), ids=lambda text: text.version)
def test_what_is_declared_of_a_text_stands_in_its_words_in_both_languages(text):
    words = (ROOT / "conf/consent_texts" / f"{text.version}.md").read_text(encoding="utf-8").replace("\n", " ")
    spoken = {purpose: [bool(re.search(each, words)) for each in both] for purpose, both in WORDS.items()}
    assert spoken == {purpose: [purpose in text.purposes] * 2 for purpose in Purpose}
    assert ("another member of the same household" in words, "同户成员" in words) == (text.shares_with_household,) * 2
