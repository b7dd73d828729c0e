"""A workspace's own kind of model in force: decisions and replays rest on its file, and a changed file is noticed."""

from collections.abc import Callable

import pytest

from conf.schema.errors import FieldstoneError
from lake import raw_access
from lake.erasure import DECISIONS
from pipeline.context import Context
from pipeline.decisions import decide, replay_results
from pipeline.results.modelers import Replayed
from tests.integration.followed import blocks
from tests.integration.learning import county_copied, deciding_by
from tests.integration.small import forget


@pytest.fixture(scope="module")
def county(learnt, tmp_path_factory) -> Context:
    """A small county that has decided by the kind of docs/how-to/kind.md."""
    copied = county_copied(learnt, tmp_path_factory.mktemp("own_kind"))
    file = copied.workspace.root / "kinds/logistic.py"
    file.parent.mkdir()
    file.write_text(blocks("how-to/kind.md")[0].text, encoding="utf-8")
    own = {"kind": "logistic", "params": {}, "reject_inference": None}
    spec = copied.workspace.model("admission").model_copy(update=own)
    return deciding_by(copied, spec)


@pytest.fixture
def edited(county):
    """Changes the kind's file until the test has ended."""
    file = county.workspace.root / "kinds/logistic.py"
    whole = file.read_text(encoding="utf-8")

    def change(before: str, after: str) -> None:
        assert before in whole
        file.write_text(whole.replace(before, after), encoding="utf-8")
        forget(county.workspace.root)

    yield change
    file.write_text(whole, encoding="utf-8")
    forget(county.workspace.root)


def numbers(county: Context) -> list[str]:
    return sorted(row["application_id"] for row in raw_access.chosen(county.lake, DECISIONS, {}, ["application_id"]))


def test_decisions_by_an_unchanged_file_are_the_same_again(county):
    assert replay_results.show(county, None, is_all=True) == Replayed(len(numbers(county)), without_inputs=0)


def test_nothing_is_decided_by_a_file_that_was_changed(county, edited: Callable[[str, str], None]):
    edited("_RIDGE = 0.01", "_RIDGE = 0.1")
    with pytest.raises(FieldstoneError, match=r"admission:2 isn't as .* approved it.*kinds/logistic\.py was changed"):
        decide.run(county)


def test_a_replay_says_that_the_file_was_changed(county, edited: Callable[[str, str], None]):
    edited("_RIDGE = 0.01", "_RIDGE = 0.1")
    replayed = replay_results.show(county, numbers(county)[0], is_all=False)
    assert replayed.since == ("the file of its kind has changed since admission:2 was trained",)


def test_a_replay_by_a_file_that_scores_in_another_way_is_not_the_same(county, edited: Callable[[str, str], None]):
    edited("return self.intercept + ", "return 1 + self.intercept + ")
    with pytest.raises(FieldstoneError, match="isn't the same"):
        replay_results.show(county, numbers(county)[0], is_all=False)
