"""`neurogate runs`: list what is stored, chosen and sorted by settings and metrics."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.options import Switch, Texts
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.runs.table import Table

__all__ = ["runs"]

_Row = Mapping[str, Any]
_MOST_AXES, _MOST_METRICS = 5, 4


def runs(
    *,
    where: Texts = (),
    sort: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    csv: Switch = False,
    json: Switch = False,
    out: Path = Path("runs"),
) -> int:
    """List stored runs, one line for each run and learning rule.

    Beside its metrics stand the settings that differ between the runs.

    Try:
      neurogate runs
      neurogate runs --where "reservoir.gain < 1.5" --where "timing_error_ms < 50"
      neurogate runs --where rule==three_factor --sort -probability_r
      neurogate runs --where "date >= 2026-11-20" --sort -date
      neurogate runs --csv > runs.csv

    Parameters
    ----------
    where
        A condition on a setting, a metric (that of a block as blocks.A.timing_error_ms), rule, outcome, name,
        folder, hash, wall_time_s or date (when it was stored, in UTC, as 2026-11-20T08:30:00Z); with <, <=,
        >, >=, ==, != or in [...]. Can be repeated.
    sort
        A column; with a minus before it, the largest comes first.
    csv
        Print all columns as CSV.
    json
        Print all columns as a JSON list of rows.
    out
        The folder that holds run folders.
    """
    if csv and json:
        raise RequestError("--csv and --json are two forms of one answer; leave one out.")
    from neurogate.cli.progress import messages
    from neurogate.runs.collection import load_runs
    from neurogate.runs.table import Table

    with messages():
        found = load_runs(out, where).table()
    table = Table(_sorted(found, sort), found.axes) if sort else found
    if json:
        from neurogate.files import json_text

        sys.stdout.write(json_text(table.rows))
    elif csv:
        sys.stdout.write(table.to_csv())
    else:
        sys.stdout.write(_shown(table))
        sys.stderr.write(_about(table, out, chosen=bool(where)))
    return 0


def _sorted(table: Table, sort: str) -> list[_Row]:
    """Sort rows by a column: numbers, then texts, then rows without a value."""
    from neurogate.config.problems import nearest

    name = sort.removeprefix("-")
    if table.rows and name not in table.columns:
        near = nearest(name, table.columns)
        hint = f"Did you mean {near}?" if near else f"The columns are {', '.join(table.columns)}."
        raise RequestError(f"There is no column {name} to sort by. {hint}")
    known = [row for row in table.rows if row.get(name) is not None]
    known.sort(key=lambda row: _rank(row[name]), reverse=sort.startswith("-"))
    return known + [row for row in table.rows if row.get(name) is None]


def _rank(value: Any) -> tuple[bool, float, str]:
    is_text = not isinstance(value, int | float)
    return is_text, 0.0 if is_text else value, str(value)


def _shown(table: Table) -> str:
    from neurogate.cli.bench_table import render

    columns = _columns(table)
    return render("Runs", [columns, *([_cell(row.get(name)) for name in columns] for row in table.rows)])


def _columns(table: Table) -> list[str]:
    """Choose the columns that are most probably of interest."""
    from neurogate.cli.table import HEADLINES

    axes = [name for name in table.axes if all(row.get(name) is not None for row in table.rows)]
    metrics = [name for name in HEADLINES if name in table.metrics]
    about = [name for name in ("folder", "outcome", "rule") if name in table.columns]
    return [*about, *axes[:_MOST_AXES], *metrics[:_MOST_METRICS], *(["date"] if table.rows else [])]


def _cell(value: Any) -> str:
    from neurogate.config.listing import inline

    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, str) else inline(value)


def _about(table: Table, out: Path, *, chosen: bool) -> str:
    if not table.rows:
        return "No run meets all conditions.\n" if chosen else f"{out} holds no runs.\n"
    count = len({row["folder"] for row in table.rows})
    more = len(table.columns) - len(_columns(table))
    hint = f" {more} more columns are in --csv and --json." if more else ""
    return f"{count} run{'s' if count != 1 else ''}.{hint}\n"
