"""The script of Yamada & Chao's claims, with the parts that stand beside it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def claims_script(checkout: Path) -> dict[str, Any]:
    """Return what the script and its parts define, imported as when it is run; of two of a name, the last."""
    parts = ("_studies", "_claims", "_ablations", "_subspaces", "_activity", "_paradigms", "_figures", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(checkout / "experiments"))
        modules = [importlib.import_module(f"yamada_chao_2025{part}") for part in parts]
    return {name: value for module in modules for name, value in vars(module).items()}
