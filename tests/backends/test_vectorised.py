"""The loops over neurons are compiled to packed instructions, whatever the number type."""

from __future__ import annotations

import platform
import re
from typing import Any

import numba
import numpy as np
import pytest

from neurogate.backends.layout import MODELS
from neurogate.backends.numba_cpu.neurons import advance
from neurogate.backends.numba_cpu.noise import add_normals, coefficients, fill_bits
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
@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_step_of_all_neurons_is_packed(model: str, uniform: bool, dtype: str, suffix: str) -> None:
    row, number = np.ones(64, dtype), np.dtype(dtype).type(1)
    each = number if uniform else row
    of_2007 = each if model == "izhikevich_2007" else None
    state = [row.copy() for _ in range(6)]
    cells = (each, of_2007, of_2007, of_2007, each, each, each, number, None, each, each, each, each)
    text = assembly(step, np.zeros(64, np.int32), row.copy(), *state, row, row, number, *cells, row)
    # A float64 may never be where float32 is meant, nor may one neuron be moved at a time but at the end.
    assert len(re.findall(rf"vmul{suffix}\s.*ymm", text)) >= 8
    assert len(re.findall(rf"vmovup{suffix[1]}\s.*ymm\d+, .*\(", text)) >= 6
    other = "pd" if suffix == "ps" else "ps"
    assert not re.search(rf"v(mul|add|sub){other}", text)
    assert not re.search(r"vfn?m(add|sub)\d+", text), "a fused multiply-add would change the bits"


@numba.njit
def step(
    chosen, total, v, u, s, h, r, g, external, back, z, gain, k, v_r, v_t, v_peak, a, b, dt, half,
    sd, sr, td, tr, readout,
):  # type: ignore[no-untyped-def]  # fmt: skip
    return advance(
        64, chosen, total, v, u, s, h, r, g, external, back, z, gain, k, v_r, v_t, v_peak, a, b, dt, half,
        sd, sr, td, tr, readout,
    )  # fmt: skip


@pytest.mark.parametrize(("dtype", "suffix"), [("float32", "ps"), ("float64", "pd")])
def test_the_dot_product_is_packed(dtype: str, suffix: str) -> None:
    text = assembly(lane_dot, np.zeros(64, dtype), np.zeros(64, dtype))
    assert re.search(rf"vmul{suffix}\s.*{WIDE}", text)


@pytest.mark.parametrize(("dtype", "suffix"), [("float32", "ps"), ("float64", "pd")])
def test_noise_is_packed_and_gathers_nothing(dtype: str, suffix: str) -> None:
    bits, table = np.zeros(64, np.uint32), coefficients(dtype)
    text = assembly(noise, np.zeros(64, dtype), np.ones(64, dtype), bits, table)
    assert len(re.findall(rf"vpmuludq\s.*{WIDE}", text)) >= 18
    assert len(re.findall(rf"vmul{suffix}\s.*{WIDE}", text)) >= 4
    assert "gather" not in text
    assert not re.search(r"vfn?m(add|sub)\d+", text), "a fused multiply-add would change the bits"


@numba.njit
def noise(current, sd, bits, table):  # type: ignore[no-untyped-def]
    fill_bits(bits, 1, 0, 5)
    add_normals(current, sd, bits, table)
