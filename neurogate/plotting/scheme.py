"""Task and model at a glance, from the configuration: what is asked, of which network, and what learns.

Here lives the figure; its panels live in `neurogate.plotting.trial` and `neurogate.plotting.circuit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from neurogate.plasticity.gates import GateContext, combine
from neurogate.plotting.circuit import circuit
from neurogate.plotting.picture import remark
from neurogate.plotting.style import STYLE, WIDTH_MM, display_name, figure
from neurogate.plotting.trial import block_chart, outcome_key, trial_timeline
from neurogate.tasks.what_when import WhatWhen

__all__ = ["Asked", "gate_course", "scheme"]

_ACROSS, _LEAST = 4, 3

_Numbers = NDArray[Any]


class Asked(Protocol):
    """What the figure draws: a `neurogate.config.Simulation`, or whatever has the same parts."""

    @property
    def task(self) -> WhatWhen:
        """What is asked."""

    @property
    def reservoir(self) -> Any:
        """What the network is made of."""

    @property
    def rules(self) -> Mapping[str, Any]:
        """Learning rules by name, the headline rule first."""


def scheme(asked: Asked) -> Figure:
    """Compose the figure: a trial and the blocks of the task above, the model below.

    Parameters
    ----------
    asked : Asked
        Its first rule is the one that is drawn.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from neurogate.network.rates import Leaky
    >>> len(scheme(SimpleNamespace(task=WhatWhen(), reservoir=Leaky(), rules={"force": None})).axes)
    5
    """
    task = asked.task
    rows = -(-len(task.blocks) // _ACROSS)
    made = figure(WIDTH_MM, 110.0 + 42.0 * rows)
    with mpl.rc_context(STYLE):
        top, middle, bottom = made.subfigures(
            3, 1, squeeze=False, height_ratios=(50.0, 42.0 * rows, 60.0)
        ).flat
        cue, rule = task.cues // 2, next(iter(asked.rules.values()))
        gate = gate_course(task, cue, rule) if getattr(rule, "gates", ()) else None
        trial_timeline(task, cue, gate=gate, ax=top.subplots())
        _blocks(middle, task, rows)
        _model(bottom, asked)
        for letter, part in zip("abc", (top, middle, bottom), strict=True):
            part.text(0.005, 0.99, letter, fontweight="bold", fontsize=9, va="top")
        if task.distraction:
            remark(made, "Not drawn: what happens beside the cue and its outcome, task.distraction.")
    return made


def gate_course(task: WhatWhen, cue: int, rule: Any) -> tuple[_Numbers, _Numbers]:
    """Return how far the gates of a rule open over a trial whose outcome comes, whatever the error.

    Parameters
    ----------
    task : WhatWhen
    cue : int
        Its latency is that of the first block.
    rule : Rule
        Without gates, or with none, it is always open.

    Returns
    -------
    time_ms, opening : (T,) array
        Every millisecond of the trial, relative to the cue.

    Examples
    --------
    >>> from neurogate.plasticity.three_factor import ThreeFactor
    >>> time_ms, opening = gate_course(WhatWhen(), 0, ThreeFactor())
    >>> time_ms[opening > 0][[0, -1]].tolist()
    [1.0, 1649.0]
    """
    line, due_ms = task.timeline, task.blocks[0].latency_ms[cue]
    time_ms = np.arange(1.0, line.trial_ms + 1.0) - line.interval_ms
    surprised = GateContext(time_ms, np.array([due_ms]), np.array([np.inf]))
    opening, _ = combine(getattr(rule, "gates", ()), surprised)
    return time_ms, opening[0]


def _blocks(part: SubFigure, task: WhatWhen, rows: int) -> None:
    across = min(max(len(task.blocks), _LEAST), _ACROSS)
    panels = part.subplots(rows, across, squeeze=False, sharey=True)
    for block, axes in enumerate(panels.flat):
        if block < len(task.blocks):
            block_chart(task, block, ax=axes)
        else:
            axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("probability")
    part.legend(handles=outcome_key(task), loc="outside right center", handlelength=1.2, title="outcome")


def _model(part: SubFigure, asked: Asked) -> None:
    name, rule = next(iter(asked.rules.items()))
    gates = getattr(rule, "gates", None)
    spec = asked.reservoir
    circuit(
        asked.task.cues,
        asked.task.outcomes,
        _network(spec),
        recurrent=_connected(spec),
        inhibitory=spec.cells.inhibitory_fraction if hasattr(spec, "cells") else 0.0,
        rule=display_name(name),
        gates=None if gates is None else [gate.kind for gate in gates],
        replayed=getattr(rule, "replays", 1) > 1,
        ax=part.subplots(),
    )


def _network(spec: Any) -> str:
    kinds = {"echo_state": "rate units,\nan echo-state network", "leaky": "leaky integrators,\nunconnected"}
    if not hasattr(spec, "cells"):
        return f"{spec.n} {kinds.get(spec.kind, spec.kind)}"
    return f"{spec.n} Izhikevich neurons,\n{spec.cells.inhibitory_fraction:.0%} inhibitory".replace("%", " %")


def _connected(spec: Any) -> bool:
    return bool(getattr(spec, "gain", 0.0) or getattr(spec, "spectral_radius", 0.0))
