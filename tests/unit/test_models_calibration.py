"""Calibration corrects the level and never the ranking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from models import calibration
from models.calibration import Platt

RNG = np.random.default_rng(4)
MARGIN = RNG.normal(-2, 1, 20_000)


def test_finds_the_line_between_margin_and_truth():
    bad = RNG.random(MARGIN.size) < expit(0.5 + 0.7 * MARGIN)
    fitted = calibration.fit(MARGIN, bad)
    assert fitted.intercept == pytest.approx(0.5, abs=0.1)
    assert fitted.slope == pytest.approx(0.7, abs=0.06)
    assert fitted.pd(MARGIN).mean() == pytest.approx(bad.mean(), abs=1e-3)


def test_keeps_the_ranking_even_of_rows_that_are_ranked_backwards():
    fitted = calibration.fit(MARGIN, RNG.random(MARGIN.size) < expit(-MARGIN - 4))
    assert fitted.slope == pytest.approx(0.1)
    assert (np.diff(fitted.pd(np.sort(MARGIN))) >= 0).all()


def test_no_default_at_all_is_a_low_pd_and_not_zero():
    assert 0 < calibration.fit(MARGIN[:50], np.zeros(50)).pd(MARGIN[:50]).max() < 0.1


@given(st.floats(0.001, 0.999), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_margin_of_a_pd_is_the_way_back(pd_, intercept, slope):
    platt = Platt(intercept, slope)
    assert platt.pd(platt.margin(pd_)) == pytest.approx(pd_)
