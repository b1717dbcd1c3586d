"""The kinds of picture of one run, each with the words for whoever does not see it.

Here live the list of kinds and the figures that only put panels of other modules together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurogate.errors import RequestError
from neurogate.plotting import describe
from neurogate.plotting.adaptation import adaptation_figure
from neurogate.plotting.calibration import calibration_figure
from neurogate.plotting.gates import GateCourse, gate_figure
from neurogate.plotting.learning import learning_curve
from neurogate.plotting.nulls import null_figure
from neurogate.plotting.overview import overview
from neurogate.plotting.picture import Picture, settled
from neurogate.plotting.probability import probability
from neurogate.plotting.raster import raster
from neurogate.plotting.readout import row_step, when_readout
from neurogate.plotting.result import (
    Arrays,
    has_nulls,
    has_spikes,
    is_waveform,
    judged_blocks,
    of_rules,
    require,
    rules_of,
)
from neurogate.plotting.scheme import Asked, scheme
from neurogate.plotting.style import STYLE, WIDTH_MM, display_name, figure
from neurogate.plotting.subspace import subspace_figure
from neurogate.plotting.timing import timing_figure
from neurogate.plotting.turning import turning_figure
from neurogate.plotting.waveform import PARTS
from neurogate.plotting.weights import weight_figure

__all__ = ["KINDS", "Shown", "kinds_of", "picture"]

KINDS: Mapping[str, str] = {
    "overview": "The run at a glance",
    "scheme": "Task and model",
    "raster": "Spikes",
    "readout": "Readouts",
    "learning": "Learning",
    "timing": "Predicted times",
    "calibration": "Learned against true probability",
    "adaptation": "Adaptation",
    "weights": "Readout weights",
    "subspace": "Angle between what and when",
    "nulls": "Angles and alignment against all nulls",
    "turning": "Subspaces over learning",
    "gates": "Gates",
}
"""Every kind of picture, and its title."""

_SPIKES = (
    "raster_time_ms", "raster_neuron", "neuron_type", "raster_cue", "raster_window_ms", "latency_ms",
    "cue_names", "mean_rate_hz",
)  # fmt: skip
_READ = (
    "probe_time_ms", "probe_trial", "block_start", "block_names", "cue_names", "latency_ms",
    "true_probability",
)  # fmt: skip
_ERRORS = {"timing_error_ms": "timing error (ms)", "probability_error": "probability error (0 to 1)"}
_COMPARED, _ACROSS = 2, 3


@attrs.frozen(eq=False)
class Shown:
    """What is known of a run when it is drawn.

    Parameters
    ----------
    arrays : mapping of str to array
        As ``arrays.npz`` holds them.
    metrics : mapping of str to mapping
        Of each rule, as ``summary.json`` holds them.
    gates : mapping of str to GateCourse
        What the gates of each rule that has gates do over a trial.
    asked : Asked, optional
        What was simulated: a `neurogate.config.Simulation`.
    """

    arrays: Arrays
    metrics: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    gates: Mapping[str, GateCourse] = attrs.field(factory=dict)
    asked: Asked | None = None


def kinds_of(arrays: Arrays) -> tuple[str, ...]:
    """Return the kinds of picture that a run can give.

    A taught signal has no cues and no gates, a reservoir without spikes no raster, and nulls are there if
    ``probes.subspaces`` asked for them.

    Examples
    --------
    >>> kinds_of({})[:4]
    ('overview', 'scheme', 'raster', 'readout')
    """
    if is_waveform(arrays):
        return ("overview", *PARTS)
    there = {"raster": has_spikes(arrays), "nulls": has_nulls(arrays)}
    return tuple(kind for kind in KINDS if there.get(kind, True))


def picture(kind: str, shown: Shown) -> Picture:
    """Draw one kind of picture of a run.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    shown : Shown

    Returns
    -------
    Picture
        Its figure is 180 mm wide, and pyplot does not know of it.

    Raises
    ------
    RequestError
        If the run cannot give this kind, or an array is missing that it draws.

    Examples
    --------
    >>> taught = {"taught_ms": np.zeros(2), "readout": np.zeros((1, 1, 1))}
    >>> picture("gates", Shown(taught))
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: A taught signal has no picture of the kind gates; it has overview, ...
    """
    if kind not in (kinds := kinds_of(shown.arrays)):
        what = "A taught signal" if is_waveform(shown.arrays) else "A run"
        hint = " Its nulls are measured with --set probes.subspaces=true." if kind == "nulls" else ""
        raise RequestError(f"{what} has no picture of the kind {kind}; it has {', '.join(kinds)}.{hint}")
    if is_waveform(shown.arrays):
        made = overview(shown.arrays) if kind == "overview" else PARTS[kind](shown.arrays)
        words = describe.raster(shown.arrays) if kind == "raster" else describe.waveform(shown.arrays)
    else:
        made, words = _MAKERS[kind](shown)
    return Picture(settled(made), KINDS[kind], words)


def _overview(shown: Shown) -> tuple[Figure, str]:
    panels = (
        "Spikes of one probe; when readouts against true latencies; learned against true probabilities; "
        "timing and probability errors across training."
    )
    return overview(shown.arrays), f"{panels} {describe.metrics(shown.metrics)}".strip()


def _scheme(shown: Shown) -> tuple[Figure, str]:
    if shown.asked is None:
        raise RequestError("What was asked of this run is not known, so its scheme cannot be drawn.")
    return scheme(shown.asked), describe.scheme(shown.asked)


def _raster(shown: Shown) -> tuple[Figure, str]:
    arrays = shown.arrays
    require(arrays, _SPIKES, "raster")
    times, neurons, types, cue, window = (arrays[key] for key in _SPIKES[:5])
    due = float(arrays["latency_ms"][-1, int(cue)])  # probes come after the last block
    marks = {f"cue {arrays['cue_names'][int(cue)]}": 0.0, "outcome due": due}
    made = figure(WIDTH_MM, 95.0)
    with mpl.rc_context(STYLE):
        raster(times, neurons, types, (window[0], window[1]), marks=marks, ax=made.subplots())
    return made, describe.raster(arrays)


def _readout(shown: Shown) -> tuple[Figure, str]:
    arrays = shown.arrays
    require(arrays, _READ, "readout")
    rules = rules_of(arrays, ["when", "probability", "peak_ms"], "readout")[:_COMPARED]
    blocks = np.unique(judged_blocks(arrays)).tolist()
    when = of_rules(arrays, rules, "when")
    step = row_step({f"{rule} {b}": values[:, b] for rule, values in when.items() for b in blocks})
    groups = [blocks[first : first + _ACROSS] for first in range(0, len(blocks), _ACROSS)]
    made = figure(WIDTH_MM, 125.0 * len(groups))
    with mpl.rc_context(STYLE):
        for part, group in zip(made.subfigures(len(groups), 1, squeeze=False).flat, groups, strict=True):
            panels = part.subplots(2, len(group), squeeze=False, height_ratios=(1.1, 1.0))
            for block, above, below in zip(group, *panels, strict=True):
                _block(arrays, rules, block, step, above, below)
    return made, describe.readout(arrays, rules)


def _block(arrays: Arrays, rules: Sequence[str], block: int, step: float, above: Axes, below: Axes) -> None:
    """Draw what was read out at the end of a block: *when* above, *what* below."""
    block_of, names = judged_blocks(arrays), [str(name) for name in arrays["cue_names"]]
    when = {rule: arrays[f"{rule}.when"][:, block] for rule in rules}
    time_ms, latency_ms, first = arrays["probe_time_ms"], arrays["latency_ms"][block], block == block_of[0]
    when_readout(time_ms, when, latency_ms, names, step=step, key=bool(first), ax=above)
    last = int(np.flatnonzero(block_of == block)[-1])
    learned = {rule: arrays[f"{rule}.probability"][:, last] for rule in rules}
    probability(arrays["true_probability"][block], learned, ax=below)
    above.set_title(f"end of block {display_name(str(arrays['block_names'][block]))}")


def _learning(shown: Shown) -> tuple[Figure, str]:
    arrays = shown.arrays
    require(arrays, ["probe_trial", "block_start", "block_names"], "learning")
    rules = rules_of(arrays, _ERRORS, "learning")
    names = [str(name) for name in arrays["block_names"]]
    trial, starts = arrays["probe_trial"], arrays["block_start"]
    made = figure(WIDTH_MM, 110.0)
    with mpl.rc_context(STYLE):
        panels = made.subplots(2, 1, sharex=True)
        for axes, (key, ylabel) in zip(panels, _ERRORS.items(), strict=True):
            error = {rule: values.mean(axis=-1) for rule, values in of_rules(arrays, rules, key).items()}
            learning_curve(trial, error, ylabel, block_start=starts, block_names=names, ax=axes)
            names = []
        panels[0].label_outer()
        made.align_ylabels(panels)
    return made, describe.learning(arrays, rules)


def _timing(shown: Shown) -> tuple[Figure, str]:
    return timing_figure(shown.arrays), describe.timing(shown.arrays)


def _calibration(shown: Shown) -> tuple[Figure, str]:
    return calibration_figure(shown.arrays), describe.calibration(shown.arrays)


def _adaptation(shown: Shown) -> tuple[Figure, str]:
    return adaptation_figure(shown.arrays), describe.adaptation(shown.arrays)


def _weights(shown: Shown) -> tuple[Figure, str]:
    made = weight_figure(shown.arrays)
    return made, describe.weights(shown.arrays, [str(name) for name in shown.arrays["rule_names"]])


def _subspace(shown: Shown) -> tuple[Figure, str]:
    made, angles = subspace_figure(shown.arrays, shown.metrics)
    return made, describe.subspace(*angles)


def _nulls(shown: Shown) -> tuple[Figure, str]:
    return null_figure(shown.arrays), describe.nulls(shown.arrays)


def _turning(shown: Shown) -> tuple[Figure, str]:
    return turning_figure(shown.arrays), describe.turning(shown.arrays)


def _gates(shown: Shown) -> tuple[Figure, str]:
    made = gate_figure(shown.arrays, shown.gates)
    return made, describe.gates(shown.gates, [str(name) for name in shown.arrays["block_names"]])


_MAKERS: Mapping[str, Callable[[Shown], tuple[Figure, str]]] = {
    "overview": _overview,
    "scheme": _scheme,
    "raster": _raster,
    "readout": _readout,
    "learning": _learning,
    "timing": _timing,
    "calibration": _calibration,
    "adaptation": _adaptation,
    "weights": _weights,
    "subspace": _subspace,
    "nulls": _nulls,
    "turning": _turning,
    "gates": _gates,
}
