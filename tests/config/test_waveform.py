"""Configurations whose task is a waveform: what they hold, what does not fit, what stays as it was."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from neurogate.config import Simulation, WaveformSimulation, content_hash, describe, dumps, load, structure
from neurogate.config.build import session
from neurogate.config.memory import memory_mb
from neurogate.errors import RequestError
from neurogate.tasks.waveform import WaveformSession
from neurogate.tasks.waveform_signals import SIGNALS

SHIPPED = (
    "nc_sine", "nc_product", "nc_product_noise", "nc_sawtooth", "nc_vanderpol_harmonic",
    "nc_vanderpol_relaxation", "nc_ode_to_joy",
)  # fmt: skip
SMALL = [
    "reservoir.n=30",
    "rule.start_ms=100",
    "rule.stop_ms=200",
    "task.duration_ms=400",
    "run.backend=numpy",
]


def problems(**tables: object) -> list[str]:
    task = {"kind": "waveform", **tables.pop("task", {})}  # type: ignore[dict-item]
    with pytest.raises(RequestError) as caught:
        structure({"task": task, **tables})
    return list(caught.value.problems)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("quick", [False, True])
def test_a_shipped_waveform_can_be_read_and_written_and_run(name: str, quick: bool) -> None:
    simulation = load(name, quick=quick)
    assert isinstance(simulation, WaveformSimulation)
    assert structure(tomllib.loads(dumps(simulation))) == simulation
    small = session(load(name, SMALL))
    assert isinstance(small, WaveformSession)
    small.advance()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_network_is_that_of_the_paper(name: str) -> None:
    """Weights and kicks are G N(0,1) / (p sqrt(n)) / (rise tau), and P(0) is 2 I for their traces."""
    simulation = load(name, ["reservoir.n=400"])
    assert isinstance(simulation, WaveformSimulation)
    network = session(simulation).reservoir.arrays
    strength = {"nc_sine": 5000, "nc_sawtooth": 5000}.get(name, 10000)
    expected = strength / (0.1 * np.sqrt(400)) / (20 * 2)
    assert network.weights[network.weights != 0].std() == pytest.approx(expected, rel=0.02)
    kick = float(network.trace_kick[0, 0]) / 1000 * 40  # of our traces, over theirs, per ms
    assert 0.5 * (1000 * kick) ** 2 == pytest.approx(simulation.rule.ridge, rel=1e-5)  # type: ignore[union-attr]
    v_t, b = (-20, 0) if name == "nc_ode_to_joy" else (-19.2, -2)
    assert network.parameters[0, :, 0].tolist() == pytest.approx([250, 2.5, -60, v_t, 30, 0.01, b, -65, 200])


def test_what_when_is_meant_where_no_kind_is_named_and_may_be_named() -> None:
    assert structure({}) == structure({"task": {"kind": "what_when"}}) == Simulation()
    assert "kind" not in tomllib.loads(dumps(Simulation()))["task"]


@pytest.mark.parametrize("kind", ["wavefrom", 3, [], {}, True, None])
def test_an_unknown_kind_of_task_is_one_sentence(kind: object) -> None:
    (problem,) = problems(task={"kind": kind})
    assert problem.startswith("task.kind is ")
    assert 'it must be "what_when" or "waveform".' in problem
    assert problem.endswith("Did you mean waveform?") is (kind == "wavefrom")


def test_keys_of_another_task_are_unknown() -> None:
    found = problems(rules={"force": {}}, probes={}, task={"timeline": {}})
    assert [problem.split()[0] for problem in found] == ["task.timeline", "probes", "rules"]
    assert "did you mean rule?" in found[2]


def test_times_that_do_not_fit_are_all_told() -> None:
    found = problems(
        reservoir={"dt_ms": 0.04},
        task={"sample_ms": 1.01, "duration_ms": 8000.0},
        rule={"kind": "delta", "every_ms": 0.9, "start_ms": 50.0},
    )
    keys = [problem.split()[0].rstrip(":") for problem in found]
    assert keys == [
        "task.sample_ms", "task.piece_ms", "rule.every_ms", "rule.start_ms", "rule.stop_ms"
    ]  # fmt: skip


def test_an_unfit_signal_or_rule_is_told_with_what_there_is() -> None:
    assert 'it must be "sines" or "sawtooth" or ' in problems(task={"signal": {"kind": "sine"}})[0]
    assert 'it must be "least_squares" or "delta"' in problems(rule={"kind": "force"})[0]


def test_a_network_is_checked_as_in_any_simulation() -> None:
    found = problems(
        name="a b",
        reservoir={
            "n": 50,
            "recurrent": {"kind": "fixed_in_degree", "in_degree": 60, "delay_ms": 0.5},
            "synapse": {"tau_ms": {"uniform": [-1.0, 1.0]}},
        },
    )
    keys = {problem.split()[0] for problem in found}
    assert {"name", "reservoir.recurrent.in_degree", "reservoir.recurrent.delay_ms"} <= keys
    assert "reservoir.synapse.tau_ms" in keys


def test_a_run_that_outgrows_its_memory_is_refused() -> None:
    (problem,) = problems(reservoir={"n": 5000, "dt_ms": 0.04}, run={"memory_limit_mb": 100.0})
    assert problem.startswith("run.memory_limit_mb is 100; it must be at least")


def test_the_announced_memory_covers_the_state() -> None:
    simulation = load("nc_sine", [*SMALL, "reservoir.n=300", "run.dtype=float64"])
    running = session(simulation)
    running.advance()
    running.advance()
    held_mb = sum(array.nbytes for array in running.state().values()) / 1e6
    assert held_mb <= sum(memory_mb(simulation).values())


def test_each_setting_changes_the_hash_and_names_do_not() -> None:
    plain = content_hash(load("nc_sine"))
    assert content_hash(load("nc_sine", ["name=other", "run.threads=2"])) == plain
    changes = (
        "task.signal.noise=0.1",
        "rule.ridge=2.0",
        "task.piece_ms=50.0",
        "reservoir.cells.start_mV=-60.0",
    )
    assert len({plain, *(content_hash(load("nc_sine", [change])) for change in changes)}) == 5


def test_what_is_not_given_leaves_the_hash_as_it_was() -> None:
    """Runs that are stored find their folder again."""
    former = [f"reservoir.cells.{kind}.bias={{normal=[6.0, 1.0]}}" for kind in ("excitatory", "inhibitory")]
    assert content_hash(load("what_when", former)).startswith("9a5f6525e693")


@pytest.mark.parametrize("kind", SIGNALS)
def test_every_signal_is_reachable_by_its_kind(kind: str) -> None:
    made = structure({"task": {"kind": "waveform", "signal": {"kind": kind}}})
    assert made.task.signal == SIGNALS[kind]()  # type: ignore[union-attr]


def test_every_setting_is_listed_with_a_meaning() -> None:
    rows = {row.key: row for row in describe(load("nc_sine"))}
    assert rows["task.kind"].value == '"waveform"'
    assert rows["rule.every_ms"].value == "0.8"
    assert rows["reservoir.cells.start_mV"].allowed.startswith("a number, {uniform}")
    assert all(row.meaning for row in rows.values())
