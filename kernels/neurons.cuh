// One step of the two Izhikevich models; returns whether the neuron has fired. Its reset is the caller's.
#pragma once
#include "team.cuh"

// p: rows a, b, c, d, v_peak, `width` apart.
template <typename T>
DEVICE bool izhikevich_2003(T& v, T& u, T current, const T* p, long long width, double dt_ms, bool half_step) {
  const T a = p[0], b = p[width], dt = T(dt_ms), half = T(0.5 * dt_ms);
  const T old = v;
  if (half_step) {
    v = v + half * ((T(0.04) * v + T(5)) * v + T(140) - u + current);
    v = v + half * ((T(0.04) * v + T(5)) * v + T(140) - u + current);
    u = u + dt * a * (b * v - u);
  } else {
    v = v + dt * ((T(0.04) * v + T(5)) * v + T(140) - u + current);
    u = u + dt * a * (b * old - u);
  }
  return v >= p[4 * width];
}

// p: rows C, k, v_r, v_t, v_peak, a, b, c, d, `width` apart.
template <typename T>
DEVICE bool izhikevich_2007(T& v, T& u, T current, const T* p, long long width, double dt_ms, bool half_step) {
  const T capacitance = p[0], k = p[width], v_r = p[2 * width], v_t = p[3 * width];
  const T a = p[5 * width], b = p[6 * width], dt = T(dt_ms);
  const T old = v;
  if (half_step) {
    const T half = T(0.5 * dt_ms) / capacitance;
    v = v + half * (k * (v - v_r) * (v - v_t) - u + current);
    v = v + half * (k * (v - v_r) * (v - v_t) - u + current);
    u = u + dt * a * (b * (v - v_r) - u);
  } else {
    v = v + dt / capacitance * (k * (v - v_r) * (v - v_t) - u + current);
    u = u + dt * a * (b * (old - v_r) - u);
  }
  return v >= p[4 * width];
}
