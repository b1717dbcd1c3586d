"""What is given to a pure function instead of the array of its example is a sentence, or answered."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurogate.attention import operators
from neurogate.errors import RequestError
from tests.attention import standin

MODULES = [f"{operators.__name__}.{module.name}" for module in pkgutil.iter_modules(operators.__path__)]
MODULES += ["neurogate.attention.training.losses"]


def functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    named = {name: getattr(module, name) for name in module.__all__}
    return {name: each for name, each in named.items() if inspect.isfunction(each)}


def examples(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Callable[..., Any], inspect.BoundArguments]]:
    """Return the calls of public functions in the examples of their docstrings."""
    calls: list[tuple[Callable[..., Any], inspect.BoundArguments]] = []

    def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            answer = function(*arguments, **options)
            calls.append((function, inspect.signature(function).bind(*arguments, **options)))
            return answer

        return call

    originals = functions(module)
    with monkeypatch.context() as patch:
        for name, function in originals.items():
            patch.setattr(module, name, recorded(function))
        for name, function in originals.items():
            for example in doctest.DocTestFinder(recurse=False).find(
                function, name, module=False, globs=vars(module).copy()
            ):
                doctest.DocTestRunner().run(example, out=lambda said: None)
    return calls


def others(array: np.ndarray) -> Iterator[Any]:
    """Yield what is no such array, or is of another shape or kind."""
    other = np.ones(array.shape, int) if array.dtype.kind == "f" else np.ones(array.shape)
    yield from (None, 1.0, array.tolist(), array.astype(object), other, array[None], array.reshape(-1))
    yield np.ones((), array.dtype)
    if array.ndim:
        yield from (array[:0], array[..., :0], array[..., :-1], np.concatenate([array, array], axis=-1))
    if array.size:
        yield array[0] if array.ndim else array


def refusal(function: Callable[..., Any], call: inspect.BoundArguments) -> str | None:
    """Return the sentence with which a call is refused, or None if it is answered."""
    try:
        function(*call.args, **call.kwargs)
    except RequestError as error:
        return str(error)
    return None


@pytest.mark.filterwarnings("ignore:.*(divide|invalid value) .*:RuntimeWarning")  # examples take eps = 0
@pytest.mark.parametrize("name", MODULES, ids=lambda name: name.rpartition(".")[2])
def test_misuse_is_a_sentence_that_names_arguments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = examples(importlib.import_module(name), monkeypatch)
    elsewhere = standin.installed(monkeypatch).asarray
    for function, call in calls:
        given = {key: each for key, each in call.arguments.items() if isinstance(each, np.ndarray)}
        spoilt = [(key, bad) for key in given if key != "cache" for bad in others(given[key])]
        if len(given) > 1 or "cache" in call.arguments:
            spoilt += [(key, elsewhere(given[key])) for key in given]
        for key, bad in spoilt:
            changed = inspect.BoundArguments(call.signature, call.arguments | {key: bad})
            said = refusal(function, changed)
            assert said is None or any(each in said for each in given), (function, key, said)


def is_loss(module: ModuleType) -> bool:
    backward = functions(module).get("backward")
    return backward is not None and "dloss" in inspect.signature(backward).parameters


LOSSES = [name for name in MODULES if is_loss(importlib.import_module(name))]


@pytest.mark.parametrize("name", LOSSES, ids=lambda name: name.rpartition(".")[2])
def test_the_gradient_of_a_loss_is_a_number_of_its_library(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = examples(importlib.import_module(name), monkeypatch)
    elsewhere = standin.installed(monkeypatch).asarray
    for function, call in calls:
        if "dloss" in call.arguments:
            wanted = function(*call.args, **call.kwargs)
            same = call.arguments | {"dloss": np.asarray(float(call.arguments["dloss"]))}
            found = function(*inspect.BoundArguments(call.signature, same).args)
            assert all(map(np.array_equal, found, wanted))
            for bad in (elsewhere(np.ones(())), np.ones(2), None):
                changed = inspect.BoundArguments(call.signature, call.arguments | {"dloss": bad})
                assert "dloss" in (refusal(function, changed) or "")
