"""How far activations stand out: what makes a network hard to store in few bits."""

from __future__ import annotations

from neurogate.attention.arrays import Array, fits, namespace

__all__ = ["infinity_norm", "kurtosis"]


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
