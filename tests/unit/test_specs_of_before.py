"""A version that was trained before its declaration stood in the trail: its data set can't be told, and what to do."""

import json
from datetime import UTC, datetime

import pytest

from conf.schema import workspace
from conf.schema.errors import NotFound
from lake.entries import Entry
from pipeline.dataset import RegisteredVersion
from pipeline.features import declarations
from pipeline.registry.trainings import Training

DECLARED = workspace.load().model("admission")


def registered(split_by: str = "time", **facts: object) -> RegisteredVersion:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    fit, note = (Entry(number, at, "Mo", "fit", json.dumps(facts), "", "") for number in (1, 2))
    return RegisteredVersion("admission", "3", Training(fit, note), None, {"split_by": split_by})


@pytest.mark.parametrize("facts", [{}, {"spec": {"kind": "admission"}}], ids=["its SHA-256 alone", "in other words"])
def test_what_an_earlier_version_trained_is_to_be_trained_again(facts):
    with pytest.raises(NotFound, match=r"no declaration of admission:3 .* train the model again \(fieldstone train ad"):
        _ = registered(spec_sha256="c" * 64, **facts).spec


@pytest.mark.parametrize(("split_by", "expected"), [("time", DECLARED), ("chance", DECLARED.by_chance())])
def test_what_is_in_the_trail_is_the_declaration(split_by, expected):
    assert registered(split_by, spec=declarations.stated(DECLARED)).spec == expected
