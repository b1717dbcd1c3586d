"""Backends are named, never guessed silently; one that cannot run says what to do."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from neurogate.backends import cuda, numba_cpu, numpy_reference, registry
from neurogate.errors import RequestError


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Numba seem not to be installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba" else find(name))


@pytest.fixture
def cupy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: find("numpy" if name == "cupy" else name))


def test_a_named_backend_is_the_one_that_is_given() -> None:
    assert registry.choose("numpy") == (numpy_reference, "numpy")
    assert registry.choose("numba") == (numba_cpu, "numba")


@pytest.mark.parametrize("name", registry.FUNCTIONS)
@pytest.mark.parametrize("backend", [numba_cpu, cuda], ids=["numba", "cuda"])
def test_backends_offer_the_same_functions_with_the_same_parameters(backend: ModuleType, name: str) -> None:
    assert inspect.signature(getattr(backend, name)) == inspect.signature(getattr(numpy_reference, name))


def test_auto_takes_numba_and_says_so_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="neurogate"):
        assert registry.choose()[1] == "numba"
    assert caplog.messages == ["Backend: numba (compiled for this CPU)."]


def test_a_named_backend_is_not_announced(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="neurogate"):
        registry.choose("numpy")
    assert caplog.messages == []


@pytest.mark.usefixtures("no_numba")
def test_without_numba_auto_takes_the_reference_and_says_that_it_is_slow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="neurogate"):
        assert registry.choose("auto") == (numpy_reference, "numpy")
    assert caplog.messages == ["Backend: numpy (the reference, slow)."]


@pytest.mark.usefixtures("no_numba")
def test_a_named_backend_that_is_missing_says_what_to_install() -> None:
    with pytest.raises(RequestError) as caught:
        registry.choose("numba")
    assert str(caught.value) == (
        "The backend 'numba' cannot run here: the library numba is not installed. "
        "To mend that: pip install numba."
    )


class Driver:
    """A driver that answers its start with a code, and then has so many GPUs."""

    def __init__(self, code: int, gpus: int) -> None:
        self.cuInit = lambda _: code
        self._gpus = gpus

    def cuDeviceGetCount(self, at: object) -> int:
        at._obj.value = self._gpus
        return 0


@pytest.mark.usefixtures("cupy_is_there")
def test_cuda_without_a_driver_is_listed_with_what_it_lacks_and_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_DRIVER", "no such driver")
    (row,) = (row for row in registry.describe() if row.name == "cuda")
    assert not row.available
    with pytest.raises(RequestError) as caught:
        registry.choose("cuda")
    assert str(caught.value) == (
        "The backend 'cuda' cannot run here: there is no NVIDIA driver. "
        "To mend that: install the driver if there is a GPU, else use numba."
    )


@pytest.mark.usefixtures("cupy_is_there")
@pytest.mark.parametrize(("code", "gpus"), [(100, 0), (0, 0), (999, 1)])
def test_cuda_with_a_driver_that_finds_no_gpu_says_where_to_look(
    code: int, gpus: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.ctypes, "CDLL", lambda name: Driver(code, gpus))
    with pytest.raises(RequestError, match=rf"finds no GPU \(its code is {code}\)\..*nvidia-smi.*use numba"):
        registry.choose("cuda")


def test_cuda_without_cupy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cupy" else find(name))
    with pytest.raises(RequestError, match=r"cupy is not installed.*pip install 'neurogate\[cuda\]'"):
        registry.choose("cuda")


@pytest.mark.usefixtures("cupy_is_there")
def test_cuda_with_a_gpu_is_the_one_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.ctypes, "CDLL", lambda name: Driver(0, 2))
    assert registry.choose("cuda") == (cuda, "cuda")


def test_an_unknown_backend_is_refused_with_those_there_are() -> None:
    with pytest.raises(RequestError) as caught:
        registry.choose("nunba")
    assert str(caught.value) == "There is no backend 'nunba'; choose one of auto, numba, numpy, cuda."


def test_asking_which_backends_there_are_imports_none(checkout: Path) -> None:
    ask = "import sys; from neurogate.backends import registry; registry.describe(); "
    command = [sys.executable, "-c", ask + "print({'numba', 'cupy'} & set(sys.modules))"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
