"""The linear recurrence: a matrix that fades, channel by channel, and collects outer products.

Heads stand behind the steps, (B, T, H, K), as a projection leaves them. Three forms give the same numbers:
step by step (`stepped_recurrence`, the reference), in chunks (`chunked_recurrence`), and compiled.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention.arrays import Array, Namespace, alike, fits, namespace, shaped
from neurogate.attention.fused import fused
from neurogate.attention.operators import chunked_recurrence, compiled_recurrence, stepped_recurrence
from neurogate.attention.options import FINITE, number, one_of, whole_number
from neurogate.attention.pieces import in_pieces

__all__ = ["Cache", "Form", "backward", "chosen", "fades", "forward"]

Form: TypeAlias = Literal["auto", "recurrent", "chunked", "compiled"]
"""How to go through time; "auto" takes a single step, or what is compiled where that pays, else chunks."""

_FORMS: dict[str, Any] = {
    "recurrent": stepped_recurrence, "chunked": chunked_recurrence, "compiled": compiled_recurrence,
}  # fmt: skip
_PAYS = 2**20  # numbers of the state that change in the course of time


class Cache(NamedTuple):
    """What the backward needs; `state` is the state after the last step, (B, H, K, V)."""

    q: Array
    k: Array
    v: Array
    g: Array | None
    decay: Array
    scale: float
    form: str
    kept: Any
    carried: bool
    state: Array


def forward(
    q: Array, k: Array, v: Array, g: Array | None = None, state: Array | None = None, *,
    scale: float | None = None, chunk: int = 64, form: Form = "auto",
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Write each value under its key into a fading memory, then read it with the query.

    .. math:: S_t = \mathrm{diag}(e^{g_t}) S_{t-1} + k_t v_t^T, \quad o_t = \beta S_t^T q_t,
        \quad \beta = K^{-1/2}

    The step itself is written before it is read; the weights of the past are not normalised.

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries and keys.
    v : (B, T, H, V)
        Values.
    g : array, optional
        Logarithms of the decays, at most 0; it broadcasts to (B, T, H, K): (B, T, H, 1) serves all channels,
        (H, 1) all steps. No decay if left out.
    state : (B, H, K, V), optional
        The state before the first step; 0 if left out.
    scale : float, optional
        :math:`\beta`.
    chunk : int
        Steps taken together by the chunked form; may be longer than T.
    form : {"auto", "recurrent", "chunked", "compiled"}
        How to go through time.

    Returns
    -------
    o : (B, T, H, V)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, an option is none, or, on a CPU, a logarithm is above 0.

    References
    ----------
    Yang et al. 2024, ICML, arXiv:2312.06635.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> forward(x, x, x, np.log(0.5 * x))[0].ravel().tolist()
    [1.0, 1.5, 1.75]
    """
    xp = namespace("g", "state", q=q, k=k, v=v, g=g, state=state)
    chunk, decay = whole_number("chunk", chunk, of="steps"), _fit(xp, q, k, v, g, state)
    scale = q.shape[-1] ** -0.5 if scale is None else float(number("scale", scale, FINITE))
    inner = (len(q), *q.shape[2:], v.shape[-1])
    before = xp.zeros(inner, q.dtype) if state is None else state.astype(q.dtype, copy=False)
    way, q = chosen(form, q, v), _scaled(q, scale)
    how = {"chunk": chunk} if way == "chunked" else {}
    o, after, kept = _FORMS[way].forward(q, k, v, decay, before, **how)
    return o, Cache(q, k, v, g, decay, scale, way, kept, state is not None, after)


def backward(
    do: Array, cache: Cache, dstate: Array | None = None
) -> tuple[Array, Array, Array, Array, Array | None]:
    r"""Return the gradients.

    With the gradient of the state, :math:`D_t = \beta q_t \bar o_t^T + \mathrm{diag}(e^{g_{t+1}}) D_{t+1}`,

    .. math:: \bar q_t = \beta S_t \bar o_t, \quad \bar k_t = D_t v_t, \quad \bar v_t = D_t^T k_t, \quad
        \bar g_t = \sum_{s \ge t} (q_s \bar q_s - k_s \bar k_s) + \langle D_T, S_T \rangle_V

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to `o`.
    cache : Cache
        Of `forward`.
    dstate : (B, H, K, V), optional
        Gradient with respect to the state after the last step.

    Returns
    -------
    dq, dk, dv, dg, dstate
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> _, cache = forward(x, x, x, np.log(0.5 * x))
    >>> backward(x, cache)[2].ravel().tolist()
    [1.75, 1.5, 1.0]
    """
    do = alike(do, cache.v, "do")
    fits(do.shape == cache.v.shape, "do must be shaped as the output", do=do, v=cache.v)
    zeros = namespace(do=do).zeros_like
    after = zeros(cache.state) if dstate is None else alike(dstate, cache.v, "dstate")
    fits(after.shape == cache.state.shape, "dstate must be shaped as the state", dstate=after)
    q, k = cache.q, cache.k
    dq, dk, dv, before = _FORMS[cache.form].backward(do, after, q, k, cache.v, cache.decay, cache.kept)
    dg = None
    if cache.g is not None:
        change = _change(q, dq, k, dk)
        if dstate is not None:
            change[:, -1:] += (after * cache.state).sum(axis=-1)[:, None]
        dg = _as(_from_the_end(change), cache.g)
    return _scaled(dq, cache.scale), dk, dv, dg, before if cache.carried else None


