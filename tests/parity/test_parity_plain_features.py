"""Both engines compute the same features of `conf/features.yaml`: plain columns, latest records and lookups."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from conf.schema.workspace import ROOT

NAMES = (
    "amount_cny", "is_channel_branch", "is_channel_mobile", "is_urgent",
    "head_count", "weight_kg", "grade_rank", "is_grade_a", "is_grade_b", "is_grade_c", "is_insured",
    "price_cny_kg", "is_up",
)  # fmt: skip
ORDERED = {
    "a1": (12345.67, 1, 0, 1),
    "a2": (0.1, None, None, 0),  # a value that one_hot leaves out
    "a3": (None, None, None, None),
    "a4": (99.99, 0, 1, None),
}
OF_HERDS = {
    "a1": (5, 0.1, 0, 0, 0, 1, 1),  # of two of the same moment that of the key that sorts last; a later one isn't known
    "a2": (3, None, None, 0, 0, 0, None),  # six completed months old, and of a grade that `ordinal` leaves out
    "a3": (7, 70.125, 2, 1, 0, 0, 1),  # a second before the application
    "a4": (None,) * 7,
}
OF_PRICES = {
    "a1": (1.2345, 0),  # corrected afterwards
    "a2": (2.7183, None),  # four completed months old
    "a3": (1.1, 1),
    "a4": (None, None),  # of no crop
}


@pytest.fixture(scope="module", params=["sail", pytest.param("spark", marks=pytest.mark.spark)])
def computed(request, tmp_path_factory) -> dict[str, dict[str, float | None]]:
    """Features by application, as the engine has them."""
    if request.param == "spark" and not (shutil.which("java") or os.environ.get("FIELDSTONE_REQUIRE_SPARK")):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    folder = tmp_path_factory.mktemp("plain")
    command = [sys.executable, "-m", "tests.parity.plain_features", request.param, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("application", ORDERED)
def test_an_engine_computes_features_declared_in_yaml(computed, application):
    values = (*ORDERED[application], *OF_HERDS[application], *OF_PRICES[application])
    assert computed[application] == dict(zip(NAMES, values, strict=True))
