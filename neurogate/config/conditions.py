"""Conditions on the points of a sweep: ``reservoir.gain < 1.5``.

Here live their grammar, a key path, a comparison and a value, and what a comparison means. Nothing is
evaluated but that.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from neurogate.config.grid import spelt
from neurogate.config.overrides import value_of
from neurogate.config.paths import look, unknown
from neurogate.config.problems import Flaw
from neurogate.errors import RequestError
from neurogate.units import shown

__all__ = ["Condition", "condition", "meeting"]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda value, others: value in others,
}
_ORDERS = ("<", "<=", ">", ">=")
_CONDITION = re.compile(
    r"""([^<>=!\s]+)\s*                                # key path
        (<=|>=|==|!=|<|>|(?<=\s)in(?=[\s\[]))\s*      # comparison
        ([\["'{].*|[^<>=\s]+)                         # value: in TOML's brackets or quotes, or one word""",
    re.DOTALL | re.VERBOSE,
)


class Condition(NamedTuple):
    """A condition that was read.

    Parameters
    ----------
    key : str
        Key path.
    comparison : str
        One of <, <=, >, >=, ==, != and in.
    value : object
        What it is compared with.

    Examples
    --------
    >>> Condition("reservoir.gain", "<", 1.5).holds(1.0)
    True
    """

    key: str
    comparison: str
    value: Any

    def holds(self, value: object) -> bool:
        """Whether it holds for a value of the key.

        Raises
        ------
        RequestError
            If the two cannot be compared, like a number and a text.
        """
        others = self.value if self.comparison == "in" else [self.value]
        for other in others:
            if not _comparable(value, other, ordered=self.comparison in _ORDERS):
                allowed = "numbers, or texts" if self.comparison in _ORDERS else "values of one sort"
                raise RequestError(
                    f"The condition {shown(str(self))} compares {shown(value)} with {shown(other)}; "
                    f"{self.comparison} compares {allowed}."
                )
        return _COMPARISONS[self.comparison](value, self.value)

    def __str__(self) -> str:
        return f"{self.key} {self.comparison} {shown(self.value)}"


def condition(text: str) -> Condition:
    """Read a condition: key path, comparison, value; what is a date or not TOML is taken as a string.

    Raises
    ------
    Flaw
        If it is none.

    Examples
    --------
    >>> print(condition("reservoir.gain<1.5"), condition('run.dtype in ["float32"]'), sep=" | ")
    reservoir.gain < 1.5 | run.dtype in ["float32"]
    """
    match = _CONDITION.fullmatch(text.strip())
    if not match:
        raise Flaw(
            f"The condition {shown(text)} cannot be read; it must be a key path, one of "
            f"{' '.join(_COMPARISONS)}, and a value, as in reservoir.gain<1.5. Several go one by one."
        )
    key, comparison, word = match.groups()
    value = value_of(key, word)
    if comparison == "in" and not isinstance(value, list):
        raise Flaw(f"The condition {shown(text)} must name a list after in, as in run.seed in [1, 2].")
    return Condition(spelt(key), comparison, word if isinstance(value, date) else value)


def meeting(
    conditions: Sequence[Condition], varied: Collection[str], defaults: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tells of the changes of a point whether it meets all conditions.

    Parameters
    ----------
    conditions : sequence of Condition
    varied : collection of str
        Key paths that a point changes.
    defaults : mapping
        Plain tables, every default spelled out, for the other keys.

    Raises
    ------
    RequestError
        If a condition asks for a key that there is not, now; if values cannot be compared, then.

    Examples
    --------
    >>> meets = meeting([condition("run.seed > 1")], ["run.seed"], {})
    >>> meets({"run.seed": 1}), meets({"run.seed": 2})
    (False, True)
    """
    asked = [(one, _reader(one.key, varied, defaults)) for one in conditions]
    return lambda changes: all(one.holds(read(changes)) for one, read in asked)


def _reader(
    key: str, varied: Collection[str], defaults: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads the value of a key from the changes of a point, or else from the defaults."""
    if key in varied:
        return lambda changes: changes[key]
    for other in varied:
        if key.startswith(f"{other}."):
            return lambda changes: look(changes[other], key[len(other) + 1 :])
        if other.startswith(f"{key}."):
            raise RequestError(
                f"A condition asks for {key}, inside which {other} is varied; ask for {other}."
            )
    value = look(defaults, key)
    if value is None:
        raise RequestError(unknown(key, defaults))
    return lambda changes: value


def _comparable(value: object, other: object, *, ordered: bool) -> bool:
    """Whether two values are of one sort; lists and tables are equal or not, and have no order."""
    if ordered:
        return _sort(value) is _sort(other) in (float, str)
    return _sort(value) is _sort(other) or list in (_sort(value), _sort(other))


def _sort(value: object) -> type:
    if isinstance(value, bool | str):
        return type(value)
    return float if isinstance(value, int | float) else list
