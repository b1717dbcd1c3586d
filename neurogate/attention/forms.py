"""How operators that go step by step go through time: in Python, or by what is compiled."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from neurogate.attention.options import one_of

__all__ = ["PAYS", "Form", "compiled"]

Form: TypeAlias = Literal["auto", "recurrent", "compiled"]
"""How to go through time; "auto" takes what is compiled where that pays."""

PAYS = 16
"""Steps from which on loading what is compiled pays."""


def compiled(form: Form, steps: int, *, suits: bool = True) -> bool:
    """Return whether the steps are those of what is compiled.

    Parameters
    ----------
    form : {"auto", "recurrent", "compiled"}
        What was asked for.
    steps : int
        How many there are.
    suits : bool
        Whether what is compiled is fast for what it is given.

    Raises
    ------
    RequestError
        If there is no such form.

    Examples
    --------
    >>> compiled("auto", 256), compiled("auto", 256, suits=False), compiled("auto", 1)
    (True, False, False)
    """
    asked = one_of("form", form, get_args(Form))
    return asked == "compiled" or (asked == "auto" and suits and steps >= PAYS)
