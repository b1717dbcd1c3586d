"""The 20 firing patterns of Izhikevich (2004), figure 1, by name.

Here live, for each pattern, the neuron, the current that it gets and the property that defines the
pattern, in words and as a test. Simulating one neuron is done by `neurogate.neurons.responses`; drawing
is left to ``experiments/izhikevich_2004_patterns.py``.

Parameters, currents and time steps are those of the script that the author published with the figure,
which steps v by forward Euler and then u with the new v. Here v takes two half steps (scheme
``half_step``). Nothing else differs, except in these panels:

- G, L: the published v' = 0.04 v^2 + 4.1 v + 108 - u + I is exactly izhikevich_2007 with C = 1, k = 0.04,
  v_r = -60 and v_t = -42.5, u being counted from its resting value; no current has to be added.
- R: the published u' = 0.02 (v + 65) does not decay. It is izhikevich_2007 with v_r = -65 and v_t = -60 in
  the limit a -> 0 with a b = 0.02; here a = 2^-30 per ms.
- I: a pulse of 7.05 instead of 7.04, which is just below threshold once v takes half steps.
- P: the pulse that ends the firing comes at 211 instead of 216 ms, as in the figure 8 ms after a spike.
- T: c = -48 and d = 0 instead of -45 and -2, and steps of 0.25 instead of 0.5 ms. With the published values
  bursts end only because the step is coarse: with 0.1 ms the neuron, however stepped, fires without end.

Of these 20, two still depend on the step (`STEP_DEPENDENT`). In P the second pulse must meet the firing
within about 2 ms of one phase, and the phase shifts with the step. In Q, d = -21 gives one spike at
0.1 ms and more at shorter steps; from d = -19 on it gives one spike at every step.

References
----------
Izhikevich (2004), Which model to use for cortical spiking neurons?, IEEE Transactions on Neural
Networks 15, doi:10.1109/TNN.2004.832719.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np

from neurogate.neurons.responses import Neuron, Response, Stimulus

__all__ = ["PATTERNS", "STEP_DEPENDENT", "Pattern"]


@attrs.frozen
class Pattern:
    """One firing pattern: a neuron, its input and what must come out.

    Parameters
    ----------
    panel, title : str
        Letter and name in the 2004 figure.
    neuron : Neuron
        The neuron.
    stimulus : Stimulus
        Input current, duration and time step.
    defining : str
        The property that defines the pattern, in words.
    shows : callable
        The same property as a test of a `Response`.

    Examples
    --------
    >>> from neurogate.neurons.responses import respond
    >>> pattern = PATTERNS["rebound_spike"]
    >>> pattern.panel, pattern.shows(respond(pattern.neuron, pattern.stimulus))
    ('M', True)
    """

    panel: str
    title: str
    neuron: Neuron
    stimulus: Stimulus
    defining: str
    shows: Callable[[Response], bool]


def _cell(a: float, b: float, c: float, d: float, v: float) -> Neuron:
    """Make a 2003 neuron that starts at v with u = b v."""
    return Neuron("izhikevich_2003", {"a": a, "b": b, "c": c, "d": d, "v_peak": 30.0}, v, b * v)


def _shifted(v_r: float, v_t: float, a: float, b: float, c: float, d: float) -> Neuron:
    """Make a 2007 neuron with the unit capacitance and the curvature of 2003, at rest at v_r."""
    shape = {"C": 1.0, "k": 0.04, "v_r": v_r, "v_t": v_t, "v_peak": 30.0}
    return Neuron("izhikevich_2007", {**shape, "a": a, "b": b, "c": c, "d": d}, v_r, 0.0)


def _input(duration_ms: float, dt_ms: float, *segments: tuple[float, ...], holding: float = 0.0) -> Stimulus:
    """Make a stimulus of pulses (start, stop, current) and ramps (start, stop, first, last)."""
    full = tuple((s[0], s[1], s[2], s[-1]) for s in segments)
    return Stimulus(duration_ms=duration_ms, dt_ms=dt_ms, segments=full, holding=holding)


def _tonic(r: Response) -> bool:
    thirds = r.between(10, 40), r.between(40, 70), r.between(70, 100)
    if r.between(0, 10).size or not all(third.size for third in thirds):
        return False
    settled = r.intervals_ms[-2:]
    return bool(np.ptp(settled) < 0.1 * settled.mean())


def _damped_oscillation(r: Response) -> bool:
    if r.spikes_ms.size != 1:
        return False
    after = r.v[r.time_ms > r.spikes_ms[0] + 5]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(after)))) + 1
    swings = np.abs(np.diff(after[turns]))[:4]
    return swings.size == 4 and bool(np.all(np.diff(swings) < 0))


def _after_potential(r: Response) -> bool:
    if r.spikes_ms.size != 1:
        return False
    after = r.v[r.time_ms > r.spikes_ms[0]]
    hump = int(np.argmax(after))
    return hump > 0 and bool(after[hump] > after[0] + 5 and after[-1] < after[0])


def _bursts(r: Response, least: int, most: float = np.inf) -> bool:
    """Say whether there are `least` to `most` bursts, and each is a burst: two spikes or more."""
    bursts = r.bursts()
    return least <= len(bursts) <= most and all(burst.size >= 2 for burst in bursts)


def _mixed(r: Response) -> bool:
    first, *later = r.bursts() or [r.spikes_ms]
    return first.size >= 2 and len(later) >= 2 and all(group.size == 1 for group in later)


def _speeding_up(r: Response) -> bool:
    return r.spikes_ms.size >= 5 and bool(r.intervals_ms[-1] < 0.75 * r.intervals_ms[0])


def _only(r: Response, start_ms: float, stop_ms: float, least: int, most: float = np.inf) -> bool:
    """Say whether the neuron fires `least` to `most` times, and only from start to stop."""
    inside = r.between(start_ms, stop_ms).size
    return least <= inside <= most and inside == r.spikes_ms.size


_TABLE: tuple[Pattern, ...] = (
    Pattern(
        "A",
        "tonic spiking",
        _cell(0.02, 0.2, -65, 6, v=-70),
        _input(100, 0.25, (10, 100, 14)),
        "spikes all through the step, regular in the end",
        _tonic,
    ),
    Pattern(
        "B",
        "phasic spiking",
        _cell(0.02, 0.25, -65, 6, v=-64),
        _input(200, 0.25, (20, 200, 0.5)),
        "one spike at the onset of the step and none after it",
        lambda r: _only(r, 20, 50, 1, 1),
    ),
    Pattern(
        "C",
        "tonic bursting",
        _cell(0.02, 0.2, -50, 2, v=-70),
        _input(220, 0.25, (22, 220, 15)),
        "bursts of two spikes or more all through the step",
        lambda r: _bursts(r, 3) and r.between(22).size == r.spikes_ms.size and r.between(170).size > 0,
    ),
    Pattern(
        "D",
        "phasic bursting",
        _cell(0.02, 0.25, -55, 0.05, v=-64),
        _input(200, 0.2, (20, 200, 0.6)),
        "one burst at the onset of the step and no spike after it",
        lambda r: _bursts(r, 1, 1) and _only(r, 20, 80, 2),
    ),
    Pattern(
        "E",
        "mixed mode",
        _cell(0.02, 0.2, -55, 4, v=-70),
        _input(160, 0.25, (16, 160, 10)),
        "a burst at the onset of the step, then single spikes",
        _mixed,
    ),
    Pattern(
        "F",
        "spike frequency adaptation",
        _cell(0.01, 0.2, -65, 8, v=-70),
        _input(85, 0.25, (8.5, 85, 30)),
        "every interval is longer than the one before",
        lambda r: r.spikes_ms.size >= 5 and bool(np.all(np.diff(r.intervals_ms) > 0)),
    ),
    Pattern(
        "G",
        "class 1 excitable",
        _shifted(-60, -42.5, 0.02, -0.1, -55, 6),
        _input(300, 0.25, (30, 300, 0, 20.25)),
        "on a slow ramp firing sets in below 30 Hz and speeds up from there",
        lambda r: _speeding_up(r) and r.intervals_ms[0] > 1000 / 30,
    ),
    Pattern(
        "H",
        "class 2 excitable",
        _cell(0.2, 0.26, -65, 0, v=-64),
        _input(300, 0.25, (30, 300, 0, 4.05), holding=-0.5),
        "on a slow ramp firing sets in above 40 Hz at once",
        lambda r: _speeding_up(r) and r.intervals_ms[0] < 1000 / 40,
    ),
    Pattern(
        "I",
        "spike latency",
        _cell(0.02, 0.2, -65, 6, v=-70),
        _input(100, 0.2, (10, 13, 7.05)),
        "one spike, which comes later after the short pulse than the pulse is long",
        lambda r: _only(r, 16, 100, 1, 1),
    ),
    Pattern(
        "J",
        "subthreshold oscillations",
        _cell(0.05, 0.26, -60, 0, v=-62),
        _input(200, 0.25, (20, 25, 2)),
        "after the one spike v swings around rest, each swing smaller than the one before",
        _damped_oscillation,
    ),
    Pattern(
        "K",
        "resonator",
        _cell(0.1, 0.26, -60, -1, v=-62),
        _input(400, 0.25, (40, 44, 0.65), (60, 64, 0.65), (280, 284, 0.65), (320, 324, 0.65)),
        "two pulses 40 ms apart evoke a spike, the same pulses 20 ms apart do not",
        lambda r: _only(r, 320, 360, 1, 1),
    ),
    Pattern(
        "L",
        "integrator",
        _shifted(-60, -42.5, 0.02, -0.1, -55, 6),
        _input(100, 0.25, *((t, t + 2, 9) for t in (100 / 11, 100 / 11 + 5, 70, 80))),
        "two pulses 5 ms apart evoke a spike, the same pulses 10 ms apart do not",
        lambda r: _only(r, 14, 30, 1, 1),
    ),
    Pattern(
        "M",
        "rebound spike",
        _cell(0.03, 0.25, -60, 4, v=-64),
        _input(200, 0.2, (20, 25, -15)),
        "one spike, after the end of an inhibitory pulse",
        lambda r: _only(r, 25, 200, 1, 1),
    ),
    Pattern(
        "N",
        "rebound burst",
        _cell(0.03, 0.25, -52, 0, v=-64),
        _input(200, 0.2, (20, 25, -15)),
        "one burst, after the end of an inhibitory pulse",
        lambda r: _bursts(r, 1, 1) and _only(r, 25, 160, 2),
    ),
    Pattern(
        "O",
        "threshold variability",
        _cell(0.03, 0.25, -60, 4, v=-64),
        _input(100, 0.25, (10, 15, 1), (70, 75, -6), (80, 85, 1)),
        "an excitatory pulse evokes a spike only if an inhibitory one has come before it",
        lambda r: _only(r, 80, 100, 1),
    ),
    Pattern(
        "P",
        "bistability",
        _cell(0.1, 0.26, -60, 0, v=-61),
        _input(300, 0.25, (37.5, 42.5, 1), (211, 216, 1), holding=0.24),
        "one pulse turns lasting firing on and the same pulse turns it off",
        lambda r: _only(r, 37.5, 216, 4) and r.between(170).size > 0,
    ),
    Pattern(
        "Q",
        "depolarising after-potential",
        _cell(1, 0.2, -60, -21, v=-70),
        _input(50, 0.1, (9, 11, 20)),
        "after the one spike, and without input, v rises from its reset before it sinks to rest",
        _after_potential,
    ),
    Pattern(
        "R",
        "accommodation",
        _shifted(-65, -60, 2.0**-30, 0.02 * 2.0**30, -55, 4),
        _input(400, 0.5, (0, 200, 0, 8), (300, 312.5, 0, 4)),
        "a slow ramp evokes no spike, a fast ramp to half its height does",
        lambda r: _only(r, 300, 330, 1),
    ),
    Pattern(
        "S",
        "inhibition-induced spiking",
        _cell(-0.02, -1, -60, 8, v=-63.8),
        _input(350, 0.5, (50, 250, -5), holding=80),
        "silent under the holding current, fires when the current is lowered, stops when it is restored",
        lambda r: _only(r, 50, 280, 2) and r.between(200, 280).size > 0,
    ),
    Pattern(
        "T",
        "inhibition-induced bursting",
        _cell(-0.026, -1, -48, 0, v=-63.8),
        _input(350, 0.25, (50, 250, -5), holding=80),
        "silent under the holding current, bursts when the current is lowered, stops when it is restored",
        lambda r: _bursts(r, 2) and _only(r, 50, 250, 4),
    ),
)

PATTERNS: Mapping[str, Pattern] = {p.title.replace(" ", "_").replace("-", "_"): p for p in _TABLE}
"""Firing patterns by name, in the order of the figure."""

STEP_DEPENDENT = frozenset({"bistability", "depolarising_after_potential"})
"""Patterns that show their property at the stimulus's own step and not at every shorter one."""
