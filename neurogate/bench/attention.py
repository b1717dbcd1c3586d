"""How fast gated layers are: beside PyTorch on the same arrays and threads, and as sequences get longer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..attention.catalogue import make
from ..attention.examples import over_examples
from ..attention.layer import Layer
from . import torch_convolutions, torch_places, torch_recurrences, torch_softmax
from .places import Place, place
from .scale import slope
from .torch_given import Case, Given
from .turns import limited, median_seconds

__all__ = ["CASES", "growth", "problems", "rows"]

BATCH, LENGTH, WIDTH = 8, 256, 256
LONG = (256, 512, 1024, 2048, 4096, 8192)
TARGETS = {"eager": 1.5, "loop": 1.0, "chunked": 1.5}
_FAR, _LEAST = 1e-6, 1e-3


CASES = (*torch_softmax.CASES, *torch_places.CASES, *torch_recurrences.CASES, *torch_convolutions.CASES)
"""What is measured; more peers of a layer make more rows."""


def problems(backend: str, threads: Sequence[int]) -> list[str]:
    """Say what cannot be asked of `rows`, in sentences.

    Parameters
    ----------
    backend : str
        As it was asked for.
    threads : sequence of int
        In turn.

    Examples
    --------
    >>> problems("cuda", [1, 2])
    ['--threads is 1 2, which on a GPU changes nothing but the label. Give one.']
    """
    found = []
    if backend == "numpy":
        found.append("--backend is numpy; layers compute the same with numba. Give numba or cuda.")
    if backend == "cuda" and len(threads) > 1:
        told = " ".join(map(str, threads))
        found.append(f"--threads is {told}, which on a GPU changes nothing but the label. Give one.")
    return found


def rows(
    layers: Sequence[str] | None, dtype: str, threads: int, repeat: int, tell: Callable[[str], object],
    backend: str = "numba",
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Measure each layer forward, and forward and backward, in turn with its peers; the median counts.

    On a processor each thread takes some of the sequences (`neurogate.attention.examples`).

    Parameters
    ----------
    layers : sequence of str, optional
        Only these.
    dtype : str
        float32 or float64.
    threads : int
        Of both sides.
    repeat : int
        Turns of each, after a first one that does not count, as the first three runs of a turn do not.
    tell : callable
        Is told what is measured.
    backend : str
        "cuda" for CuPy beside PyTorch on a GPU, which must be there.

    Yields
    ------
    dict
        layer, length, direction, dtype, threads, seconds, peer, peer_seconds, ratio (ours over the peer's)
        and target (what the ratio shall be at most, or None). Without PyTorch the peer is None.

    Raises
    ------
    RuntimeError
        If a peer's output is not ours.
    """
    here = place(backend)
    torch = here.torch(tell)
    with limited(threads):
        for case in _chosen(layers):
            tell(f"attention {case.layer}: {dtype}, threads {threads}, {BATCH} x {LENGTH} x {WIDTH}")
            yield from _case(case, here, torch, dtype, repeat, threads)


def _chosen(layers: Sequence[str] | None) -> list[Case]:
    return [case for case in CASES if not layers or case.layer in layers]


def _made(case: Case, dtype: str, here: Place) -> Layer:
    """Make a layer of which no parameter is 0, as some are at the start, so that none goes unseen."""
    width = {case.width: WIDTH} if case.width else {}
    layer, rng = make(case.layer, **width, **case.settings), np.random.default_rng(0)
    for each in (layer, *_frozen(layer)):
        noisy = {name: a + 0.02 * rng.standard_normal(a.shape) for name, a in each.parameters.items()}
        each.load({name: array.astype(dtype) for name, array in noisy.items()})
    layer.to(here.xp)
    return layer


def _frozen(layer: Layer) -> list[Layer]:
    frozen = getattr(layer, "frozen", None)
    return [frozen] if isinstance(frozen, Layer) else []


def _case(
    case: Case, here: Place, torch: Any, dtype: str, repeat: int, threads: int
) -> Iterator[dict[str, Any]]:
    if torch is not None:
        torch.set_num_threads(threads)
        _agree(case, here, torch)
    layer, inputs = _made(case, dtype, here), _drawn(case, BATCH, LENGTH, dtype, here)
    shares = threads if here.device == "cpu" else 1
    for direction in ("forward", "forward+backward"):
        contenders: dict[str, Callable[[], Any]] = {
            "ours": functools.partial(_ours, layer, inputs, direction, case.moved, shares)
        }
        if torch is not None:
            contenders |= _peers(torch, case, layer, inputs, direction, here.device)
        seconds = median_seconds(
            {name: here.done(once) for name, once in contenders.items()}, repeat, here.rest, here.warm
        )
        shared = {"layer": case.layer, "length": LENGTH, "direction": direction, "dtype": dtype}
        shared |= {"threads": threads, "seconds": seconds["ours"]}
        if torch is None:
            yield {**shared, "peer": None, "peer_seconds": None, "ratio": None, "target": None}
        for peer in [name for name in contenders if name != "ours"]:
            ratio = seconds["ours"] / seconds[peer]
            yield {**shared, "peer": f"torch {peer}", "peer_seconds": seconds[peer], "ratio": ratio,
                   "target": TARGETS.get(peer)}  # fmt: skip


