"""What a run measured, as a short table with the learning rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["HEADLINES", "table"]

HEADLINES = (
    "timing_error_ms", "probability_mae", "probability_r", "when_what_angle_deg", "mean_rate_hz",
    "rmse_training", "rmse_first_second", "rmse_free", "rmse_free_best_lag",
    "rate_before_hz", "rate_training_hz", "rate_free_hz", "weight_norm",
    "frequency_hz", "target_frequency_hz", "amplitude", "target_amplitude", "residual",
)  # fmt: skip
"""The metrics that are shown, block by block where they were measured so; summary.json holds all."""

_Metrics = Mapping[str, Any]


def table(metrics: Mapping[str, _Metrics]) -> str:
    """Return the table: a column for each rule, a row for each metric and for each of its blocks.

    Examples
    --------
    >>> print(table({
    ...     "three_factor": {"timing_error_ms": 18.24, "blocks": {"A": {"timing_error_ms": 16.0}}},
    ...     "force": {"timing_error_ms": 121.0, "blocks": {"A": {"timing_error_ms": None}}},
    ... }))
                     three_factor  force
    timing_error_ms         18.24    121
      block A                  16      -
    """
    rows = [row for name in HEADLINES for row in _rows(metrics, name)]
    columns = [["", *(label for label, _ in rows)]]
    columns += [[rule, *(values[i] for _, values in rows)] for i, rule in enumerate(metrics)]
    padded = [_padded(column, left=column is columns[0]) for column in columns]
    return "\n".join("  ".join(cells) for cells in zip(*padded, strict=True))


def _rows(metrics: Mapping[str, _Metrics], name: str) -> list[tuple[str, list[str]]]:
    rules = list(metrics.values())
    blocks = list(dict.fromkeys(block for rule in rules for block in rule.get("blocks", {})))
    sources = [(name, rules)]
    sources += [
        (f"  block {block}", [rule.get("blocks", {}).get(block, {}) for rule in rules]) for block in blocks
    ]
    return [
        (label, [_cell(source.get(name)) for source in found])
        for label, found in sources
        if any(name in source for source in found)
    ]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _padded(cells: list[str], *, left: bool) -> list[str]:
    width = max(map(len, cells))
    return [cell.ljust(width) if left else cell.rjust(width) for cell in cells]