def chosen(form: Form, q: Array, v: Array, largest: int | None = None) -> str:
    """Return the form that "auto" stands for.

    Parameters
    ----------
    form : str
        What was asked for.
    q : (B, T, H, K)
        Queries.
    v : (B, T, H, V)
        Values.
    largest : int, optional
        Size K V of a state from which on products of matrices are faster than what is compiled.

    Raises
    ------
    RequestError
        If there is no such form.

    Examples
    --------
    >>> import numpy as np
    >>> chosen("auto", np.ones((1, 8, 2, 4)), np.ones((1, 8, 2, 4)))
    'chunked'
    """
    shaped("q : (B, T, H, K); v : (B, T, H, V)", q=q, v=v)
    most = math.inf if largest is None else whole_number("largest", largest)
    if one_of("form", form, get_args(Form)) != "auto":
        return form
    if q.shape[1] == 1:
        return "recurrent"
    pays = q.size * v.shape[-1] >= _PAYS and q.shape[-1] * v.shape[-1] <= most
    return "compiled" if pays else "chunked"


def fades(g: Array) -> None:
    """Complain about a decay above 1, such as one that is given in place of its logarithm.

    A memory that grows soon overflows. This is looked at on a CPU alone: a GPU would have to wait.

    Parameters
    ----------
    g : array
        Logarithms of decays.

    Raises
    ------
    RequestError
        If one is above 0.

    Examples
    --------
    >>> fades(np.array([0.9]))
    Traceback (most recent call last):
    neurogate.errors.RequestError: g (1,): g must be at most 0, for it holds logarithms of decays.
    """
    above = isinstance(g, np.ndarray) and g.size and g.max() > 0  # of NaN this is False
    fits(not above, "g must be at most 0, for it holds logarithms of decays", g=g)


def _scaled(q: Array, scale: float) -> Array:
    return q if scale == 1 else in_pieces(lambda q: q * q.dtype.type(scale), alone=False)(q)


@fused
def _change(xp: Namespace, q: Array, dq: Array, k: Array, dk: Array) -> Array:
    return q * dq - k * dk


def _from_the_end(x: Array) -> Array:
    """Return the sums over each step and those after it; step by step is what a CPU does fastest."""
    if namespace(x=x) is not np:
        return x[:, ::-1].cumsum(axis=1)[:, ::-1]
    for after, before in itertools.pairwise(x.swapaxes(0, 1)[::-1]):
        before += after
    return x


def _fit(xp: Namespace, q: Array, k: Array, v: Array, g: Array | None, state: Array | None) -> Array:
    """Complain about what does not fit; return the logarithms of the decays with four axes and all steps."""
    said = {"q": q, "k": k, "v": v, "g": g, "state": state}
    fits(q.ndim == 4 and q.shape == k.shape, "q and k must be equal, (batch, length, heads, width)", **said)
    fits(v.shape[:-1] == k.shape[:-1] and v.ndim == 4, "there must be as many values as keys", **said)
    inner = (len(q), *q.shape[2:], v.shape[-1])
    fits(state is None or state.shape == inner, f"the state must be {inner}", **said)
    if g is None:
        return xp.zeros((1, q.shape[1], 1, 1), q.dtype)
    good = g.ndim <= 4 and all(a in (1, b) for a, b in zip(g.shape[::-1], q.shape[::-1], strict=False))
    fits(good, "g must broadcast to q", **said)
    fades(g)
    wide = g.reshape((1,) * (4 - g.ndim) + g.shape)
    return xp.broadcast_to(wide, (wide.shape[0], q.shape[1], *wide.shape[2:]))


def _as(gradient: Array, g: Array) -> Array:
    """Sum a gradient over the axes along which `g` was broadcast."""
    shape = (1,) * (4 - g.ndim) + g.shape
    once = tuple(axis for axis in range(4) if shape[axis] == 1 != gradient.shape[axis])
    return (gradient.sum(axis=once, keepdims=True) if once else gradient).reshape(g.shape)
