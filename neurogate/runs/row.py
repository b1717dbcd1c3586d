"""A stored run in one row: what it was, how it ended, what it measured.

Here lives reading a row from a run folder; the arrays stay unread. Rows are kept in `neurogate.runs.index`
and put together in `neurogate.runs.collection`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from neurogate import __version__
from neurogate.config.annotations import FORMS
from neurogate.config.problems import join
from neurogate.errors import RequestError
from neurogate.runs import manifest
from neurogate.runs.formats import check_format
from neurogate.runs.store import FORMAT

__all__ = ["Row", "flat", "read"]

_FILES = ("config.toml", "summary.json")


@attrs.frozen
class Row:
    """A stored run in one row.

    Parameters
    ----------
    folder : str
        Name of its folder.
    hash : str
        Content hash of its configuration.
    name : str
        Name of its simulation.
    outcome : str
        How it ended.
    created_s : float
        When it was stored, in seconds since 1970.
    wall_time_s : float
        How long it took.
    config : mapping
        Every setting by its key path.
    metrics : mapping of str to mapping
        For each learning rule, every metric by its name; those of a block as ``blocks.A.timing_error_ms``.

    Examples
    --------
    >>> row = Row("a-01", "01", "a", "done", 0.0, 1.5, {"run.seed": 3}, {"force": {"r": 0.5}})
    >>> row.config["run.seed"], row.metrics["force"]["r"]
    (3, 0.5)
    """

    folder: str
    hash: str
    name: str
    outcome: str
    created_s: float
    wall_time_s: float
    config: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]


def read(folder: Path) -> Row:
    """Read the row of a run from its folder.

    Raises
    ------
    RequestError
        If the folder is no run, what is read of it is not as it was written, or a newer neurogate wrote it.
    """
    try:
        problems = manifest.damage(folder, _FILES)
        if problems:
            raise RequestError(
                f"The run folder {folder} is damaged: {'; '.join(problems)}. "
                f"`neurogate verify --out {folder.parent}` sets it aside."
            )
        created_s = (folder / manifest.MANIFEST).stat().st_mtime
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        check_format(folder / "summary.json", summary, FORMAT)
        settings = tomllib.loads((folder / "config.toml").read_text("utf-8"))
        return _row(folder.name, created_s, settings, summary)
    except OSError as error:
        raise RequestError(f"The run folder {folder} cannot be read: {error}. Mend that first.") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RequestError(
            f"The run folder {folder} is written in a way that neurogate {__version__} does not know "
            f"({type(error).__name__}: {error}). Read it with the version that wrote it."
        ) from error


def _row(folder: str, created_s: float, settings: Mapping[str, Any], summary: Mapping[str, Any]) -> Row:
    return Row(
        folder=folder,
        hash=summary["hash"],
        name=summary["name"],
        outcome=summary["outcome"],
        created_s=created_s,
        wall_time_s=float(summary["wall_time_s"]),
        config=dict(flat(settings)),
        metrics={rule: dict(flat(measured)) for rule, measured in summary["metrics"].items()},
    )


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """List what tables hold by key path; lists of tables are counted, and a distribution is one value.

    Examples
    --------
    >>> dict(flat({"run": {"seed": 3}, "bias": {"normal": [6, 1]}, "blocks": [{"name": "A"}]}))
    {'run.seed': 3, 'bias': {'normal': [6, 1]}, 'blocks.0.name': 'A'}
    """
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        value = {str(index): item for index, item in enumerate(value)}
    if isinstance(value, Mapping) and not (path and _is_leaf(value)):
        for key, inner in value.items():
            yield from flat(inner, join(path, key))
    else:
        yield path, value


def _is_leaf(table: Mapping[str, Any]) -> bool:
    return not table or (len(table) == 1 and table.keys() <= FORMS.keys())
