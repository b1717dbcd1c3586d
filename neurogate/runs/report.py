"""One HTML page that tells all about a run or a sweep, needs no network, and can be printed.

Here lives writing the file; what it says is decided in `neurogate.runs.run_page` and
`neurogate.runs.sweep_page`.
"""

from __future__ import annotations

from pathlib import Path

from neurogate import files
from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.collection import load_sweep
from neurogate.runs.sweep_folder import is_sweep

__all__ = ["place_of", "report"]


def place_of(path: Path) -> Path:
    """Return where a report is written if nothing else is said: in a sweep's folder, but beside a run's.

    Examples
    --------
    >>> place_of(Path("runs/what_when-0123456789ab")).name
    'what_when-0123456789ab-report.html'
    """
    whole = path.resolve()
    return path / "report.html" if is_sweep(path) else path.with_name(f"{whole.name}-report.html")


def report(path: Path, out: Path | None = None) -> Path:
    """Write the report of a run or a sweep.

    Parameters
    ----------
    path : pathlib.Path
        The folder of a run or of a sweep.
    out : pathlib.Path, optional
        The file; see `place_of`.

    Returns
    -------
    pathlib.Path
        The file. The same runs give the same bytes.

    Raises
    ------
    RequestError
        If `path` is neither, something in it is damaged, or the file cannot be written.
    """
    file = place_of(path) if out is None else out
    of_sweep = is_sweep(path)
    if not of_sweep and file.resolve().is_relative_to(path.resolve()):
        raise RequestError(f"--out {file} lies inside the stored run, which never changes; choose another.")
    if file.is_dir():
        raise RequestError(f"--out {file} is a folder; give the name of a file, as in report.html.")
    if of_sweep:
        from neurogate.runs.sweep_page import sweep_page

        text = sweep_page(load_sweep(path))
    else:
        from neurogate.runs.run_page import run_page

        text = run_page(store.load(path))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(file) as whole:
            whole.write(text.encode())
    except OSError as error:
        raise RequestError(
            f"The report cannot be written to {file}: {error.strerror or error}. Choose another --out."
        ) from error
    return file
