"""Each stored array of each oracle is met, forward and backward, and none is passed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurogate
from neurogate.attention.catalogue import CATALOGUE, agreement
from tests.attention.agreement import ARRAYS, FILES, Case, cases_of

README = (ARRAYS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_array_agrees(name: str) -> None:
    cases, stored = cases_of(name)
    far = [f"{c.gate}, {c.what}: {c.error:.1e} > {c.allowed:.0e}" for c in cases if not c.error <= c.allowed]
    assert not far, "\n" + "\n".join(far)
    assert stored.read == stored.arrays.keys(), f"never read: {sorted(stored.arrays.keys() - stored.read)}"


@pytest.mark.parametrize("name", FILES)
def test_the_readme_says_where_an_oracle_comes_from(name: str) -> None:
    assert f"`{name}.npz`" in README


def test_an_error_is_noticed() -> None:
    wanted = np.array([1.0, -2.0])
    assert Case("", "", wanted + 1e-3, wanted).error == pytest.approx(1e-3 / 2)
    assert Case("", "", np.array([1e-6]), np.array([1e-8])).error == pytest.approx(9.9e-6)
    assert Case("", "", wanted[:1], wanted).error == np.inf
    assert Case("", "", np.array([np.nan, 1.0]), wanted).error == np.inf


def test_what_is_compared_is_a_gate_or_a_module_and_a_gate_may_be_by_its_operator() -> None:
    names = {entry.name for entry in CATALOGUE}
    assert len(names) == len(CATALOGUE)
    compared = {case.gate for name in FILES for case in cases_of(name)[0]}
    modules = {path.stem for path in Path(neurogate.__file__).parent.rglob("*.py")}
    assert {gate.removeprefix("operators.") for gate in compared - names} <= modules
    for entry in CATALOGUE:
        if entry.oracle:
            assert entry.oracle in compared
            assert entry.name not in compared
            assert agreement()[entry.name] == agreement()[entry.oracle]
