"""The one figure that shows a run: activity, what was learned, and how it was learned.

Here live the composition of the panels and the writing of the files. The panels live in their own
modules, and the numbers in the arrays of a run.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from neurogate.plotting import picture
from neurogate.plotting.learning import learning_curve
from neurogate.plotting.probability import probability
from neurogate.plotting.raster import raster
from neurogate.plotting.readout import row_step, when_readout
from neurogate.plotting.result import (
    SPIKES,
    Arrays,
    has_spikes,
    is_waveform,
    judged_blocks,
    of_rules,
    require,
    rules_of,
)
from neurogate.plotting.style import GREY, STYLE, WIDTH_MM, display_name, figure
from neurogate.plotting.waveform import waveform

__all__ = ["overview", "save"]

_SHARED = (
    "probe_time_ms", "probe_trial", "block_start", "block_names", "cue_names", "rule_names", "latency_ms",
    "true_probability", "neuron_type",
)  # fmt: skip
_OF_RULE = ("when", "timing_error_ms", "probability", "probability_error")
_LABELS = ("timing error\n(ms)", "probability error\n" r"$|\hat{p} - p|$ (0 to 1)")
_COMPARED = 2
_HEIGHT_MM = 128.0


def overview(arrays: Arrays) -> Figure:
    """Compose the overview of a run; for a taught signal it is `neurogate.plotting.waveform.waveform`.

    Panels: spikes of one probe, if there are any; *when* readouts at the end of the first block and of the
    first block with other latencies; learned against true probability at the end of the first block and of
    the first block with other probabilities (both for the first two rules); timing and probability error
    across trials (for all rules).

    Parameters
    ----------
    arrays : mapping of str to array
        Arrays of a run, as ``arrays.npz`` holds them.

    Returns
    -------
    matplotlib.figure.Figure
        Figure 180 mm wide, which pyplot does not know of.

    Raises
    ------
    RequestError
        If arrays are missing (all of them are named) or there is no learning rule.

    Examples
    --------
    >>> overview({})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The result has no array 'probe_time_ms', which the overview draws...
    """
    if is_waveform(arrays):
        return waveform(arrays)
    require(arrays, (*_SHARED, *(SPIKES if has_spikes(arrays) else ())), "overview")
    rules = rules_of(arrays, _OF_RULE, "overview")
    with mpl.rc_context(STYLE):
        made = figure(WIDTH_MM, _HEIGHT_MM)
        above, below = made.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 1.05)).flat
        panels = [*_activity(above, arrays, rules), *_learning(below, arrays, rules)]
        for letter, axes in zip("abcdefg", panels, strict=False):
            axes.set_title(letter, loc="left", fontweight="bold", fontsize=9)
    return picture.settled(made)


def save(made: Figure, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write a figure as PNG (300 dpi) and PDF; the same figure gives the same bytes.

    Parameters
    ----------
    made : matplotlib.figure.Figure
        What to write.
    folder : str or pathlib.Path
        Where to; made if it is not there.
    name : str
        Name of the files without their ending.

    Returns
    -------
    (pathlib.Path, pathlib.Path)
        The PNG and the PDF.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(figure(20.0, 10.0), folder, "empty")]
    ['empty.png', 'empty.pdf']
    """
    base = Path(folder)
    base.mkdir(parents=True, exist_ok=True)
    png, pdf = base / f"{name}.png", base / f"{name}.pdf"
    for file in (png, pdf):
        picture.save(picture.Picture(made, name, ""), file)
    return png, pdf


def _shown_blocks(arrays: Arrays, key: str) -> list[int]:
    """Return block 0 and the first later block whose values differ from its, as far as they were judged."""
    values, judged = arrays[key], judged_blocks(arrays)
    other = [block for block in range(1, len(values)) if not np.array_equal(values[block], values[0])]
    return [block for block in (0, *other[:1]) if block in judged] or [int(judged.max())]


def _activity(part: SubFigure, arrays: Arrays, rules: list[str]) -> list[Axes]:
    blocks, spiking = _shown_blocks(arrays, "latency_ms"), has_spikes(arrays)
    widths = [1.25] * spiking + [1.0] * len(blocks)
    panels = list(np.atleast_1d(part.subplots(1, len(widths), width_ratios=widths)))
    right = panels[spiking:]
    if spiking:
        _spikes(arrays, panels[0])
    when = of_rules(arrays, rules[:_COMPARED], "when")
    step = row_step({f"{rule} {b}": values[:, b] for rule, values in when.items() for b in blocks})
    for block, axes in zip(blocks, right, strict=True):
        shown = {rule: values[:, block] for rule, values in when.items()}
        names = [str(name) for name in arrays["cue_names"]]
        when_readout(
            arrays["probe_time_ms"],
            shown,
            arrays["latency_ms"][block],
            names,
            step=step,
            key=block == blocks[0],
            ax=axes,
        )
        axes.set_title(f"end of block {display_name(str(arrays['block_names'][block]))}")
    return panels


def _spikes(arrays: Arrays, axes: Axes) -> None:
    cue = int(arrays["raster_cue"])
    latency = float(arrays["latency_ms"][-1, cue])  # probes come after the last block
    low, high = arrays["raster_window_ms"].tolist()
    raster(
        arrays["raster_time_ms"], arrays["raster_neuron"], arrays["neuron_type"], (low, high),
        marks={f"cue {arrays['cue_names'][cue]}": 0.0, "outcome due": latency}, ax=axes,
    )  # fmt: skip


def _learning(part: SubFigure, arrays: Arrays, rules: list[str]) -> list[Axes]:
    blocks = _shown_blocks(arrays, "true_probability")
    left, right = part.subfigures(1, 2, squeeze=False, width_ratios=(0.5 * len(blocks), 1.0)).flat
    squares = np.atleast_1d(left.subplots(1, len(blocks), sharey=True))
    trial, starts = arrays["probe_trial"], arrays["block_start"]
    for block, axes in zip(blocks, squares, strict=True):
        last = int(np.flatnonzero(judged_blocks(arrays) == block)[-1])
        learned = of_rules(arrays, rules[:_COMPARED], "probability")
        ends = {rule: values[:, last] for rule, values in learned.items()}
        probability(arrays["true_probability"][block], ends, ax=axes)
        axes.set_title(f"end of block {display_name(str(arrays['block_names'][block]))}")
        axes.label_outer()
    curves = list(right.subplots(2, 1, sharex=True))
    names = [str(name) for name in arrays["block_names"]]
    for axes, key, ylabel in zip(curves, _OF_RULE[1::2], _LABELS, strict=True):
        error = {rule: values.mean(axis=-1) for rule, values in of_rules(arrays, rules, key).items()}
        learning_curve(trial, error, ylabel, block_start=starts, block_names=names, ax=axes)
        names = []
    curves[0].label_outer()
    right.align_ylabels(curves)
    replicas = len(arrays[f"{rules[0]}.probability"])
    if replicas > 1:
        text = f"lines and markers: mean, bands and bars: range over {replicas} replicas"
        right.supxlabel(text, fontsize=6, x=1.0, ha="right", color=GREY)
    return [*squares, *curves]
