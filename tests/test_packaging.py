"""The sdist and the wheel are complete, and the wheel works where there is no checkout."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

import neurogate

ROOT = Path(__file__).resolve().parents[1]
MAPPED = {"neurogate/_cuda": "kernels", "neurogate/_sims": "sims"}
NOT_SOURCE = {".git", ".venv", "build", "dist", "runs"}


class Distribution(NamedTuple):
    """What one build made: the names inside (without the sdist's own folder) and where the wheel is."""

    sdist: set[str]
    wheel: set[str]
    wheel_file: Path


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of this process's Python in its environment."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} returned {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def sources(folder: str) -> set[str]:
    """List the files of a folder of the checkout, compiled ones left out."""
    files = (p for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(ROOT).as_posix() for p in files}


def left_behind(folder: str, names: list[str]) -> set[str]:
    """Choose what of a folder is not copied: what was made there, and caches."""
    made = NOT_SOURCE & set(names) if Path(folder) == ROOT else set()
    return made | {n for n in names if n == "__pycache__" or n.endswith((".egg-info", "_cache"))}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """Build the sdist from a copy of the checkout, and the wheel from that sdist."""
    place = tmp_path_factory.mktemp("build")
    shutil.copytree(ROOT, place / "copy", ignore=left_behind)
    run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", place / "dist", place / "copy", cwd=place
    )
    (sdist,), (wheel,) = (place / "dist").glob("*.tar.gz"), (place / "dist").glob("*.whl")
    with tarfile.open(sdist) as archive:
        in_sdist = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    return Distribution(in_sdist, in_wheel, wheel)


@pytest.fixture(scope="session")
def elsewhere(built: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment and return its folder of commands.

    Only neurogate itself is under test, so the environment sees the dependencies that are installed
    already through a path file, which saves downloading them again. An editable install of the
    checkout does not come along: path files are not followed from a folder that another one names.
    """
    place = tmp_path_factory.mktemp("elsewhere")
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--quiet", "--no-deps", "--no-index", built.wheel_file),
        cwd=place,
    )
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place).stdout.strip()
    )
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(installed)) + "\n", "utf-8")
    return place / "bin"


def test_packages_names_exactly_the_folders_that_exist() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    named = settings["options"]["packages"].split()
    folders = {
        path.relative_to(ROOT).as_posix().replace("/", ".")
        for path in [ROOT / "neurogate", *(ROOT / "neurogate").rglob("*")]
        if path.is_dir() and path.name != "__pycache__"
    }
    assert len(named) == len(set(named))
    assert set(named) == folders | {folder.replace("/", ".") for folder in MAPPED}


def test_wheel_holds_the_package_and_nothing_else(built: Distribution) -> None:
    mapped = {
        path.replace(folder, target, 1) for target, folder in MAPPED.items() for path in sources(folder)
    }
    content = {name for name in built.wheel if ".dist-info/" not in name}
    assert content == sources("neurogate") | mapped
    assert {"neurogate/py.typed", "neurogate/_cuda/README.md", "neurogate/_sims/what_when.toml"} <= content


def test_wheel_carries_the_licence(built: Distribution) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in built.wheel)


def test_sdist_holds_all_that_the_tests_need(built: Distribution) -> None:
    folders = ("neurogate", "kernels", "sims", "experiments", "benchmarks", "tests")
    rest = {".ci/run", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "docs/conf.py"}
    wanted = set().union(*map(sources, folders)) | rest | {"pyproject.toml", "setup.cfg"}
    assert not wanted - built.sdist


def test_elsewhere_the_checkout_is_out_of_sight(elsewhere: Path, tmp_path: Path) -> None:
    code = "import json, sys, neurogate; print(json.dumps([neurogate.__file__, *sys.path]))"
    file, *path = json.loads(run(elsewhere / "python", "-c", code, cwd=tmp_path).stdout)
    assert Path(file).is_relative_to(elsewhere.parent)
    assert str(ROOT) not in path


def test_elsewhere_the_command_knows_its_version(elsewhere: Path, tmp_path: Path) -> None:
    assert neurogate.__version__ in run(elsewhere / "neurogate", "--version", cwd=tmp_path).stdout.split()


def test_elsewhere_the_shipped_simulation_runs(elsewhere: Path, tmp_path: Path) -> None:
    run(elsewhere / "neurogate", "run", "what_when", "--quick", "--out", tmp_path / "made", cwd=tmp_path)
    (summary,) = (tmp_path / "made").rglob("summary.json")
    assert json.loads(summary.read_text("utf-8"))["outcome"] == "done"
    assert (summary.parent / "figures" / "overview.png").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
