"""A file's [sweep] table and a command line's wishes are one sweep, however an axis is written."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.cli.sweep_options import SearchOptions
from neurogate.config import shipped
from neurogate.config.hashing import content_hash
from neurogate.config.listing import inline
from neurogate.config.loading import load
from neurogate.config.structuring import dumps
from neurogate.config.sweep import Sweep, points
from neurogate.config.sweep_table import load_sweep
from neurogate.errors import RequestError
from neurogate.runs.search import search

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return to_file


def problems(name: str | Path, wishes: Any = None, *overrides: str, quick: bool = False) -> list[str]:
    with pytest.raises(RequestError) as caught:
        load_sweep(name, overrides, wishes, quick=quick)
    return list(caught.value.problems)


SWEEP = """
[reservoir]
n = 50
[sweep]
seeds = 20
samples = 3
where = ["reservoir.gain < 2"]
[sweep.grid]
"reservoir.gain" = "0.5:2.0:4"
rules.three_factor.eta_when = [1e-3, 3e-3]
[sweep.random]
reservoir.inputs.density = {uniform = [0.1, 0.9]}
"task.blocks[0].trials" = "int_uniform:80:90"
"""


class TestFile:
    def test_axes_are_written_as_texts_lists_dotted_or_quoted(self, write: Write) -> None:
        base, sweep = load_sweep(write(SWEEP))
        assert base == {"reservoir": {"n": 50}}
        assert sweep == Sweep(
            grid={"reservoir.gain": [0.5, 1.0, 1.5, 2.0], "rules.three_factor.eta_when": [0.001, 0.003]},
            random={
                "reservoir.inputs.density": {"uniform": [0.1, 0.9]},
                "task.blocks.0.trials": {"int_uniform": [80, 90]},
            },
            samples=3,
            seeds=20,
            where=["reservoir.gain < 2"],
        )

    def test_a_file_without_one_varies_nothing(self) -> None:
        assert load_sweep("what_when")[1] == Sweep()

    def test_what_is_written_is_read_back(self, write: Write) -> None:
        _, sweep = load_sweep(write(SWEEP))
        lines = [f"{key} = {inline(value)}" for key, value in tomllib.loads(dumps(sweep)).items()]
        assert load_sweep(write("\n".join(["[sweep]", *lines])))[1] == sweep

    def test_paths_start_from_its_folder(self, write: Write, tmp_path: Path) -> None:
        np.save(tmp_path / "tau.npy", np.full(1000, 50.0))
        (tmp_path / "points.csv").write_text("reservoir.gain\n1.5\n")
        path = write(
            '[sweep]\ntable = "points.csv"\n[sweep.grid]\n"reservoir.synapse.tau_ms" = [{file = "tau.npy"}]\n'
            '"reservoir.trace.tau_ms" = "{file = \'tau.npy\'},20.0"'
        )
        base, sweep = load_sweep(path)
        assert sweep.table == str(tmp_path / "points.csv")
        assert len(points(sweep, base)) == 2

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("sweep = 3", "sweep is 3; it must be a table with the keys grid, zip,"),
            ("[sweep]\nsede = 3", "sweep.sede is not a known key; did you mean seeds?"),
            ("[sweep]\nseeds = 0", "sweep.seeds is 0; it must be from 1 to 100000."),
            ("[sweep]\ngrid = 3", "sweep.grid is 3; it must be a table."),
            ("[sweep]\nwhere = 'a > 1'", 'sweep.where is "a > 1"; it must be a list.'),
            ("[sweep]\nwhere = ['a']", 'sweep: The condition "a" cannot be read;'),
            (
                "[sweep.grid]\nreservoir.gain = 3",
                "reservoir.gain is varied over 3; it must be a list, or a text",
            ),
            (
                "[sweep.grid]\nreservoir.gain = {}",
                "reservoir.gain is varied over {}; it must be a list, or a text",
            ),
            ("[sweep.grid]\nreservoir.gain = '1:2'", "a range must be first:last:count"),
            ("[sweep.grid]\na.0 = [1]\n'a[0]' = [2]", "a.0 is varied twice; give all of its values at once."),
            ("[sweep.grid]\n'a..b' = [1]", '"a..b" is not a key path'),
            ("[sweep.random]\na = [1, 2]", "a is drawn from [1, 2]; it must be uniform:low:high,"),
            ("[sweep.random]\na = {uniform = [2, 1]}", "it must be uniform:low:high with low < high."),
            ("[sweep.grid]\na = [{file = 'x.npy'}]", 'sweep.grid.a[0].file is "x.npy"; it must name a file'),
            ("[sweep.grid]\na = \"{file = 'x.npy'}\"", 'a[0].file is "x.npy"; it must name a file'),
            (f"[sweep.grid]\na = '{'[' * 50}{']' * 50}'", "a is set to what nests more than 20 deep"),
        ],
    )
    def test_a_table_that_makes_no_sense_is_one_sentence(self, write: Write, text: str, said: str) -> None:
        (problem,) = problems(write(text))
        assert said in problem

    def test_all_its_mistakes_are_told_at_once(self, write: Write) -> None:
        text = "[sweep]\nseeds = 0\nsamples = 2.5\nsede = 1\nzip = {reservoir.gain=[1, 2], run.dtype=[]}"
        assert [problem.split(" ")[0] for problem in problems(write(text))] == [
            *("sweep.samples", "sweep.seeds", "sweep.sede", "sweep.zip", "sweep.zip"),
        ]


def test_the_table_in_the_documentation_says_what_its_options_say(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (checkout / "docs" / "running.rst").read_text("utf-8")
    block = text.partition(".. code-block:: toml\n\n")[2].partition("\n\nGrid, rows of zip")[0]
    (tmp_path / "mine.toml").write_text(textwrap.dedent(block))
    (tmp_path / "points.csv").write_text("task.settling\n4\n5\n")
    monkeypatch.chdir(tmp_path)
    said = [option.partition("=") for option in re.findall(r"--(?:grid|zip|draw) (\S+)", block)]
    grid, zipped, drawn = said[:2], said[2:4], said[4:]
    wishes: dict[str, Any] = {
        "samples": 30,
        "seeds": 20,
        "table": "points.csv",
        "where": ["reservoir.gain < 1.5"],
    }
    wishes |= {
        name: {key: values for key, _, values in axes}
        for name, axes in (("grid", grid), ("zip", zipped), ("random", drawn))
    }
    assert load_sweep("mine.toml")[1] == load_sweep("what_when", wishes=wishes)[1]


class TestWishes:
    def test_a_key_is_varied_as_the_wish_says_wherever_the_file_has_it(self, write: Write) -> None:
        wishes = {"grid": {"task.blocks.0.trials": "80,90"}, "zip": {"reservoir.gain": [1.0]}}
        _, sweep = load_sweep(write(SWEEP), wishes=wishes)
        assert sweep.grid == {"rules.three_factor.eta_when": (0.001, 0.003), "task.blocks.0.trials": (80, 90)}
        assert sweep.zip == {"reservoir.gain": (1.0,)}
        assert list(sweep.random) == ["reservoir.inputs.density"]

    def test_samples_go_with_the_last_random_key(self, write: Write) -> None:
        wishes = {"grid": {"task.blocks.0.trials": [80], "reservoir.inputs.density": [0.5]}}
        assert load_sweep(write(SWEEP), wishes=wishes)[1].samples == 0

    def test_conditions_are_added_and_numbers_replaced(self, write: Write) -> None:
        wishes = {"where": ["run.seed > 1"], "seeds": 3, "samples": 1, "sample_seed": 7}
        _, sweep = load_sweep(write(SWEEP), wishes=wishes)
        assert sweep.where == ("reservoir.gain < 2", "run.seed > 1")
        assert (sweep.seeds, sweep.samples, sweep.sample_seed) == (3, 1, 7)

    def test_paths_start_from_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tau.txt").write_text("1.0 " * 1000)
        (tmp_path / "points.csv").write_text("b\n1\n")
        monkeypatch.chdir(tmp_path)
        _, sweep = load_sweep(
            "what_when", wishes={"grid": {"a": "{file = 'tau.txt'}"}, "table": "points.csv"}
        )
        assert sweep.grid["a"] == ({"file": str(tmp_path / "tau.txt")},)
        assert sweep.table == str(tmp_path / "points.csv")

    def test_a_setting_that_every_point_changes_is_refused(self) -> None:
        grid = {"reservoir.gain": [1, 2], "task.blocks": [[]]}
        overrides = ["reservoir.gain=3", "task.blocks[0].trials=8", "reservoir={n=500}"]
        assert [p.split(" is set and")[0] for p in problems("what_when", {"grid": grid}, *overrides)] == [
            "reservoir.gain",
            "task.blocks.0.trials",
        ]

    def test_a_point_is_the_run_that_set_would_make(self) -> None:
        overrides = ["run.seed=5", "reservoir.n=200"]
        base, sweep = load_sweep("what_when", overrides, {"grid": {"reservoir.gain": "1.5"}}, quick=True)
        (point,) = points(sweep, base)
        assert point.simulation == load("what_when", [*overrides, "reservoir.gain=1.5"], quick=True)


keys = st.sampled_from(["reservoir.gain", "run.seed", "eta_when", "task.blocks.0.trials"]) | st.text(
    max_size=4
)
texts = st.text(max_size=8) | st.sampled_from(
    ["1:2:3", "1,2", "uniform:1:2", "int_uniform:1:9", "choice:a,b", "[1]"]
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.dictionaries(keys, texts, max_size=2) for name in ("grid", "zip", "random")}
        | {name: texts | st.integers(-1, 3) for name in ("samples", "seeds", "table")}
        | {"where": st.lists(texts | st.builds("{}<{}".format, keys, texts), max_size=2)},
    )
)
def test_whatever_is_wished_for_is_a_sweep_or_refused(wishes: dict[str, Any]) -> None:
    assert all(explained(wishes))


def explained(wishes: dict[str, Any]) -> tuple[str, ...]:
    try:
        base, sweep = load_sweep("what_when", wishes=wishes)
        points(sweep, base)
    except RequestError as error:
        return error.problems
    return ()


class TestSpace:
    """A file that names random keys and nothing else says where to look, not that there is a sweep."""

    SPACE = '[sweep.random]\n"reservoir.gain" = {uniform = [0.5, 2.0]}\n'

    def test_it_counts_if_samples_are_asked_for_and_nothing_else_is_drawn(self, write: Write) -> None:
        path = write(self.SPACE)
        assert load_sweep(path)[1] == Sweep()
        assert load_sweep(path, wishes={"seeds": 3})[1] == Sweep(seeds=3)
        assert list(load_sweep(path, wishes={"samples": 3})[1].random) == ["reservoir.gain"]
        other = {"samples": 3, "random": {"reservoir.inputs.density": "uniform:0.1:0.9"}}
        assert list(load_sweep(path, wishes=other)[1].random) == ["reservoir.inputs.density"]

    def test_beside_anything_else_the_number_of_samples_must_be_said(self, write: Write) -> None:
        assert "samples is 0" in problems(write(f"[sweep]\nseeds = 2\n{self.SPACE}"))[0]

    def test_that_of_what_when_changes_no_run_and_can_be_searched(self, write: Write) -> None:
        text = (shipped.folder() / "what_when.toml").read_text("utf-8")
        without, table, _ = text.partition("[sweep.random]")
        assert table
        assert content_hash(load(write(without))) == content_hash(load("what_when"))
        base, sweep = SearchOptions().sweep("what_when")
        asked = search(base, sweep, "timing_error_ms")
        assert len(asked.space) == 3
        assert not asked.maximise
