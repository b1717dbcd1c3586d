"""The loops over neurons are compiled to packed instructions, whatever the number type."""

from __future__ import annotations

import platform
import re
from typing import Any

import numba
import numpy as np
import pytest

from neurogate.backends.numba_cpu import neurons
from neurogate.backends.numba_cpu.sums import lane_dot

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly, and this is another processor"
)
WIDE = r"[yz]mm\d+"


def assembly(kernel: Any, *arguments: Any) -> str:
    """Compile a kernel anew, since kept code cannot be read, and return its assembly."""
    fresh = numba.njit(nogil=True, error_model="numpy")(kernel.py_func)
    fresh(*arguments)
    (text,) = fresh.inspect_asm().values()
    return str(text)


@pytest.mark.parametrize(("dtype", "suffix"), [("float32", "ps"), ("float64", "pd")])
@pytest.mark.parametrize(("name", "rows"), [("izhikevich_2003", 5), ("izhikevich_2007", 9)])
def test_the_neuron_update_is_packed(name: str, rows: int, dtype: str, suffix: str) -> None:
    kernel = getattr(neurons, name)
    arrays = [np.zeros(64, dtype) for _ in range(3)]
    parameters, one = np.ones((rows, 64), dtype), np.dtype(dtype).type(1)
    text = assembly(kernel, *arrays, parameters, one, True, np.zeros(64, dtype))
    assert len(re.findall(rf"vmul{suffix}\s.*{WIDE}", text)) >= 6
    assert not re.search(r"vfn?m(add|sub)\d+", text), "a fused multiply-add would change the bits"


@pytest.mark.parametrize(("dtype", "suffix"), [("float32", "ps"), ("float64", "pd")])
def test_the_dot_product_is_packed(dtype: str, suffix: str) -> None:
    text = assembly(lane_dot, np.zeros(64, dtype), np.zeros(64, dtype))
    assert re.search(rf"vmul{suffix}\s.*{WIDE}", text)
