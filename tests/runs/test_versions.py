"""What can change the bits of a run is told, and what is told changes with it."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neurogate.backends.cuda import sources
from neurogate.runs.versions import differences, versions


@pytest.mark.parametrize("name", ["reservoir.cu", "step.cuh"])
def test_a_changed_kernel_is_other_software(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions()
    copy = tmp_path / "kernels"
    shutil.copytree(sources.folder(), copy)
    monkeypatch.setattr(sources, "folder", lambda: copy)
    assert versions() == before
    with (copy / name).open("a") as kernel:
        kernel.write("// changed\n")
    assert differences(before, versions()).startswith("source was ")


@pytest.mark.parametrize("package", ["cupy-cuda13x", "cupy-cuda12x", "cupy"])
def test_cupy_is_known_by_all_its_names(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == package:
            return "14.2.0"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert (versions()["cupy"], versions()["scipy"]) == ("14.2.0", "absent")


def test_versions_are_told_without_importing_the_packages() -> None:
    report = (
        "import sys; from neurogate.runs.versions import versions; versions();"
        "print(sorted({'cupy', 'numba', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
