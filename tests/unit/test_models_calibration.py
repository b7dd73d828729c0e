"""Calibration corrects the level and never the ranking."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from models import calibration, splits
from models.calibration import Beta, Isotonic, Platt

RNG = np.random.default_rng(4)
MARGIN = RNG.normal(-2, 1, 20_000)


def test_finds_the_line_between_margin_and_truth():
    bad = RNG.random(MARGIN.size) < expit(0.5 + 0.7 * MARGIN)
    fitted = calibration.platt(MARGIN, bad)
    assert fitted.intercept == pytest.approx(0.5, abs=0.1)
    assert fitted.slope == pytest.approx(0.7, abs=0.06)
    assert fitted.pd(MARGIN).mean() == pytest.approx(bad.mean(), abs=1e-3)


def test_keeps_the_ranking_even_of_rows_that_are_ranked_backwards():
    fitted = calibration.platt(MARGIN, RNG.random(MARGIN.size) < expit(-MARGIN - 4))
    assert fitted.slope == pytest.approx(0.1)
    assert (np.diff(fitted.pd(np.sort(MARGIN))) >= 0).all()


def test_no_default_at_all_is_a_low_pd_and_not_zero():
    assert 0 < calibration.platt(MARGIN[:50], np.zeros(50)).pd(MARGIN[:50]).max() < 0.1


@given(st.floats(0.001, 0.999), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_margin_of_a_pd_is_the_way_back(pd_, intercept, slope):
    platt = Platt(intercept, slope)
    assert platt.pd(platt.margin(pd_)) == pytest.approx(pd_)


FITTED = [fit(MARGIN, RNG.random(MARGIN.size) < expit(0.5 + 0.7 * MARGIN)) for fit in calibration.FITS.values()]


@pytest.mark.parametrize("fitted", FITTED, ids=list(calibration.FITS))
@pytest.mark.parametrize("rate", [0.004, 0.3])
def test_a_central_tendency_moves_the_level_and_not_the_ranking(fitted, rate):
    late = MARGIN[-500:]
    moved = calibration.recentred(fitted, late, rate)
    assert moved.pd(late).mean() == pytest.approx(rate, abs=1e-9)
    by = logit(moved.pd(MARGIN)) - logit(fitted.pd(MARGIN))
    np.testing.assert_allclose(by, by[0], atol=1e-6)
    assert moved.margin(0.2) == pytest.approx(fitted.margin(expit(logit(0.2) - by[0])))


def test_beta_finds_a_slope_below_and_another_above():
    truth = Beta(-0.4, 0.6, 1.8)
    wide = RNG.normal(0, 2, 50_000)
    fitted = calibration.beta(wide, RNG.random(wide.size) < truth.pd(wide))
    assert (fitted.intercept, fitted.a, fitted.b) == pytest.approx((-0.4, 0.6, 1.8), abs=0.1)


def test_beta_with_one_slope_is_platt():
    np.testing.assert_allclose(Beta(0.3, 0.8, 0.8).pd(MARGIN), Platt(0.3, 0.8).pd(MARGIN))


def test_isotonic_goes_through_the_rates_of_its_steps():
    margin, bad = np.array([-2.0, -1.0, 0.0, 1.0] * 500), np.tile([0, 1, 0, 1, 0, 0, 0, 1], 250)
    fitted = calibration.isotonic(margin, bad)
    assert fitted.margins == pytest.approx((-2.0, -0.5, 1.0))
    assert fitted.pd([-2, -0.5, 1]) == pytest.approx([0, 0.25, 1], abs=2e-3)


@pytest.mark.parametrize("fitted", FITTED, ids=list(calibration.FITS))
@given(margin=st.floats(-30, 30), further=st.floats(1e-3, 5))
def test_every_method_rises_throughout_and_finds_its_way_back(fitted, margin, further):
    here, beyond = fitted.pd([margin, margin + further])
    assert here < beyond or beyond > 1 - 1e-9
    if 1e-9 < here < 1 - 1e-9:
        assert fitted.pd(fitted.margin(here)) == pytest.approx(here, rel=1e-6)


@pytest.mark.parametrize("fitted", FITTED, ids=list(calibration.FITS))
def test_json_brings_back_every_method(fitted):
    assert calibration.of(json.loads(json.dumps(calibration.as_dict(fitted)))) == fitted


@pytest.mark.parametrize("fit", calibration.FITS.values(), ids=list(calibration.FITS))
def test_no_method_turns_rows_round_or_knows_a_pd_of_zero(fit):
    backwards = fit(MARGIN, RNG.random(MARGIN.size) < expit(-MARGIN - 4)).pd(np.sort(MARGIN))
    assert (np.diff(backwards) > 0).all()
    assert fit(MARGIN[:50], np.zeros(50)).pd(MARGIN[:50]).min() > 0


@pytest.mark.parametrize(
    ("truth", "best"),
    [
        (Platt(0.5, 0.7), "platt"),
        (Beta(-0.4, 0.4, 3.0), "beta"),
        (Isotonic((-1, -0.99, 1, 1.01), (-4, 0, 0.1, 3)), "isotonic"),
    ],
    ids=["platt", "beta", "isotonic"],
)
def test_the_least_loss_on_later_rows_tells_the_truth(truth, best):
    margin = np.random.default_rng(8).normal(0, 2, 40_000)
    bad = (np.random.default_rng(9).random(margin.size) < truth.pd(margin)).astype(int)
    losses = calibration.losses(margin, bad, splits.forward(margin.size, 5))
    assert min(losses, key=losses.get) == best


def test_a_method_is_scored_on_nothing_that_it_was_fitted_on():
    folds = splits.forward(103, 5)
    assert all(learn.max() < test.min() for learn, test in folds)
    assert np.concatenate([folds[0][0], *(test for _, test in folds)]).tolist() == list(range(103))
