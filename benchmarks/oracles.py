"""How far the gated layers are from the arrays that their authors' code, or a reference, produced.

Writes neurogate/attention/agreement.json, which ships with the package; `neurogate list gates` shows it:

    python -m benchmarks.oracles

What is compared lives in tests/attention/oracles/, where the tests hold it to its tolerances.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from neurogate.bench.machine import machine
from neurogate.files import write_json

COMPARED = "tests.attention.agreement"
RESULTS = Path(__file__).resolve().parents[1] / "neurogate" / "attention" / "agreement.json"


def main() -> None:
    """Compute every case, keep the largest errors of each gate, and store them."""
    agreement = importlib.import_module(COMPARED)
    gates: dict[str, dict[str, Any]] = {}
    for name in agreement.FILES:
        for case in agreement.cases_of(name)[0]:
            row = gates.setdefault(case.gate, {"arrays": 0, "forward": None, "backward": None})
            way = "backward" if case.backward else "forward"
            row["arrays"] += 1
            row[way] = max(case.error, row[way] or 0.0)
    write_json(RESULTS, {"machine": machine("python -m benchmarks.oracles"), "gates": gates})
    for gate, row in gates.items():
        sys.stdout.write(f"{gate}: {row}\n")


if __name__ == "__main__":
    main()
