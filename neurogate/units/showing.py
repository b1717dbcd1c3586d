"""How a value is written in a message: as TOML would, on one line and short, whatever it is."""

from __future__ import annotations

import itertools
import json
import re
import reprlib
from typing import Any

__all__ = ["shown"]


def shown(value: object) -> str:
    """Write a value for a message: as in TOML, on one line and short.

    Examples
    --------
    >>> print(shown("false"), shown(False), shown([1.5, "x"]), shown({"uniform": [1, 2]}))
    "false" false [1.5, "x"] {uniform = [1, 2]}
    """
    return _SHORT.repr(value)


class _Short(reprlib.Repr):
    """`reprlib` in the spelling of TOML; never fails, whatever the value."""

    def repr_dict(self, value: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        pairs = [f"{_bare(key)} = {self.repr1(value[key], level - 1)}" for key in itertools.islice(value, 4)]
        return f"{{{', '.join(pairs + ['...'] * (len(value) > 4))}}}"

    def repr_tuple(self, value: tuple[Any, ...], level: int) -> str:
        return self.repr_list(list(value), level)

    def repr_bool(self, value: bool, level: int) -> str:
        return "true" if value else "false"

    def repr_int(self, value: int, level: int) -> str:
        bits = value.bit_length()
        return str(value) if bits <= 128 else f"a whole number of {bits} bits"

    def repr_str(self, value: str, level: int) -> str:
        text = json.dumps(value[:60], ensure_ascii=not value[:60].isprintable())
        return text if len(value) <= 60 else f"{text[:-1]}..."


def _bare(key: object) -> str:
    return key if isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)


_SHORT = _Short()
_SHORT.maxlist = 4
_SHORT.maxlevel = 3
