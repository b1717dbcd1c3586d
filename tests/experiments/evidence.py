"""Made-up evidence for the claims of Yamada & Chao's script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neurogate.runs.over_seeds import Seeds

SEEDS = 4
MEASURES = (
    "timing_error_ms", "timing_bias_ms", "probability_mae", "probability_r", "product_r",
    "when_what_angle_deg", "when_what_angle_null_deg", "single_peak_sd_ms",
)  # fmt: skip
JITTER = np.linspace(-0.01, 0.01, SEEDS)
OWN_MS = np.array([[10.0, -10.0], [-20.0, 0.0], [5.0, 15.0]])  # how late *when* is, of each block and cue


def rules_of(study: Any) -> list[str]:
    return list(study.load().rules)


def seeds(rules: Sequence[str], given: Callable[[str, str], float]) -> Seeds:
    """Return made-up evidence: every metric of every rule is as given, a little different in each seed."""
    metrics = [
        {rule: {key: given(rule, key) * (1 + jitter) for key in MEASURES} for rule in rules}
        for jitter in JITTER
    ]
    trial, block_start = np.arange(10, 121, 10), np.array([0, 40, 80, 120])
    arrays = {
        "rule_names": np.array(rules),
        "probe_trial": trial,
        "block_start": block_start,
        "block_names": np.array(["A", "B", "C"]),
        "latency_ms": np.tile([300.0, 600.0], (3, 1)),
        "true_probability": np.tile([[0.8], [0.2]], (3, 1, 1)),
    }
    for rule in rules:
        arrays[f"{rule}.peak_ms"] = np.tile([310.0, 610.0], (SEEDS, len(trial), 1))
        own = np.array([300.0, 600.0]) + OWN_MS
        arrays[f"{rule}.single_peak_ms"] = np.tile(own[..., None], (SEEDS, 1, 1, 8))
        arrays[f"{rule}.amplitude"] = np.ones((SEEDS, len(trial), 2))
        for key in ("probability", "probability_then"):
            arrays[f"{rule}.{key}"] = np.tile([[0.8], [0.2]], (SEEDS, len(trial), 1, 1))
        late = rule == "force"
        for key, bad in (("timing_error_ms", 300.0), ("probability_error", 0.5)):
            arrays[f"{rule}.{key}"] = np.full((SEEDS, len(trial), 2), bad if late else 0.0)
    return Seeds(arrays, metrics)


def judged(script: dict[str, Any], name: str, given: Callable[[str, str], float]) -> list[Any]:
    return list(script["CLAIMS"][name](lambda study: seeds(rules_of(study), given)))
