from __future__ import annotations

import ctypes
import shutil

import pytest

from tests.backends.cuda.shim import build


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Return every kernel, built for this CPU."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("There is no g++ to build the kernels with.")
    return build(compiler, tmp_path_factory.mktemp("kernels"))
