"""`neurogate doctor`: what is installed, which backends can run, and what the others lack."""

from __future__ import annotations

import sys

from neurogate.errors import NeurogateError

__all__ = ["doctor"]

_NEEDED = (
    "attrs", "cattrs", "cyclopts", "matplotlib", "numba",
    "numpy", "rich", "scipy", "threadpoolctl", "tomli-w",
)  # fmt: skip
_OPTIONAL = {"brian2": 'compares spike times; pip install "neurogate[brian]"'}


def doctor() -> int:
    """Say what is installed, which backends can run, and what the others lack.

    Prints the versions of Python, neurogate and the packages it uses, one
    line for each backend with what to install if it cannot run, and the
    result of a short self check.
    """
    from neurogate.backends.registry import describe
    from neurogate.runs.versions import versions

    known = versions()
    lines = [f"neurogate {known['neurogate']}, Python {known['python']}, {known['platform']}", "", "Packages"]
    lines += [f"  {name:14}{_version(name) or f'missing: pip install {name}'}" for name in _NEEDED]
    lines += [f"  {name:14}{_version(name) or f'not there ({why})'}" for name, why in _OPTIONAL.items()]
    lines += ["", "Backends"]
    for row in describe():
        lines.append(f"  {row.name:14}{'ready' if row.available else 'cannot run'}: {row.reason}")
        lines += [f"  {'':14}to mend that: {row.install}"] if row.install else []
    sys.stdout.write("\n".join([*lines, "", f"Self check: {_self_check()}"]) + "\n")
    return 0


def _version(package: str) -> str | None:
    import importlib.metadata

    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _self_check() -> str:
    """Compare a small calculation of the compiled backend with the reference, bit for bit."""
    import numpy as np

    from neurogate.backends.registry import choose

    x = np.random.default_rng(1).normal(size=(2, 50, 20))
    gain, memory = np.ones((2, 20)), np.zeros((2, 20))
    try:
        results = [choose(name)[0].high_pass(x, gain, memory, 0.1) for name in ("numpy", "numba")]
    except (NeurogateError, ImportError) as error:
        return f"not done; {error}"
    same = all(np.array_equal(a, b) for a, b in zip(*results, strict=True))
    return "numba and numpy agree bit for bit." if same else "numba and numpy DISAGREE; please report this."
