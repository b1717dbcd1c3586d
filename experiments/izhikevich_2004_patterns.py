"""The 20 firing patterns of a spiking neuron, after Izhikevich (2004), figure 1.

Izhikevich (2004), Which model to use for cortical spiking neurons?, IEEE Transactions on Neural Networks
15, doi:10.1109/TNN.2004.832719.

Each panel shows the membrane potential and, below it, the input current on a scale of its own. What
differs from the published script is said in `neurogate.neurons.patterns`. Run it with

    python experiments/izhikevich_2004_patterns.py [--out DIR]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurogate.neurons.patterns import PATTERNS, Pattern
from neurogate.neurons.responses import Response, respond
from neurogate.plotting.style import BLACK, CUES, STYLE, WIDTH_MM, figure

NAME = "izhikevich_2004_patterns"
CURRENT_MV = (-128.0, -106.0)  # the band below the trace in which the current is drawn
CURRENT_COLOUR, MAGNIFIED_COLOUR = CUES[0], CUES[5]


def draw_pattern(pattern: Pattern, response: Response, ax: Axes) -> None:
    """Draw the trace of one pattern, its current and a bar of 20 ms into bare axes."""
    end_ms = pattern.stimulus.duration_ms
    ax.plot(response.time_ms, response.v, color=BLACK, linewidth=0.7)
    if pattern.title == "subthreshold oscillations":
        draw_magnified(response, ax)
    low, high = float(response.current.min()), float(response.current.max())
    height = CURRENT_MV[0] + np.diff(CURRENT_MV) * (response.current - low) / (high - low)
    ax.step(response.time_ms, height, where="post", color=CURRENT_COLOUR, linewidth=0.8)
    ax.plot([end_ms - 20, end_ms], [-140, -140], color=BLACK, linewidth=1.4, solid_capstyle="butt")
    ax.set_title(f"({pattern.panel}) {pattern.title}", loc="left")
    ax.set(xlim=(-0.01 * end_ms, 1.01 * end_ms), ylim=(-146, 36))
    ax.set_axis_off()


def draw_magnified(response: Response, ax: Axes, factor: float = 20.0) -> None:
    """Draw the swings of v after the spike again, magnified around where they settle."""
    after = response.time_ms > response.spikes_ms[0] + 25
    swings = -20 + factor * (response.v[after] - response.v[-1])
    ax.plot(response.time_ms[after], swings, color=MAGNIFIED_COLOUR, linewidth=0.7)
    ax.text(0.99, 0.86, f"× {factor:g}", color=MAGNIFIED_COLOUR, ha="right", transform=ax.transAxes)


def explain(ax: Axes, end_ms: float) -> None:
    """Say in one panel what lines and bars mean in all."""
    ax.plot([1, 1], [-40, 10], color=BLACK, linewidth=1.4, solid_capstyle="butt")
    ax.text(2.5, -15, "50 mV", rotation=90, va="center")
    ax.text(end_ms - 22, -140, "20 ms", ha="right", va="center")
    ax.text(end_ms, -119, "input current (own scale)", color=CURRENT_COLOUR, ha="right", va="center")


def draw_all(responses: Sequence[tuple[Pattern, Response]]) -> Figure:
    """Draw all patterns, five rows of four as in the paper."""
    with mpl.rc_context(STYLE):
        drawn = figure(WIDTH_MM, 190.0)
        drawn.set_layout_engine("constrained", hspace=0.1, wspace=0.06)
        axes = drawn.subplots(5, 4).ravel()
        for ax, (pattern, response) in zip(axes, responses, strict=True):
            draw_pattern(pattern, response, ax)
        explain(axes[0], responses[0][0].stimulus.duration_ms)
    return drawn


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate the patterns, say which of them show their property, and store the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the figure (default: here)")
    folder: Path = parser.parse_args(arguments).out
    responses = [(pattern, respond(pattern.neuron, pattern.stimulus)) for pattern in PATTERNS.values()]
    for pattern, response in responses:
        verdict = "yes" if pattern.shows(response) else "NO"
        print(f"({pattern.panel}) {pattern.title:30} {verdict:4} {pattern.defining}")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw_all(responses)
    with mpl.rc_context(STYLE):
        for suffix in ("png", "pdf"):
            drawn.savefig(folder / f"{NAME}.{suffix}")
    print(f"The figure is {folder / NAME}.png (and .pdf).")


if __name__ == "__main__":
    main()
