"""The report of a sweep: what differs, what came out, what is lost, and how to make it again.

Here lives what is said; how a page is written is said in `neurogate.runs.page`.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurogate import config
from neurogate.errors import RequestError
from neurogate.runs import page
from neurogate.runs.page import Cell, Section, Spread
from neurogate.runs.pictures import metrics_of, of_collection, rows_of
from neurogate.runs.run_page import configuration, provenance
from neurogate.runs.sweep_folder import log_of
from neurogate.runs.versions import differences

if TYPE_CHECKING:
    from neurogate.runs.collection import Collection

__all__ = ["sweep_page"]

_DRAWN, _TOLD, _ROWS, _LOST_ROWS, _MARGINS = 3, 6, 1500, 300, 5
_SEED = "run.seed"


def sweep_page(collection: Collection) -> str:
    """Write the report of a sweep as one HTML page.

    Parameters
    ----------
    collection : Collection
        Of a sweep.
    """
    rows, sweep = rows_of(collection), collection.sweep
    metrics = metrics_of(collection)[:_TOLD]
    outcomes = Counter({row["hash"]: row["outcome"] for row in rows}.values())
    lost = _lost(collection, rows)
    about = {"Runs": str(len(sweep["runs"])), **{str(k).capitalize(): str(n) for k, n in outcomes.items()}}
    about |= {axis: _values(rows, axis) for axis in collection.axes}
    gone = sum(outcomes.values()) - outcomes["done"]
    lead = page.paragraph(f"{gone} of {len(sweep['runs'])} runs have no result.", alert=True) if gone else ""
    sections = [
        Section("Runs without a result", lost),
        Section("Figures", "\n".join(_figures(collection, metrics))),
        Section("Results by setting", _by_setting(collection, rows, metrics)),
        Section("All runs", _runs(collection, rows, metrics)),
        Section("Configuration", _configuration(collection)),
        Section(
            "How to make it again", _software(collection) + provenance(sweep["command"], sweep["versions"])
        ),
    ]
    title = f"{sweep['name']}: sweep of {', '.join(collection.axes) or 'one run'}"
    return page.page(title, lead + page.facts(about), [part for part in sections if part.body])


def _values(rows: Sequence[dict[str, Any]], axis: str) -> str:
    from neurogate.plotting.columns import text
    from neurogate.plotting.scale import Scale

    known = Scale.of(axis, (row.get(axis) for row in rows)).known
    if len(known) <= 8:
        return ", ".join(map(text, known))
    return f"{len(known)} values from {text(known[0])} to {text(known[-1])}"


def _lost(collection: Collection, rows: Sequence[dict[str, Any]]) -> str:
    gone = [row for row in rows if row["outcome"] != "done"]
    if not gone:
        return ""
    cut = "" if len(gone) <= _LOST_ROWS else f"; the first {_LOST_ROWS} of {len(gone)}"
    lines: list[list[Cell]] = [
        [*_settings(row, collection.axes), row["outcome"], _why(collection, row), row["folder"]]
        for row in gone[:_LOST_ROWS]
    ]
    headers = [*collection.axes, "outcome", "why", "folder"]
    caption = f"Runs that diverged, failed or are missing{cut}"
    return page.table("lost", caption, headers, lines, heads=max(len(collection.axes), 1))


def _why(collection: Collection, row: dict[str, Any]) -> str:
    """Return the last line that a run left behind."""
    sweep, out = collection.sweep, collection.out
    folder = out / f"{sweep['name']}-sweep-{sweep['hash']}"
    for log in (out / row["folder"] / "log.txt", log_of(folder, row["hash"])):
        lines = _read(log).strip().splitlines()
        if lines:
            return lines[-1]
    return "It was not run, or its folder is gone." if row["outcome"] == "missing" else ""


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _software(collection: Collection) -> str:
    """Say how many runs were made by other software than that which began the sweep."""
    counts: Counter[str] = Counter()
    for folder in {row["folder"] for row in collection.rows}:
        with contextlib.suppress(OSError, ValueError):  # it may have been deleted meanwhile
            made_by = json.loads((collection.out / folder / "summary.json").read_text("utf-8"))["versions"]
            counts[differences(collection.sweep["versions"], made_by)] += 1
    told = ", ".join(sorted(f"{count} ({other})" for other, count in counts.items() if other))
    said = f"Runs made by other software than that which began the sweep: {told}."
    return page.paragraph(said, alert=True) if told else ""


def _figures(collection: Collection, metrics: Sequence[str]) -> Iterator[str]:
    """Write each main metric over all settings, and the first over each setting by itself."""
    settings = [axis for axis in collection.axes if axis != _SEED]
    asked: list[tuple[str, list[str]]] = [(metric, []) for metric in metrics[:_DRAWN]]
    if len(settings) > 1:
        asked += [(metric, [axis]) for metric in metrics[:1] for axis in settings[:_MARGINS]]
    for number, (metric, x) in enumerate(asked):
        try:
            picture = of_collection(collection, metric, x)
        except RequestError as error:
            yield page.paragraph(" ".join(error.problems))
            continue
        yield page.figure(picture, f"figure-{number}")


def _by_setting(collection: Collection, rows: list[dict[str, Any]], metrics: Sequence[str]) -> str:
    from neurogate.plotting.columns import groups, heading, name

    keys = [axis for axis in collection.axes if axis != _SEED]
    lines: dict[str, list[Cell]] = {}
    for metric in metrics:
        for group in groups(rows, [*keys, "rule"], metric):
            *settings, rule = group.key
            first: list[Cell] = [*map(_plain, settings), name("rule", rule), group.runs]
            line = lines.setdefault(repr(group.key), [*first, *(None for _ in metrics)])
            line[len(first) + metrics.index(metric)] = Spread(group.mean, group.half_width)
    if not lines:
        return ""
    headers = [*keys, "rule", "runs", *map(heading, metrics)]
    cut = "" if len(lines) <= _ROWS else f"; the first {_ROWS} of {len(lines)}"
    caption = f"Mean ± half of the 95 % interval over the runs of a setting{cut}"
    return page.table("by-setting", caption, headers, list(lines.values())[:_ROWS], heads=len(keys) + 1)


def _runs(collection: Collection, rows: Sequence[dict[str, Any]], metrics: Sequence[str]) -> str:
    from neurogate.plotting.columns import heading, name

    lines: list[list[Cell]] = [
        [
            *_settings(row, collection.axes),
            name("rule", row["rule"]) if row.get("rule") else None,
            row["outcome"],
            *(row.get(metric) for metric in metrics),
            row.get("wall_time_s"),
            row["folder"],
        ]
        for row in rows[:_ROWS]
    ]
    headers = [*collection.axes, "rule", "outcome", *map(heading, metrics), "wall time (s)", "folder"]
    cut = f"; the first {_ROWS} of {len(rows)} rows, which table.csv holds" if len(rows) > _ROWS else ""
    return page.table("runs", f"Every run and rule{cut}", headers, lines, heads=len(collection.axes) + 1)


def _settings(row: dict[str, Any], axes: Sequence[str]) -> list[Cell]:
    return [_plain(row.get(axis)) for axis in axes]


def _plain(value: Any) -> Cell:
    from neurogate.plotting.columns import text

    return value if value is None or isinstance(value, bool | int | float | str) else text(value)


def _configuration(collection: Collection) -> str:
    """Write the settings that all runs share, as far as one of them can be read."""
    for folder in dict.fromkeys(row["folder"] for row in collection.rows):
        with contextlib.suppress(RequestError):
            simulation = config.load(collection.out / folder / "config.toml")
            return configuration(simulation, without=collection.axes)
    return ""
