"""Lightning attention: linear attention whose memory fades at one constant rate in each head."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from neurogate.attention.arrays import Array, Cache, fits, namespace
from neurogate.attention.operators import linear_recurrence
from neurogate.attention.operators.linear_recurrence import Form
from neurogate.attention.options import one_of, whole_number

__all__ = ["SCHEDULES", "Schedule", "backward", "forward", "slopes"]

Schedule: TypeAlias = Literal["alibi", "linear", "retention", "none"]
"""How slopes depend on the head and the layer."""

SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
"""All of them."""


def forward(
    q: Array, k: Array, v: Array, slopes: Array, state: Array | None = None, *, block: int = 64,
    form: Form = "auto",
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Let each step collect the values before it, those long ago with less weight.

    .. math:: o_t = \sum_{s \le t} e^{-\lambda_h (t - s)} \langle q_t, k_s \rangle v_s

    Nothing scales the products and nothing normalises the weights. It is the linear recurrence with a
    decay of each head's own, and its tiles are the chunks of that.

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries and keys.
    v : (B, T, H, V)
        Values.
    slopes : (H,)
        :math:`\lambda`, at least 0: constants, which have no gradient.
    state : (B, H, K, V), optional
        What was collected before the first step; 0 if left out.
    block : int
        Length of a tile; may be longer than T.
    form : str
        Of `linear_recurrence`.

    Returns
    -------
    o : (B, T, H, V)
        Output.
    cache : Cache
        For `backward`; ``cache.state`` is what was collected after the last step.

    Raises
    ------
    RequestError
        If shapes do not fit, or, on a CPU, a slope is below 0.

    References
    ----------
    Qin et al. 2024, arXiv:2401.04658.

    Examples
    --------
    >>> x = np.ones((1, 3, 1, 1))
    >>> forward(x, x, x, np.log([2.0]))[0].ravel().tolist()
    [1.0, 1.5, 1.75]
    """
    xp = namespace(q=q, slopes=slopes)
    fits(slopes.shape == q.shape[2:3], "slopes must have one number for each head", q=q, slopes=slopes)
    fits(xp is not np or min(slopes.tolist(), default=0) >= 0, "slopes must be at least 0", slopes=slopes)
    decay = -slopes.astype(q.dtype, copy=False)[:, None]
    chunk = whole_number("block", block, of="steps")
    return linear_recurrence.forward(q, k, v, decay, state, scale=1.0, chunk=chunk, form=form)


def backward(
    do: Array, cache: Cache, dstate: Array | None = None
) -> tuple[Array, Array, Array, Array | None]:
    """Return the gradients, as `linear_recurrence` has them.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.
    dstate : (B, H, K, V), optional
        Gradient with respect to the state after the last step.

    Returns
    -------
    dq, dk, dv, dstate
        Gradients; None for a state that was left out.

    Examples
    --------
    >>> x = np.ones((1, 3, 1, 1))
    >>> _, cache = forward(x, x, x, np.log([2.0]))
    >>> backward(x, cache)[2].ravel().tolist()
    [1.75, 1.5, 1.0]
    """
    dq, dk, dv, _, dbefore = linear_recurrence.backward(do, cache._replace(g=None), dstate)
    return dq, dk, dv, dbefore


def slopes(heads: int, *, schedule: Schedule = "alibi", layer: int = 0, depth: int = 1) -> Array:
    r"""Return the slopes of the heads of a layer.

    .. math::
        \text{alibi:} \; \lambda_h = 2^{-8 h / H} (1 - l / (L - 1) + 10^{-5}), \; h = 1..H; \quad
        \text{linear:} \; \lambda_h = \frac{8}{H} h (1 - l / L), \; h = 0..H-1; \quad
        \text{retention:} \; \lambda_h = -\log(1 - 2^{-5-h}), \; h = 0..H-1

    The first is that of OpenNLPLab: for an H that is no power of two, the slopes of the next lower power are
    followed by every second one of the next higher. A network of one layer has no factor for depth; the
    deepest of several all but never forgets. The second is that of flash-linear-attention: the first head
    never forgets. "none" are zeros.

    Parameters
    ----------
    heads : int
        H.
    schedule : {"alibi", "linear", "retention", "none"}
        Which.
    layer, depth : int
        l, from 0, and L.

    Returns
    -------
    (H,)
        :math:`\lambda`, of float64.

    Raises
    ------
    RequestError
        If there is no such schedule or layer.

    Examples
    --------
    >>> slopes(4).tolist(), slopes(3).round(4).tolist()
    ([0.25, 0.0625, 0.015625, 0.00390625], [0.0625, 0.0039, 0.25])
    >>> slopes(4, schedule="linear").tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    heads, depth = whole_number("heads", heads), whole_number("depth", depth, of="layers")
    layer = whole_number("layer", layer, 0, depth - 1)
    one_of("schedule", schedule, SCHEDULES)
    number = np.arange(heads)
    if schedule == "alibi":
        return _alibi(heads) * (1.0 if depth == 1 else 1 - layer / (depth - 1) + 1e-5)
    if schedule == "linear":
        return 8 / heads * (1 - layer / depth) * number
    if schedule == "retention":
        return -np.log1p(-(2.0 ** (-5 - number)))
    return np.zeros(heads)


def _alibi(heads: int) -> Array:
    lower = 1 << (heads.bit_length() - 1)
    found = 2.0 ** (-8 * np.arange(1, lower + 1) / lower)
    return found if lower == heads else np.concatenate([found, _alibi(2 * lower)[::2][: heads - lower]])
