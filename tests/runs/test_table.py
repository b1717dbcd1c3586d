from __future__ import annotations

import csv
import io
import itertools
import math
import sys
from typing import Any

import pytest

from neurogate.errors import RequestError
from neurogate.runs.table import Table

AXES = ("reservoir.gain", "run.seed")


def row(gain: Any, seed: int, rule: str | None = "force", **rest: Any) -> dict[str, Any]:
    about = {"outcome": "done", "folder": f"a-{gain}-{seed}", "hash": "01", "wall_time_s": 1.5}
    return {"reservoir.gain": gain, "run.seed": seed, "rule": rule, **rest, **about}


def product(*missing: tuple[float, int]) -> Table:
    """Return a grid of gains and seeds with two rules."""
    pairs = [pair for pair in itertools.product((1.5, 0.5, 1.0), (1, 2)) if pair not in missing]
    rows = [row(gain, seed, rule, r=gain * seed) for gain, seed in pairs for rule in ("force", "delta")]
    return Table(rows, AXES, missing)


def test_axes_come_first_and_what_is_known_of_the_run_last() -> None:
    table = Table([row(0.5, 1, late=1.0), row(0.5, 2, None), row(0.5, 3, early=2, late=3.0)], AXES)
    assert table.columns == (*AXES, "rule", "late", "early", "outcome", "folder", "hash", "wall_time_s")
    assert table.metrics == ("late", "early")


def test_csv_can_be_read_back_and_given_to_a_sweep() -> None:
    values = [0.1 + 0.2, True, "float32", {"normal": [6.0, 1.0]}, [1, 2], 'a "quoted", text', None]
    text = Table([{"x": value} for value in values], ("x",)).to_csv()
    assert [line["x"] for line in csv.DictReader(io.StringIO(text))] == [
        "0.30000000000000004",
        "true",
        "float32",
        "{normal = [6.0, 1.0]}",
        "[1, 2]",
        'a "quoted", text',
        "",
    ]


def test_a_table_without_rows_has_its_axes() -> None:
    table = Table([], AXES)
    assert (table.columns, table.metrics) == (AXES, ())
    assert table.to_csv() == "reservoir.gain,run.seed\n"


def test_pandas_gets_every_row_and_column() -> None:
    pytest.importorskip("pandas")
    frame = Table([row(0.5, 1, r=0.25), row(0.5, 2, None)], AXES).to_pandas()
    assert list(frame.columns) == [*AXES, "rule", "r", "outcome", "folder", "hash", "wall_time_s"]
    assert frame["r"].dtype == float
    assert frame["r"].tolist()[0] == 0.25
    assert math.isnan(frame["r"].tolist()[1])
    assert frame["run.seed"].tolist() == [1, 2]


def test_axes_that_are_a_product_become_dimensions() -> None:
    pytest.importorskip("xarray")
    data = product().to_xarray()
    assert dict(data.sizes) == {"reservoir.gain": 3, "run.seed": 2, "rule": 2}
    assert data["reservoir.gain"].values.tolist() == [0.5, 1.0, 1.5]
    assert data["r"].sel({"reservoir.gain": 1.5, "run.seed": 2, "rule": "delta"}) == 3.0
    assert data["outcome"].dims == AXES
    assert data["folder"].sel({"reservoir.gain": 0.5, "run.seed": 1}) == "a-0.5-1"


def test_a_missing_run_leaves_a_hole_and_not_another_shape() -> None:
    pytest.importorskip("xarray")
    data = product((0.5, 2)).to_xarray()
    assert dict(data.sizes) == {"reservoir.gain": 3, "run.seed": 2, "rule": 2}
    hole = data.sel({"reservoir.gain": 0.5, "run.seed": 2})
    assert hole["r"].isnull().all()
    assert hole["outcome"] == ""
    assert int(data["r"].notnull().sum()) == 10


def test_runs_that_are_no_product_lie_along_one_dimension() -> None:
    pytest.importorskip("xarray")
    rows = [row(gain, seed, r=1.0 * seed) for gain, seed in ((0.5, 1), (1.0, 2), ({"normal": [1.0, 2.0]}, 3))]
    data = Table(rows, AXES).to_xarray()
    assert dict(data.sizes) == {"run": 3, "rule": 1}
    assert data["run"].values.tolist() == [line["folder"] for line in rows]
    assert data["reservoir.gain"].values.tolist()[2] == "{normal = [1.0, 2.0]}"
    assert data["r"].sel(rule="force").values.tolist() == [1.0, 2.0, 3.0]


def test_one_run_has_only_its_rules_as_a_dimension() -> None:
    pytest.importorskip("xarray")
    data = Table([{"rule": "force", "r": 0.5, "outcome": "done", "folder": "a"}]).to_xarray()
    assert dict(data.sizes) == {"rule": 1}
    assert data["outcome"] == "done"


def test_no_rows_make_an_empty_dataset() -> None:
    pytest.importorskip("xarray")
    assert dict(Table([], AXES).to_xarray().sizes) == {"run": 0, "rule": 0}


@pytest.mark.parametrize(("library", "method"), [("pandas", "to_pandas"), ("xarray", "to_xarray")])
def test_what_is_not_installed_is_told_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, library: str, method: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RequestError, match=rf'^{library} cannot be imported.*"neurogate\[tables\]"\.$'):
        getattr(product(), method)()
