"""The loops over neurons are compiled to packed instructions, whatever the number type."""

from __future__ import annotations

import platform
import re
from collections import Counter
from typing import Any

import numba
import numpy as np
import pytest

from neurogate.backends.layout import MODELS
from neurogate.backends.numba_cpu import features, gru, rates
from neurogate.backends.numba_cpu.ellpack import add_product
from neurogate.backends.numba_cpu.learning import delta_sample
from neurogate.backends.numba_cpu.neurons import advance
from neurogate.backends.numba_cpu.noise import add_normals, coefficients, fill_bits
from neurogate.backends.numba_cpu.sums import lane_dot
from neurogate.backends.numba_cpu.tanh import tanh
from neurogate.backends.numba_cpu.triangle import downdate, downdate_and_multiply

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly, and this is another processor"
)
WIDE = r"[yz]mm\d+"
TYPES = pytest.mark.parametrize(("dtype", "suffix"), [("float32", "ps"), ("float64", "pd")])


def assembly(kernel: Any, *arguments: Any) -> str:
    """Compile a kernel anew, since kept code cannot be read, and return its assembly."""
    fresh = numba.njit(nogil=True, error_model="numpy")(kernel.py_func)
    fresh(*arguments)
    (text,) = fresh.inspect_asm().values()
    return str(text)


def vectors(pattern: str, text: str) -> int:
    """Count vectors of 32 bytes in matching lines: some processors take two of them in one instruction."""
    return sum(1 + ("zmm" in line) for line in re.findall(pattern, text))


@TYPES
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
    assert vectors(rf"vmul{suffix}\s.*{WIDE}", text) >= 8
    assert vectors(rf"vmovup{suffix[1]}\s.*{WIDE}, .*\(", text) >= 6
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


@TYPES
def test_the_dot_product_is_packed(dtype: str, suffix: str) -> None:
    text = assembly(lane_dot, np.zeros(64, dtype), np.zeros(64, dtype))
    assert re.search(rf"vmul{suffix}\s.*{WIDE}", text)


@TYPES
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


def packed(text: str, suffix: str) -> Counter[str]:
    """Count operations on vectors, in assembly that has none of the other number type and fuses nothing."""
    other = "d" if suffix == "ps" else "s"
    assert not re.search(rf"v(mul|add|sub|div)[ps]{other}\s", text)
    assert not re.search(r"vfn?m(add|sub)\d+", text), "a fused multiply-add would change the bits"
    names = ("mul", "add", "sub", "div", "max", "cmp")
    return Counter({name: vectors(rf"v{name}\w*{suffix}\s.*{WIDE}", text) for name in names})


@TYPES
def test_what_units_hear_is_packed_and_gathers_nothing(dtype: str, suffix: str) -> None:
    text = assembly(
        hear, np.ones(64, dtype), np.zeros((3, 64), np.int32), np.ones((3, 64), dtype), np.ones(9, dtype)
    )
    found = packed(text, suffix)
    assert found["mul"] >= 1
    assert found["add"] >= 1
    assert "gather" not in text


@numba.njit
def hear(drive, sources, weights, r):  # type: ignore[no-untyped-def]
    add_product(drive, sources, weights, r)


@TYPES
@pytest.mark.parametrize("forgets", [False, True])
def test_the_triangle_of_least_squares_is_packed(forgets: bool, dtype: str, suffix: str) -> None:
    p, x, one = np.eye(64, dtype=dtype), np.ones(64, dtype), np.dtype(dtype).type(1)
    c, grow = np.ones((2, 64), dtype), one if forgets else None
    found = packed(assembly(downdate_and_multiply, p, c, c, grow, x, x.copy()), suffix)
    # Three products a number, of 4 rows of 16 numbers in vectors of 32 bytes; once more on the diagonal.
    vectors = 2 * 4 * 16 * np.dtype(dtype).itemsize // 32
    assert found["mul"] >= (5 if forgets else 3) * vectors
    assert found["sub"] >= (2 if forgets else 1) * vectors
    assert found["add"] >= 2 * vectors


@TYPES
def test_a_downdate_is_packed(dtype: str, suffix: str) -> None:
    p, c = np.eye(64, dtype=dtype), np.ones((2, 64), dtype)
    found = packed(assembly(downdate, p, c, c, p.dtype.type(1)), suffix)
    assert found["mul"] >= 2
    assert found["sub"] >= 1


@TYPES
def test_a_sample_of_the_delta_rule_is_packed(dtype: str, suffix: str) -> None:
    x, z, one = np.ones(64, dtype), np.ones(2, dtype), np.dtype(dtype).type(1)
    norm = packed(assembly(lane_dot, x, x), suffix)
    found = packed(assembly(delta_sample, np.ones((2, 64), dtype), x, z, z, one, one, one, z.copy()), suffix)
    assert found["mul"] > norm["mul"]
    assert found["add"] > norm["add"]


@TYPES
def test_the_high_pass_filter_is_packed(dtype: str, suffix: str) -> None:
    x, row, step = np.ones((3, 64), dtype), np.ones(64, dtype), np.dtype(dtype).type(0.5)
    found = packed(assembly(features._high_pass, x, row, row.copy(), step, x.copy()), suffix)
    assert found["mul"] >= 2
    assert found["sub"] >= 2


@TYPES
@pytest.mark.parametrize(
    ("kernel", "rows", "least"),
    [
        (rates._follow, 4, {"mul": 2, "sub": 1, "add": 1}),
        (rates._adapt, 5, {"mul": 2, "sub": 2, "add": 1}),
        (tanh, 1, {"mul": 7, "add": 8, "div": 2}),
        (rates._rectify, 1, {"cmp": 1}),
    ],
    ids=["follow", "adapt", "tanh", "rectify"],
)
def test_a_step_of_units_without_spikes_is_packed(
    kernel: Any, rows: int, least: dict[str, int], dtype: str, suffix: str
) -> None:
    found = packed(assembly(kernel, *np.ones((rows, 64), dtype)), suffix)
    assert {name: found[name] for name, count in least.items() if found[name] < count} == {}


@TYPES
def test_a_step_of_a_gated_unit_is_packed(dtype: str, suffix: str) -> None:
    row, whole = np.ones(64, dtype), np.ones(192, dtype)
    found = packed(assembly(gru._move, whole, whole.copy(), *(row.copy() for _ in range(6))), suffix)
    assert found["div"] >= 3 * 2  # in each hyperbolic tangent
    four, matrix = np.ones((4, 64), dtype), np.ones((64, 192), dtype)
    product = packed(assembly(gru._add_product, four, matrix, whole, np.ones((4, 192), dtype)), suffix)
    assert product["mul"] >= 16
    assert product["add"] >= 16
