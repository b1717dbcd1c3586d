"""A reservoir from your own arrays: nothing is drawn, everything is given.

`assemble` takes parameters by name, weights and filters, checks them, and packs them as every backend
wants them. Networks that are drawn from distributions are made by `neurogate.network.reservoir`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ..backends import registry
from ..backends.layout import MODELS, SCHEMES, STATE_ROWS, Codes, StateArrays
from ..errors import RequestError
from ..neurons.models import MODELS as NEURONS
from .reservoir import Reservoir
from .stacking import stack
from .wiring import finite, wires

__all__ = ["Assembled", "Filter", "assemble"]

Array = npt.NDArray[Any]
_STACKS = ("input_weights", "feedback_weights", "readout_weights")


@attrs.frozen
class Filter:
    """How spikes become a synaptic current, or a trace.

    Parameters
    ----------
    tau_ms : row
        Decay time constant, at least 0 ms; 0 means that nothing is left after one step.
    rise_ms : row, optional
        Rise time constant of a double exponential; without it the filter is a single exponential.
    kick : row
        What a spike (of weight 1) adds, to the second variable if the filter is double exponential.

    Examples
    --------
    >>> Filter(tau_ms=20.0, rise_ms=2.0, kick=1 / 40).rise_ms
    2.0
    """

    tau_ms: npt.ArrayLike
    rise_ms: npt.ArrayLike | None = None
    kick: npt.ArrayLike = 1.0


class Assembled(NamedTuple):
    """A reservoir and where it starts."""

    reservoir: Reservoir
    state: StateArrays


def assemble(
    model: str,
    parameters: Mapping[str, npt.ArrayLike],
    weights: Any = None,
    *,
    dt_ms: float,
    scheme: str = "euler",
    n: int | None = None,
    synapse: Filter | None = None,
    trace: Filter | None = None,
    delay_ms: Any = 0.0,
    bias: npt.ArrayLike = 0.0,
    noise_sd: npt.ArrayLike = 0.0,
    input_weights: npt.ArrayLike | None = None,
    feedback_weights: npt.ArrayLike | None = None,
    readout_weights: npt.ArrayLike | None = None,
    inverse: npt.ArrayLike | None = None,
    v: npt.ArrayLike | None = None,
    u: npt.ArrayLike | None = None,
    seeds: Sequence[int] | None = None,
    inhibitory: npt.ArrayLike = False,
    dtype: str = "float64",
    backend: str = "auto",
    threads: int = 1,
) -> Assembled:
    r"""Build a batch of B networks of N neurons from arrays.

    A row (a parameter, a time constant, a bias) is one number for all, an (N,) array, or a (B, N) or
    (B, 1) array with one line for each replica. The order of a step is written down in
    `neurogate.backends.numpy_reference.reservoir`.

    Parameters
    ----------
    model : "izhikevich_2003" or "izhikevich_2007"
    parameters : mapping of str to row
        Every parameter of the model, see `neurogate.neurons.models`.
    weights : optional
        A dense (N, N) matrix, row = receiver, column = sender; a SciPy sparse matrix of the same meaning;
        or a tuple (senders, targets, weights). A list, or a (B, N, N) array, holds one for each replica.
        Zeros of a matrix are no synapses; synapses of the same pair and delay are added together.
    dt_ms : float
        Step, above 0 ms.
    scheme : "euler" or "half_step"
    n : int, optional
        Neurons, if no array says how many.
    synapse : Filter, optional
        By default exponential with 5 ms.
    trace : Filter, optional
        By default there is none, which saves time; readouts need one.
    delay_ms : float or array
        Delay of all synapses, or of each: an (N, N) matrix, or (S,) beside a tuple of S weights; beside
        a list of weights also a list. Rounded to whole steps, at least one.
    bias : row
        Constant current.
    noise_sd : row
        Standard deviation of white current noise in 1 ms; in a step it is divided by :math:`\sqrt{dt}`.
    input_weights : (K, N) or (B, K, N) array, optional
    feedback_weights : (R, N) or (B, R, N) array, optional
        How readouts come back as current in the next step; zero by default.
    readout_weights : (R, N) or (B, R, N) array, optional
        What readouts start with; zero by default.
    inverse : float, (N, N) or (B, N, N) array, optional
        P of recursive least squares at the start; a number stands for that multiple of the identity.
    v, u : row, optional
        Start; by default v at rest (-65 mV, or v_r), and u where it does not move at that v.
    seeds : sequence of int, optional
        One for each replica, for the noise; 0, 1, ... by default.
    inhibitory : row of bool
        Which neurons to call inhibitory; a label that no equation uses.
    dtype : "float64" or "float32"
    backend : str
    threads : int

    Returns
    -------
    Assembled
        The reservoir and its start.

    Raises
    ------
    RequestError
        One sentence for each mistake: a shape that fits nothing, an unknown parameter, NaN.

    Examples
    --------
    >>> rows = {"a": 0.02, "b": 0.2, "c": -65.0, "d": [8.0, 2.0], "v_peak": 30.0}
    >>> net, start = assemble("izhikevich_2003", rows, np.array([[0.0, 1.0], [2.0, 0.0]]), dt_ms=0.5)
    >>> net.shape, net.arrays.weights.tolist(), start.values[0, 0].tolist()
    ((1, 2, 0), [[2.0, 1.0]], [-65.0, -65.0])
    """
    _check_words(model, scheme, parameters, dt_ms, dtype)
    filters = {"synapse": synapse or Filter(5.0)} | ({"trace": trace} if trace else {})
    rows: dict[str, Any] = {"bias": bias, "noise_sd": noise_sd, "inhibitory": inhibitory, "v": v, "u": u}
    rows |= {_row_name(name): row for name, row in parameters.items()}
    rows |= {f"{part}.{name}": x for part, f in filters.items() for name, x in attrs.asdict(f).items()}
    stacks = dict(zip(_STACKS, (input_weights, feedback_weights, readout_weights), strict=True))
    given = _Given(_arrays(rows, 2), _arrays(stacks, 3), weights, delay_ms, n, seeds)
    given.check()
    replicas = [_pack(model, given, b, dt_ms) for b in range(given.batch)]
    arrays = stack(replicas, dtype)
    double = [f"{part}.rise_ms" in given.rows for part in ("synapse", "trace")]
    codes = Codes(MODELS[model], SCHEMES[scheme], double[0], double[1], dt_ms)
    kinds = np.stack([given.row("inhibitory", b) for b in range(given.batch)]).astype(np.int64)
    reservoir = Reservoir(arrays, codes, kinds, registry.choose(backend)[1], threads)
    return Assembled(reservoir, _start(reservoir, given, inverse))


class _Given:
    """The arrays that the user gave, and how many replicas and neurons they speak of."""

    def __init__(
        self,
        rows: Mapping[str, Array],
        stacks: Mapping[str, Array],
        weights: Any,
        delay_ms: Any,
        n: int | None,
        seeds: Sequence[int] | None,
    ) -> None:
        self.rows, self.stacks = rows, stacks
        self.weights = _for_each(weights)
        shared = len(self.weights) == 1 or not isinstance(delay_ms, list)
        self.delay_ms = [delay_ms] if shared else delay_ms
        self.batch, self.n = self._sizes(n, seeds)
        self.seeds = range(self.batch) if seeds is None else seeds

    def _sizes(self, n: int | None, seeds: Sequence[int] | None) -> tuple[int, int]:
        """Return the replicas and the neurons that everything given agrees on."""
        batch = [("seeds", len(seeds))] if seeds is not None else []
        neurons = [("n", n)] if n is not None else []
        for name, row in self.rows.items():
            batch += [(name, len(row))] if row.ndim == 2 and len(row) > 1 else []
            neurons += [(name, row.shape[-1])] if row.ndim and row.shape[-1] > 1 else []
        for name, channels in self.stacks.items():
            batch += [(name, len(channels))] if channels.ndim == 3 else []
            neurons += [(name, channels.shape[-1])]
        for name, items in (("weights", self.weights), ("delay_ms", self.delay_ms)):
            batch += [(name, len(items))] if len(items) > 1 else []
            shapes = [np.shape(item) for item in items if not isinstance(item, tuple)]
            neurons += [(name, side) for shape in shapes if len(shape) == 2 for side in shape]
        return _agreed("replicas", batch, 1), _agreed("neurons", neurons, 1)

    def row(self, name: str, b: int) -> Array:
        """Return one row of one replica, (N,)."""
        row = self.rows[name]
        return np.array(np.broadcast_to(row[b % len(row)] if row.ndim == 2 else row, (self.n,)))

    def stack(self, name: str, b: int) -> Array:
        """Return the weights of channels or readouts of one replica."""
        channels = self.stacks.get(name)
        if channels is None:
            twin = {"feedback_weights": "readout_weights", "readout_weights": "feedback_weights"}.get(
                name, ""
            )
            return np.zeros((self.stacks[twin].shape[-2] if twin in self.stacks else 0, self.n))
        return channels[b] if channels.ndim == 3 else channels

    def check(self) -> None:
        """Complain of time constants and of readouts that do not fit their feedback."""
        positive = ["noise_sd", *(name for name in self.rows if name.endswith("_ms"))]
        problems = [
            f"{name} is {self.rows[name].min():g}; it must be at least 0."
            for name in positive
            if self.rows[name].min() < 0
        ]
        counts = [self.stack(name, 0).shape[0] for name in ("feedback_weights", "readout_weights")]
        if counts[0] != counts[1]:
            problems.append(
                f"feedback_weights has {counts[0]} readouts and readout_weights has {counts[1]}; "
                "they must have the same number."
            )
        if any(counts) and "trace.tau_ms" not in self.rows:
            problems.append("There are readouts but no trace for them to read; give trace=Filter(...).")
        if problems:
            raise RequestError(problems)


def _check_words(model: str, scheme: str, parameters: Mapping[str, Any], dt_ms: float, dtype: str) -> None:
    choices = {
        "model": (model, MODELS),
        "scheme": (scheme, SCHEMES),
        "dtype": (dtype, ("float64", "float32")),
    }
    problems = [
        f"{name} is {word!r}; it must be one of {', '.join(known)}."
        for name, (word, known) in choices.items()
        if word not in known
    ]
    if not (np.isfinite(dt_ms) and dt_ms > 0):
        problems.append(f"dt_ms is {dt_ms:g}; it must be above 0 ms.")
    if model in NEURONS and set(parameters) != set(NEURONS[model].names):
        problems += NEURONS[model].problems(parameters)
    if problems:
        raise RequestError(problems)


def _arrays(given: Mapping[str, Any], dims: int) -> dict[str, Array]:
    """Return what was given as arrays of finite numbers."""
    arrays, problems = {}, []
    for name, value in given.items():
        if value is None:
            continue
        array = finite(name, value)
        if array.ndim > dims or (dims == 3 and array.ndim < 2) or not (array.size or dims == 3):
            shapes = "(N,) or (B, N)" if dims == 2 else "(K, N) or (B, K, N)"
            problems.append(f"{name} has shape {array.shape}; it must be {shapes}.")
        arrays[name] = array
    if problems:
        raise RequestError(problems)
    return arrays


def _for_each(given: Any) -> list[Any]:
    """Return what was given for each replica, or the one thing for all; a matrix may be nested lists."""
    if isinstance(given, list):
        return given if any(isinstance(x, tuple) or np.ndim(x) != 1 for x in given) else [given]
    several = not isinstance(given, tuple) and np.ndim(given) == 3
    return list(given) if several else [given]


def _agreed(what: str, claims: Sequence[tuple[str, int]], default: int) -> int:
    for name, size in claims:
        if size != claims[0][1]:
            first, number = claims[0]
            raise RequestError(
                f"{first} speaks of {number} {what} and {name} of {size}; "
                f"all arrays must agree, or have one number for all {what}."
            )
    return claims[0][1] if claims else default


def _pack(model: str, given: _Given, b: int, dt_ms: float) -> dict[str, Any]:
    """Return the arrays of one replica; float64, no replica axis."""
    named = {name: given.row(_row_name(name), b) for name in NEURONS[model].names}
    weights, delays = (x[b % len(x)] for x in (given.weights, given.delay_ms))
    synapses = wires(weights, delays, given.n, dt_ms)
    noise_sd = given.row("noise_sd", b) / np.sqrt(dt_ms)
    none = np.zeros(0)
    return {
        "seed": np.uint64(given.seeds[b]),
        "parameters": NEURONS[model].pack(named),
        "bias": given.row("bias", b),
        "input_weights": given.stack("input_weights", b),
        "noise_sd": noise_sd if given.rows["noise_sd"].any() else none,
        "poisson_mean": none,
        "poisson_none": none,
        "poisson_weight": none,
        "feedback_weights": given.stack("feedback_weights", b),
        "synapse_decay": _decay(given, "synapse.tau_ms", b, dt_ms),
        "synapse_rise": _decay(given, "synapse.rise_ms", b, dt_ms),
        **_trace(given, b, dt_ms),
        "indptr": synapses.indptr,
        "targets": synapses.targets,
        "weights": given.row("synapse.kick", b)[synapses.targets] * synapses.weights,
        "delays": synapses.delays,
    }


def _trace(given: _Given, b: int, dt_ms: float) -> dict[str, Array]:
    if "trace.tau_ms" not in given.rows:
        return dict.fromkeys(("trace_decay", "trace_rise", "trace_kick"), np.zeros(0))
    return {
        "trace_decay": _decay(given, "trace.tau_ms", b, dt_ms),
        "trace_rise": _decay(given, "trace.rise_ms", b, dt_ms),
        "trace_kick": given.row("trace.kick", b),
    }


def _decay(given: _Given, name: str, b: int, dt_ms: float) -> Array:
    if name not in given.rows:
        return np.zeros(given.n)
    with np.errstate(divide="ignore"):  # 0 ms leaves nothing
        return np.exp(-dt_ms / given.row(name, b))


def _start(reservoir: Reservoir, given: _Given, inverse: npt.ArrayLike | None) -> StateArrays:
    """Return the state at step 0."""
    state = reservoir.initial_state()
    rows, dtype = state.values, reservoir.dtype
    if "v" in given.rows:
        rows[:, 0] = np.stack([given.row("v", b) for b in range(given.batch)])
    model = next(name for name, code in MODELS.items() if code == reservoir.codes.model)
    named = NEURONS[model].unpack(reservoir.arrays.parameters.astype(np.float64))
    v = rows[:, STATE_ROWS.index("v")]
    rows[:, 1] = named["b"] * (v - named.get("v_r", 0.0))
    if "u" in given.rows:
        rows[:, 1] = np.stack([given.row("u", b) for b in range(given.batch)])
    readouts = np.stack([given.stack("readout_weights", b) for b in range(given.batch)]).astype(dtype)
    state = state._replace(readout_weights=readouts)
    return state if inverse is None else state._replace(inverse=_inverse(inverse, given, dtype))


def _inverse(inverse: npt.ArrayLike, given: _Given, dtype: np.dtype[Any]) -> Array:
    p, n = finite("inverse", inverse), given.n
    p = p * np.eye(n) if p.ndim == 0 else p
    if p.shape[-2:] != (n, n) or p.ndim > 3 or (p.ndim == 3 and len(p) != given.batch):
        raise RequestError(
            f"inverse has shape {p.shape}; it must be one number, ({n}, {n}) or ({given.batch}, {n}, {n})."
        )
    return np.array(np.broadcast_to(p, (given.batch, n, n)), dtype)


def _row_name(parameter: str) -> str:
    return f"parameters[{parameter!r}]"
