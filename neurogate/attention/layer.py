"""What a gated layer is: settings, named parameters, a forward and a backward.

A layer knows its own backward; nothing here differentiates for it. Its parameters are a plain dict of arrays
that an optimiser may change in place.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import attrs
import numpy as np

from neurogate.attention import states
from neurogate.attention.arrays import Array, Cache, Namespace, fits, namespace
from neurogate.attention.caches import checked, naming
from neurogate.errors import RequestError
from neurogate.units import Seed, settings

__all__ = ["Layer", "Parameters", "RecurrentLayer", "divides", "image", "named", "part", "sequence"]

Parameters: TypeAlias = dict[str, Any]
"""Arrays by name; the dots in a name say which part of the layer it belongs to."""


@settings
class Layer(abc.ABC):
    """A differentiable layer.

    Its input and its parameters may be of float32 or float64; it computes, and answers, in the input's. So
    does `backward`, whatever the number type of the gradient that it is given.

    Parameters
    ----------
    seed : int
        Of the parameters to start with.
    """

    seed: Seed = 0
    parameters: Parameters = attrs.field(init=False, eq=False, repr=False)  # to be learnt, by name
    shapes: dict[str, tuple[int, ...]] = attrs.field(init=False, eq=False, repr=False)  # that they start with

    def __attrs_post_init__(self) -> None:
        self.check()
        object.__setattr__(self, "parameters", self.initial(np.random.default_rng(self.seed)))
        object.__setattr__(self, "shapes", {name: each.shape for name, each in self.parameters.items()})

    def __init_subclass__(cls) -> None:
        for name, wrapped in (("forward", naming), ("backward", checked)):
            if name in vars(cls) and not hasattr(vars(cls)[name], "__wrapped__"):
                setattr(cls, name, wrapped(vars(cls)[name]))

    def check(self) -> None:  # noqa: B027 - most layers have nothing to add
        """Raise ValueError if settings contradict each other."""

    @abc.abstractmethod
    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the parameters as the paper does, in float64."""

    @abc.abstractmethod
    def forward(self, *inputs: Any, **more: Any) -> tuple[Array, Cache]:
        """Return the output, and what `backward` needs."""

    @abc.abstractmethod
    def backward(self, dy: Array, cache: Cache) -> tuple[Any, Parameters]:
        """Return the gradients with respect to the input (a tuple of several) and the parameters."""

    @property
    def count(self) -> int:
        """How many numbers there are to learn."""
        return sum(array.size for array in self.parameters.values())

    def to(self, xp: Namespace) -> None:
        """Move the parameters to another library, `numpy` or `cupy`."""
        states.library(xp)
        for name, array in self.parameters.items():
            away = xp is np and not isinstance(array, np.ndarray)
            self.parameters[name] = array.get() if away else xp.asarray(array)

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take copies of other parameters, such as trained ones, in place of all that there are.

        Parameters
        ----------
        arrays : mapping
            By the names of `parameters`, each of the same shape; an open file of `numpy.savez` is one.

        Raises
        ------
        RequestError
            If one is missing, too many or of another shape, or all is no mapping; nothing has changed then.
        """
        if not isinstance(arrays, Mapping):
            raise RequestError(f"{type(arrays).__name__} is given. Give a mapping of names to arrays.")
        for wrong, what in (
            (self.shapes.keys() - arrays.keys(), "is missing"),
            (arrays.keys() - self.shapes.keys(), "is none of the parameters"),
        ):
            if wrong:
                names = ", ".join(self.shapes)
                raise RequestError(f"{min(wrong)} {what}. Give {names}; or change `parameters` one by one.")
        loaded = {name: arrays[name] for name in self.shapes}
        for name, array in loaded.items():
            namespace(**{name: array})
            shape = self.shapes[name]
            fits(array.shape == shape, f"the parameter must be {shape}", **{name: array})
        self.parameters.update({name: array.copy() for name, array in loaded.items()})

    def given(self, *optional: str, **inputs: Array) -> tuple[Namespace, Parameters]:
        """Return the library of the inputs, and the parameters in the number type of the first of them.

        Inputs whose names are given before them may be None.
        """
        xp, first = namespace(*optional, **inputs), next(iter(inputs.values()))
        if missing := self.shapes.keys() - self.parameters.keys():
            name = min(missing)
            raise RequestError(f"The parameter {name} is missing. Give it again; it was {self.shapes[name]}.")
        kind, dtype = type(first), first.dtype
        if all(type(array) is kind and array.dtype == dtype for array in self.parameters.values()):
            return xp, {**self.parameters}
        learnt = {f"parameter {name}": array for name, array in self.parameters.items()}
        namespace(*optional, **inputs, **learnt)
        return xp, {name: array.astype(dtype, copy=False) for name, array in self.parameters.items()}


@settings
class RecurrentLayer(Layer):
    """A layer that can be given a sequence piece by piece.

    ``cache.state`` of `forward` is the state after the last step. If a state was given, the gradients of
    `backward` hold one named "state".

    Parameters
    ----------
    seed : int
        Of the parameters to start with.
    """

    input_width: ClassVar[str] = "d_model"  # the setting that says how wide the input is

    def start(self, batch: int, xp: Namespace = np) -> Any:
        """Return the state before the first step, of `batch` sequences, as arrays of `xp`."""
        return self.fresh(states.sequences(batch, xp), xp)

    @abc.abstractmethod
    def fresh(self, batch: int, xp: Namespace) -> Any:
        """Return what `start` does, which has looked at what it was given."""

    def restored(self, x: Array, state: Any) -> Any:
        """Return a given state in the number type of `x`, (B, T, D), or None if there is none."""
        return None if state is None else states.restored(state, self.fresh(len(x), namespace(x=x)), x)

    @abc.abstractmethod
    def forward(self, *inputs: Any, **more: Any) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""

    def step(self, x: Array, state: Any, **more: Any) -> tuple[Array, Any]:
        """Return the output of one step, (B, D), and the state after it; None is what `start` gives.

        `more` goes to `forward`.
        """
        xp = namespace(x=x)
        width = getattr(self, self.input_width)
        fits(x.ndim == 2 and x.shape[1] == width, f"x must be (batch, {width})", x=x)
        given = self.fresh(len(x), xp) if state is None else state  # which some layers refuse
        y, cache = self.forward(x[:, None], given, **more)
        return y[:, 0], cache.state


def part(parameters: Mapping[str, Array], name: str) -> Parameters:
    """Return the parameters of one part, without its name in front.

    Parameters
    ----------
    parameters : mapping
        Of the whole.
    name : str
        Of the part.

    Examples
    --------
    >>> part({"mlp.weight": 1.0, "norm.weight": 2.0}, "mlp")
    {'weight': 1.0}
    """
    return {short: parameters[key] for key, short in _names(tuple(parameters), f"{name}.")}


@functools.lru_cache(maxsize=1024)
def _names(keys: tuple[str, ...], front: str) -> list[tuple[str, str]]:
    """Return the names that begin so, each with what follows; layers ask at every step."""
    return [(key, key.removeprefix(front)) for key in keys if key.startswith(front)]


def named(name: str, gradients: Mapping[str, Array | None]) -> Parameters:
    """Return the gradients of one part with its name in front, and without those that are None.

    Parameters
    ----------
    name : str
        Of the part.
    gradients : mapping
        Of the part.

    Examples
    --------
    >>> named("mlp", {"weight": 1.0, "bias": None})
    {'mlp.weight': 1.0}
    """
    return {f"{name}.{key}": array for key, array in gradients.items() if array is not None}


def divides(name: str, divisor: int, d_model: int) -> None:
    """Complain about a setting that does not divide the width of a layer.

    Parameters
    ----------
    name : str
        Of the setting, such as "heads".
    divisor : int
        Its value.
    d_model : int
        The width.

    Raises
    ------
    ValueError
        If it does not divide it.

    Examples
    --------
    >>> divides("heads", 3, 8)
    Traceback (most recent call last):
    ValueError: heads is 3; it must divide d_model, 8.
    """
    if d_model % divisor:
        raise ValueError(f"{name} is {divisor}; it must divide d_model, {d_model}.")


def sequence(x: Array, width: int) -> None:
    """Complain unless `x` is a batch of sequences of vectors of the given width.

    Parameters
    ----------
    x : (B, T, D)
        What was given.
    width : int
        What D must be.

    Raises
    ------
    RequestError
        If it is not.

    Examples
    --------
    >>> sequence(np.ones((2, 3)), 3)
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (2, 3): x must be (batch, length, 3).
    """
    namespace(x=x)
    fits(x.ndim == 3 and x.shape[-1] == width, f"x must be (batch, length, {width})", x=x)


def image(channels: int, axes: int, **given: Array) -> None:
    """Complain unless an array is a batch of images of the given channels, none of them empty.

    Parameters
    ----------
    channels : int
        What the second axis must be.
    axes : int
        How many spatial axes there must be.
    **given : (B, C, n...)
        One array, by the name that the caller knows it by.

    Raises
    ------
    RequestError
        If it is not.

    Examples
    --------
    >>> image(3, 2, x=np.ones((2, 3, 5)))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (2, 3, 5): x must be (batch, 3, 2 spatial axes of at least 1).
    """
    namespace(**given)
    for name, x in given.items():
        good = x.ndim == axes + 2 and x.shape[1] == channels and min(x.shape[2:]) > 0
        fits(good, f"{name} must be (batch, {channels}, {axes} spatial axes of at least 1)", **{name: x})
