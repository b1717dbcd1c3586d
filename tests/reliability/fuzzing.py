"""R5: configurations of every kind of nonsense, as the property tests of the configuration draw them.

The tests are those of `tests/config`; here each is given a share of a larger number of cases, other ones each
time that it is asked for another number.
"""

from __future__ import annotations

import gc
import inspect
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings

from tests.config import test_fuzz, test_grid, test_sweep
from tests.reliability.tiny import Tell

MODULES = {
    "configurations": (test_fuzz,),
    "sweep tables, axes and spellings of keys": (test_sweep, test_grid),
}
SWEEPS = 0.4
"""Cases of sweeps for each configuration."""
PROMPT_MS = 50.0
"""How long it may take to refuse a configuration."""
MOST_MISSED = 0.05
"""The share of typing mistakes in a key that may get no right suggestion."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Draw `count` configurations, and cases of sweeps besides; let each property test judge its own."""
    seen, flaws, spent_ms = Counter[str](), list[str](), list[float]()
    for kind, modules in MODULES.items():
        wanted = count if test_fuzz in modules else round(SWEEPS * count)
        _judged(kind, modules, wanted, folder, seen, flaws, spent_ms)
        tell(f"{seen[kind]} {kind}, {len(flaws)} flaws")
    right, missed = test_fuzz.suggestions()
    typing = {"typing mistakes in a key": right + len(missed), "with the right suggestion": right}
    if len(missed) > MOST_MISSED * (right + len(missed)):
        flaws.append(f"{len(missed)} typing mistakes get no right suggestion")
    return {**seen, **typing, **_times(spent_ms), "flaws": flaws}


def _judged(
    kind: str, modules: tuple[ModuleType, ...], count: int, folder: Path,
    seen: Counter[str], flaws: list[str], spent_ms: list[float],
) -> None:  # fmt: skip
    """Draw `count` cases over the property tests of some modules, more from those that have more."""
    tests = [(module, name) for module in modules for name in _properties(module)]
    for done, (module, name) in enumerate(tests):
        share = (count - seen[kind]) // (len(tests) - done) + 1
        test = getattr(module, name)
        judge = test.hypothesis.inner_test
        test.hypothesis.inner_test = _counted(judge, seen, (kind, name), spent_ms)
        kept = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(
            max_examples=share, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        try:
            test(**({"tmp_path": folder} if "tmp_path" in inspect.signature(test).parameters else {}))
        except Exception as error:  # noqa: BLE001
            flaws.append(f"{name}: {type(error).__name__}: {error}")
        finally:
            test.hypothesis.inner_test, test._hypothesis_internal_use_settings = judge, kept


def _times(spent_ms: list[float]) -> dict[str, float]:
    """Return how long cases took; it is the processor's time, which others on the machine do not stretch."""
    median, rare = np.quantile(spent_ms, (0.5, 0.99)).tolist()
    late = sum(spent > PROMPT_MS for spent in spent_ms)
    times = {"half of the cases": median, "99 of 100 cases": rare, "the slowest case": max(spent_ms)}
    told = {f"processor milliseconds for {name}": round(spent, 1) for name, spent in times.items()}
    return {**told, f"cases of more than {PROMPT_MS:g} processor milliseconds": late}


def _properties(module: ModuleType) -> list[str]:
    return [
        name
        for name in dir(module)
        if name.startswith("test_") and hasattr(getattr(module, name), "hypothesis")
    ]


def _counted(
    judge: Callable[..., None], seen: Counter[str], names: tuple[str, ...], spent_ms: list[float]
) -> Any:
    def counted(*arguments: Any, **drawn: Any) -> None:
        gc.freeze()  # what draws the cases leaves much to collect, which is not the configuration's
        try:
            began_s = time.process_time()
            judge(*arguments, **drawn)
            spent_ms.append(1000 * (time.process_time() - began_s))
        finally:
            gc.unfreeze()
        seen.update(names)

    return counted
