"""The two Izhikevich models: what they are called, what they need, in which order they are stepped.

Here live names, units, meanings and domains of the parameters and the order of the rows in which the
simulator keeps them. The arithmetic of a step lives in `neurogate.backends`.

Both models are a quadratic membrane with a linear recovery variable and a reset::

    izhikevich_2003:    v' = 0.04 v^2 + 5 v + 140 - u + I        u' = a (b v - u)
    izhikevich_2007:  C v' = k (v - v_r) (v - v_t) - u + I       u' = a (b (v - v_r) - u)

    where v >= v_peak:   v <- c,   u <- u + d

One step of `dt` does, in this order: (1) take the current I of the step; (2) advance v and u with the
named scheme, where f is v' and g is u' of the equations above::

    euler:       v_1 = v + dt f(v, u, I),              u_1 = u + dt g(v, u)
    half_step:   w   = v + dt/2 f(v, u, I),
                 v_1 = w + dt/2 f(w, u, I),            u_1 = u + dt g(v_1, u)

(3) a neuron fires in this step where v_1 >= v_peak; (4) there v_1 <- c and u_1 <- u_1 + d. In `euler`
both right-hand sides see the values before the step; in `half_step` (Izhikevich 2003) u sees the new v.

References
----------
Izhikevich (2003), Simple model of spiking neurons, IEEE Transactions on Neural Networks 14,
doi:10.1109/TNN.2003.820440.
Izhikevich (2007), Dynamical systems in neuroscience, MIT Press, chapter 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.units import Domain

__all__ = ["MODELS", "SCHEMES", "NeuronModel", "Parameter"]


@attrs.frozen
class Parameter:
    """One parameter of a neuron model.

    Parameters
    ----------
    name : str
        Symbol, as in the equations.
    unit : str
        Physical unit.
    meaning : str
        What it does, in a few words.
    domain : Domain
        Values it may take.

    Examples
    --------
    >>> MODELS["izhikevich_2007"].parameters[0].unit
    'pF'
    """

    name: str
    unit: str
    meaning: str
    domain: Domain


@attrs.frozen
class NeuronModel:
    """A neuron model as data: its name, its parameters in row order and its equations.

    Parameters
    ----------
    name : str
        Name used in configurations.
    parameters : tuple of Parameter
        In the order of the rows of the simulator's parameter array, shape (..., P, N).
    equation : str
        The equations in plain text.
    current_unit : str
        Unit of the input current I.

    Examples
    --------
    >>> model = MODELS["izhikevich_2003"]
    >>> model.names
    ('a', 'b', 'c', 'd', 'v_peak')
    >>> rows = model.pack({"a": [0.02, 0.1], "b": 0.2, "c": -65.0, "d": [8.0, 2.0], "v_peak": 30.0})
    >>> rows.shape
    (5, 2)
    >>> model.unpack(rows)["d"]
    array([8., 2.])
    """

    name: str
    parameters: tuple[Parameter, ...]
    equation: str
    current_unit: str

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names in row order."""
        return tuple(parameter.name for parameter in self.parameters)

    def pack(self, values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """Stack named parameters into one array in row order.

        Parameters
        ----------
        values : mapping of str to array_like, shapes that broadcast to (..., N)
            One entry for each parameter of the model.

        Returns
        -------
        ndarray of float64, shape (..., P, N)

        Raises
        ------
        RequestError
            If a name is missing or unknown, or a value lies outside its domain.
        """
        problems = self.problems(values)
        if problems:
            raise RequestError(problems)
        columns = [np.atleast_1d(np.asarray(values[name], dtype=np.float64)) for name in self.names]
        return np.stack(np.broadcast_arrays(*columns), axis=-2)

    def unpack(self, rows: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the parameters of an array of shape (..., P, N) by name, each of shape (..., N)."""
        return {name: rows[..., row, :] for row, name in enumerate(self.names)}

    def problems(self, values: Mapping[str, ArrayLike]) -> list[str]:
        """Say, one sentence for each mistake, what is wrong with named parameter values."""
        missing = [name for name in self.names if name not in values]
        unknown = [name for name in values if name not in self.names]
        if missing or unknown:
            return [*self._name_problems("lacks the", missing), *self._name_problems("has no", unknown)]
        arrays = {name: np.asarray(values[name], dtype=np.float64) for name in self.names}
        outside = [
            problem for p in self.parameters if (problem := _domain_problem(self.name, p, arrays[p.name]))
        ]
        if outside:
            return outside
        if np.any(arrays["c"] >= arrays["v_peak"]):
            return [
                f"{self.name} resets v to c at or above v_peak, so it would fire at every step; "
                "c must be below v_peak. Lower c or raise v_peak."
            ]
        return []

    def _name_problems(self, verb: str, names: Iterable[str]) -> list[str]:
        known = ", ".join(self.names)
        return [f"{self.name} {verb} parameter {name!r}; it takes {known}." for name in names]


def _domain_problem(model: str, parameter: Parameter, values: NDArray[np.float64]) -> str | None:
    for extreme in (np.argmin(values), np.argmax(values)) if values.size else ():
        index = np.unravel_index(extreme, values.shape)
        problem = parameter.domain.problem(float(values[index]))
        if problem:
            where = f" in neuron {index[-1]}" if index else ""
            return f"{model}: {parameter.name} is {values[index]:g}{where}; it {problem}."
    return None


def _parameter(name: str, unit: str, meaning: str, low: float | None = None) -> Parameter:
    domain = Domain(unit=unit) if low is None else Domain(low, low_open=True, unit=unit)
    return Parameter(name, unit, meaning, domain)


_RATE = "rate of u; above 0 it decays with time constant 1/a, below 0 it grows (2004, panels S and T)"

MODELS: Mapping[str, NeuronModel] = {
    "izhikevich_2003": NeuronModel(
        "izhikevich_2003",
        (
            _parameter("a", "1/ms", _RATE),
            _parameter("b", "1/ms", "how strongly u follows v"),
            _parameter("c", "mV", "value of v after a spike"),
            _parameter("d", "mV/ms", "jump of u at a spike"),
            _parameter("v_peak", "mV", "value of v at which the neuron fires and is reset"),
        ),
        "v' = 0.04 v^2 + 5 v + 140 - u + I; u' = a (b v - u); where v >= v_peak: v <- c, u <- u + d",
        "mV/ms",
    ),
    "izhikevich_2007": NeuronModel(
        "izhikevich_2007",
        (
            _parameter("C", "pF", "membrane capacitance", low=0.0),
            _parameter("k", "nS/mV", "curvature of the membrane current", low=0.0),
            _parameter("v_r", "mV", "resting potential (of the quadratic, at u = 0)"),
            _parameter("v_t", "mV", "threshold potential (of the quadratic, at u = 0)"),
            _parameter("v_peak", "mV", "value of v at which the neuron fires and is reset"),
            _parameter("a", "1/ms", _RATE),
            _parameter("b", "nS", "how strongly u follows v - v_r"),
            _parameter("c", "mV", "value of v after a spike"),
            _parameter("d", "pA", "jump of u at a spike"),
        ),
        "C v' = k (v - v_r) (v - v_t) - u + I; u' = a (b (v - v_r) - u); "
        "where v >= v_peak: v <- c, u <- u + d",
        "pA",
    ),
}
"""Neuron models by name."""

SCHEMES: Mapping[str, str] = {
    "euler": "forward Euler, v and u both from the values before the step",
    "half_step": "two half steps for v with the old u, then a whole step for u with the new v",
}
"""Integration schemes by name; the module's docstring gives their exact order."""
