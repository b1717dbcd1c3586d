"""The rows of `neurogate bench` as tables: by rich on a terminal, in plain columns anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

__all__ = [
    "absent_line", "attention_table", "engine_table", "missing_line", "render", "scale_table",
    "scanpath_table",
]  # fmt: skip

Row = dict[str, Any]
Table = list[list[str]]
_COLUMNS = {
    "workload": "workload", "dtype": "dtype", "seconds": "seconds", "bound_seconds": "bound",
    "compile_seconds": "first", "peak_mb": "MB", "rate_hz": "Hz", "peer": "peer", "peer_seconds": "peer s",
    "ratio": "ratio", "peer_compile_seconds": "peer first", "peer_rate_hz": "peer Hz",
}  # fmt: skip


def engine_table(rows: Sequence[Row]) -> Table:
    """Return the table of workloads, its first line the heading; peers that are not installed are left out.

    Examples
    --------
    >>> row = {"workload": "a1000", "dtype": "float32", "seconds": 0.0158, "peer": "numpy", "ratio": 31.65}
    >>> engine_table([row])[1][:3], engine_table([row])[1][9]
    (['a1000', 'float32', '0.0158'], '31.6')
    """
    shown = [row for row in rows if not str(row.get("note", "")).startswith("not installed")]
    silent = [row for row in rows if row not in shown]
    for row in silent:  # a run beside which nobody stands is shown once, alone
        key = row["workload"], row["dtype"]
        if key not in {(other["workload"], other["dtype"]) for other in shown}:
            shown.append(row | {"peer": None, "note": ""})
    lines = [[_cell(row.get(key), key) for key in _COLUMNS] for row in shown]
    notes = [f"{row['note']}"[:60] if row.get("note") else "" for row in shown]
    heading = [*_COLUMNS.values()]
    if any(notes):
        heading, lines = [*heading, "note"], [[*a, b] for a, b in zip(lines, notes, strict=True)]
    return [heading, *lines]


def attention_table(rows: Sequence[Row]) -> Table:
    """Return the table of gated layers: beside each peer, and for each length the slope of its series.

    Examples
    --------
    >>> row = {"layer": "gla", "length": 256, "direction": "forward", "threads": 2, "seconds": 0.02}
    >>> attention_table([row | {"peer": "torch loop", "peer_seconds": 0.2, "ratio": 0.1}])[1]
    ['gla', '256', 'forward', '-', '2', '0.0200', 'torch loop', '0.200', '0.100', '-']
    """
    keys = ["layer", "length", "direction", "dtype", "threads", "seconds", "peer", "peer_seconds", "ratio",
            "slope"]  # fmt: skip
    heading = [key.replace("_seconds", " s") for key in keys]
    return [heading, *([_cell(row.get(key), key) for key in keys] for row in rows)]


def scanpath_table(rows: Sequence[Row]) -> Table:
    """Return the table of measures of scanpaths: seconds for a pair, beside each peer.

    Examples
    --------
    >>> scanpath_table([{"metric": "dtw", "length": 50, "seconds": 1.2e-5, "peer": None}])[1]
    ['dtw', '50', '1.20e-05', '-', '-', '-']
    """
    keys = ("metric", "length", "seconds", "peer", "peer_seconds", "ratio")
    heading = ["metric", "length", "seconds", "peer", "peer s", "ratio"]
    whole = [{**row, "length": str(row["length"])} for row in rows]
    return [heading, *([_cell(row.get(key), key) for key in keys] for row in whole)]


def scale_table(rows: Sequence[Row]) -> Table:
    """Return the table of series: a line for each size, the slope beside the first.

    Examples
    --------
    >>> row = {"workload": "scale steps", "dtype": "float32", "size": 10, "seconds": 0.5, "slope": 1.0}
    >>> scale_table([row])[1]
    ['scale steps', 'float32', '10', '0.500', '1.00']
    """
    table, before = [["series", "dtype", "size", "seconds", "slope"]], None
    for row in rows:
        series = row["workload"], row["dtype"]
        first = series != before
        slope = f"{row['slope']:.2f}" if first else ""
        table.append(
            [*(series if first else ("", "")), str(row["size"]), _cell(row["seconds"], "seconds"), slope]
        )
        before = series
    return table


def missing_line(rows: Sequence[Row]) -> str:
    r"""Name the peers that are not installed, and what to type.

    Examples
    --------
    >>> missing_line([{"peer": "nest", "note": "not installed: pip install nest-simulator"}])
    'Not installed: nest (pip install nest-simulator).\n'
    """
    found = {
        row["peer"]: row["note"].partition(": ")[2]
        for row in rows
        if str(row.get("note", "")).startswith("not installed")
    }
    listed = ", ".join(f"{name} ({install})" for name, install in found.items())
    return f"Not installed: {listed}.\n" if found else ""


def absent_line(rows: Sequence[Row]) -> str:
    r"""Name the packages with measures of gaze that are not installed.

    Examples
    --------
    >>> absent_line([{"peer": "rapidfuzz", "peer_seconds": None}, {"peer": None, "peer_seconds": None}])
    'Not installed, or not to be imported: rapidfuzz.\n'
    """
    absent = sorted({row["peer"] for row in rows if row["peer"] and row["peer_seconds"] is None})
    return f"Not installed, or not to be imported: {', '.join(absent)}.\n" if absent else ""


def render(title: str, table: Table) -> str:
    """Return a table as text, drawn by rich if standard output is a terminal.

    Parameters
    ----------
    title : str
    table : list of lists of str
        Its first line is the heading.

    Examples
    --------
    >>> print(render("T", [["a", "n"], ["x", "1.0"]]))
    a    n
    x  1.0
    <BLANKLINE>
    """
    if not sys.stdout.isatty():
        return _plain(table)
    import io

    from rich.console import Console
    from rich.table import Table as RichTable

    drawn = RichTable(title=title)
    for i, name in enumerate(table[0]):
        drawn.add_column(name, justify="right" if _is_number(table, i) else "left", no_wrap=True)
    for line in table[1:]:
        drawn.add_row(*line)
    console = Console(file=io.StringIO(), force_terminal=True, width=max(Console().width, 110))
    with console.capture() as text:
        console.print(drawn)
    return text.get()


def _plain(table: Table) -> str:
    columns = []
    for i, column in enumerate(zip(*table, strict=True)):
        width = max(map(len, column))
        columns.append([x.rjust(width) if _is_number(table, i) else x.ljust(width) for x in column])
    return "".join("  ".join(line).rstrip() + "\n" for line in zip(*columns, strict=True))


def _is_number(table: Table, column: int) -> bool:
    return all(
        line[column].replace(".", "").replace("-", "").isdigit() or line[column] in {"", "-"}
        for line in table[1:]
    )


def _cell(value: Any, key: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if key in {"rate_hz", "peer_rate_hz"}:
        return f"{value:.2f}"
    if key in {"peak_mb", "threads"}:
        return f"{value:.0f}"
    return f"{value:.{max(0, 3 - len(str(int(value))))}f}" if value >= 1 else f"{value:#.3g}"
