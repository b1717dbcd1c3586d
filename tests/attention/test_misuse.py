"""What a function is given in place of an array or an option of its example is a sentence, or answered."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import itertools
import math
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Annotated, Any, Literal

import attrs
import numpy as np
import pytest

from neurogate.attention import blocks, layers, make, operators, training
from neurogate.attention.catalogue import layer_class
from neurogate.errors import RequestError
from neurogate.units import field_types
from tests.attention import standin
from tests.attention.examples import EXAMPLES, example_layer


def modules(*packages: ModuleType) -> list[str]:
    """Return the names of the modules in packages."""
    paths = [(each.__name__, each.__path__) for each in packages]
    return [f"{name}.{module.name}" for name, path in paths for module in pkgutil.iter_modules(path)]


MODULES = [*modules(operators), "neurogate.attention.training.losses"]


def functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    named = {name: getattr(module, name) for name in module.__all__}
    return {name: each for name, each in named.items() if inspect.isroutine(each)}


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


def arrays(given: Any) -> Iterator[np.ndarray]:
    """Yield the arrays among arguments, and in tables, lists and caches of them."""
    if isinstance(given, np.ndarray):
        yield given
    elif isinstance(given, Mapping | tuple | list):
        for each in given.values() if isinstance(given, Mapping) else given:
            yield from arrays(each)


@pytest.mark.parametrize("name", [*MODULES, *modules(blocks)], ids=lambda name: name.rpartition(".")[2])
def test_nothing_that_a_function_is_given_is_changed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for function, call in examples(importlib.import_module(name), monkeypatch):
        for each in arrays(call.arguments):
            each.setflags(write=False)  # or to write what is there already would not be seen
        function(*call.args, **call.kwargs)


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


BELOW_0 = {"axis", "axes"}
FROM_0 = {
    *BELOW_0, "after", "batch", "before", "extra", "grid", "keys", "lags", "layer", "length", "number",
    "offset", "padding", "place", "queries", "reach", "seed", "shape", "step", "task", "warmup", "width",
}  # fmt: skip
"""Whole numbers that may be 0, by their names; all others are at least 1."""

SHARE, ABOVE_0 = (-0.5, 1.5), (-0.5, 0.0)
OUTSIDE = {
    "scale": (), "fill": (), "least_squares_gan.target": (),
    "clipped_softmax.low": (0.5,), "clipped_softmax.high": (0.5,),
    "eviction_loss.target": SHARE, "momentum": SHARE, "fraction": SHARE, "grafting.share": SHARE,
    "steps.low": SHARE, "rate": (-0.5, 1.0), "threshold": (-0.5, 1.0), "implicit_filter.target": (0.0, 1.0),
    "attention_weights.scale": ABOVE_0, "scaled_dot_product.scale": ABOVE_0, "task_gate.scale": ABOVE_0,
    "base": ABOVE_0, "delta": ABOVE_0, "fast": ABOVE_0, "slow": ABOVE_0, "largest": ABOVE_0,
    "patch_labels.factor": ABOVE_0, "temperature": ABOVE_0, "reach": ABOVE_0, "clicks.target": SHARE,
}  # fmt: skip
"""What numbers must not be, by their names and perhaps their modules'; all others must not be below 0."""

IGNORED = {"projected_heads"}
"""Modules that take an option of a norm if there is one."""


def parts(hint: Any) -> tuple[list[Any], list[Any]]:
    """Return what an annotation may be, and what that is made of."""
    kinds = [hint, *typing.get_args(hint)]
    return kinds, [each for kind in kinds for each in typing.get_args(kind)]


def is_name(name: str, hint: Any) -> bool:
    """Tell whether an option is a name of something."""
    return any(isinstance(each, str) for each in parts(hint)[1]) or (name == "activation" and hint is str)


def wrong(name: str, hint: Any) -> list[Any]:
    """Return what an option must not be, by its annotation; nothing if it is no count and no name."""
    kinds, inner = parts(hint)
    none = [None] * (type(None) not in kinds)
    if is_name(name, hint):
        return ["nonsense", ["nonsense"], 3, *none]
    bad = ["three", 1.5, True, *[-1] * (name not in BELOW_0), *[0] * (name not in FROM_0)]
    if largest := max((each for each in inner if isinstance(each, int)), default=0):
        return [*bad, *none, largest + 1]
    several = ["three", 1.5, *([each] * 2 for each in bad), *none] if int in inner else []
    return several + (bad + none if int in kinds else [])


