// The memory of RWKV-4: a running mean whose weights fade, one channel of one sequence, by one thread.
#pragma once
#include "team.cuh"

// B sequences, T steps, C channels. Every field is 8 bytes.
template <typename T>
struct Wkv {
  long long batch, steps, channels;
  const T *k, *v, *dy;  // (B, T, C)
  const T *w, *u;  // (C,)
  T *mean, *mass;  // (B, C), changed: the state, or the gradient with respect to it
  T *means, *masses;  // (B, T, C): the states before each step
  T *y, *dk, *dv;  // (B, T, C)
  T *dw, *du;  // (B, C)
};

template <typename T>
DEVICE T sigmoid(T x) {
  const T small = exp(x < 0 ? x : -x);
  return (x < 0 ? small : T(1)) / (T(1) + small);
}

// y = a + s(u + k - m) (v - a), then a <- a + s(k - w - m) (v - a), m <- log(exp(w + m) + exp(k)).
template <typename T>
DEVICE void remember_channel(const Wkv<T>& given, long long b, long long c) {
  const T w = given.w[c], u = given.u[c];
  T a = given.mean[b * given.channels + c], m = given.mass[b * given.channels + c];
  for (long long t = 0; t < given.steps; ++t) {
    const long long at = (b * given.steps + t) * given.channels + c;
    const T k = given.k[at], fresh = given.v[at] - a, now = k - w - m, faded = w + m;
    given.means[at] = a;
    given.masses[at] = m;
    given.y[at] = a + sigmoid(u + k - m) * fresh;
    a = a + sigmoid(now) * fresh;
    m = (k > faded ? k : faded) + log1p(exp(now < 0 ? now : -now));
  }
  given.mean[b * given.channels + c] = a;
  given.mass[b * given.channels + c] = m;
}

// Back from the last step; mean and mass begin as the gradients after it, and end as those before the first.
template <typename T>
DEVICE void remember_adjoint_channel(const Wkv<T>& given, long long b, long long c) {
  const T w = given.w[c], u = given.u[c];
  T da = given.mean[b * given.channels + c], dm = given.mass[b * given.channels + c], dw = 0, du = 0;
  for (long long t = given.steps - 1; t >= 0; --t) {
    const long long at = (b * given.steps + t) * given.channels + c;
    const T k = given.k[at], fresh = given.v[at] - given.means[at], m = given.masses[at], dy = given.dy[at];
    const T now = sigmoid(u + k - m), kept = sigmoid(k - w - m);
    const T e = now * (T(1) - now) * fresh * dy, f = kept * (T(1) - kept) * fresh * da;
    given.dv[at] = now * dy + kept * da;
    given.dk[at] = e + f + kept * dm;
    du = du + e;
    dw = dw + ((T(1) - kept) * dm - f);
    da = (T(1) - now) * dy + (T(1) - kept) * da;
    dm = (T(1) - kept) * dm - e - f;
  }
  given.dw[b * given.channels + c] = dw;
  given.du[b * given.channels + c] = du;
  given.mean[b * given.channels + c] = da;
  given.mass[b * given.channels + c] = dm;
}
