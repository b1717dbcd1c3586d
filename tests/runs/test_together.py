"""A batch stores what each of its runs would have stored alone."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pytest

from neurogate import config
from neurogate.config.sharing import groups, share
from neurogate.errors import Outcome
from neurogate.neurons.distributions import Normal
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.runs import store
from neurogate.runs.checkpoint import Checkpoint
from neurogate.runs.execute import execute
from neurogate.runs.together import Ended, run_together
from neurogate.tasks import waveform_metrics

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = [
    "reservoir.n=40", "task.settling=1", "task.habituation=2", "probes.per_cue=1", "probes.every=2",
    "task.blocks.0.trials=4", "task.blocks.1.trials=2", "task.blocks.2.trials=2",
]  # fmt: skip
WAVE = ["reservoir.n=40", "task.duration_ms=800", "rule.start_ms=200", "rule.stop_ms=400"]
TIMES = ("wall_time_s", "command", "versions")


def simulation(*changes: str, name: str = "what_when") -> config.AnySimulation:
    return config.load(name, overrides=[*(SMALL if name == "what_when" else WAVE), *changes])


GRID = [
    simulation(f"reservoir.gain={gain}", f"run.seed={seed}", f"rules.three_factor.eta_when={eta}")
    for gain in (0.5, 1.5)
    for seed in (1, 2)
    for eta in (0.02, 0.2)
]


def together(simulations: Sequence[config.AnySimulation], out: Path, **options: object) -> list[Ended]:
    return [
        ended
        for group in groups(simulations)
        for ended in run_together([simulations[k] for k in group], out, **options)
    ]


def assert_same_runs(mine: Path, theirs: Path, simulations: Sequence[config.AnySimulation]) -> None:
    for one in simulations:
        a, b = (store.load(store.folder_of(one, out)) for out in (mine, theirs))
        lines = [json.dumps({**run.summary, **dict.fromkeys(TIMES)}, sort_keys=True) for run in (a, b)]
        assert lines[0] == lines[1]  # as text, in which one NaN is like another
        x, y = a.arrays(), b.arrays()
        assert x.keys() == y.keys()
        for name in x:
            np.testing.assert_array_equal(x[name], y[name], err_msg=name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    for one in GRID:
        execute(one, out)
    return out


def test_a_grid_shares_one_session_and_gives_the_runs_that_it_would_give_alone(
    alone: Path, tmp_path: Path
) -> None:
    (shared,) = share(GRID)
    assert len(shared.session.seeds) == 4  # networks
    assert len(shared.session.rules) == 3  # two learning rates, and FORCE
    ended = together(GRID, tmp_path)
    assert [one.hash for one in ended] == [config.content_hash(one) for one in GRID]
    assert {one.outcome for one in ended} == {Outcome.DONE}
    assert_same_runs(tmp_path, alone, GRID)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("stops", [(3,), (5, 9)])
def test_a_batch_that_is_stopped_goes_on(alone: Path, tmp_path: Path, stops: tuple[int, ...]) -> None:
    for last in stops:
        calls = iter(range(10**6))
        ended = together(GRID, tmp_path, stop=lambda calls=calls, last=last: next(calls) >= last)
        assert {one.outcome for one in ended} == {Outcome.CANCELLED}
    assert {one.outcome for one in together(GRID[:3], tmp_path)} == {Outcome.DONE}
    assert {one.outcome for one in together(GRID[3:], tmp_path)} == {Outcome.DONE}
    assert_same_runs(tmp_path, alone, GRID)


def test_a_run_that_others_have_stored_meanwhile_leaves_no_checkpoint(alone: Path, tmp_path: Path) -> None:
    first, second = (store.folder_of(one, tmp_path) for one in GRID[:2])

    def stored_by_others() -> bool:
        shutil.copytree(alone / first.name, first, dirs_exist_ok=True)
        return True

    ended = together(GRID[:2], tmp_path, stop=stored_by_others)
    assert {one.outcome for one in ended} == {Outcome.CANCELLED}
    assert [path.name for path in tmp_path.glob(".*")] == [f".{second.name}.checkpoint"]


def test_runs_that_are_not_equally_far_go_on_apart_and_their_checkpoints_are_read_once(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for some, last in ((GRID[:4], 4), (GRID[4:6], 8)):
        calls = iter(range(10**6))
        together(some, tmp_path, stop=lambda calls=calls, last=last: next(calls) >= last)
    looked_at, read = Counter[Path](), Checkpoint.read
    monkeypatch.setattr(Checkpoint, "read", lambda one: looked_at.update([one.path]) or read(one))
    assert {one.outcome for one in together(GRID, tmp_path)} == {Outcome.DONE}
    assert (len(looked_at), set(looked_at.values())) == (len(GRID), {1})
    assert_same_runs(tmp_path, alone, GRID)


def test_a_run_that_diverges_costs_the_others_nothing(alone: Path, tmp_path: Path) -> None:
    too_fast = [f"rules.three_factor.{key}" for key in ("eta_when=2", "eta_what=2", "eta_novelty=1e9")]
    wild = [simulation("reservoir.gain=1e5"), simulation("reservoir.gain=0.5", *too_fast)]
    both = [*GRID[:2], *wild, *GRID[2:]]
    ended = {one.hash: one for one in together(both, tmp_path / "batch")}
    for one in wild:
        lone = execute(one, tmp_path / "alone")
        mine = ended[config.content_hash(one)]
        assert lone.outcome is mine.outcome is Outcome.DIVERGED
        folder = store.folder_of(one, tmp_path / "batch")
        assert json.loads((folder / "summary.json").read_text())["divergence"] == lone.summary["divergence"]
        assert mine.message == lone.summary["divergence"]["message"]
        assert (folder / "log.txt").read_text().splitlines()[-1] == mine.message
        assert (lone.path / "log.txt").read_text().splitlines()[-1].endswith(mine.message)
    assert_same_runs(tmp_path / "batch", alone, GRID)


def test_a_batch_that_takes_too_long_is_given_up_and_can_go_on(alone: Path, tmp_path: Path) -> None:
    ended = together(GRID[:2], tmp_path, timeout_s=1e-9)
    assert {one.outcome for one in ended} == {Outcome.TIMED_OUT}
    assert {one.message for one in ended} == {
        "Stopped after 0 of 15 trials, at 1e-09 s; a longer --timeout continues there."
    }
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    assert {one.outcome for one in together(GRID[:2], tmp_path)} == {Outcome.DONE}
    assert_same_runs(tmp_path, alone, GRID[:2])


def test_a_run_that_cannot_be_judged_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurogate.tasks.session import Session

    judge = Session.result

    def result(self: Session) -> object:
        if self.seeds == (2,) and any(getattr(rule, "eta_when", 0.0) == 0.2 for rule in self.rules.values()):
            raise ValueError("no luck")
        return judge(self)

    monkeypatch.setattr(Session, "result", result)
    ended = together(GRID[:4], tmp_path)
    assert [one.outcome for one in ended] == [Outcome.DONE] * 3 + [Outcome.FAILED]
    assert ended[3].message == "ValueError: no luck"
    assert "Traceback" in ended[3].log
    assert not store.folder_of(GRID[3], tmp_path).exists()


def test_the_rules_of_a_network_are_judged_once_for_all_of_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurogate.tasks.session import Session

    judged, judge = list[tuple[tuple[int, ...], int]](), Session.result
    note = lambda self: judged.append((self.seeds, len(self.rules)))  # noqa: E731
    monkeypatch.setattr(Session, "result", lambda self: note(self) or judge(self))
    together(GRID[:4], tmp_path)
    assert judged == [((1,), 3), ((2,), 3)]


def test_waveforms_share_a_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveform_metrics, "_POINTS", 1)  # a fine spectrum takes longer than the run
    runs = [
        simulation(f"reservoir.gain={gain}", f"run.seed={seed}", f"rule.ridge={ridge}", name="nc_sine")
        for gain, seed in ((4000, 1), (4000, 2), (5000, 1))
        for ridge in (2e5, 4e5)
    ]
    assert groups(runs) == [[0, 2, 4], [1, 3, 5]]
    ended = together(runs, tmp_path / "batch")
    assert {one.outcome for one in ended} == {Outcome.DONE}
    for one in runs:
        execute(one, tmp_path / "alone")
    assert_same_runs(tmp_path / "batch", tmp_path / "alone", runs)


def test_readouts_that_are_fed_back_need_a_session_for_each_rule(tmp_path: Path) -> None:
    task = attrs.evolve(GRID[0].task, habituation=1, blocks=[attrs.evolve(GRID[0].task.blocks[0], trials=2)])
    fed_back = [
        attrs.evolve(
            one,
            task=task,
            rules={"three_factor": one.rules["three_factor"]},
            reservoir=attrs.evolve(
                one.reservoir, inputs=attrs.evolve(one.reservoir.inputs, feedback=Normal(mean=0.0, sd=1.0))
            ),
        )
        for one in GRID[:3]
    ]
    assert groups(fed_back) == [[0, 2], [1]]
    assert {one.outcome for one in together(fed_back, tmp_path / "batch")} == {Outcome.DONE}
    for one in fed_back:
        execute(one, tmp_path / "alone")
    assert_same_runs(tmp_path / "batch", tmp_path / "alone", fed_back)


def outcomes(simulations: Sequence[config.AnySimulation], out: Path) -> list[Outcome]:
    """Run each alone and all together, and compare what is stored."""
    for one in simulations:
        execute(one, out / "alone")
    ended = {one.hash: one.outcome for one in together(simulations, out / "batch")}
    assert_same_runs(out / "batch", out / "alone", simulations)
    return [ended[config.content_hash(one)] for one in simulations]


FORGETFUL = ["rules.force.forgetting_what=0.9", "rules.force.ridge_when=1.0", "rules.force.ridge_what=1.0"]


@pytest.mark.parametrize("when", [0.999, 0.5, 0.3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rules_that_forget_and_break_cost_the_others_nothing(when: float, dtype: str, tmp_path: Path) -> None:
    forget = [*FORGETFUL, f"rules.force.forgetting_when={when}", f"run.dtype={dtype}"]
    etas = (0.02, 2.0) if when < 0.9 else (0.02,)
    runs = [
        simulation(*forget, f"run.seed={seed}", f"rules.three_factor.eta_when={eta}", "reservoir.n=25")
        for seed in (1, 2, 3)
        for eta in etas
    ]
    found = outcomes(runs, tmp_path)
    assert (set(found) == {Outcome.DONE}) == (when > 0.9)


def test_a_simulation_may_have_two_equal_rules(tmp_path: Path) -> None:
    rules = {"slow": ThreeFactor(eta_when=0.02), "fast": ThreeFactor(eta_when=0.2)}
    runs = [attrs.evolve(GRID[0], rules={**rules, "slow": ThreeFactor(eta_when=eta)}) for eta in (0.02, 0.2)]
    assert outcomes(runs, tmp_path) == [Outcome.DONE] * 2


def test_a_run_of_several_replicas_tells_what_it_would_tell_alone(tmp_path: Path) -> None:
    too_fast = [f"rules.three_factor.{key}" for key in ("eta_when=2", "eta_what=2", "eta_novelty=1e9")]
    runs = [
        simulation("run.replicas=3", "run.seed=5", *too_fast),
        simulation("run.replicas=2", "run.seed=1"),
        simulation("run.replicas=2", "run.seed=3", "reservoir.gain=1e5"),
    ]
    assert outcomes(runs, tmp_path) == [Outcome.DIVERGED, Outcome.DONE, Outcome.DIVERGED]


def test_time_is_charged_to_those_who_take_it(tmp_path: Path) -> None:
    wild = [simulation("reservoir.gain=1e5", f"run.seed={seed}") for seed in range(1, 8)]
    both = [*wild, simulation("run.seed=9")]
    ended = together(both, tmp_path)
    seconds = {str(one.outcome): one.seconds for one in ended}
    summaries = [store.load(store.folder_of(one, tmp_path)).summary["wall_time_s"] for one in both]
    assert seconds["done"] == pytest.approx(summaries[-1], abs=0.01)
    assert sum(summaries) < 8 * max(summaries)
