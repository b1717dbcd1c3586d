"""What the pictures of a run show, in sentences with their numbers, for whoever does not see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurogate.plotting.adaptation import CRITERIA, trials_needed
from neurogate.plotting.calibration import at_block_ends, mean_r
from neurogate.plotting.gates import GateCourse
from neurogate.plotting.nulls import ALIGNED, NULLS
from neurogate.plotting.result import Arrays, judged_blocks
from neurogate.plotting.scheme import Asked
from neurogate.plotting.style import NEURON_TYPES, display_name
from neurogate.plotting.timing import biases, errors, spreads
from neurogate.tasks.spread import known_means

__all__ = [
    "adaptation",
    "calibration",
    "enumerate_",
    "gates",
    "learning",
    "metrics",
    "nulls",
    "raster",
    "readout",
    "scheme",
    "subspace",
    "timing",
    "turning",
    "waveform",
    "weights",
]

_TOLD = (
    ("timing_error_ms", "timing error {:.3g} ms"),
    ("probability_mae", "probability error {:.2g}"),
    ("rmse_training", "error at the end of teaching {:.2g}"),
    ("rmse_free_best_lag", "error running freely, at the best lag, {:.2g}"),
)


def enumerate_(parts: list[str]) -> str:
    """Join parts of a sentence as English does.

    Examples
    --------
    >>> enumerate_(["a", "b", "c"]), enumerate_(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def metrics(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what each rule reached, as far as it is known.

    Examples
    --------
    >>> metrics({"force": {"timing_error_ms": 121.0, "probability_mae": None}})
    'FORCE: timing error 121 ms.'
    """
    told = {
        rule: [text.format(values[key]) for key, text in _TOLD if values.get(key) is not None]
        for rule, values in measured.items()
    }
    return " ".join(f"{display_name(rule)}: {', '.join(texts)}." for rule, texts in told.items() if texts)


def raster(arrays: Arrays) -> str:
    """Say how many neurons spiked how often."""
    if "neuron_type" not in arrays:
        return f"{len(arrays['raster_time_ms'])} spikes of the first neurons, over the whole run."
    types, (low, high) = arrays["neuron_type"], arrays["raster_window_ms"]
    cue = arrays["cue_names"][int(arrays["raster_cue"])]
    return (
        f"{len(arrays['raster_time_ms'])} spikes of {len(types)} neurons, {int((types == 1).sum())} of them "
        f"inhibitory, from {low:g} to {high:g} ms around cue {cue}. Over all probes neurons fired at "
        f"{arrays['mean_rate_hz'].mean():.3g} Hz on average."
    )


def readout(arrays: Arrays, rules: list[str]) -> str:
    """Say when each readout peaked at the end of each block, and when the outcome was due."""
    told = []
    for block in sorted(set(judged_blocks(arrays).tolist())):
        last = int(np.flatnonzero(judged_blocks(arrays) == block)[-1])
        due = _list(arrays["latency_ms"][block])
        peaks = "; ".join(
            f"{display_name(rule)} {_list(arrays[f'{rule}.peak_ms'][:, last].mean(axis=0))}" for rule in rules
        )
        name = display_name(str(arrays["block_names"][block]))
        told.append(f"At the end of block {name} outcomes were due at {due} ms; readouts peaked at: {peaks}.")
    return " ".join(told)


def learning(arrays: Arrays, rules: list[str]) -> str:
    """Say what the errors were at the first and the last judgement."""
    trials = arrays["probe_trial"]
    told = []
    for rule in rules:
        timing, odds = (
            arrays[f"{rule}.{key}"].mean(axis=(0, 2)) for key in ("timing_error_ms", "probability_error")
        )
        told.append(
            f"{display_name(rule)}: timing error from {timing[0]:.3g} to {timing[-1]:.3g} ms, "
            f"probability error from {odds[0]:.2g} to {odds[-1]:.2g}."
        )
    return f"From trial {trials[0]} to trial {trials[-1]}: " + " ".join(told)


def timing(arrays: Arrays) -> str:
    """Say how far from its latency each rule's prediction lies, and how much it varies."""
    latencies = np.unique(arrays["latency_ms"])
    error, bias, deviation = errors(arrays), biases(arrays), spreads(arrays)
    told = [
        f"{display_name(rule)}: error {_list(known_means(error[rule].T))} ms, "
        f"{_list(known_means(bias[rule].T))} ms late, "
        f"sd of single probes {_list(known_means(deviation[rule].T))} ms."
        for rule in bias
    ]
    return f"For latencies of {_list(latencies)} ms: " + " ".join(told)


def calibration(arrays: Arrays) -> str:
    """Say how far learned probabilities are from the true ones, and how the amplitude follows them."""
    told = []
    for rule in map(str, arrays["rule_names"]):
        truth, learned, amplitude = at_block_ends(arrays, rule)
        both = (mean_r(truth, learned), mean_r(truth, amplitude))
        r, of_object = (f"r {one:.3f}" if np.isfinite(one) else "no r" for one in both)
        error = np.abs(learned - truth).mean()
        told.append(f"{display_name(rule)}: error {error:.2g}, {r}, of the amplitude {of_object}.")
    return "Learned against true probability at the end of blocks. " + " ".join(told)


def scheme(asked: Asked) -> str:
    """Say what follows each cue in every block, and how large the network is."""
    task = asked.task
    told = [
        f"Block {display_name(block.name)}, {block.trials} trials: "
        + "; ".join(
            f"cue {cue + 1} at {due_ms:g} ms, "
            + ", ".join(f"{name} {p:g}" for name, p in zip(task.outcomes, odds, strict=True))
            for cue, (due_ms, odds) in enumerate(zip(block.latency_ms, probability, strict=True))
        )
        for block, probability in zip(task.blocks, task.probability(), strict=True)
    ]
    rules = enumerate_([display_name(name) for name in asked.rules])
    return f"{asked.reservoir.n} units; learning rules {rules}. {'. '.join(told)}."


def adaptation(arrays: Arrays) -> str:
    """Say how many trials each rule needed in each block, the median over replicas."""
    told = []
    for block in sorted(set(judged_blocks(arrays).tolist())):
        for error, (_, words) in CRITERIA.items():
            needed = {
                str(rule): float(np.median(trials_needed(arrays, str(rule), error, block)))
                for rule in arrays["rule_names"]
            }
            each = [
                f"{display_name(rule)} {n:.0f}" if n < np.inf else f"{display_name(rule)} never"
                for rule, n in needed.items()
            ]
            name = display_name(str(arrays["block_names"][block]))
            told.append(f"Block {name}, {words}: {enumerate_(each)}.")
    return " ".join(told)


def weights(arrays: Arrays, rules: list[str]) -> str:
    """Say how large the weights of each neuron type are."""
    types = arrays["neuron_type"]
    n = len(types)
    told = []
    for rule in rules:
        for readout_ in ("when", "what"):
            values = arrays[f"{rule}.{readout_}_weights"][..., :n]
            sizes = [
                f"{np.sqrt((values[..., types == code].astype(float) ** 2).mean()):.2g} ({name})"
                for code, (name, _) in enumerate(NEURON_TYPES)
                if (types == code).any()
            ]
            told.append(f"{display_name(rule)}, {readout_}: {enumerate_(sizes)}.")
    return "Root mean square of the weights. " + " ".join(told)


def subspace(observed: Mapping[str, NDArray[Any]], isotropic: Mapping[str, float], traces: Any) -> str:
    """Say what the angles are, and what chance would give.

    Parameters
    ----------
    observed, isotropic, traces : mapping
        As `neurogate.plotting.subspace.subspace` takes them.

    Examples
    --------
    >>> print(subspace({"force": np.array([88.0])}, {"p5": 85.0, "p95": 89.9}, {}))  # doctest: +ELLIPSIS
    Angle between when and what, mean over replicas (1): FORCE 88°. Random directions: ...
    """
    told = []
    for rule, values in observed.items():
        null = traces.get(rule)
        beside = f", random sums of the traces {null['mean']:.3g}° (p = {null['p']:.2g})" if null else ""
        told.append(f"{display_name(rule)} {np.mean(values):.3g}°{beside}.")
    chance = f"Random directions: {isotropic['p5']:.3g} to {isotropic['p95']:.3g}° in nine of ten cases."
    replicas = len(next(iter(observed.values())))
    return " ".join([f"Angle between when and what, mean over replicas ({replicas}):", *told, chance])


def nulls(arrays: Arrays) -> str:
    """Say what the angle between the readouts is, what each null gives, and how activity is aligned."""
    end = _ends(arrays)[0]
    angles = [
        f"{display_name(rule)} {_mean(arrays[f'{rule}.angle_deg'][:, end])}°"
        for rule in map(str, arrays["rule_names"])
    ]
    chance = [f"{name} {_mean(arrays[key])}°" for key, name in NULLS.items()]
    aligned = [
        f"{name} {_mean(arrays[f'activity.{key}'])}, by chance {_mean(arrays[f'activity.{key}_null'])}"
        for key, name in ALIGNED.items()
    ]
    return (
        f"Angle between the weights of when and what: {enumerate_(angles)}; by chance: {enumerate_(chance)}. "
        f"Alignment of activity: {enumerate_(aligned)}."
    )


def turning(arrays: Arrays) -> str:
    """Say how each readout overlaps, at the end of every block, with what it was at the end of the first."""
    told = ["Overlap of the weights with those at the end of the first block, 0 to 1."]
    for end in _ends(arrays)[1:]:
        each = [
            f"{display_name(rule)}: when {_mean(arrays[f'{rule}.when_overlap'][:, end])}, "
            f"what {_mean(arrays[f'{rule}.what_overlap'][:, end])}"
            for rule in map(str, arrays["rule_names"])
        ]
        name = display_name(str(arrays["block_names"][judged_blocks(arrays)[end]]))
        told.append(f"At the end of block {name}: {'; '.join(each)}.")
    return " ".join(told)


def gates(courses: Mapping[str, GateCourse], block_names: list[str]) -> str:
    """Say how far the gates of each rule open over a trial, and at the end of each block."""
    told = []
    for rule, course in courses.items():
        on = course.time_ms[(course.high > 0).any(axis=0)]
        span = f"open from {on[0]:g} to {on[-1]:g} ms" if on.size else "closed throughout"
        told.append(f"{display_name(rule)}: {span}, at most {course.high.max():.2g}.")
        opening = [] if course.opening is None else course.opening.mean(axis=1).tolist()
        ends = [
            f"{mean:.2g} at the end of block {display_name(name)}"
            for name, mean in zip(block_names, opening, strict=False)
            if mean == mean
        ]
        told += [f"With the error gate, on average {enumerate_(ends)}."] if ends else []
    return " ".join(told)


def waveform(arrays: Arrays) -> str:
    """Say what the error, the rate and the weights were before, during and after teaching."""
    start, stop = arrays["taught_ms"].tolist()
    ends = arrays["piece_ms"]
    while_ = {
        "before teaching": ends <= start,
        "while taught": (ends > start) & (ends <= stop),
        "running freely": ends > stop,
    }
    error, rate_hz, norm = (arrays[key].mean(axis=0) for key in ("error", "rate_hz", "weight_norm"))
    told = [
        f"{when}: error {error[pieces].mean():.2g}, rate {rate_hz[pieces].mean():.3g} Hz"
        for when, pieces in while_.items()
        if pieces.any()
    ]
    return (
        f"Taught from {start / 1000:g} to {stop / 1000:g} s of {ends[-1] / 1000:g} s. Means: "
        f"{'; '.join(told)}. Norm of the weights at the end: {norm[-1]:.3g} per kHz."
    )


def _ends(arrays: Arrays) -> list[int]:
    """Return the last judgement of each block that was judged."""
    block = judged_blocks(arrays)
    return [int(np.flatnonzero(block == number)[-1]) for number in np.unique(block)]


def _mean(values: NDArray[Any]) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.3g}" if known.size else "no number"


def _list(values: NDArray[Any]) -> str:
    return enumerate_([f"{value:.0f}" if np.isfinite(value) else "no number" for value in values])
