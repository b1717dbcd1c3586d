"""The report of one run: what it found, how it looks, what it was, and how to make it again.

Here lives what is said; how a page is written is said in `neurogate.runs.page`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neurogate import config
from neurogate.errors import Outcome, RequestError
from neurogate.runs import page
from neurogate.runs.page import Cell, Section
from neurogate.runs.pictures import shown

if TYPE_CHECKING:
    from neurogate.runs.store import Run

__all__ = ["configuration", "provenance", "run_page"]

_LEFT_OUT = "raster"  # of spikes the overview shows enough
_NAMED = ("name", "description")


def run_page(run: Run) -> str:
    """Write the report of a run as one HTML page.

    Parameters
    ----------
    run : Run
    """
    simulation = config.load(run.path / "config.toml")
    summary = run.summary
    about = {
        "Outcome": str(run.outcome),
        "Seed": str(summary["seeds"]["run"]),
        "Seeds of the replicas": ", ".join(map(str, summary["seeds"]["replicas"])),
        "Backend": f"{summary['config']['run.backend']}, {summary['config']['run.dtype']}",
        "Wall time": f"{summary['wall_time_s']:.1f} s",
        "Folder": run.path.name,
    }
    lead = page.paragraph(simulation.description) if simulation.description else ""
    if run.outcome is not Outcome.DONE:
        why = summary.get("divergence", {}).get("message", f"The run ended with outcome {run.outcome}.")
        lead += page.paragraph(why, alert=True)
    sections = [
        Section("Results", _results(run.metrics)),
        Section("Figures", "\n".join(_figures(run))),
        Section("Configuration", configuration(simulation)),
        Section("How to make it again", provenance(summary["command"], summary["versions"], _log(run))),
    ]
    return page.page(summary["name"], lead + page.facts(about), [part for part in sections if part.body])


def configuration(simulation: config.AnySimulation, without: Sequence[str] = ()) -> str:
    """Write every setting: first what differs from the defaults, then, folded away, the rest.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    without : sequence of str
        Key paths that are left out, since they are said elsewhere.
    """
    defaults = {row.key: row.value for row in config.describe(type(simulation)())}
    said = {*_NAMED, *map(_dotted, without)}
    rows = [row for row in config.describe(simulation) if _dotted(row.key) not in said]
    other = [row for row in rows if row.value != defaults.get(row.key)]
    changed = [[row.key, row.value, defaults.get(row.key, ""), _prose(row.meaning)] for row in other]
    same = [[row.key, row.value, _prose(row.meaning)] for row in rows if row not in other]
    first = page.paragraph("Every setting has its default.")
    if changed:
        caption = f"Settings that differ from the defaults ({len(changed)})"
        first = page.table("changed", caption, ["setting", "value", "default", "meaning"], changed)
    rest = page.table("settings", "Settings at their default", ["setting", "value", "meaning"], same)
    return first + page.folded(f"All other settings ({len(same)})", rest)


def _prose(meaning: str) -> str:
    """Leave the marks of a docstring out."""
    return meaning.replace("`", "")


def _dotted(key: str) -> str:
    """Write the number of an entry as the keys around it, since both spellings are right."""
    return re.sub(r"\[(\d+)\]", r".\1", key)


def provenance(command: str, versions: Mapping[str, str], log: str = "") -> str:
    """Write the command that makes it again, the software it was made with, and what was said.

    Parameters
    ----------
    command : str
    versions : mapping of str to str
    log : str
    """
    rows = [[name, version] for name, version in versions.items()]
    said = page.folded("Log", page.code(log)) if log else ""
    return page.code(command) + page.table("versions", "Software", ["name", "version"], rows) + said


def _results(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a row for each metric and each block of it, a column for each rule."""
    if not metrics:
        return ""
    blocks = dict.fromkeys(block for values in metrics.values() for block in values.get("blocks", {}))
    sources = {"": metrics} | {
        block: {rule: values.get("blocks", {}).get(block, {}) for rule, values in metrics.items()}
        for block in blocks
    }
    rows: list[list[Cell]] = [
        [_heading(name), block, *(values.get(name) for values in source.values())]
        for block, source in sources.items()
        for name in dict.fromkeys(name for values in source.values() for name in values if name != "blocks")
    ]
    headers = ["metric", *(["block"] if blocks else []), *metrics]
    kept = [row if blocks else [row[0], *row[2:]] for row in rows]
    return page.table("results", "What each rule reached", headers, kept, heads=2 if blocks else 1)


def _heading(name: str) -> str:
    from neurogate.plotting.columns import heading

    return heading(name)


def _figures(run: Run) -> Iterator[str]:
    """Write the figures; one that cannot be drawn says why."""
    from neurogate.plotting.kinds import KINDS, kinds_of, picture

    if run.outcome is not Outcome.DONE:
        return
    known = shown(run)
    for kind in kinds_of(known.arrays):
        if kind != _LEFT_OUT:
            try:
                yield page.figure(picture(kind, known), f"figure-{kind}")
            except RequestError as error:
                yield f"<h3>{KINDS[kind]}</h3>" + page.paragraph(" ".join(error.problems))


def _log(run: Run) -> str:
    try:
        return (run.path / "log.txt").read_text("utf-8")
    except OSError:
        return ""
