"""How far activations stand out, which takes many bits to store, and what attention heads do instead."""

from __future__ import annotations

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import whole_number

__all__ = ["gate_sparsity", "infinity_norm", "kurtosis", "sink_mass", "value_drain"]


def infinity_norm(x: Array) -> float:
    r"""Return the largest magnitude of each example, averaged over examples.

    .. math:: \langle \max_i |x_{bi}| \rangle_b

    Parameters
    ----------
    x : (B, ...)
        Activations of a layer.

    Raises
    ------
    RequestError
        If there is nothing to look at.

    References
    ----------
    Bondarenko, Nagel & Blankevoort 2023, arXiv:2306.12929.

    Examples
    --------
    >>> import numpy as np
    >>> infinity_norm(np.array([[1.0, -3.0], [0.5, 0.0]]))
    1.75
    """
    xp = namespace(x=x)
    fits(x.ndim > 0 and x.size > 0, "x must hold at least one number", x=x)
    return float(xp.abs(x).reshape(len(x), -1).max(axis=-1).mean())


def kurtosis(x: Array, *, eps: float = 1e-6) -> Array:
    r"""Return how heavy the tails of each row are: about 3 for a normal distribution, large with outliers.

    .. math:: \kappa = \frac{\langle (x - \mu)^4 \rangle}{s^4 + \epsilon}

    with :math:`s^2` the variance that divides by n - 1.

    Parameters
    ----------
    x : (..., n)
        Activations; n is at least 2.
    eps : float
        What keeps a constant row from division by 0.

    Returns
    -------
    (...)
        Kurtosis of each row.

    Raises
    ------
    RequestError
        If a row has less than two numbers.

    References
    ----------
    Bondarenko, Nagel & Blankevoort 2023, arXiv:2306.12929.

    Examples
    --------
    >>> import numpy as np
    >>> kurtosis(np.array([[0.0, 0.0, 0.0, 4.0], [-1.0, 1.0, -1.0, 1.0]])).round(3).tolist()
    [1.312, 0.562]
    """
    namespace(x=x)
    fits(x.ndim > 0 and x.shape[-1] > 1, "a row needs two numbers at least", x=x)
    away = x - x.mean(axis=-1, keepdims=True)
    square = away * away
    variance = square.sum(axis=-1) / (x.shape[-1] - 1)
    return (square * square).mean(axis=-1) / (variance * variance + eps)


def sink_mass(weights: Array, gates: Array | None = None, *, first: int = 0) -> float:
    r"""Return how much attention goes to the first token, or with gates, how much of it is let through.

    .. math:: \langle A_{i0} \rangle_{h, i \ge i_0} \quad \text{or} \quad
        \langle g_i A_{i0} \rangle_{h, i \ge i_0}

    Parameters
    ----------
    weights : (..., T, S)
        :math:`A`, attention weights of all heads.
    gates : (..., T, n), optional
        Of the outputs of heads, for each feature or, if n is 1, for the head; :math:`g` is their mean over
        features.
    first : int
        :math:`i_0`, the first query that counts, for early ones have little else to look at.

    Raises
    ------
    RequestError
        If shapes do not fit, or no query counts.

    References
    ----------
    Qiu et al. 2025, arXiv:2505.06708.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.array([[1.0, 0.0], [0.75, 0.25]])
    >>> sink_mass(weights), sink_mass(weights, first=1), sink_mass(weights, np.array([[1.0], [0.0]]))
    (0.875, 0.75, 0.5)
    """
    namespace("gates", weights=weights, gates=gates)
    fits(weights.ndim > 1 and weights.size > 0, "weights must be (..., T, S), of one key at least",
         weights=weights)  # fmt: skip
    mass = weights[..., 0]
    first = whole_number("first", first, 0, mass.shape[-1] - 1)
    if gates is not None:
        fits(gates.shape[:-1] == mass.shape and gates.size > 0, "gates must be (..., T, n)",
             weights=weights, gates=gates)  # fmt: skip
        mass = mass * gates.mean(axis=-1)
    return float(mass[..., first:].mean())


def value_drain(values: Array) -> float:
    r"""Return how long the values of the first token are, next to those of all: near 0 where it is a sink.

    .. math:: \langle |v_0| \rangle / \langle |v_j| \rangle_j

    Parameters
    ----------
    values : (..., S, h)
        Of all heads.

    Raises
    ------
    RequestError
        If there are no values, or all are 0.

    References
    ----------
    Qiu et al. 2025, arXiv:2505.06708.

    Examples
    --------
    >>> import numpy as np
    >>> value_drain(np.array([[0.0, 1.0], [3.0, 0.0]]))
    0.5
    """
    xp = namespace(values=values)
    fits(values.ndim > 1 and bool(values.any()), "values must be (..., S, h), and not all 0", values=values)
    lengths = xp.sqrt((values * values).sum(axis=-1))
    return float(lengths[..., 0].mean() / lengths.mean())


def gate_sparsity(gates: Array, *, threshold: float = 0.1) -> float:
    r"""Return the share of gates that are nearly closed.

    .. math:: \langle 1[g < \theta] \rangle

    Parameters
    ----------
    gates : array
        :math:`g`, as ``cache.gate.values`` of a layer.
    threshold : float
        :math:`\theta`.

    Raises
    ------
    RequestError
        If there are no gates.

    References
    ----------
    Qiu et al. 2025, arXiv:2505.06708.

    Examples
    --------
    >>> import numpy as np
    >>> gate_sparsity(np.array([0.0, 0.05, 0.1, 0.9]))
    0.5
    """
    namespace(gates=gates)
    fits(gates.size > 0, "there must be at least one gate", gates=gates)
    return float((gates < threshold).mean())
