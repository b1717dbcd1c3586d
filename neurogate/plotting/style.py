"""The look that all figures share: sizes, fonts, colours, names.

The colours are those of Okabe and Ito, which people with the common colour deficiencies can tell apart.
Colour means a cue; black and grey mean a learning rule. What is drawn lives in the other modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

__all__ = [
    "BLACK",
    "CUES",
    "GREY",
    "HANDLE",
    "LOST",
    "LOST_OTHER",
    "NEURON_TYPES",
    "RIVALS",
    "SEQUENTIAL",
    "STYLE",
    "WIDTH_MM",
    "cue_colour",
    "display_name",
    "drawing",
    "figure",
    "label_ends",
    "rule_line",
]

WIDTH_MM = 180.0
"""Width of a figure that spans two columns of a journal page."""

BLACK, GREY = "#1a1a1a", "#8c8c8c"

CUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Okabe and Ito's colours for cues, without the yellow that vanishes on paper."""

NEURON_TYPES = (("excitatory", "#3b4754"), ("inhibitory", "#D55E00"))
"""Name and colour of neuron types 0 and 1."""

LOST = {"diverged": ("X", "#D55E00"), "missing": ("o", "white")}
"""Marker and fill of runs that have no number to be drawn, by why; any other reason has `LOST_OTHER`."""

LOST_OTHER = ("v", "white")

RIVALS: tuple[Any, ...] = (
    (0, (4, 1.6)),
    (0, (1, 1.2)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (10, 3)),
    (0, (4, 1.2, 1, 1.2, 1, 1.2)),
)
"""Dashes of the rules that the headline rule is compared with."""

HANDLE = 4.5
"""Length of a line in a legend, so that each of `RIVALS` shows a whole period beside a marker."""

SEQUENTIAL = "cividis"
"""Colour map of what runs from little to much; it survives every colour deficiency and a grey printer."""

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same picture on every machine
    "font.size": 7.0,
    "axes.titlesize": 7.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": BLACK,
    "axes.labelcolor": BLACK,
    "axes.labelpad": 2.5,
    "axes.titlepad": 4.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": BLACK,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "figure.dpi": 150.0,
    "savefig.dpi": 300.0,
    "savefig.bbox": None,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "neurogate",
}
"""Matplotlib settings of every figure."""

_MM_PER_INCH = 25.4


def figure(width_mm: float, height_mm: float) -> Figure:
    """Make an empty figure that pyplot does not know of, so that nobody has to close it.

    Parameters
    ----------
    width_mm, height_mm : float
        Size on paper.

    Returns
    -------
    matplotlib.figure.Figure
        Figure with constrained layout.

    Examples
    --------
    >>> float(figure(127.0, 50.8).get_figwidth())
    5.0
    """
    with mpl.rc_context(STYLE):
        made = Figure((width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout="constrained")
        made.set_facecolor("white")
        return made


@contextmanager
def drawing(ax: Axes | None, width_mm: float = 88.0, height_mm: float = 60.0) -> Iterator[Axes]:
    """Give the axes to draw in, in the shared style: `ax`, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes that the caller already has.
    width_mm, height_mm : float
        Size of the new figure.

    Yields
    ------
    matplotlib.axes.Axes
        Axes to draw in.

    Examples
    --------
    >>> with drawing(None) as ax:
    ...     line, = ax.plot([0, 1], [0, 1])
    >>> line.axes is ax
    True
    """
    with mpl.rc_context(STYLE):
        yield figure(width_mm, height_mm).subplots() if ax is None else ax


def cue_colour(index: int) -> str:
    """Return the colour of a cue; they repeat after the last.

    Examples
    --------
    >>> cue_colour(0) == cue_colour(len(CUES))
    True
    """
    return CUES[index % len(CUES)]


def rule_line(index: int) -> dict[str, Any]:
    """Return how the line of a rule is drawn: the headline rule black and solid, rivals grey and dashed.

    Examples
    --------
    >>> rule_line(0)["linestyle"], rule_line(1)["color"] == GREY
    ('-', True)
    """
    if index == 0:
        return {"color": BLACK, "linestyle": "-", "linewidth": 1.1, "zorder": 3}
    dashes = RIVALS[(index - 1) % len(RIVALS)]
    return {"color": GREY, "linestyle": dashes, "linewidth": 0.9, "zorder": 2}


def display_name(name: str) -> str:
    """Return the name of a rule or a block as a reader expects it.

    Examples
    --------
    >>> display_name("three_factor"), display_name("force_forgetting"), display_name("my_rule")
    ('three-factor', 'FORCE forgetting', 'my rule')
    """
    words = name.replace("three_factor", "three-factor").replace("e_prop", "e-prop").split("_")
    return " ".join({"force": "FORCE", "rls": "RLS", "hebbian": "Hebbian"}.get(word, word) for word in words)


def label_ends(ax: Axes, names: Sequence[str], heights: NDArray[Any], gap: float = 0.14) -> list[Any]:
    """Write each line's name beside its right end, moved apart so that none covers another.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose limits are final and whose y axis is linear.
    names : sequence of str
        One per line, the headline rule first.
    heights : (len(names),)
        Last value of each line, in the unit of the y axis.
    gap : float
        Smallest distance between names, as a fraction of the height of the axes.

    Returns
    -------
    list of matplotlib.text.Annotation
        The labels, in the order of `names`.

    Examples
    --------
    >>> with drawing(None) as ax:
    ...     _ = ax.set_ylim(0, 1)
    ...     first, second = label_ends(ax, ["a", "b"], np.array([0.5, 0.5]), gap=0.2)
    >>> round(float(second.xyann[1] - first.xyann[1]), 9)
    0.2
    """
    pixels = ax.transData.transform(np.column_stack([np.ones(len(names)), heights]))
    wanted = ax.transAxes.inverted().transform(pixels)[:, 1].clip(0, 1)
    order = np.argsort(wanted, kind="stable")
    placed = wanted[order]
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    placed -= max(0.0, placed[-1] - 1.0) if len(placed) else 0.0
    labels: list[Any] = [None] * len(names)
    for place, index in zip(placed, order, strict=True):
        labels[index] = ax.annotate(
            names[index],
            (1.0, place),
            xytext=(1.015, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            color=rule_line(int(index))["color"],
            annotation_clip=False,
        )
    return labels
