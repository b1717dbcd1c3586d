"""Memory that is kept is not asked for again."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from neurogate.attention import memory

AGAIN = """
import resource, sys
import numpy as np
from neurogate.attention.memory import keep_memory

def once():
    return [np.ones(n) for n in (100_000, 300_000, 1_000_000)]

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    once()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

once()
usual = pages()
if not keep_memory():
    sys.exit("keep_memory() is false")
once()
print(usual, pages())
"""


def test_arrays_of_a_second_pass_need_no_new_pages() -> None:
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("the C library is not glibc, so memory cannot be kept")
    done = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True)
    usual, kept = map(int, done.stdout.split())
    assert kept < 10 < usual


def test_a_c_library_without_mallopt_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.keep_memory() is False
