"""R5: configurations of every kind of nonsense, as the property tests of the configuration draw them.

The tests are those of `tests/config`; here each is given a share of a larger number of cases, other ones each
time that it is asked for another number.
"""

from __future__ import annotations

import inspect
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, settings

from tests.config import test_fuzz, test_grid, test_sweep
from tests.reliability.tiny import Tell

MODULES = (test_fuzz, test_sweep, test_grid)


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Draw at least `count` cases over all property tests, and let each test judge its own."""
    tests = [(module, name) for module in MODULES for name in _properties(module)]
    seen, flaws, slowest_s = Counter[str](), list[str](), [0.0]
    for done, (module, name) in enumerate(tests):
        share = (count - seen["cases"]) // (len(tests) - done) + 1
        test = getattr(module, name)
        judge = test.hypothesis.inner_test
        test.hypothesis.inner_test = _counted(judge, seen, name, slowest_s)
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
        tell(f"{seen['cases']} of {count} cases, {len(flaws)} flaws")
    return {**seen, "milliseconds for the slowest case": 1000 * slowest_s[0], "flaws": flaws}


def _properties(module: ModuleType) -> list[str]:
    return [
        name
        for name in dir(module)
        if name.startswith("test_") and hasattr(getattr(module, name), "hypothesis")
    ]


def _counted(judge: Callable[..., None], seen: Counter[str], name: str, slowest_s: list[float]) -> Any:
    def counted(*arguments: Any, **drawn: Any) -> None:
        began_s = time.perf_counter()
        judge(*arguments, **drawn)
        slowest_s[0] = max(slowest_s[0], time.perf_counter() - began_s)
        seen["cases"] += 1
        seen[name] += 1

    return counted
