"""How fast gated layers are: beside PyTorch on the same arrays and threads, and as sequences get longer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..attention.catalogue import make
from ..attention.layer import Layer
from . import torch_attention, torch_memory
from .places import Place, place
from .scale import slope
from .turns import limited, median_seconds

__all__ = ["CASES", "Case", "growth", "problems", "rows"]

BATCH, LENGTH, WIDTH, HEADS = 8, 256, 256, 4
LONG = (256, 512, 1024, 2048, 4096, 8192)
TARGETS = {"eager": 1.5, "loop": 1.0, "chunked": 1.5}
_FAR = 1e-3


@attrs.frozen
class Case:
    """A layer, and what does the same in PyTorch.

    Parameters
    ----------
    layer : str
        Of the catalogue.
    settings : mapping
        Of the layer, beside its width.
    peers : mapping of str to callable
        Take PyTorch, the parameters, the input and the number of heads.
    """

    layer: str
    settings: Mapping[str, Any]
    peers: Mapping[str, Callable[..., Any]]


def _forms(layer: Callable[..., Any], **memories: Any) -> dict[str, Callable[..., Any]]:
    return {name: functools.partial(layer, memory=memory) for name, memory in memories.items()}


_MEMORIES = {"loop": torch_memory.stepped_memory, "chunked": torch_memory.chunked_memory}
_DELTAS = {"loop": torch_memory.stepped_deltas, "chunked": torch_memory.chunked_deltas}

CASES = (
    Case("feature_selection", {"heads": HEADS}, {"eager": torch_attention.feature_selection}),
    Case(
        "gated_sdpa", {"heads": HEADS, "kv_heads": HEADS // 2, "head_width": WIDTH // HEADS},
        {"eager": torch_attention.gated_sdpa, "fused": torch_attention.fused_gated_sdpa},
    ),
    Case("clipped_attention", {"heads": HEADS}, {"eager": torch_attention.clipped_attention}),
    Case(
        "gla", {"heads": HEADS},
        _forms(torch_attention.gla, **_MEMORIES),
    ),
    Case(
        "lightning", {"heads": HEADS, "norm": "rms", "eps": 1e-6},
        _forms(torch_attention.lightning, **_MEMORIES),
    ),
    Case(
        "gated_delta_net", {"heads": HEADS, "head_width": WIDTH // HEADS, "expand_v": 1.0},
        _forms(torch_attention.gated_delta_net, **_DELTAS),
    ),
    Case("rwkv_time_mix", {}, {"loop": torch_attention.rwkv_time_mix}),
)  # fmt: skip
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

    Parameters
    ----------
    layers : sequence of str, optional
        Only these.
    dtype : str
        float32 or float64.
    threads : int
        Of both sides.
    repeat : int
        Runs of each, after one that does not count.
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
    layer = make(case.layer, d_model=WIDTH, **case.settings)
    layer.load({name: array.astype(dtype) for name, array in layer.parameters.items()})
    layer.to(here.xp)
    return layer


def _case(
    case: Case, here: Place, torch: Any, dtype: str, repeat: int, threads: int
) -> Iterator[dict[str, Any]]:
    layer, x = _made(case, dtype, here), _drawn(BATCH, LENGTH, dtype, here)
    for direction in ("forward", "forward+backward"):
        contenders: dict[str, Callable[[], Any]] = {"ours": functools.partial(_ours, layer, x, direction)}
        if torch is not None:
            torch.set_num_threads(threads)
            contenders |= _peers(torch, case, layer, x, direction, here.device)
        seconds = median_seconds({name: here.done(once) for name, once in contenders.items()}, repeat)
        shared = {"layer": case.layer, "length": LENGTH, "direction": direction, "dtype": dtype}
        shared |= {"threads": threads, "seconds": seconds["ours"]}
        if torch is None:
            yield {**shared, "peer": None, "peer_seconds": None, "ratio": None, "target": None}
        for peer in [name for name in contenders if name != "ours"]:
            ratio = seconds["ours"] / seconds[peer]
            yield {**shared, "peer": f"torch {peer}", "peer_seconds": seconds[peer], "ratio": ratio,
                   "target": TARGETS.get(peer)}  # fmt: skip


def _ours(layer: Any, x: Any, direction: str) -> Any:
    y, cache = layer.forward(x)
    if direction != "forward":
        layer.backward(y, cache)
    return y


def _peers(
    torch: Any, case: Case, layer: Any, x: Any, direction: str, device: str
) -> dict[str, Callable[[], Any]]:
    there = torch.as_tensor(_numpy(x), device=device)
    parameters = {
        name: torch.as_tensor(_numpy(array), device=device) for name, array in layer.parameters.items()
    }
    wanted = _numpy(layer.forward(x)[0])
    for name, peer in case.peers.items():
        with torch.no_grad():
            far = np.abs(peer(torch, parameters, there, HEADS).cpu().numpy() - wanted).max()
        if not far <= _FAR * np.abs(wanted).max():
            raise RuntimeError(f"{case.layer}: torch {name} differs by {far:.2g}; it is not the same layer.")
    return {
        name: functools.partial(_torch, torch, peer, parameters, there, direction)
        for name, peer in case.peers.items()
    }


def _drawn(batch: int, length: int, dtype: str, here: Place) -> Any:
    x = np.random.default_rng(0).standard_normal((batch, length, WIDTH)).astype(dtype)
    return here.xp.asarray(x)


def _numpy(array: Any) -> np.ndarray[Any, Any]:
    return array if isinstance(array, np.ndarray) else array.get()


def _torch(torch: Any, peer: Any, parameters: Mapping[str, Any], x: Any, direction: str) -> None:
    if direction == "forward":
        with torch.no_grad():
            peer(torch, parameters, x, HEADS)
        return
    leaves = {name: array.detach().requires_grad_() for name, array in parameters.items()}
    y = peer(torch, leaves, x.detach().requires_grad_(), HEADS)
    y.backward(y.detach())


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
    for case in _chosen(layers):
        tell(f"attention {case.layer}: lengths to {LONG[-1]}, {dtype}, threads {threads}")
        layer = _made(case, dtype, here)
        with limited(threads):
            spent = [_seconds(layer, length, dtype, here) for length in LONG]
        for length, seconds in zip(LONG, spent, strict=True):
            yield {
                "layer": case.layer, "length": length, "direction": "forward", "dtype": dtype,
                "threads": threads, "seconds": seconds, "peer": None, "peer_seconds": None, "ratio": None,
                "slope": slope(LONG, spent),
            }  # fmt: skip


def _seconds(layer: Any, length: int, dtype: str, here: Place) -> float:
    once = functools.partial(_ours, layer, _drawn(1, length, dtype, here), "forward")
    return median_seconds({"ours": here.done(once)}, 3)["ours"]
