"""What only the whole configuration can tell: parts that do not fit together.

Here live the checks that span packages. What one class can see by itself, it checks itself.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from neurogate.backends.allotment import free_mb
from neurogate.config.memory import memory_mb
from neurogate.config.network_checks import network_problems
from neurogate.config.parts import AnyReservoirSpec, Basics, Parts, WaveformParts
from neurogate.network.rate_reservoir import RateReservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant
from neurogate.plasticity.force import Force
from neurogate.plasticity.gates import PhaseGate
from neurogate.tasks.record import LEARNED, SIMULATED
from neurogate.tasks.what_when import WhatWhen
from neurogate.units import shown, whole_steps

__all__ = ["problems"]

_MOST_STEPS = 100_000_000


def problems(simulation: Parts | WaveformParts) -> list[str]:
    """Say what does not fit together, one sentence for each mistake.

    Examples
    --------
    >>> from neurogate.config.schema import Simulation
    >>> problems(Simulation())
    []
    """
    found = list(_name(simulation))
    if isinstance(simulation, WaveformParts):
        found += _waveform(simulation)
    else:
        checks = (_names, _steps, _bins, _windows, _sizes, _network, _recordable, _feedback)
        found += [problem for check in checks for problem in check(simulation)]
    return found or list(_memory(simulation))


def _name(simulation: Basics) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", simulation.name):
        allowed = "begin with a letter or digit and hold only these, dots, dashes and underscores, at most 64"
        yield f"name is {shown(simulation.name)}; it must {allowed}."


def _waveform(simulation: WaveformParts) -> Iterator[str]:
    """Say what does not fit together where readouts are taught a signal inside the run."""
    task, reservoir = simulation.task, simulation.reservoir
    yield from task.misfits(simulation.rule, reservoir.dt_ms)
    yield from _not_multiples(_delay(reservoir), "steps", "reservoir.dt_ms", reservoir.dt_ms)
    yield from _in_degree(reservoir)
    steps = task.duration_ms / reservoir.dt_ms
    if steps > _MOST_STEPS:
        most = f"it must be at most {_MOST_STEPS}"
        yield f"task.duration_ms: the number of steps of the run is {steps:g}; {most}."
    yield from network_problems(
        reservoir, longest_ms=task.duration_ms, channels=0, readouts=len(task.signal.names)
    )


def _names(simulation: Parts) -> Iterator[str]:
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
    times = {f"task.{key}": value for key, value in simulation.task.times().items()}
    times["features.bin_ms"] = simulation.features.bin_ms
    times |= _delay(simulation.reservoir)
    yield from _not_multiples(times, "steps", "reservoir.dt_ms", dt_ms)


def _delay(reservoir: AnyReservoirSpec) -> dict[str, float]:
    """Return the delay of the connections, if it is one and not the shortest."""
    delay = reservoir.recurrent.delay_ms if isinstance(reservoir, ReservoirSpec) else None
    return (
        {"reservoir.recurrent.delay_ms": delay.value} if isinstance(delay, Constant) and delay.value else {}
    )


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
    end_ms = bin_ms * max(1.0, np.ceil(first / bin_ms))  # of the first bin that may count
    if end_ms > last or end_ms >= timeline.cue_ms + 0.5 * bin_ms:
        yield (
            f"probes.window_ms is [{first:g}, {last:g}]; a bin of features.bin_ms, {bin_ms:g} ms, must end "
            f"in it while the cue is on, up to {timeline.cue_ms:g} ms."
        )
    else:
        yield from _unseen(simulation.task, first, last)
    lead_ms, onset_ms = simulation.task.lead_ms, timeline.onset_ms
    if lead_ms and first < lead_ms + onset_ms:
        yield (
            f"probes.window_ms[0] is {first:g}; it must be at least task.lead_ms + task.timeline.onset_ms, "
            f"{lead_ms + onset_ms:g} ms, or what the onset of the cue does is taken for a peak."
        )
    for name, rule in simulation.rules.items():
        windows: dict[str, Any] = {f"rules.{name}": rule} if hasattr(rule, "stop_ms") else {}
        for i, gate in enumerate(getattr(rule, "gates", ())):
            windows |= {f"rules.{name}.gates[{i}]": gate} if isinstance(gate, PhaseGate) else {}
        for path, window in windows.items():
            if window.start_ms >= high:
                yield f"{path}.start_ms is {window.start_ms:g}; it must lie before the end: {trial}."
            if window.stop_ms <= low:
                yield f"{path}.stop_ms is {window.stop_ms:g}; it must lie after the beginning: {trial}."


def _unseen(task: WhatWhen, first_ms: float, last_ms: float) -> Iterator[str]:
    """Say which outcomes come where probes look for no peak: foretold ever so well, they count as errors."""
    unseen: dict[str, str] = {}
    for i, block in enumerate(task.blocks):
        for cue, latency_ms in enumerate(block.latency_ms):
            low, high = block.jitter.frequent_ms(latency_ms) if block.jitter else (latency_ms, latency_ms)
            if high < first_ms or low > last_ms:
                times = f"{low:g} ms" if low == high else f"{low:g} to {high:g} ms"
                moved = f", which jitter makes {times}" if block.jitter else ""
                unseen[f"task.blocks[{i}].latency_ms[{cue}]"] = f"{latency_ms:g} ms{moved}"
    if unseen:
        some = ", ".join(f"{key} ({time})" for key, time in list(unseen.items())[:3])
        more = f" and {len(unseen) - 3} more" if len(unseen) > 3 else ""
        yield (
            f"probes.window_ms is [{first_ms:g}, {last_ms:g}]; it must hold {some}{more}, or no probe sees "
            "whether that is foretold."
        )


def _sizes(simulation: Parts) -> Iterator[str]:
    """Say what is larger than the network or than a run can be."""
    n, task = simulation.reservoir.n, simulation.task
    yield from _in_degree(simulation.reservoir)
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


def _in_degree(reservoir: AnyReservoirSpec) -> Iterator[str]:
    if not isinstance(reservoir, ReservoirSpec):
        return
    n, recurrent = reservoir.n, reservoir.recurrent
    if recurrent.kind == "fixed_in_degree" and recurrent.in_degree > n:
        yield f"reservoir.recurrent.in_degree is {recurrent.in_degree}; it must be at most reservoir.n, {n}."


def _network(simulation: Parts) -> Iterator[str]:
    task = simulation.task
    yield from network_problems(
        simulation.reservoir,
        longest_ms=task.timeline.trial_ms,
        channels=task.channels,
        readouts=1 + len(task.outcomes),
    )


def _recordable(simulation: Parts) -> Iterator[str]:
    """Say what is to be recorded of a reservoir that has no such thing."""
    if isinstance(simulation.reservoir, ReservoirSpec):
        return
    absent = [v for v in simulation.record.variables if v in SIMULATED and v not in RateReservoir.recordable]
    if absent:
        there = ", ".join((*RateReservoir.recordable, *LEARNED))
        yield (
            f"record.variables holds {', '.join(map(shown, absent))}, which a reservoir of the kind "
            f"{simulation.reservoir.kind} does not have; it has {there}."
        )


def _memory(simulation: Parts | WaveformParts) -> Iterator[str]:
    """Say whether the run would outgrow its memory; asked last, of what is right in itself."""
    parts, limit_mb = memory_mb(simulation), simulation.run.memory_limit_mb
    total_mb = sum(parts.values())
    if total_mb > limit_mb:
        name, largest_mb = max(parts.items(), key=lambda part: part[1])
        free_gb = _free_gb()
        advice = ", record less, or raise the limit."
        if total_mb > 1000 * free_gb:
            advice = f", or record less: here {free_gb:,.0f} GB are free, so a higher limit would not do."
        yield (
            f"run.memory_limit_mb is {limit_mb:,.0f}; it must be at least {total_mb:,.0f} MB for this "
            f"simulation ({name}: {largest_mb:,.0f} MB). Lower run.replicas or reservoir.n{advice}"
        )


@functools.cache
def _free_gb() -> float:
    """Return the memory that is free here, asked once: each of 100,000 points may have this mistake."""
    return free_mb() / 1000


def _feedback(simulation: Parts) -> Iterator[str]:
    count = len(simulation.rules)
    if simulation.reservoir.inputs.feeds_back and count != 1:
        yield (
            f"rules holds {count} rules; with reservoir.inputs.feedback it must hold exactly one, since the "
            "network hears its readouts. Set feedback to 0 or keep one rule."
        )