def _agree(case: Case, here: Place, torch: Any) -> None:
    """Complain unless each peer has the output and gradients of the layer, for one sequence of float64."""
    layer, inputs = _made(case, "float64", here), _drawn(case, 1, LENGTH, "float64", here)
    wanted = _ours(layer, inputs, "forward+backward")
    for name, run in _peers(torch, case, layer, inputs, "forward+backward", here.device).items():
        found = run()
        for what, array in wanted.items():
            ours, far = _numpy(array), _FAR * (abs(_numpy(array)).max() + _LEAST)
            theirs = found[what].cpu().numpy() if found[what] is not None else 0 * ours
            if not (ours.shape == theirs.shape and np.abs(theirs - ours).max() <= far):
                raise RuntimeError(
                    f"{case.layer}: torch {name} has another {what}; it is not the same layer."
                )


Arrays = dict[str, Any]


def _ours(
    layer: Any, inputs: Mapping[str, Any], direction: str, moved: Sequence[str] = (), shares: int = 1
) -> Arrays:
    """Return the output, and what backward gives for it as its own gradient; threads share the sequences."""
    by_sequence = ("x", *moved)

    def some(part: slice) -> Arrays:
        own = {name: given[part] if name in by_sequence else given for name, given in inputs.items()}
        y, cache = layer.forward(own.pop("x"), **own)
        if direction == "forward":
            return {"output": y}
        dx, gradients = layer.backward(y, cache)
        found = dict(zip(inputs, dx if isinstance(dx, tuple) else [dx], strict=False))
        return {"output": y, **found, **gradients}

    parts = over_examples(some, len(inputs["x"]), shares)
    if len(parts) == 1:
        return parts[0]
    return {
        name: np.concatenate(arrays) if name in ("output", *by_sequence) else sum(arrays)
        for name, arrays in ((name, [part[name] for part in parts]) for name in parts[0])
    }


def _peers(
    torch: Any, case: Case, layer: Layer, inputs: Mapping[str, Any], direction: str, device: str
) -> dict[str, Callable[[], Arrays]]:
    def there(given: Any) -> Any:
        if isinstance(given, tuple):
            return tuple(map(there, given))
        return torch.as_tensor(_numpy(given), device=device)

    still = {f"frozen.{name}": there(a) for each in _frozen(layer) for name, a in each.parameters.items()}
    still |= {name: there(given) for name, given in inputs.items() if name not in ("x", *case.moved)}
    moved = {name: there(inputs[name]) for name in ("x", *case.moved)}
    moved |= {name: there(array) for name, array in layer.parameters.items()}
    return {
        name: functools.partial(_torch, torch, peer, moved, still, list(inputs), direction)
        for name, peer in case.peers.items()
    }


def _torch(
    torch: Any, peer: Any, moved: Arrays, still: Arrays, inputs: Sequence[str], direction: str
) -> Arrays:
    """Do the same in PyTorch, which keeps no account of gradients for a forward alone."""
    back = direction != "forward"
    leaves = {name: array.detach().requires_grad_(back) for name, array in moved.items()}
    every = leaves | still
    with torch.set_grad_enabled(back):
        y = peer(Given(torch, every), **{name: every[name] for name in inputs})
    if not back:
        return {"output": y}
    y.backward(y.detach())
    return {"output": y.detach(), **{name: leaf.grad for name, leaf in leaves.items()}}


def _drawn(case: Case, batch: int, length: int, dtype: str, here: Place) -> Arrays:
    """Return the input, "x", and what is put in beside it."""
    shape = case.shape(batch, length, WIDTH)
    drawn = {"x": np.random.default_rng(0).standard_normal(shape), **case.beside(shape)}

    def ready(given: Any) -> Any:
        if isinstance(given, tuple):
            return tuple(map(ready, given))
        return here.xp.asarray(given.astype(dtype) if given.dtype.kind == "f" else given)

    return {name: ready(given) for name, given in drawn.items()}


def _numpy(array: Any) -> np.ndarray[Any, Any]:
    return array if isinstance(array, np.ndarray) else array.get()


def growth(
    layers: Sequence[str] | None, dtype: str, threads: int, tell: Callable[[str], object],
    backend: str = "numba",
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Measure how the seconds of a forward grow with the length, one sequence at a time.

    Parameters
    ----------
    layers : sequence of str, optional
        Only these.
    dtype : str
        float32 or float64.
    threads : int
        As many as it may take.
    tell : callable
        Is told what is measured.
    backend : str
        As in `rows`.

    Yields
    ------
    dict
        layer, length, direction, dtype, threads, seconds, and the slope of the logarithms over all lengths.
    """
    here = place(backend)
    for case in filter(lambda case: case.grows, _chosen(layers)):
        tell(f"attention {case.layer}: lengths to {LONG[-1]}, {dtype}, threads {threads}")
        layer = _made(case, dtype, here)
        with limited(threads):
            spent = [_seconds(case, layer, length, dtype, here) for length in LONG]
        for length, seconds in zip(LONG, spent, strict=True):
            yield {
                "layer": case.layer, "length": length, "direction": "forward", "dtype": dtype,
                "threads": threads, "seconds": seconds, "peer": None, "peer_seconds": None, "ratio": None,
                "slope": slope(LONG, spent),
            }  # fmt: skip


def _seconds(case: Case, layer: Any, length: int, dtype: str, here: Place) -> float:
    once = functools.partial(_ours, layer, _drawn(case, 1, length, dtype, here), "forward")
    return median_seconds({"ours": here.done(once)}, 3)["ours"]
