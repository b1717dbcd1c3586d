"""Where the CUDA sources are, and one text of each for a compiler that sees no folders."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import neurogate

__all__ = ["OPTIONS", "file_of", "folder", "source"]

OPTIONS = ("-std=c++17", "-fmad=false", "-ftz=false")
"""A GPU gives the bits of a CPU if multiplications are not fused and tiny float32 numbers are kept."""

_INCLUDE = re.compile(r'^#include "([^"]+)"\n', re.MULTILINE)


def folder() -> Path:
    """Return the folder of the CUDA sources.

    Examples
    --------
    >>> (folder() / "reservoir.cu").is_file()
    True
    """
    installed = Path(str(resources.files("neurogate") / "_cuda"))
    return installed if installed.is_dir() else Path(neurogate.__file__).parents[1] / "kernels"


def file_of(kernel: str) -> str:
    """Return the file that holds a kernel.

    Examples
    --------
    >>> file_of("reservoir_block<float>"), file_of("rows_norm<float>"), file_of("high_pass<double>")
    ('reservoir.cu', 'rows.cu', 'samples.cu')
    """
    family = kernel.partition("_")[0]
    return f"{family}.cu" if family in ("reservoir", "recurrence", "rows", "wkv") else "samples.cu"


def source(name: str) -> str:
    """Return one file of the sources with all that it includes, each once.

    Parameters
    ----------
    name : str
        For example ``"reservoir.cu"``.

    Examples
    --------
    >>> "#include" in source("samples.cu")
    False
    """
    seen = {name}

    def expand(text: str) -> str:
        return _INCLUDE.sub(lambda found: include(found.group(1)), text.replace("#pragma once\n", ""))

    def include(header: str) -> str:
        if header in seen:
            return ""
        seen.add(header)
        return expand((folder() / header).read_text("utf-8"))

    return expand((folder() / name).read_text("utf-8"))
