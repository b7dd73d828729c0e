"""What a version tells of its making, in words."""

import pytest
from portfolio import ADMISSION

from conf.schema.workspace import load
from pipeline.registry import provenance, training_data


def test_sources_are_those_of_the_features_that_it_reads():
    declared = training_data.features(load())
    assert provenance.sources(ADMISSION, declared) == "bank, farm, housing"
    of_bank = [name for name in declared.names if declared.sources[name] == {"bank"}]
    assert provenance.sources(ADMISSION.model_copy(update={"features": of_bank}), declared) == "bank"


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ({}, "as declared in the spec, whose text is in the trail; none tried"),
        (
            {"chosen": 1, "trials": [{"pruned": True}, {"pruned": False}, {"pruned": False}]},
            "3 sets tried, 1 of them pruned; trial 2 chosen",
        ),
    ],
)
def test_it_says_how_parameters_came_about(search, sentence):
    assert provenance.parameters_history(search) == sentence


def test_parameters_are_never_empty():
    assert provenance.parameters({"max_depth": 3, "eta": 0.1}) == "max_depth=3, eta=0.1"
    assert provenance.parameters({}) == "none"