def no_number(name: str, hint: Any, module: str) -> list[Any]:
    """Return what a number must not be, or a pair of them; nothing if it is neither.

    A loss, or its gradient, may be that of an array.
    """
    if hint == tuple[float, float]:
        return [None, "three", 1.0, (0.0,), (0.0, 1.0, 2.0)]
    kinds, _ = parts(hint)
    if float not in kinds or Any in kinds or name in ("cross_entropy", "judged"):
        return []
    outside = OUTSIDE.get(f"{module.rpartition('.')[2]}.{name}", OUTSIDE.get(name, (-0.5,)))
    return ["three", [1.0], 1j, math.nan, math.inf, True, *outside, *[None] * (type(None) not in kinds)]


def options(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield each count, number and name that a function takes, again and again, with what it must not be.

    What parameters are drawn for, a layer has looked at as its settings.
    """
    for name, hint in typing.get_type_hints(function).items():
        if name != "return" and (function.__name__ != "initial" or is_name(name, hint)):
            bad = wrong(name, hint) + no_number(name, hint, function.__module__)
            yield from ((name, each) for each in bad)


OPTIONS = {
    f"{place.removeprefix('neurogate.attention.')}.{name}": (place, name)
    for place in modules(operators, blocks, training, layers)
    for name, function in functions(importlib.import_module(place)).items()
    if name not in ("check", "per_axis") and place.rpartition(".")[2] not in IGNORED and [*options(function)]
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_option_is_a_sentence_that_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function = importlib.import_module(OPTIONS[name][0]), OPTIONS[name][1]
    calls = [(f, call) for f, call in examples(module, monkeypatch) if f is getattr(module, function)]
    assert calls
    for (taken, call), (key, bad) in itertools.product(calls, options(calls[0][0])):
        changed = inspect.BoundArguments(call.signature, call.arguments | {key: bad})
        with pytest.raises((RequestError, ValueError), match=rf"\b{key} is "):
            taken(*changed.args, **changed.kwargs)


@pytest.mark.parametrize("name", [each for each in EXAMPLES if [*options(layer_class(each).forward)]])
def test_a_wrong_argument_of_a_gate_is_a_sentence_that_names_it(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    for key, bad in options(type(layer).forward):
        with pytest.raises(RequestError, match=rf"\b{key} is "):
            layer.forward(*inputs, **{**more, key: bad})


@pytest.mark.parametrize("name", EXAMPLES)
def test_any_other_argument_of_a_gate_is_used_or_told_of(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    call = inspect.signature(layer.forward).bind(*example.inputs(rng), **example.more())
    for key in inspect.signature(layer.forward).parameters:
        given = call.arguments.get(key)
        strange = ("nonsense", 3, (1, 2), [True], {"a": 1}, np.ones(2), np.ones(2, bool))
        for bad in others(given) if isinstance(given, np.ndarray) else strange:
            if key not in ("maps", "training"):  # several maps are one argument; anything is true or false
                refusal(layer.forward, inspect.BoundArguments(call.signature, call.arguments | {key: bad}))


def settings_of(name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield what a gate is made with: the name of a setting, its annotation, and the example's value."""
    layer = example_layer(name)
    for field in attrs.fields(type(layer)):
        if field.init:
            yield field.name, field_types(type(layer))[field.name], getattr(layer, field.name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_wrong_setting_is_a_sentence_that_names_it(name: str) -> None:
    for key, _, _ in settings_of(name):
        for bad in ("nonsense", ["nonsense"], 1j, float("nan"), np.ones(2)):
            with pytest.raises(RequestError, match=rf"\b{key}(\[\d\])? is "):
                make(name, **{**EXAMPLES[name].settings, key: bad})


def settings_like(hint: Any, now: Any) -> Iterator[Any]:
    """Yield what else a setting may be, as far as its annotation knows."""
    base = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
    if typing.get_origin(base) is Literal:
        yield from typing.get_args(base)
    elif base in (bool, int):
        yield from (not now,) if base is bool else range(6)


@pytest.mark.parametrize("name", EXAMPLES)
def test_any_setting_is_used_or_told_of(name: str, rng: np.random.Generator) -> None:
    example = EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    for key, hint, now in settings_of(name):
        for other in settings_like(hint, now):
            with contextlib.suppress(RequestError):
                layer = make(name, **{**example.settings, key: other})
                y, cache = layer.forward(*inputs, **more)
                layer.backward(np.ones_like(y), cache)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_number_or_a_single_one_along_an_axis_is_used_or_told_of(
    name: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    (x, *rest), more = example.inputs(rng), example.more()
    for length, axis in itertools.product((0, 1), range(1, x.ndim)):
        with contextlib.suppress(RequestError):
            y, cache = layer.forward(x.take(range(length), axis), *rest, **more)
            layer.backward(np.ones_like(y), cache)
