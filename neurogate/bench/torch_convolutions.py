"""Layers that mix by long convolutions, in plain PyTorch tensors; they convolve by its FFT."""

from __future__ import annotations

from typing import Any

from .torch_given import Case, Given

__all__ = ["CASES"]


def _long(g: Given, x: Any, kernel: Any) -> Any:
    """Convolve (B, T, D) with (D, lags), each channel with its own, as published: along the last axis."""
    points = 2 * x.shape[1]
    product = g.torch.fft.rfft(x.transpose(1, 2), points) * g.torch.fft.rfft(kernel, points)
    return g.torch.fft.irfft(product, points)[..., : x.shape[1]].transpose(1, 2)


def _hyena(g: Given, x: Any) -> Any:
    first, second, v = g.by_past(g.linear(x, "in"), "short").chunk(3, -1)
    u = v * first
    mixed = _long(g, u, _implicit(g.part("filter"), *x.shape[1:])) + g["skip"] * u
    return g.linear(second * mixed, "out")


def _implicit(g: Given, length: int, width: int) -> Any:
    """Return the filter that a small network makes of places, with a window."""
    h, last = g["positions"][:length], sum(name.endswith("weight") for name in g.parameters) - 1
    for i in range(last):
        h = g.torch.sin(g["frequency"] * g.linear(h, f"map{i}"))
    time = g.torch.linspace(0, 1, len(g["positions"]), device=h.device)[:length].to(h)
    ends = [4.605170185988091 / share for share in (1.5, 0.3)]  # minus the logarithm of a hundredth
    rates = g.torch.linspace(*ends, width, device=h.device).to(h)
    return (g.linear(h, f"map{last}") * (-time[:, None] * rates).exp()).T


def _h3(g: Given, x: Any) -> Any:
    q, k, v = (g.linear(x, name) for name in "qkv")
    places = g["shift.b"].shape[-1]
    shift = g.torch.fft.rfft(g["shift.b"], 2 * places).conj() * g.torch.fft.rfft(g["shift.c"], 2 * places)
    k = _long(g, k, g.torch.fft.irfft(shift, 2 * places)[:, :places]) + g["shift.skip"] * k
    product = k * v
    remembered = _long(g, product, _diagonal(g.part("diagonal"), x.shape[1])) + g["skip"] * product
    return g.linear(q * remembered, "o")


def _diagonal(g: Given, lags: int) -> Any:
    """Return the kernel of a diagonal state space, by the bilinear rule."""
    step, decay = g["log_step"].exp()[:, None], g["log_decay"].exp()
    b, c = (g.torch.view_as_complex(g[name]) for name in "bc")
    a = step * g.torch.complex(-decay, g["frequency"])
    rate = ((1 + a / 2) / (1 - a / 2)).log()
    powers = (rate[..., None] * g.torch.arange(lags, device=step.device)).exp()
    return 2 * g.torch.einsum("hn,hnl->hl", b * c * step / (1 - a / 2), powers).real


def _seqboat(g: Given, x: Any, window: int = 128) -> Any:
    m = g.f.silu(_averaged(g.part("ema"), g.norm(x, "norm"), x.shape[1]))
    p = g.torch.softmax(g.linear(m, "route") * (-g["temperature"]).exp(), -1)
    active = p[..., 1] > p[..., 0]
    most = int(active.sum(1).max())
    places = g.torch.sort(active.logical_not().to(g.torch.int8), dim=1, stable=True)[1][:, :most]
    index = places[..., None].expand(-1, -1, x.shape[-1])
    held = active.gather(1, places)
    h = _unit(g.part("unit"), m.gather(1, index), places, held, window) * held[..., None]
    attended = g.torch.zeros_like(x).scatter(1, index, h)
    return g.f.silu(g.linear(m, "candidate") + (p[..., 1] * active)[..., None] * attended + x)


def _averaged(g: Given, x: Any, length: int) -> Any:
    """Return the damped moving averages of each channel, by a kernel as long as the sequence."""
    p, a = g.torch.sigmoid(g["delta"]), g.torch.sigmoid(g["alpha"])
    lags = g.torch.arange(length, dtype=x.dtype, device=x.device)
    powers = ((1 - p * a).log()[..., None] * lags).exp()
    written = p * g["beta"] * g["gamma"] * g["gamma"].shape[1] ** -0.5
    return g["omega"] * x + _long(g, x, g.torch.einsum("dn,dnl->dl", written, powers))


def _unit(g: Given, x: Any, places: Any, held: Any, window: int) -> Any:
    """Return gated attention of squared scores between the tokens that were chosen."""
    z, r, v = (g.f.silu(g.linear(x, name)) for name in "zrv")
    q, k = (g[f"{name}.scale"] * z + g[f"{name}.shift"] for name in "qk")
    most = len(g["relative"]) // 2
    bias = g["relative"][(places[:, None] - places[..., None]).clip(-most, most) + most]
    lags = g.lags(x)
    seen = (lags >= 0) & (lags <= window) & held[:, None]
    weights = g.f.relu(q @ k.transpose(-1, -2) / window + bias).square() * seen
    return g.linear(weights @ v * r, "o")


CASES = (
    Case("hyena", {"eager": _hyena}, {"l_max": 8192}),
    Case("h3", {"eager": _h3}, {"l_max": 8192}),
    Case("seqboat", {"eager": _seqboat}, {"d_query": 64, "d_value": 512}),
)
"""What is measured of them."""
