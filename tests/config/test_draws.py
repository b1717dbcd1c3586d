"""A sample depends on its seed, its key and its number, and has the distribution that was asked for."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurogate.config.draws import DRAWS, draw
from neurogate.config.problems import Flaw

KEY = "reservoir.gain"
CONTINUOUS = {
    "uniform:0.5:2.0": stats.uniform(0.5, 1.5),
    "log_uniform:1e-4:1e-1": stats.loguniform(1e-4, 1e-1),
    "normal:1.0:0.2": stats.norm(1.0, 0.2),
}


def samples(text: str, count: int, seed: int = 1, key: str = KEY) -> list[Any]:
    drawn = draw(key, text)
    return [drawn.sample(key, index, seed) for index in range(count)]


@pytest.mark.parametrize("text", CONTINUOUS)
def test_numbers_have_their_distribution(text: str) -> None:
    assert stats.kstest(samples(text, 2000), CONTINUOUS[text].cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("text", "wanted"), [("int_uniform:-1:2", [-1, 0, 1, 2]), ("choice:a,1,true", ["a", 1, True])]
)
def test_whole_numbers_and_choices_are_equally_likely(text: str, wanted: list[Any]) -> None:
    counts = Counter(map(repr, samples(text, 2000)))
    assert counts.keys() == set(map(repr, wanted))
    assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_keys_and_seeds_are_independent() -> None:
    text = "uniform:0.0:1.0"
    columns = [samples(text, 2000), samples(text, 2000, key="reservoir.n"), samples(text, 2000, seed=2)]
    correlations = np.corrcoef(columns)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 4 / math.sqrt(2000)


def test_samples_are_the_same_on_every_machine_and_in_every_version() -> None:
    assert samples("uniform:0.5:2.0", 3) == [0.699195226437, 0.976205225818, 0.634602051784]
    assert samples("log_uniform:1e-4:1e-1", 2) == [0.000250259431042, 0.00089621137463]
    assert samples("normal:1.0:0.2", 2) == [0.777346534958, 0.9050430212]
    assert samples("int_uniform:1:6", 4) == [1, 2, 1, 2]


@pytest.mark.parametrize("low", [0.3333333333333333, 1e-300, 123456789012.34567])
def test_no_sample_leaves_its_bounds(low: float) -> None:
    high = math.nextafter(low, math.inf) * (1 + 1e-14)
    for kind in ("uniform", "log_uniform"):
        drawn = draw(KEY, {kind: [low, high]})
        assert all(low <= drawn.sample(KEY, index, 1) <= high for index in range(50))


@pytest.mark.parametrize("kind", DRAWS)
def test_text_and_table_mean_the_same(kind: str) -> None:
    assert draw(KEY, f"{kind}:1:3" if DRAWS[kind] else f"{kind}:1,3") == draw(KEY, {kind: [1, 3]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("unifrom:1:2", "Did you mean uniform?"),
        ("", "it must be uniform:low:high, log_uniform:low:high,"),
        ("uniform", "with []; it must be uniform:low:high with finite numbers"),
        ("uniform:1:2:3", "it must be uniform:low:high"),
        ("uniform:a:b", 'with "a"'),
        ("uniform:nan:1", "with nan"),
        ("uniform:true:2", "with true"),
        ("uniform:2:1", "with low < high"),
        ("uniform::1", "there must be a value"),
        ("log_uniform:0:1", "with 0 < low < high"),
        ("normal:1:0", "with sd > 0"),
        ("int_uniform:1:2.5", "finite whole numbers"),
        ("choice", "a choice of nothing"),
        ({"choice": []}, "a choice of nothing"),
        ({"uniform": 3}, "it must be uniform:low:high"),
        ({"uniform": [1, 2], "normal": [1, 2]}, "it must be uniform:low:high"),
        (3, "is drawn from 3; it must be uniform:low:high"),
    ],
)
def test_distributions_that_make_no_sense_are_refused(given: object, words: str) -> None:
    with pytest.raises(Flaw, match=r"^reservoir\.gain is ") as caught:
        draw(KEY, given)
    assert words in str(caught.value)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(list(DRAWS)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*DRAWS, "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)
texts = st.builds("{}:{}".format, st.sampled_from(list(DRAWS)), st.text(alphabet="0123456789.e-:,[]a"))


@settings(max_examples=500)
@given(plain | texts)
def test_anything_is_drawn_from_or_refused(given: object) -> None:
    try:
        drawn = draw(KEY, given)
    except Flaw:
        return
    assert drawn.kind in DRAWS
    drawn.sample(KEY, 3, seed=0)
