"""`neurogate doctor`: what is installed, what could be, which backends can run, and what the others lack."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from neurogate.errors import NeurogateError

__all__ = ["doctor"]

_NEEDED = (
    "attrs", "cattrs", "cyclopts", "matplotlib", "numba",
    "numpy", "rich", "scipy", "threadpoolctl", "tomli-w",
)  # fmt: skip
_EXTRAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "tune": ("searches settings: neurogate tune", ("optuna",)),
    "dask": ("sweeps and searches on the workers of a cluster: --scheduler", ("distributed",)),
    "tables": ("tables and labelled arrays in Python: to_pandas, to_xarray", ("pandas", "xarray")),
    "nwb": ("spikes and trials for other programs: neurogate export --nwb", ("pynwb",)),
    "cuda": ("simulates on an NVIDIA GPU: --backend cuda", ("cupy-cuda13x or cupy-cuda12x or cupy",)),
    "brian": ("hands a reservoir over to Brian2, to compare: to_brian2", ("brian2",)),
    "bench": ("measures gated attention beside PyTorch: neurogate bench attention", ("torch",)),
}
"""What each extra of the package is for, and what it installs; any one of those with "or" between them."""


def doctor() -> int:
    """Say what is installed, which backends can run, and what the others lack.

    Prints the versions of Python, neurogate and the packages it uses, one
    line for each extra with what it is for and how to install it, one for each
    backend with what to install if it cannot run, and the result of a short
    self check.

    Try:
      neurogate doctor
    """
    from neurogate.backends.registry import describe
    from neurogate.runs.versions import versions

    known = versions()
    lines = [f"neurogate {known['neurogate']}, Python {known['python']}, {known['platform']}", "", "Packages"]
    lines += [f"  {name:14}{_version(name) or f'missing: pip install {name}'}" for name in _NEEDED]
    lines += ["", "Extras", *map(_extra, _EXTRAS), "", "Backends"]
    for row in describe():
        lines.append(f"  {row.name:14}{'ready' if row.available else 'cannot run'}: {row.reason}")
        lines += [f"  {'':14}to mend that: {row.install}"] if row.install else []
    sys.stdout.write("\n".join([*lines, "", f"Self check: {_self_check()}"]) + "\n")
    return 0


def _extra(name: str) -> str:
    """Say of an extra what it is for, and which packages are there or how to get them."""
    purpose, packages = _EXTRAS[name]
    found = [_first_of(package.split(" or ")) for package in packages]
    state = ", ".join(map(str, found)) if all(found) else f'not there: pip install "neurogate[{name}]"'
    return f"  {name:14}{state}\n  {'':14}{purpose}"


def _first_of(packages: Iterable[str]) -> str | None:
    """Name the first package that is installed, with its version."""
    return next((f"{package} {version}" for package in packages if (version := _version(package))), None)


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
