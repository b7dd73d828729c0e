"""The swap set counts each application once, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.swap_set import swap_set


def test_by_hand():
    champion = [0.05, 0.05, 0.30, 0.30, 0.10, np.nan]
    challenger = [0.05, 0.30, 0.05, 0.30, 0.05, 0.05]
    bad = [0, 1, np.nan, 1, 1, 0]
    table = swap_set(champion, challenger, bad, 0.10).set_index("group")
    assert table["applications"].to_dict() == {"both admit": 2, "swapped in": 2, "swapped out": 1, "both decline": 1}
    assert table["known"].to_dict() == {"both admit": 2, "swapped in": 1, "swapped out": 1, "both decline": 1}
    assert table.loc["both admit", "bad_rate"] == 0.5
    low, high = stats.beta.ppf([0.025, 0.975], 1.5, 1.5)
    assert table.loc["both admit", ["low", "high"]].tolist() == pytest.approx([low, high])


def test_nothing_is_known_of_nobody():
    table = swap_set([], [], [], 0.1)
    assert not table["applications"].any()
    assert table[["bad_rate", "low", "high"]].isna().all(axis=None)


pds = st.one_of(st.floats(0, 1), st.just(np.nan))


@given(st.lists(st.tuples(pds, pds, st.sampled_from([0.0, 1.0, np.nan])), max_size=30), st.floats(0, 1))
def test_every_application_is_counted_once_and_exchanging_the_models_exchanges_the_swaps(rows, cut_off):
    champion, challenger, bad = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    table = swap_set(champion, challenger, bad, cut_off).set_index("group")
    other = swap_set(challenger, champion, bad, cut_off).set_index("group")
    assert table["applications"].sum() == len(rows)
    assert table["bads"].sum() == np.nansum(bad)
    assert table.loc["swapped in"].equals(other.loc["swapped out"])
