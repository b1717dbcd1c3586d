"""The options of a command line are one sweep; what is wrong with them is told in sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from cyclopts import App, Parameter

from neurogate.cli.sweep_options import SweepOptions
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError


def options(*words: str) -> SweepOptions:
    """Return what a command that has the options is called with."""
    app = App()
    found: list[SweepOptions] = []

    @app.default
    def vary(name: Annotated[str, Parameter()], /, *, options: SweepOptions = SweepOptions()) -> None:  # noqa: B008
        found.append(options)

    app(["what_when", *words], exit_on_error=False, print_error=False, result_action="return_value")
    return found[0]


def problems(*words: str, name: str = "what_when") -> list[str]:
    with pytest.raises(RequestError) as caught:
        points(*reversed(options(*words).sweep(name)))
    return list(caught.value.problems)


def test_every_option_has_its_place_in_the_sweep(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("task.settling\n2\n3\n")
    words: list[Any] = ["--grid", "reservoir.gain=0.5:2.0:4", "--grid", "run.dtype=float32,float64"]
    words += ["--zip", "task.blocks[0].trials=80,90", "--zip", "task.blocks[1].trials=8,9"]
    words += ["--random", "2", "--draw", "reservoir.inputs.density=uniform:0.1:0.9", "--sample-seed", "7"]
    words += [
        "--from",
        str(table),
        "--seeds",
        "3",
        "--where",
        "reservoir.gain<1.5",
        "--where",
        "run.seed != 2",
    ]
    base, sweep = options(*words).sweep("what_when", ["reservoir.n=50"])
    assert sweep == Sweep(
        grid={"reservoir.gain": [0.5, 1.0, 1.5, 2.0], "run.dtype": ["float32", "float64"]},
        zip={"task.blocks.0.trials": [80, 90], "task.blocks.1.trials": [8, 9]},
        random={"reservoir.inputs.density": {"uniform": [0.1, 0.9]}},
        samples=2,
        sample_seed=7,
        table=str(table),
        seeds=3,
        where=["reservoir.gain<1.5", "run.seed != 2"],
    )
    assert base["reservoir"]["n"] == 50
    assert len(points(sweep, base)) == 2 * 2 * 2 * 2 * 2 * 2


def test_they_are_laid_over_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[sweep]\nseeds = 20\n[sweep.grid]\nreservoir.gain = [1, 2]\nreservoir.n = [50, 60]\n")
    _, sweep = options("--grid", "reservoir.gain=3", "--seeds", "2").sweep(str(file))
    assert sweep == Sweep(grid={"reservoir.n": [50, 60], "reservoir.gain": [3]}, seeds=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "The sweep varies nothing; give a key several values, as in --grid reservoir.gain=0.5:2.0:7"),
        (["--grid", "reservoir.gain"], '"reservoir.gain" varies nothing; write key.path=values'),
        (["--grid", "reservoir.gain="], '"reservoir.gain=" varies nothing; write key.path=values'),
        (["--grid", "a=1", "--grid", "a=2"], "a is given twice; give all of its values at once"),
        (["--grid", "a=1", "--zip", "a=2"], "sweep: a is varied by grid and by zip"),
        (["--draw", "reservoir.gain=uniform:1:2"], "say how many, as in --random 30"),
        (["--random", "2.5"], 'sweep.samples is "2.5"; it must be a whole number'),
        (["--seeds", "-1"], "sweep.seeds is -1; it must be from 1"),
        (["--seeds", "["], 'sweep.seeds is "["; it must be a whole number'),
        (["--from", "nowhere.csv"], "nowhere.csv cannot be read"),
        (
            ["--grid", "reservoir.gain=1,-2"],
            "In the point reservoir.gain=-2: reservoir.gain is -2; it must be",
        ),
        (["--grid", "eta_when=1"], "did you mean rules.three_factor.eta_when?"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(words: list[str], said: str) -> None:
    (problem,) = problems(*words)
    assert said in problem


def test_all_mistakes_are_told_at_once() -> None:
    assert len(problems("--grid", "a", "--grid", "=1", "--grid", "a..b=1")) == 3


def test_samples_of_nothing_are_a_mistake() -> None:
    (problem,) = problems("--random", "3", name="nc_sine")
    assert "as in --draw reservoir.gain=uniform:0.5:2.0" in problem
