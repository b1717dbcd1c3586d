// Filters: exponential x and double exponential (x, y) of synapses and traces; the high-pass over bins.
#pragma once
#include "team.cuh"

template <typename T>
DEVICE void filter(T& x, T& y, T decay, T rise, bool twice, T dt) {
  if (twice) {
    x = rise * x + dt * y;
    y = decay * y;
  } else {
    x = decay * x;
  }
}

// x, h: (bins, n); gain, memory: (n,).
template <typename T>
DEVICE void filter_bins(const T* x, T* h, const T* gain, T* memory, long long bins, int n, T rate, int i) {
  T m = memory[i];
  for (long long t = 0; t < bins; ++t) {
    const T now = x[t * n + i];
    m = m + rate * (now - m);
    h[t * n + i] = gain[i] * (now - m);
  }
  memory[i] = m;
}
