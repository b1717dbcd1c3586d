"""What only the whole configuration can tell: parts that do not fit together.

Here live the checks that span packages. What one class can see by itself, it checks itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurogate.config.memory import memory_mb
from neurogate.config.parts import Parts
from neurogate.config.structuring import plain
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Constant, Distribution, FromFile, Gamma, Normal
from neurogate.neurons.models import MODELS
from neurogate.neurons.presets import PRESETS
from neurogate.plasticity.force import Force
from neurogate.plasticity.gates import PhaseGate
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.units import Domain, shown, whole_steps

__all__ = ["problems"]

_TIME = Domain(0, low_open=True, unit="ms")


def problems(simulation: Parts) -> list[str]:
    """Say what does not fit together, one sentence for each mistake.

    Examples
    --------
    >>> from neurogate.config.schema import Simulation
    >>> problems(Simulation())
    []
    """
    checks = (_names, _steps, _bins, _windows, _sizes, _distributions, _feedback)
    found = [problem for check in checks for problem in check(simulation)]
    return found or list(_memory(simulation))


def _names(simulation: Parts) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", simulation.name):
        allowed = "begin with a letter or digit and hold only these, dots, dashes and underscores, at most 64"
        yield f"name is {shown(simulation.name)}; it must {allowed}."
    if not simulation.rules:
        yield "rules is empty; it must hold at least one learning rule, for example [rules.three_factor]."
    for name in simulation.rules:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            allowed = "letters, digits, dashes and underscores, at most 64"
            yield f"rules holds a rule called {shown(name)}; its name must be {allowed}."
    outcomes = simulation.task.outcomes
    if len(set(outcomes)) < len(outcomes):
        yield f"task.outcomes is {shown(outcomes)}; each outcome must have a name of its own."


def _steps(simulation: Parts) -> Iterator[str]:
    """Say which times are no whole number of steps."""
    dt_ms = simulation.reservoir.dt_ms
    times = {f"task.timeline.{key}": value for key, value in simulation.task.timeline.times().items()}
    times["features.bin_ms"] = simulation.features.bin_ms
    for i, block in enumerate(simulation.task.blocks):
        times |= {f"task.blocks[{i}].latency_ms[{c}]": value for c, value in enumerate(block.latency_ms)}
    if isinstance(delay := simulation.reservoir.recurrent.delay_ms, Constant) and delay.value > 0:
        times["reservoir.recurrent.delay_ms"] = delay.value
    yield from _not_multiples(times, "steps", "reservoir.dt_ms", dt_ms)


def _bins(simulation: Parts) -> Iterator[str]:
    """Say which times are no whole number of bins."""
    timeline = simulation.task.timeline
    times = {
        "task.timeline.interval_ms": timeline.interval_ms,
        "task.timeline: interval_ms + cue_ms + gap_ms": timeline.trial_ms,
        "record.every_ms": simulation.record.every_ms,
    }
    for name, rule in simulation.rules.items():
        if isinstance(rule, Force):
            times[f"rules.{name}.sample_ms"] = rule.sample_ms
    yield from _not_multiples(times, "bins", "features.bin_ms", simulation.features.bin_ms)
    if whole_steps(timeline.trial_ms, simulation.record.every_ms) is None:
        every_ms, trial_ms = simulation.record.every_ms, timeline.trial_ms
        yield f"record.every_ms is {every_ms!r}; it must divide the length of a trial, {trial_ms!r} ms."


def _not_multiples(times: dict[str, float], pieces: str, unit: str, unit_ms: float) -> Iterator[str]:
    """Say which times do not divide; where many do not, the unit is the likelier mistake."""
    counts = {key: whole_steps(value, unit_ms) for key, value in times.items()}
    wrong = [key for key, count in counts.items() if count is None or (count == 0 and times[key] > 0)]
    if len(wrong) <= 3:
        for key in wrong:
            allowed = f"a whole number of {pieces} of {unit}, {unit_ms!r} ms"
            yield f"{key} is {times[key]!r} ms; it must be {allowed}."
        return
    some = ", ".join(f"{key} ({times[key]!r} ms)" for key in wrong[:3])
    yield f"{unit} is {unit_ms!r} ms; it must divide {some} and {len(wrong) - 3} more."


def _windows(simulation: Parts) -> Iterator[str]:
    """Say which windows lie outside the trial."""
    timeline = simulation.task.timeline
    low, high = -timeline.interval_ms, timeline.cue_ms + timeline.gap_ms
    trial = f"the trial goes from {low:g} to {high:g} ms relative to the cue"
    if simulation.probes.window_ms[1] > high:
        yield f"probes.window_ms[1] is {simulation.probes.window_ms[1]:g}; it must lie in the trial: {trial}."
    first, last = simulation.probes.window_ms
    bin_ms = simulation.features.bin_ms
    bins = np.arange(bin_ms, timeline.cue_ms + 0.5 * bin_ms, bin_ms)
    if not ((bins >= first) & (bins <= last)).any():
        yield (
            f"probes.window_ms is [{first:g}, {last:g}]; a bin of features.bin_ms, {bin_ms:g} ms, must end "
            f"in it while the cue is on, up to {timeline.cue_ms:g} ms."
        )
    for name, rule in simulation.rules.items():
        windows: dict[str, Any] = {f"rules.{name}": rule} if isinstance(rule, Force) else {}
        for i, gate in enumerate(rule.gates if isinstance(rule, ThreeFactor) else ()):
            windows |= {f"rules.{name}.gates[{i}]": gate} if isinstance(gate, PhaseGate) else {}
        for path, window in windows.items():
            if window.start_ms >= high:
                yield f"{path}.start_ms is {window.start_ms:g}; it must lie before the end: {trial}."
            if window.stop_ms <= low:
                yield f"{path}.stop_ms is {window.stop_ms:g}; it must lie after the beginning: {trial}."


def _sizes(simulation: Parts) -> Iterator[str]:
    """Say what is larger than the network or than a run can be."""
    n, recurrent, task = simulation.reservoir.n, simulation.reservoir.recurrent, simulation.task
    if recurrent.kind == "fixed_in_degree" and recurrent.in_degree > n:
        yield f"reservoir.recurrent.in_degree is {recurrent.in_degree}; it must be at most reservoir.n, {n}."
    if simulation.record.neurons > n:
        yield f"record.neurons is {simulation.record.neurons}; it must be at most reservoir.n, {n}."
    trials = task.settling + task.habituation + task.trials
    steps = task.timeline.trial_ms / simulation.reservoir.dt_ms
    limits = {
        "task: the number of trials (settling + habituation + all blocks)": (trials, 1_000_000),
        "task.replays": (task.replays, 1000),
        "probes.per_cue": (simulation.probes.per_cue, 10_000),
        "reservoir.dt_ms: the number of steps in a trial": (steps, 10_000_000),
    }
    for key, (count, most) in limits.items():
        if count > most:
            yield f"{key} is {count:g}; it must be at most {most}."


def _memory(simulation: Parts) -> Iterator[str]:
    """Say whether the run would outgrow its memory; asked last, of what is right in itself."""
    parts, limit_mb = memory_mb(simulation), simulation.run.memory_limit_mb
    total_mb = sum(parts.values())
    if total_mb > limit_mb:
        name, largest_mb = max(parts.items(), key=lambda part: part[1])
        yield (
            f"run.memory_limit_mb is {limit_mb:,.0f}; it must be at least {total_mb:,.0f} MB for this "
            f"simulation ({name}: {largest_mb:,.0f} MB). Lower run.replicas or reservoir.n, record less, or "
            "raise the limit."
        )


def _distributions(simulation: Parts) -> Iterator[str]:
    """Say which distributions can give values that make no sense."""
    reservoir, trial_ms = simulation.reservoir, simulation.task.timeline.trial_ms
    ranges: dict[str, tuple[Distribution, Domain]] = {
        "reservoir.synapse.tau_ms": (reservoir.synapse.tau_ms, _TIME),
        "reservoir.trace.tau_ms": (reservoir.trace.tau_ms, _TIME),
        "reservoir.synapse.rise_ms": (reservoir.synapse.rise_ms, _TIME),
        "reservoir.trace.rise_ms": (reservoir.trace.rise_ms, _TIME),
        "reservoir.recurrent.delay_ms": (reservoir.recurrent.delay_ms, Domain(0, trial_ms, unit="ms")),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, Domain(0)),
    }
    for side in ("excitatory", "inhibitory"):
        population = getattr(reservoir.cells, side)
        domains = {p.name: p.domain for p in MODELS[PRESETS[population.preset].model].parameters}
        for name, distribution in population.parameters.items():
            ranges[f"reservoir.cells.{side}.parameters.{name}"] = distribution, domains[name]
    yield from _files(simulation)
    for path, (distribution, domain) in ranges.items():
        problem = next(filter(None, map(domain.problem, _extremes(distribution))), None)
        if problem:
            advice = " (a normal distribution up to 6 sd)" if isinstance(distribution, Normal) else ""
            yield f"{path} is {shown(plain(distribution))}; every number drawn {problem}{advice}."


def _files(simulation: Parts) -> Iterator[str]:
    """Say which files hold other than one number for each thing that needs one."""
    reservoir, task = simulation.reservoir, simulation.task
    excitatory, inhibitory = reservoir.cells.split(reservoir.n)
    recurrent, channels = reservoir.recurrent, task.cues + len(task.outcomes)
    fixed = recurrent.kind == "fixed_in_degree"
    synapses = reservoir.n * recurrent.in_degree if fixed else None
    needs: dict[str, tuple[Distribution, int | None]] = {
        "reservoir.synapse.tau_ms": (reservoir.synapse.tau_ms, reservoir.n),
        "reservoir.trace.tau_ms": (reservoir.trace.tau_ms, reservoir.n),
        "reservoir.synapse.rise_ms": (reservoir.synapse.rise_ms, reservoir.n),
        "reservoir.trace.rise_ms": (reservoir.trace.rise_ms, reservoir.n),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, reservoir.n),
        "reservoir.inputs.weight": (reservoir.inputs.weight, reservoir.n * channels),
        "reservoir.inputs.feedback": (reservoir.inputs.feedback, reservoir.n * (1 + len(task.outcomes))),
        "reservoir.recurrent.weight": (recurrent.weight, synapses),
        "reservoir.recurrent.delay_ms": (recurrent.delay_ms, synapses),
    }
    for side, count in (("excitatory", excitatory), ("inhibitory", inhibitory)):
        population = getattr(reservoir.cells, side)
        of_side = {
            "bias": population.bias,
            **{f"parameters.{k}": d for k, d in population.parameters.items()},
        }
        needs |= {f"reservoir.cells.{side}.{key}": (d, count) for key, d in of_side.items()}
    for path, (distribution, wanted) in needs.items():
        if not isinstance(distribution, FromFile) or not Path(distribution.path).is_file():
            continue
        if wanted is None:
            yield (
                f"{path} is read from a file, but the number of connections is drawn; it must be a "
                "distribution, or reservoir.recurrent.kind must be fixed_in_degree."
            )
            continue
        try:
            distribution.sample(np.random.default_rng(0), wanted)
        except RequestError as error:
            yield f"{path}: {error}"


def _extremes(distribution: Distribution) -> tuple[float, ...]:
    """Return the smallest and the largest number that will ever be drawn, as far as they are known."""
    if isinstance(distribution, Constant):
        return (distribution.value,)
    if isinstance(distribution, Normal):
        reach = 6 * distribution.sd
        return distribution.mean - reach, distribution.mean + reach
    if isinstance(distribution, Gamma):
        return (distribution.mean,)
    return () if isinstance(distribution, FromFile) else (distribution.low, distribution.high)


def _feedback(simulation: Parts) -> Iterator[str]:
    count = len(simulation.rules)
    if simulation.reservoir.inputs.feeds_back and count != 1:
        yield (
            f"rules holds {count} rules; with reservoir.inputs.feedback it must hold exactly one, since the "
            "network hears its readouts. Set feedback to 0 or keep one rule."
        )
