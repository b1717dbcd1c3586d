"""A drawing of the model: inputs, the network, its two readouts, and the factors of the rule.

Here lives that panel. It says what the configuration says and measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from neurogate.plotting.style import BLACK, GREY, NEURON_TYPES, cue_colour, drawing

__all__ = ["circuit"]

_DOTS = 90
_FILL = "0.96"
_LETTERS = 18
_GATE = "#0072B2"

_Point = tuple[float, float]


def circuit(
    cues: int,
    outcomes: Sequence[str],
    network: str,
    *,
    recurrent: bool = True,
    inhibitory: float = 0.0,
    rule: str = "",
    gates: Sequence[str] | None = None,
    replayed: bool = False,
    ax: Axes | None = None,
) -> list[Text]:
    r"""Draw inputs, network, readouts and rule, from left to right.

    Parameters
    ----------
    cues : int
        Number of cues.
    outcomes : sequence of str
        Their names.
    network : str
        What stands below the network.
    recurrent : bool
        Whether it is connected to itself.
    inhibitory : float
        Share of inhibitory neurons, 0 to 1.
    rule : str
        Name of the rule that learns.
    gates : sequence of str, optional
        Kinds of its gates; None for a rule that has no such thing, whose factors are not drawn.
    replayed : bool
        Whether *when*, too, learns by replay, besides online.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.text.Text
        The words in the boxes of the readouts and, if drawn, of the three factors.

    Examples
    --------
    >>> words = circuit(4, ["X", "Y"], "1000 neurons", rule="three-factor", gates=["phase", "error"])
    >>> len(words)
    5
    """
    with drawing(ax, 180.0, 58.0) as axes:
        axes.set(xlim=(0.0, 18.0), ylim=(0.25, 5.75), aspect="equal")
        axes.axis("off")
        _inputs(axes, cues, outcomes)
        _network(axes, network, recurrent, inhibitory)
        boxes = [
            _box(axes, (7.2, 4.1), (4.4, 1.2), "when, from phasic traces h\n" + r"$z(t) = w \cdot h(t)$"),
            _box(axes, (7.2, 0.5), (4.4, 1.2), "what, from tonic traces x\n" + r"$q_k(t) = W_k \cdot x(t)$"),
        ]
        for height in (4.7, 1.1):
            _arrow(axes, (5.75, 2.9 + np.sign(height - 2.9) * 0.7), (7.15, height))
            _arrow(axes, (11.65, height), (13.7, height))
        _prediction(axes)
        return boxes + _factors(axes, rule, gates, replayed)


def _box(axes: Axes, corner: _Point, size: _Point, words: str, colour: str = BLACK) -> Text:
    shape = FancyBboxPatch(corner, *size, boxstyle="round,pad=0,rounding_size=0.15", facecolor=_FILL)
    shape.set(edgecolor=colour, linewidth=0.8)
    axes.add_patch(shape)
    (x, y), (width, height) = corner, size
    return axes.text(x + width / 2, y + height / 2, words, ha="center", va="center", linespacing=1.4)


def _arrow(axes: Axes, start: _Point, end: _Point, *, colour: str = BLACK, bend: float = 0.0) -> None:
    look: dict[str, Any] = {"color": colour, "linewidth": 0.9, "mutation_scale": 7.0}
    path = f"arc3,rad={bend}"
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", connectionstyle=path, shrinkA=0, shrinkB=0, **look)
    )


def _inputs(axes: Axes, cues: int, outcomes: Sequence[str]) -> None:
    heights = np.linspace(5.1, 0.7, cues + len(outcomes))
    for i, height in enumerate(heights):
        colour = cue_colour(i) if i < cues else BLACK
        name = f"cue {i + 1}" if i < cues else f"outcome {outcomes[i - cues]}"
        axes.add_patch(Circle((1.75, height), 0.13, color=colour))
        axes.text(1.5, height, name, ha="right", va="center", color=colour)
        _arrow(axes, (1.95, height), (2.95, 2.9 + 0.42 * (height - 2.9)), colour=colour)


def _network(axes: Axes, network: str, recurrent: bool, inhibitory: float) -> None:
    centre, radius = np.array((4.4, 2.9)), 1.45
    axes.add_patch(Circle(tuple(centre), radius, facecolor=_FILL, edgecolor=BLACK, linewidth=0.8))
    order = np.arange(_DOTS)  # a sunflower: even, and always the same
    turn, out = order * np.pi * (3.0 - np.sqrt(5.0)), 0.92 * radius * np.sqrt((order + 0.5) / _DOTS)
    dots = centre + np.stack([out * np.cos(turn), out * np.sin(turn)], axis=-1)
    kind = (np.floor((order + 1) * inhibitory) > np.floor(order * inhibitory)).astype(int)
    for code, (_, colour) in enumerate(NEURON_TYPES):
        if (kind == code).any():
            x, y = dots[kind == code].T
            axes.scatter(x, y, s=4.0, color=colour, linewidths=0, zorder=3)
    if recurrent:
        _arrow(axes, (3.8, 4.28), (5.0, 4.28), bend=-1.5)
    axes.text(centre[0], 1.25, network, ha="center", va="top", linespacing=1.3)


def _prediction(axes: Axes) -> None:
    """Sketch the prediction object: bumps at the expected times, as high as outcomes are probable."""
    axes.add_patch(FancyBboxPatch((13.75, 0.5), 4.1, 4.8, boxstyle="round,pad=0,rounding_size=0.15",
                                  facecolor="white", edgecolor=BLACK, linewidth=0.8))  # fmt: skip
    axes.text(15.8, 5.05, "prediction object", ha="center", va="top", fontweight="bold")
    axes.text(15.8, 4.5, "identity × time × probability", ha="center", va="top")
    axes.text(15.8, 0.75, r"$y_k(t) = \hat p_k \; z(t) / z(\hat t)$", ha="center", va="bottom")
    x = np.linspace(14.05, 17.55, 200)
    axes.plot([14.05, 17.55], [1.75, 1.75], color=GREY, linewidth=0.6)
    for place, height, cue in ((14.75, 1.9, 0), (15.65, 1.5, 1), (16.85, 0.8, 2)):
        bump = height * np.exp(-0.5 * ((x - place) / 0.22) ** 2)
        axes.fill_between(x, 1.75, 1.75 + bump, color=cue_colour(cue), alpha=0.2, linewidth=0)
        axes.plot(x, 1.75 + bump, color=cue_colour(cue))


def _factors(axes: Axes, rule: str, gates: Sequence[str] | None, replayed: bool) -> list[Text]:
    """Draw what makes a weight change: three factors, or the name of a rule that learns otherwise."""
    if gates is None:
        axes.text(9.4, 2.9, f"both learn by {rule}" if rule else "", ha="center", va="center")
        return []
    gate = fill(" × ".join(gates) or "always open", _LETTERS)
    axes.text(6.45, 2.9, r"$\Delta w \; \propto$", ha="center", va="center", fontsize=9)
    words = [
        _box(axes, (6.95, 2.3), (1.4, 1.2), "eligibility\n" + r"$h$ or $x$"),
        _box(axes, (8.7, 2.3), (2.1, 1.2), "error\n" + r"$d - z$ or $o_k - q_k$"),
        _box(axes, (11.15, 2.3), (2.1, 1.2), f"gate\n{gate}", _GATE),
    ]
    for place in (8.525, 10.975):
        axes.text(place, 2.9, "×", ha="center", va="center", fontsize=9)
    for height in (4.05, 1.75):
        _arrow(axes, (9.75, 2.9 + np.sign(height - 2.9) * 0.65), (9.75, height), colour=_GATE)
    axes.text(9.6, 3.8, rule, ha="right", va="center", color=_GATE)
    axes.text(9.9, 3.8, f"online{' and by replay' * replayed}", va="center", color=_GATE)
    axes.text(9.9, 2.0, "offline, by replay", va="center", color=_GATE)
    return words
