"""Runs and sweeps to report on: stored by the program, simulated by sessions that cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurogate.config import Simulation, structure
from neurogate.config.sweep import Sweep, points
from neurogate.runs import store
from neurogate.runs.execute import execute
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.versions import versions
from tests.plotting.conftest import make_result
from tests.runs.fakes import FakeSession, Result, without_figures

GAINS, SEEDS = (0.5, 1.0, 2.0), (1, 2, 3)
COMMAND = "neurogate sweep what_when --grid reservoir.gain=0.5,1.0,2.0 --seeds 3"
WHY = "The worker died three times on this run."


class Measured(FakeSession):
    """Ends after two trials with numbers that follow from its settings."""

    def __init__(self, simulation: Any, **options: Any) -> None:
        super().__init__(simulation, total=2, **options)
        self.gain, self.seed = simulation.reservoir.gain, simulation.run.seed

    def result(self) -> Result:
        metrics = {
            rule: {"timing_error_ms": more + 100 * self.gain + self.seed, "probability_mae": 1e3**-self.seed}
            for rule, more in (("three_factor", 0.0), ("force", 50.0))
        }
        return Result({"walk": self.walk}, metrics)


class Drawn(FakeSession):
    """Ends with everything that figures draw."""

    def __init__(self, simulation: Any, *, replicas: int = 1, n: int = 60) -> None:
        super().__init__(simulation, total=2)
        made = make_result(replicas, n)
        time_ms = made["probe_time_ms"]
        cue = (time_ms > 0) & (time_ms <= simulation.task.timeline.cue_ms)
        when = {key: values[..., cue] for key, values in made.items() if key.endswith(".when")}
        self.arrays = made | when | {"probe_time_ms": time_ms[cue]}

    def result(self) -> Result:
        block = {"timing_error_ms": 12.0, "trials_to_timing": float("nan")}
        angle = {"when_what_angle_null_deg": 78.0, "when_what_angle_null_p5_deg": 67.0}
        metrics = {
            "timing_error_ms": 18.25, "probability_r": float("nan"), "when_what_angle_null_p": 0.5,
            **angle, "blocks": {"A": block},
        }  # fmt: skip
        return Result(self.arrays, {"three_factor": metrics, "force": metrics})


def drawn_run(out: Path, *, replicas: int = 1, n: int = 60, **settings: Any) -> store.Run:
    """Store a run of which all figures can be drawn; `settings` are those of the top level."""
    simulation = structure({"name": "drawn", "reservoir": {"n": 250}, **settings})
    with without_figures():
        return execute(simulation, out, open_session=lambda s: Drawn(s, replicas=replicas, n=n))  # type: ignore[arg-type,return-value]


def diverged_run(out: Path) -> store.Run:
    """Store a run that diverged."""
    return execute(
        Simulation(name="diverged"),
        out,
        open_session=lambda s: Measured(s, diverge_at=1),  # type: ignore[arg-type,return-value]
    )


def sweep_folder(out: Path) -> Path:
    """Store a sweep of three gains and three seeds, of which one run diverged and two are missing."""
    chosen = points(Sweep(grid={"reservoir.gain": list(GAINS)}, seeds=len(SEEDS)), {"name": "swept"})
    folder = open_folder(chosen, "swept", out, COMMAND, versions())
    for point in chosen[:-2]:
        diverge_at = 1 if tuple(point.changes.values()) == (1.0, 3) else None
        execute(
            point.simulation,
            out,
            open_session=lambda s, at=diverge_at: Measured(s, diverge_at=at),  # type: ignore[misc]
        )
    (folder / "failed").mkdir()
    (folder / "failed" / f"{chosen[-1].hash[:12]}.log").write_text(f"Began.\n{WHY}\n", "utf-8")
    return folder
