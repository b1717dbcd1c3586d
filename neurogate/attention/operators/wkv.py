"""The memory of RWKV-4: a running mean of values whose weights fade, with an extra weight for the present."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace, shaped
from neurogate.attention.forms import Form, compiled
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.attention.options import record

__all__ = ["NOTHING", "Cache", "State", "backward", "forward", "recurrent", "recurrent_backward"]

NOTHING = -1e38
"""The mass of no past at all: a logarithm so far below all others that it never counts."""

_SHAPES = "k, v, dy, means, masses : (B, T, D); w, u : (D,); mean, mass : (B, D)"


class State(NamedTuple):
    """The past.

    Attributes
    ----------
    mean : (B, D)
        Of the values.
    mass : (B, D)
        Logarithm of the sum of their weights.
    """

    mean: Array
    mass: Array


class Cache(NamedTuple):
    """What the backward needs: means and masses before each step; `state` is that after the last step."""

    k: Array
    v: Array
    w: Array
    u: Array
    means: Array
    masses: Array
    loops: tuple[Any, Any]
    carried: bool
    state: State


def forward(
    k: Array, v: Array, w: Array, u: Array, state: State | None = None, *, form: Form = "auto"
) -> tuple[Array, Cache]:
    r"""Average the values so far, those long ago with less weight.

    .. math:: y_t = \frac{\sum_{i<t} e^{(t-1-i) w + k_i} v_i + e^{u + k_t} v_t}
        {\sum_{i<t} e^{(t-1-i) w + k_i} + e^{u + k_t}}

    The past is kept as its mean :math:`a` and the logarithm :math:`m` of its weights, which neither overflow:

    .. math:: y_t = a + \sigma(u + k_t - m) (v_t - a), \quad a \leftarrow a + \sigma(k_t - w - m) (v_t - a),
        \quad m \leftarrow \log(e^{w + m} + e^{k_t})

    Parameters
    ----------
    k, v : (B, T, D)
        Logarithms of weights, and values. All is computed in the number type of k.
    w : (D,)
        Logarithm of the decay in a step, at most 0; RWKV has it as minus the exponential of a parameter.
    u : (D,)
        What the present has on top of its weight.
    state : State, optional
        Before the first step; nothing is known if left out.
    form : {"auto", "recurrent", "compiled"}
        Whether to take the steps in Python, or by what is compiled: Numba's for NumPy, CUDA's for CuPy.
        "auto" takes few steps in Python, and so the last bits may depend on how a sequence is cut.

    Returns
    -------
    y : (B, T, D)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or there is no such form.

    References
    ----------
    Peng et al. 2023, arXiv:2305.13048.

    Examples
    --------
    >>> import numpy as np
    >>> zero, v = np.zeros(1), np.array([[[0.0], [4.0], [8.0]]])
    >>> forward(0 * v, v, zero, zero)[0].ravel().round(9).tolist()
    [0.0, 2.0, 4.0]
    """
    state = None if state is None else record("state", state, State)
    mean, mass = state or State(None, None)
    xp = namespace("mean", "mass", k=k, v=v, w=w, u=u, mean=mean, mass=mass)
    said = {"k": k, "v": v, "w": w, "u": u, "mean": mean, "mass": mass}
    shaped("k, v : (B, T, D); w, u : (D,)", k=k, v=v, w=w, u=u)
    one = (len(k), k.shape[-1])
    before = State(xp.zeros(one, k.dtype), xp.full(one, NOTHING, k.dtype)) if state is None else state
    fits(before[0].shape == before[1].shape == one, f"the state must be two of {one}", **said)
    loops = _loops(xp, form, k)
    v, w, u, mean, mass = (array.astype(k.dtype, copy=False) for array in (v, w, u, *before))
    y, means, masses, after = loops[0](k, v, w, u, mean, mass)
    return y, Cache(k, v, w, u, means, masses, loops, state is not None, State(*after))


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array, State | None]:
    r"""Return the gradients, from the last step to the first.

    With :math:`\gamma = \sigma(u + k - m)` and :math:`\beta = \sigma(k - w - m)`, and with
    :math:`\bar a', \bar m'` with respect to the state after a step,

    .. math::
        e &= \gamma (1 - \gamma) (v - a) \bar y, \quad f = \beta (1 - \beta) (v - a) \bar a' \\
        \bar v &= \gamma \bar y + \beta \bar a', \quad \bar k = e + f + \beta \bar m', \quad \bar u = e, \quad
        \bar w = (1 - \beta) \bar m' - f \\
        \bar a &= (1 - \gamma) \bar y + (1 - \beta) \bar a', \quad \bar m = (1 - \beta) \bar m' - e - f

    Parameters
    ----------
    dy : (B, T, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dk, dv, dw, du, dstate
        Gradients; dstate is None if no state was given.

    Raises
    ------
    RequestError
        If dy is not shaped as the output.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.zeros((1, 3, 1)), np.ones((1, 3, 1)), np.zeros(1), np.zeros(1))
    >>> backward(np.ones((1, 3, 1)), cache)[1].ravel().round(3).tolist()
    [1.833, 0.833, 0.333]
    """
    k, v, w, u, means, masses, loops, carried, _ = cache
    dy = answers(dy, k.shape, cache)
    dk, dv, dw, du, dmean, dmass = loops[1](dy.astype(k.dtype, copy=False), k, v, w, u, means, masses)
    return dk, dv, dw, du, State(dmean, dmass) if carried else None


def recurrent(
    k: Array, v: Array, w: Array, u: Array, mean: Array, mass: Array
) -> tuple[Array, Array, Array, tuple[Array, Array]]:
    """Take the steps of `forward` one by one.

    Parameters
    ----------
    k, v, w, u : arrays
        As in `forward`.
    mean, mass : (B, D)
        Before the first step.

    Returns
    -------
    y, means, masses, state
        Output, states before each step, and that after the last.

    Examples
    --------
    >>> import numpy as np
    >>> x, none = np.zeros((1, 2, 1)), np.full((1, 1), -np.inf)
    >>> recurrent(x, x + 3, np.zeros(1), np.zeros(1), x[:, 0], none)[3][1].round(4).item()
    0.6931
    """
    xp = namespace(k=k, v=v, w=w, u=u, mean=mean, mass=mass)
    shaped(_SHAPES, k=k, v=v, w=w, u=u, mean=mean, mass=mass)
    y, means, masses = xp.empty_like(v), xp.empty_like(v), xp.empty_like(v)
    with np.errstate(invalid="ignore"):  # of NaN logaddexp would warn
        for t in range(k.shape[1]):
            means[:, t], masses[:, t] = mean, mass
            new = v[:, t] - mean
            y[:, t] = mean + sigmoid.value(u + k[:, t] - mass) * new
            mean = mean + sigmoid.value(k[:, t] - w - mass) * new
            mass = xp.logaddexp(w + mass, k[:, t])
    return y, means, masses, (mean, mass)


def recurrent_backward(
    dy: Array, k: Array, v: Array, w: Array, u: Array, means: Array, masses: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Take the steps of `backward` one by one.

    Parameters
    ----------
    dy : (B, T, D)
        Gradient with respect to the output.
    k, v, w, u : arrays
        As in `forward`.
    means, masses : (B, T, D)
        Of `recurrent`.

    Returns
    -------
    dk, dv, dw, du, dmean, dmass
        Gradients; the last two with respect to the state before the first step.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.zeros((1, 1, 1))
    >>> recurrent_backward(x + 1, x, x, x[0, 0], x[0, 0], x, x)[1].item()
    0.5
    """
    xp = namespace(dy=dy, k=k, v=v, w=w, u=u, means=means, masses=masses)
    shaped(_SHAPES, dy=dy, k=k, v=v, w=w, u=u, means=means, masses=masses)
    dk, dv = xp.empty_like(k), xp.empty_like(v)
    dw, du, dmean, dmass = (xp.zeros((len(k), k.shape[2]), k.dtype) for _ in range(4))
    for t in reversed(range(k.shape[1])):
        g, new = dy[:, t], v[:, t] - means[:, t]
        now = sigmoid.value(u + k[:, t] - masses[:, t])
        kept = sigmoid.value(k[:, t] - w - masses[:, t])
        e, f = now * (1 - now) * new * g, kept * (1 - kept) * new * dmean
        dv[:, t] = now * g + kept * dmean
        dk[:, t] = e + f + kept * dmass
        du = du + e
        dw = dw + (1 - kept) * dmass - f
        dmean = (1 - now) * g + (1 - kept) * dmean
        dmass = (1 - kept) * dmass - e - f
    return dk, dv, dw.sum(axis=0), du.sum(axis=0), dmean, dmass


def _loops(xp: Namespace, form: Form, k: Array) -> tuple[Any, Any]:
    if not compiled(form, k.shape[1]) or not k.size:
        return recurrent, recurrent_backward
    backend = "numba_cpu" if xp.__name__ == "numpy" else "cuda"
    module = importlib.import_module(f"neurogate.backends.{backend}.wkv")
    return module.recurrent, module.recurrent_backward
