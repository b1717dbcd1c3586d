"""The compiled loops of linear attention: the reference's numbers, whatever the number of threads."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from neurogate.backends.numba_cpu import recurrence
from tests.tolerances import TOLERANCE

B, T, H, R, C = 2, 9, 3, 5, 4


def drawn(rng: np.random.Generator, dtype: str = "float64", decays: int = R) -> dict[str, np.ndarray]:
    shapes = {"read": (B, T, H, R), "write": (B, T, H, R), "value": (B, T, H, C), "state": (B, H, R, C)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    arrays["decay"] = rng.random((B, T, H, decays))
    return {name: array.astype(dtype) for name, array in arrays.items()}


def near(a: np.ndarray, b: np.ndarray, dtype: str) -> bool:
    return a.dtype == dtype and bool(np.abs(a - b).max() <= TOLERANCE["two ways", dtype] * np.abs(b).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("decays", "columns"), [(R, False), (C, True), (1, False), (1, True)])
def test_a_scan_is_its_equation(decays: int, columns: bool, dtype: str, rng: np.random.Generator) -> None:
    given = drawn(rng, dtype, decays)
    out, after = recurrence.scan(**given, columns=columns)
    state = given["state"].astype(float)
    for t in range(T):
        fade = given["decay"][:, t, :, None, :] if columns else given["decay"][:, t, :, :, None]
        state = fade * state + given["write"][:, t, :, :, None] * given["value"][:, t, :, None]
        assert near(out[:, t], np.einsum("bhr,bhrc->bhc", given["read"][:, t], state), dtype)
    assert near(after, state, dtype)


@pytest.mark.parametrize("columns", [False, True])
def test_the_adjoint_is_a_scan_of_reversed_time_that_fades_after_it_reads(
    columns: bool, rng: np.random.Generator
) -> None:
    given = drawn(rng, decays=C if columns else R)
    out, after = recurrence.scan(**given, columns=columns, adjoint=True)
    back = {name: a[:, ::-1] for name, a in given.items() if name != "state"}
    before = np.concatenate([np.ones_like(back["decay"][:, :1]), back["decay"][:, :-1]], axis=1)
    wanted, last = recurrence.scan(**(back | {"decay": before}), state=given["state"], columns=columns)
    first = given["decay"][:, 0]
    assert np.array_equal(out, wanted[:, ::-1])
    assert np.array_equal(after, last * (first[:, :, None, :] if columns else first[..., None]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_and_the_layout_of_the_input_do_not_change_the_bits(
    dtype: str, rng: np.random.Generator
) -> None:
    given = drawn(rng, dtype)
    kept = {name: array.copy() for name, array in given.items()}
    wanted = recurrence.scan(**given, threads=1)
    other = {name: np.asfortranarray(array) for name, array in given.items()}
    for found in (recurrence.scan(**given, threads=3), recurrence.scan(**other, threads=2)):
        assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
    assert all(np.array_equal(given[name], kept[name]) for name in given)


def test_threads_do_not_change_the_bits_of_corrections(rng: np.random.Generator) -> None:
    q, k, state = (rng.standard_normal(s) for s in ((B, T, H, R), (B, T, H, R), (B, H, R, C)))
    v, beta, decay = rng.standard_normal((B, T, H, C)), rng.random((B, T, H, 1)), rng.random((B, T, H, 1))
    for run in (recurrence.correct, recurrence.correct_adjoint):
        one, three = (run(q, k, v, beta, decay, state, threads=threads) for threads in (1, 3))
        assert all(np.array_equal(a, b) for a, b in zip(one, three, strict=True))


def test_attention_is_imported_without_numba() -> None:
    imports = "from neurogate.attention.operators import delta_rule, linear_recurrence"
    done = f"import sys; {imports}; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", done], check=False).returncode == 0
