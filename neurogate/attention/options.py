"""What is given besides arrays: numbers, names and tables of arrays, each of which is used or told of.

The settings of layers are checked by `neurogate.units.settings`; this is for the arguments of functions.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from neurogate.errors import RequestError
from neurogate.units import Domain

__all__ = [
    "ABOVE_0", "BETWEEN_0_AND_1", "FINITE", "FROM_0", "FROM_0_BELOW_1", "FROM_0_TO_1", "mapping", "number",
    "one_of", "record", "whole_number", "whole_numbers",
]  # fmt: skip

FINITE = Domain()
FROM_0 = Domain(0)
ABOVE_0 = Domain(0, low_open=True)
FROM_0_TO_1 = Domain(0, 1)
BETWEEN_0_AND_1 = Domain(0, 1, low_open=True, high_open=True)
FROM_0_BELOW_1 = Domain(0, 1, high_open=True)

_N = TypeVar("_N")
_R = TypeVar("_R", bound=tuple[Any, ...])


def whole_number(name: str, value: Any, least: int = 1, most: int | None = None, *, of: str = "") -> int:
    """Return a whole number of Python; complain about any other number, about true and false too.

    Parameters
    ----------
    name : str
        By which the caller knows it.
    value : int
        What was given; NumPy's whole numbers are welcome.
    least, most : int
        The smallest and the largest that are allowed.
    of : str
        What is counted.

    Raises
    ------
    RequestError
        If it is something else.

    Examples
    --------
    >>> whole_number("chunk", 64)
    64
    >>> whole_number("chunk", 1.5, of="steps")
    Traceback (most recent call last):
    neurogate.errors.RequestError: chunk is 1.5. Give a whole number of steps, of at least 1.
    >>> whole_number("task", 7, 0, 4)
    Traceback (most recent call last):
    neurogate.errors.RequestError: task is 7. Give a whole number from 0 to 4.
    """
    number = value if type(value) is int else _index(value)  # the first is all that most calls need
    if number is None or number < least or (most is not None and number > most):
        what = f"number of {of}," if of else "number"
        raise RequestError(f"{name} is {value!r}. Give a whole {what} {_range(least, most)}.")
    return number


def whole_numbers(
    name: str, values: Any, least: int = 1, most: int | None = None, *, count: int | None = None
) -> tuple[int, ...]:
    """Return several whole numbers; complain if one is none, or there are more or fewer than there must be.

    Parameters
    ----------
    name : str
        By which the caller knows them.
    values : sequence of int
        What was given.
    least, most : int
        The smallest and the largest that are allowed.
    count : int, optional
        How many there must be.

    Raises
    ------
    RequestError
        If they are something else.

    Examples
    --------
    >>> whole_numbers("grid", [2, 3], count=2)
    (2, 3)
    >>> whole_numbers("grid", 3, count=2)
    Traceback (most recent call last):
    neurogate.errors.RequestError: grid is 3. Give 2 whole numbers of at least 1.
    """
    try:
        found = tuple(values)
    except TypeError:  # an array of no axes says that it can be gone through
        found = None
    if found is None or count not in (None, len(found)):
        what = "1 whole number" if count == 1 else f"{count or 'several'} whole numbers"
        raise RequestError(f"{name} is {values!r}. Give {what} {_range(least, most)}.")
    return tuple([whole_number(name, each, least, most) for each in found])


def number(name: str, value: Any, domain: Domain) -> float:
    """Return a number as it was given; complain unless it is in its domain.

    Parameters
    ----------
    name : str
        By which the caller knows it.
    value : float
        What was given.
    domain : Domain
        What is allowed.

    Raises
    ------
    RequestError
        If it is outside, or no number.

    Examples
    --------
    >>> number("share", 2, Domain(0, 1))
    Traceback (most recent call last):
    neurogate.errors.RequestError: share is 2. Give a number that is from 0 to 1.
    """
    real = type(value) is float or (isinstance(value, numbers.Real) and not isinstance(value, bool))
    if not real or domain.problem(value):
        raise RequestError(f"{name} is {value!r}. Give a number that is {domain.describe()}.")
    given: float = value
    return given


def one_of(name: str, value: _N, names: Collection[_N]) -> _N:
    """Return a name; complain unless it is one of those that there are.

    Parameters
    ----------
    name : str
        Of the argument.
    value : str
        What was given for it.
    names : collection of str
        What is allowed, in the order in which it is told.

    Raises
    ------
    RequestError
        If it is something else.

    Examples
    --------
    >>> one_of("form", "fast", ("auto", "compiled"))
    Traceback (most recent call last):
    neurogate.errors.RequestError: form is 'fast'. Choose one of auto, compiled.
    """
    if not isinstance(value, str) or value not in names:
        raise RequestError(f"{name} is {value!r}. Choose one of {', '.join(map(str, names))}.")
    return value


def mapping(
    name: str, value: Any, of: str = "arrays", names: Collection[str] | None = None
) -> Mapping[str, Any]:
    """Return a mapping, an empty one for None; complain about anything else.

    Parameters
    ----------
    name : str
        By which the caller knows it.
    value : mapping, optional
        What was given.
    of : str
        What its names stand for.
    names : collection of str, optional
        Those that there are; any will do if left out.

    Raises
    ------
    RequestError
        If it is something else.

    Examples
    --------
    >>> mapping("kept", [True])
    Traceback (most recent call last):
    neurogate.errors.RequestError: kept is list. Give a mapping of names to arrays.
    >>> mapping("kept", {"out": True}, names=[])
    Traceback (most recent call last):
    neurogate.errors.RequestError: kept has 'out'. There are none here. Leave kept out.
    """
    found = {} if value is None else value
    if not isinstance(found, Mapping):
        raise RequestError(f"{name} is {type(value).__name__}. Give a mapping of names to {of}.")
    strange = [each for each in found if names is not None and each not in names]
    if strange:
        rather = f"Give some of {', '.join(names)}" if names else f"There are none here. Leave {name} out"
        raise RequestError(f"{name} has {strange[0]!r}. {rather}.")
    return found


def record(name: str, value: Any, kind: type[_R]) -> _R:
    """Return a named tuple; complain about what has not as many parts, or other names.

    Parameters
    ----------
    name : str
        By which the caller knows it.
    value : tuple or list
        What was given.
    kind : type of NamedTuple
        What it must be.

    Raises
    ------
    RequestError
        If it is no tuple, one of another length, or a named tuple of another kind.

    Examples
    --------
    >>> from neurogate.attention.operators.batch_norm import Running
    >>> record("running", (0.0,), Running)
    Traceback (most recent call last):
    neurogate.errors.RequestError: running is tuple of 1. Give Running(mean, variance).
    """
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    plain = isinstance(value, tuple | list) and getattr(value, "_fields", fields) == fields
    if not plain or len(value) != len(fields):
        told = type(value).__name__ + (f" of {len(value)}" if isinstance(value, tuple | list) else "")
        raise RequestError(f"{name} is {told}. Give {kind.__name__}({', '.join(fields)}).")
    return value if isinstance(value, kind) else kind(*value)


def _range(least: int, most: int | None) -> str:
    return f"of at least {least}" if most is None else f"from {least} to {most}"


def _index(value: Any) -> int | None:
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None
