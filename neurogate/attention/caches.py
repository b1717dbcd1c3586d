"""What all layers say of wrong parameters in their forward, and of wrong caches in their backward."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from typing import Any

from neurogate.attention.arrays import Array, Cache, alike
from neurogate.errors import RequestError

__all__ = ["checked", "naming"]


def naming(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Have what a layer refuses followed by the name of a parameter whose shape is not what it was.

    Operators know a parameter as their weight or bias. It may be of another shape: many do fit.

    Parameters
    ----------
    forward : callable
        A layer's.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention import make
    >>> layer = make("gla", d_model=8, heads=2)
    >>> layer.parameters["q.weight"] = np.ones((3, 3))
    >>> try:
    ...     layer.forward(np.ones((1, 2, 8)))
    ... except RequestError as error:
    ...     print(str(error).partition(". ")[2])
    The parameter q.weight is (3, 3); it was (4, 8).
    """

    @functools.wraps(forward)
    def answered(self: Any, *inputs: Any, **more: Any) -> Any:
        try:
            return forward(self, *inputs, **more)
        except (RequestError, ValueError) as error:  # the latter is the library's, of what does not broadcast
            first = error.__cause__ or error  # of a layer within this one
            said = f"{first} " if isinstance(first, RequestError) else ""
            for name, array in self.parameters.items():
                now, before = getattr(array, "shape", None), self.shapes.get(name)
                if now is not None and before not in (None, now):
                    raise RequestError(f"{said}The parameter {name} is {now}; it was {before}.") from first
            raise

    return answered


def checked(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Have the cache and the gradient of the output looked at.

    The cache must be of the class that the layer's `forward` says that it returns. That of another layer of
    that class cannot be told from its own.

    Parameters
    ----------
    backward : callable
        A layer's.

    Returns
    -------
    callable
        The same, which complains of another cache, or of a gradient of another library.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention import make
    >>> make("hyena", d_model=4).backward(np.ones((1, 2, 4)), None)
    Traceback (most recent call last):
    neurogate.errors.RequestError: cache is NoneType. Give what the forward of Hyena returned.
    """

    @functools.wraps(backward)
    def answered(self: Any, dy: Array, cache: Cache, *more: Any, **named: Any) -> Any:
        layer: type = type(self)
        if not isinstance(cache, _kind(layer)):
            wanted = f"Give what the forward of {layer.__name__} returned."
            raise RequestError(f"cache is {type(cache).__name__}. {wanted}")
        return backward(self, alike(dy, cache), cache, *more, **named)

    return answered


@functools.cache
def _kind(layer: Any) -> type:
    """Return the class of the cache of a kind of layer, as its annotations have it; else that of anything."""
    try:
        returned = typing.get_args(typing.get_type_hints(layer.forward).get("return"))
    except NameError:  # what it names is there for type checkers alone
        return object
    kind = returned[1] if len(returned) == 2 else object
    return kind if isinstance(kind, type) and issubclass(kind, tuple) else object
