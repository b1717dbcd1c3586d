"""Every pair on the same picture is compared, and the bad ones are told."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.comparison import METRICS, compare, metrics_named
from neurogate.scanpath.formats.viewing import Viewing, numbered
from neurogate.scanpath.path import Scanpath, scanpath

ALIKE = {
    **dict.fromkeys(("tde", "string_tde", "dtw", "frechet", "hausdorff", "eyenalysis"), 0.0),
    "recurrence_lam": 0.0, "recurrence_corm": 0.0, "recurrence_rec": 100 / 6,
    "recurrence_det": 100.0, "mannan": 100.0,
}  # fmt: skip
"""What measures are of six places far apart beside themselves; all others are 1."""


def _path(seed: int, size: tuple[int, int] = (80, 60), n: int = 6) -> Scanpath:
    rng = np.random.default_rng(seed)
    return scanpath(*rng.random((2, n)) * 60, rng.gamma(2, 0.1, n), size=size)


def test_a_scanpath_beside_itself_is_alike_by_every_measure() -> None:
    x = np.linspace(5, 75, 6)
    one = [Viewing(scanpath(x, 60 - x[::-1] / 2, np.arange(6) + 0.1, size=(80, 60)))]
    (row,) = compare(one, one)
    measured = {name: value for name, value in row.items() if name not in ("image", "a", "b")}
    assert len(measured) > len(METRICS)
    assert measured == pytest.approx({name: ALIKE.get(name, 1.0) for name in measured}, abs=1e-9)


def test_pairs_are_those_of_one_picture_and_what_has_none_is_of_any() -> None:
    first = [Viewing(_path(1), "cat", "x"), Viewing(_path(2), "dog", "x")]
    second = [Viewing(_path(3), "cat", "y"), Viewing(_path(4), "", "z")]
    rows = compare(first, second, ["dtw"])
    assert [(row["image"], row["a"], row["b"]) for row in rows] == [
        ("cat", "x", "y"), ("cat", "x", "z"), ("dog", "x", "z"),
    ]  # fmt: skip


def test_pairs_of_one_set_are_compared_once_in_the_order_of_the_set() -> None:
    several = numbered([_path(seed) for seed in range(11)])
    both, once = compare(several, several, ["mannan"]), compare(several, several, ["mannan"], once=True)
    assert once == [row for row in both if int(row["a"]) < int(row["b"])]
    assert ("2", "10") in [(row["a"], row["b"]) for row in once]


def test_numbers_are_those_of_the_measures_themselves() -> None:
    a, b = _path(1), _path(2)
    (row,) = compare([Viewing(a)], [Viewing(b)])
    metric = METRICS["multimatch"].metric
    found = metric(a, b, size=(80, 60))
    assert [row[f"multimatch_{name}"] for name in metric.values] == pytest.approx(list(found), abs=1e-12)
    assert row["dtw"] == pytest.approx(METRICS["dtw"].metric(a, b), abs=1e-9)


def test_few_fixations_have_no_meaning_where_they_have_none_and_are_no_mistake() -> None:
    said: list[str] = []
    (row,) = compare([Viewing(_path(1, n=1))], [Viewing(_path(2, n=2))], complaints=said)
    assert np.isnan(row["multimatch_vector"])
    assert np.isnan(row["tde"])
    assert np.isfinite(row["dtw"])
    (nothing,) = compare([Viewing(_path(1, n=0))], [Viewing(_path(2, n=0))], complaints=said)
    assert np.isnan([nothing[name] for name in nothing if name not in ("image", "a", "b")]).all()
    assert not said


def test_a_bad_pair_is_told_and_the_others_go_on() -> None:
    said: list[str] = []
    first = [Viewing(_path(1), "cat", "1"), Viewing(_path(2, size=(800, 600)), "cat", "2")]
    rows = compare(first, [Viewing(_path(3), "cat", "3")], ["dtw"], said)
    assert [row["a"] for row in rows] == ["1"]
    assert said == [
        "cat 2 beside 3: The pictures are of 800 x 600 px and 80 x 60 px. Give paths on pictures of one size."
    ]
    said.clear()
    compare([Viewing(_path(1))], [Viewing(_path(2, size=(8, 6)))], ["dtw"], said)
    assert said[0].startswith("A beside B: ")
    with pytest.raises(RequestError, match="The pictures are of"):
        compare(first, first, ["dtw"])


def test_what_cannot_be_compared_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="No two scanpaths are of one picture: cat beside dog"):
        compare([Viewing(_path(1), "cat")], [Viewing(_path(1), "dog")])
    with pytest.raises(RequestError, match=r"There is no metric dtv\. There are all, mult.* mean dtw\?"):
        metrics_named(["dtv"])
    with pytest.raises(RequestError, match="No metric is named"):
        metrics_named([])
