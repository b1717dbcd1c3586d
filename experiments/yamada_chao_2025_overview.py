"""What follows a cue, when, and how probably: one spiking reservoir learns all three.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The equations are our reconstruction from the abstract.

Several networks, one per seed, live through the same kind of trials: first the latencies of the outcomes
switch, then their probabilities. An attention-gated three-factor rule and FORCE learn from the same
spikes and are judged in frozen omission probes. Run it with

    python experiments/yamada_chao_2025_overview.py [--quick] [--seeds N] [--out DIR]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from neurogate.analysis.intervals import mean_interval
from neurogate.network.cells import Cells, Population
from neurogate.network.features import Features
from neurogate.network.filters import Synapse, Trace
from neurogate.network.inputs import Inputs
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Gamma, LogUniform, Normal
from neurogate.plasticity.force import Force
from neurogate.plasticity.gates.error import ErrorGate
from neurogate.plasticity.gates.phase import PhaseGate
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.plotting.overview import overview, save
from neurogate.runs.asking import ask, reader
from neurogate.runs.pooled import stacked
from neurogate.tasks.evaluation import Result
from neurogate.tasks.probes import Probes
from neurogate.tasks.session import Session
from neurogate.tasks.what_when import Block, WhatWhen

NAME = "yamada_chao_2025_overview"

# One latency per cue; one row per cue with the probabilities of X and Y, the rest is omission.
EARLY, SWAPPED = (300.0, 600.0, 900.0, 1200.0), (600.0, 300.0, 1200.0, 900.0)
ODDS = ((0.9, 0.0), (0.1, 0.8), (0.5, 0.3), (0.2, 0.6))
OTHER_ODDS = ((0.2, 0.7), (0.7, 0.2), (0.1, 0.7), (0.6, 0.2))


def make_task(trials: tuple[int, int, int]) -> WhatWhen:
    """Return four cues whose latencies switch after the first block and whose odds after the second."""
    a, b, c = trials
    return WhatWhen(
        outcomes=("X", "Y"),
        blocks=(
            Block(name="A", trials=a, latency_ms=EARLY, probability=ODDS),
            Block(name="B", trials=b, latency_ms=SWAPPED, probability=ODDS),
            Block(name="C", trials=c, latency_ms=SWAPPED, probability=OTHER_ODDS),
        ),
    )


def make_network(n: int) -> ReservoirSpec:
    """Return a network whose slow cells, slow synapses and random input weights remember the cue."""
    return ReservoirSpec(
        n=n,
        gain=1.0,
        cells=Cells(
            excitatory=Population(preset="adapting_excitatory", bias=Normal(mean=4.0, sd=1.0)),
            inhibitory=Population(preset="inhibitory_2003", bias=Normal(mean=4.0, sd=1.0)),
        ),
        recurrent=Recurrent(probability=0.1, weight=Gamma(shape=2.0, scale=0.5), inhibitory_scale=4.0),
        synapse=Synapse(tau_ms=LogUniform(low=10.0, high=500.0)),
        inputs=Inputs(weight=Normal(mean=0.0, sd=6.0), noise_sd=Constant(value=0.3)),
        trace=Trace(tau_ms=LogUniform(low=30.0, high=150.0)),
    )


# Rules read the same traces and do not act on the network: their comparison is exactly paired.
RULES = {
    "three_factor": ThreeFactor(gates=(PhaseGate(start_ms=0.0, stop_ms=1650.0), ErrorGate(saturation=1.0))),
    "force": Force(ridge_when=100.0, ridge_what=1000.0),
}

LABELS = {
    "timing_error_ms": "timing error (ms)",
    "probability_mae": "probability error |p̂ - p|",
    "probability_r": "correlation of p̂ and p",
    "when_what_angle_deg": "angle of when and what (deg)",
    "when_what_angle_null_deg": "  random sums of the traces (deg)",
    "when_what_angle_null_p": "  share of these at least as wide",
    "mean_rate_hz": "mean rate (Hz)",
}


def simulate(seed: int, network: ReservoirSpec, task: WhatWhen, tick: Callable[[], None]) -> Result:
    """Let one network live through the task while all rules learn."""
    channels = task.cues + len(task.outcomes)
    reservoir = Reservoir.build(network, [seed], channels, dtype="float32")
    session = Session(reservoir, Features(), task, RULES, Probes(), [seed])
    while not session.done:
        session.advance()
        tick()
    return session.result()


def pooled(results: Sequence[Result]) -> dict[str, Any]:
    """Put the seeds side by side, as the replicas of one run, for the figure."""
    return stacked([result.arrays for result in results])


def rows(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """List the metrics of one rule with their labels, those measured block by block also so."""
    for key, label in LABELS.items():
        yield label, metrics[key]
        for block, inside in metrics["blocks"].items():
            if key in inside:
                yield f"  block {block}", inside[key]


def table(results: Sequence[Result]) -> Iterator[str]:
    """Write the metrics of all rules side by side: mean and 95 % interval over seeds."""
    columns = [[list(rows(result.metrics[rule])) for result in results] for rule in RULES]
    yield f"mean ± 95 % interval of {len(results)} seeds".ljust(36) + "".join(f"{rule:>18}" for rule in RULES)
    for i, (label, _) in enumerate(columns[0][0]):
        cells = [cell([seed[i][1] for seed in column]) for column in columns]
        yield label.ljust(36) + "".join(f"{text:>18}" for text in cells)


def cell(values: Sequence[float]) -> str:
    """Write the mean of some seeds, with its interval if there are several."""
    mean, half_width = mean_interval(values)
    return f"{mean:.3g} ± {half_width:.2g}" if len(values) > 1 else f"{mean:.3g}"


def progress(total: int) -> Callable[[], None]:
    """Return what writes a line to standard error after every tenth of `total` calls."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if 10 * done // total > 10 * (done - 1) // total:
            print(f"{100 * done // total} % of {total} trials", file=sys.stderr, flush=True)

    return tick


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate every seed, print the table, and store the figure."""
    asked = ask(reader(__doc__, 5, 3, least_seeds=1, out=".", stored="", jobs=False), arguments)
    network = make_network(300 if asked.quick else 1000)
    task = make_task((160, 120, 120) if asked.quick else (320, 240, 240))
    seeds = range(1, 1 + asked.seeds)
    trials = task.settling + task.habituation + task.trials + Probes().per_cue * task.cues
    tick = progress(trials * len(seeds))
    results = [simulate(seed, network, task, tick) for seed in seeds]
    print(*table(results), sep="\n")
    png, _ = save(overview(pooled(results)), asked.out, NAME)
    print(f"The figure is {png} (and .pdf).")


if __name__ == "__main__":
    main()
