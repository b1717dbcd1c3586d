"""A sweep is an ordered list of configurations, each known by itself; all mistakes come before any run."""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.config import hashing, schema
from neurogate.config.hashing import content_hash
from neurogate.config.loading import read
from neurogate.config.schema import unstructure
from neurogate.config.structuring import build, dumps
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError

BASE = read("what_when").table
COLUMNS: dict[str, list[Any]] = {
    "reservoir.gain": [0.5, 1.0, 1.5, 2],
    "rules.three_factor.eta_when": [0.001, 0.003, 0.01],
    "task.blocks.1.trials": [80, 120, 160],
    "reservoir.synapse.tau_ms": [20, {"uniform": [10, 30]}],
    "run.dtype": ["float32", "float64"],
    "rules.force": [{"ridge_when": 1}, {"forgetting_when": 0.999}],
}
grids = st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=3, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries(
        {key: st.lists(st.sampled_from(COLUMNS[key]), min_size=1, unique_by=json.dumps) for key in keys}
    )
)


def problems(sweep: Any, base: Any = BASE) -> list[str]:
    with pytest.raises(RequestError) as caught:
        points(Sweep(**sweep), base)
    return list(caught.value.problems)


class TestOrder:
    @settings(max_examples=40)
    @given(grids, st.integers(1, 3))
    def test_a_grid_is_the_product_with_the_last_key_and_the_seed_fastest(
        self, grid: dict[str, list[Any]], seeds: int
    ) -> None:
        product = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        wanted = [{**one, "run.seed": 1 + k} if seeds > 1 else one for one in product for k in range(seeds)]
        assert [point.changes for point in points(Sweep(grid=grid, seeds=seeds), BASE)] == wanted

    def test_all_sorts_of_axes_are_combined(self, tmp_path: Path) -> None:
        table = tmp_path / "points.csv"
        table.write_text("task.settling,task.habituation\n1,8\n2,9\n")
        sweep = Sweep(
            grid={"reservoir.gain": [1, 2]},
            zip={"rules.force.ridge_when": [1, 2], "rules.force.ridge_what": [3, 4]},
            random={"reservoir.inputs.density": {"uniform": [0.1, 1]}},
            samples=2,
            table=str(table),
            seeds=2,
        )
        made = points(sweep, BASE)
        assert len(made) == 2**5
        assert list(made[0].changes) == [
            "reservoir.gain",
            "rules.force.ridge_when",
            "rules.force.ridge_what",
            "reservoir.inputs.density",
            "task.settling",
            "task.habituation",
            "run.seed",
        ]
        together = {(p.changes["rules.force.ridge_when"], p.changes["rules.force.ridge_what"]) for p in made}
        assert together == {(1, 3), (2, 4)}
        assert {(p.changes["task.settling"], p.changes["task.habituation"]) for p in made} == {(1, 8), (2, 9)}

    def test_the_same_configuration_twice_is_one_point_and_that_is_said(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", "neurogate")
        made = points(Sweep(grid={"reservoir.gain": [1, 2, 1.0, 2]}), BASE)
        assert [point.changes["reservoir.gain"] for point in made] == [1, 2]
        assert caplog.messages == ["4 points, 2 of them different; of those that are equal one is run."]


class TestIdentity:
    @settings(max_examples=40)
    @given(grids, st.data())
    def test_a_point_does_not_depend_on_the_others(
        self, grid: dict[str, list[Any]], data: st.DataObject
    ) -> None:
        made = points(Sweep(grid=grid, seeds=2), BASE)
        one = data.draw(st.sampled_from(made))
        changes = {key: value for key, value in one.changes.items() if key != "run.seed"}
        (first, second) = points(Sweep(grid={key: [value] for key, value in changes.items()}, seeds=2), BASE)
        alone = first if one.changes["run.seed"] == 1 else second
        assert (alone.hash, alone.simulation) == (one.hash, one.simulation)
        assert one.hash == content_hash(one.simulation)
        assert one.simulation.run.seed == one.changes["run.seed"]

    def test_more_samples_and_another_key_change_no_earlier_sample(self) -> None:
        def drawn(samples: int, *keys: str) -> list[Any]:
            random = {key: {"uniform": [0.1, 0.9]} for key in keys}
            made = points(Sweep(random=random, samples=samples), BASE)
            return [point.changes["reservoir.gain"] for point in made]

        few = drawn(3, "reservoir.gain")
        assert drawn(9, "reservoir.gain")[:3] == few
        assert drawn(3, "reservoir.inputs.density", "reservoir.gain") == few

    def test_the_sample_seed_changes_every_sample(self) -> None:
        random = {"reservoir.gain": {"uniform": [0.1, 0.9]}}
        one, two = (points(Sweep(random=random, samples=5, sample_seed=seed), BASE) for seed in (1, 2))
        assert not {point.hash for point in one} & {point.hash for point in two}

    def test_seeds_count_from_the_seed_of_the_simulation(self) -> None:
        base = {**BASE, "run": {"seed": 7}}
        assert [point.simulation.run.seed for point in points(Sweep(seeds=3), base)] == [7, 8, 9]

    def test_no_replica_of_one_seed_is_a_replica_of_another(self) -> None:
        made = points(Sweep(grid={"run.replicas": [1, 4]}, seeds=3), BASE)
        seeds = [point.simulation.run.seed for point in made]
        assert seeds == [1, 2, 3, 1, 5, 9]

    def test_an_object_can_be_varied_as_well_as_a_file(self) -> None:
        made = points(Sweep(seeds=3), BASE)
        spelt_out = points(Sweep(seeds=3), unstructure(made[0].simulation))
        assert [point.hash for point in spelt_out] == [point.hash for point in made]


class TestWhere:
    def test_only_points_that_meet_every_condition_are_left(self) -> None:
        where = ["reservoir.gain < 1.5", "run.seed in [2, 3]", "reservoir.n == 1000"]
        made = points(Sweep(grid={"reservoir.gain": [0.5, 1.5, 1]}, seeds=3, where=where), BASE)
        assert [tuple(point.changes.values()) for point in made] == [(0.5, 2), (0.5, 3), (1, 2), (1, 3)]

    def test_what_is_left_out_need_not_be_right(self) -> None:
        made = points(Sweep(grid={"reservoir.gain": [-1, 1]}, where=["reservoir.gain >= 0"]), BASE)
        assert len(made) == 1

    def test_a_sweep_without_a_point_left_is_refused(self) -> None:
        (problem,) = problems({"seeds": 2, "where": ["run.seed > 5"]})
        assert problem == 'No point meets "run.seed > 5"; change the conditions.'


GAIN = "reservoir.gain"


class TestMistakes:
    def test_each_is_told_once_with_the_first_point_that_has_it(self) -> None:
        found = problems({"grid": {GAIN: [1, -1], "reservoir.n": [0, 50]}, "seeds": 5})
        assert found == [
            "In 10 points, the first with reservoir.gain=1, reservoir.n=0, run.seed=1: "
            "reservoir.n is 0; it must be from 1 to 1000000.",
            "In 10 points, the first with reservoir.gain=-1, reservoir.n=0, run.seed=1: "
            "reservoir.gain is -1; it must be at least 0.",
        ]

    def test_parts_that_do_not_fit_together_are_found_in_the_one_point_that_has_them(self) -> None:
        grid = {"reservoir.recurrent.kind": ["fixed_in_degree"], "reservoir.recurrent.in_degree": [50, 200]}
        found = problems({"grid": {**grid, "reservoir.n": [100, 1000]}})
        assert len(found) == 1
        assert (
            "in_degree=200, reservoir.n=100: reservoir.recurrent.in_degree is 200; it must be at most"
            in found[0]
        )

    def test_ten_are_told_and_the_rest_counted(self) -> None:
        found = problems({"grid": {GAIN: [-1 - i for i in range(30)]}, "seeds": 2})
        assert len(found) == 11
        assert found[-1] == "There are 20 more mistakes of this kind, in 40 points."

    def test_a_long_point_is_cut_short(self) -> None:
        grid = {
            f"rules.{rule}": [v] for rule, v in [("three_factor.eta_what", 0.1), ("force.ridge_when", 3.0)]
        }
        grid |= {f"task.blocks.{i}.trials": [80 + i] for i in range(3)} | {
            "run.dtype": ["float32"],
            GAIN: [-1],
        }
        assert 'run.dtype="float32", ...: reservoir.gain is -1' in problems({"grid": grid})[0]

    def test_one_seed_and_nothing_else_is_one_run_that_names_its_seed(self) -> None:
        (one,) = points(Sweep(seeds=1), {"run": {"seed": 7}})
        assert (one.changes, one.simulation.run.seed) == ({"run.seed": 7}, 7)
        (only,) = points(Sweep(grid={GAIN: [1]}), {})
        assert only.changes == {GAIN: 1}

    @pytest.mark.parametrize(
        ("sweep", "said"),
        [
            ({"grid": {GAIN: []}}, "grid gives reservoir.gain no value"),
            ({"zip": {GAIN: []}}, "zip gives reservoir.gain no value"),
            ({"zip": {GAIN: [1, 2], "reservoir.n": [3]}}, "(reservoir.gain: 2, reservoir.n: 1)"),
            ({"grid": {GAIN: [1]}, "zip": {GAIN: [1]}}, "reservoir.gain is varied by grid and by zip"),
            ({"grid": {"a[0]": [1]}, "zip": {"a.0": [1]}}, "a.0 is varied by grid and by zip"),
            ({"grid": {"reservoir": [{}], GAIN: [1]}}, "reservoir (grid) and reservoir.gain (grid) lie one"),
            ({"grid": {"run.seed": [1]}, "seeds": 2}, "seeds is 2, but run.seed is varied by grid too"),
            ({"zip": {"run": [{}]}, "seeds": 2}, "seeds is 2, but run is varied by zip too"),
            ({"grid": {"run.threads": [1, 2]}}, "run.threads changes no bit of a run"),
            ({"grid": {"name": ["a", "b"]}}, "name changes no bit of a run"),
            ({"samples": 3}, "samples is 3, but random draws nothing"),
            ({"random": {GAIN: {"uniform": [1, 2]}}}, "samples is 0, but random draws values"),
            ({"random": {GAIN: {"unifrom": [1, 2]}}, "samples": 2}, "Did you mean uniform?"),
            ({"where": ["a"], "seeds": 2}, 'The condition "a" cannot be read'),
            ({"where": ["gain > 1"], "seeds": 2}, "gain is not a known key; did you mean reservoir.gain?"),
            ({"where": ["reservoir.gain > x"], "seeds": 2}, "> compares numbers"),
            ({"grid": {"eta_when": [1]}}, "did you mean rules.three_factor.eta_when?"),
            ({"grid": {"reservoir.gian": [1]}}, "reservoir.gian is not a known key; did you mean gain?"),
            ({"grid": {"task.blocks.9.trials": [8]}}, 'task.blocks has no entry "9"'),
            ({"grid": {"reservoir.n": [1, 2.5]}}, "reservoir.n is 2.5; it must be a whole number"),
            ({"grid": {GAIN: [1] * 400, "reservoir.n": [9] * 400}}, "has 400 x 400 x 1 points; it must have"),
            ({"table": "nowhere.csv"}, "The table nowhere.csv cannot be read"),
        ],
    )  # fmt: skip
    def test_a_sweep_that_makes_no_sense_is_one_sentence(self, sweep: dict[str, Any], said: str) -> None:
        (problem,) = problems(sweep)
        assert said in problem

    def test_seeds_have_an_end(self) -> None:
        (problem,) = problems({"seeds": 20}, {"run": {"seed": 2**63 - 5}})
        assert problem.startswith("seeds is 20, counted from run.seed")

    def test_a_table_and_a_grid_cannot_vary_one_key(self, tmp_path: Path) -> None:
        table = tmp_path / "points.csv"
        table.write_text("reservoir.gain\n1\n")
        assert problems({"grid": {GAIN: [1]}, "table": str(table)}) == [
            "reservoir.gain is varied by grid and by table; leave it to one of them."
        ]

    def test_a_wrong_base_is_told_as_ever(self) -> None:
        assert problems({"seeds": 2}, {"reservoir": {"gian": 1}})[0].startswith(
            "reservoir.gian is not a known key"
        )


names = st.sampled_from(
    [*COLUMNS, "run.seed", "run", "name", "eta_when", "", "a..b", "task.blocks[0].trials"]
)
plain = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
tables = st.dictionaries(
    st.sampled_from(["grid", "zip", "random", "samples", "sample_seed", "table", "seeds", "where", "x"]),
    plain
    | st.dictionaries(names, st.lists(plain, max_size=3), max_size=3)
    | st.dictionaries(
        names, st.dictionaries(st.sampled_from(["uniform", "choice"]), plain, max_size=2), max_size=2
    ),
    max_size=4,
)


def accepted_or_explained(table: Any) -> tuple[str, ...]:
    try:
        points(build(Sweep, table), BASE)
    except RequestError as error:
        return error.problems
    return ()


@settings(max_examples=400)
@given(tables)
def test_any_table_is_a_sweep_or_refused_in_sentences(table: Any) -> None:
    assert all(problem.endswith((".", "?")) for problem in accepted_or_explained(table))


@settings(max_examples=100)
@given(grids, st.integers(1, 9), st.lists(st.sampled_from(["run.seed > 1", "reservoir.n in [1, 2]"])))
def test_a_sweep_survives_writing_and_reading(
    grid: dict[str, list[Any]], seeds: int, where: list[str]
) -> None:
    random = {"reservoir.inputs.density": {"uniform": [0.1, 1]}, "task.settling": {"choice": [1, 2]}}
    sweep = Sweep(grid=grid, random=random, samples=3, seeds=seeds, where=where, sample_seed=5)
    assert build(Sweep, tomllib.loads(dumps(sweep))) == sweep


def test_points_are_checked_once_for_all_their_seeds_and_share_what_they_do_not_vary() -> None:
    written = []
    for gains in (2, 30):
        sweep = Sweep(grid={GAIN: [1 + i / 100 for i in range(gains)]}, seeds=20)
        with (
            mock.patch.object(schema, "problems", wraps=schema.problems) as checked,
            mock.patch.object(hashing, "plain", wraps=hashing.plain) as distributions,
        ):
            made = points(sweep, BASE)
        assert len(made) == 20 * gains
        assert checked.call_count <= gains + 2
        written.append(distributions.call_count)
        assert len({id(point.simulation.task) for point in made}) == 1
    assert written[0] == written[1] > 0
