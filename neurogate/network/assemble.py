"""A reservoir from your own arrays: nothing is drawn, everything is given.

`assemble` takes parameters by name, weights and filters, checks them, and packs them as every backend
wants them. Networks that are drawn from distributions are made by `neurogate.network.reservoir`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ..backends import registry
from ..backends.layout import MODELS, SCHEMES, STATE_ROWS, Codes, StateArrays
from ..errors import RequestError
from ..neurons.models import MODELS as NEURONS
from ..units import Count, Milliseconds, Seed, field_types
from .cells import Cells
from .given import Given, settled
from .packing import replica, row_name
from .reservoir import Reservoir
from .specification import ReservoirSpec
from .stacking import stack
from .wiring import finite

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


_KINDS: Mapping[str, Any] = {
    "model": field_types(Cells)["model"],
    "scheme": field_types(Cells)["scheme"],
    "dtype": Literal["float64", "float32"],
    "parameters": Mapping[str, Any],
    "dt_ms": Milliseconds,
    "n": field_types(ReservoirSpec)["n"],
    "synapse": Filter,
    "trace": Filter | None,
    "seeds": tuple[Seed, ...] | None,
    "backend": str,
    "threads": Count,
}


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
    synapse = Filter(5.0) if synapse is None else synapse
    chosen = settled(
        _KINDS,
        {"model": model, "scheme": scheme, "dtype": dtype, "parameters": parameters, "dt_ms": dt_ms,
         "n": 1 if n is None else n, "synapse": synapse, "trace": trace, "seeds": _listed(seeds),
         "backend": backend, "threads": threads},
    )  # fmt: skip
    if set(parameters) != set(NEURONS[model].names):
        raise RequestError(NEURONS[model].problems(parameters))
    dt_ms = chosen["dt_ms"]
    filters = {"synapse": synapse} | ({} if trace is None else {"trace": trace})
    rows: dict[str, Any] = {"bias": bias, "noise_sd": noise_sd, "inhibitory": inhibitory, "v": v, "u": u}
    rows |= {row_name(name): row for name, row in parameters.items()}
    rows |= {f"{part}.{name}": x for part, f in filters.items() for name, x in attrs.asdict(f).items()}
    stacks = dict(zip(_STACKS, (input_weights, feedback_weights, readout_weights), strict=True))
    given = Given(rows, stacks, weights, delay_ms, n, chosen["seeds"])
    double = [f"{part}.rise_ms" in given.rows for part in ("synapse", "trace")]
    codes = Codes(MODELS[model], SCHEMES[scheme], double[0], double[1], dt_ms)
    kinds = np.stack([given.row("inhibitory", b) for b in range(given.batch)]).astype(np.int64)
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and the run is found to diverge
        arrays = stack([replica(model, given, b, dt_ms) for b in range(given.batch)], dtype)
        reservoir = Reservoir(arrays, codes, kinds, registry.choose(backend)[1], threads)
        return Assembled(reservoir, _start(reservoir, given, inverse))


def _listed(seeds: Any) -> Any:
    """Return seeds as a list, if they are a range or an array."""
    return list(seeds) if isinstance(seeds, range | np.ndarray) and np.ndim(seeds) else seeds


def _start(reservoir: Reservoir, given: Given, inverse: npt.ArrayLike | None) -> StateArrays:
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


def _inverse(inverse: npt.ArrayLike, given: Given, dtype: np.dtype[Any]) -> Array:
    p, n = finite("inverse", inverse), given.n
    p = p * np.eye(n) if p.ndim == 0 else p
    if p.shape[-2:] != (n, n) or p.ndim > 3 or (p.ndim == 3 and len(p) != given.batch):
        raise RequestError(
            f"inverse has shape {p.shape}; it must be one number, ({n}, {n}) or ({given.batch}, {n}, {n})."
        )
    return np.array(np.broadcast_to(p, (given.batch, n, n)), dtype)
