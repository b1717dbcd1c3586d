// A matrix that fades and collects outer products: one column of one head, by one thread, which waits for nobody.
// Sums go over rows, in ascending order.
#pragma once
#include "team.cuh"

// B sequences, T steps, H heads, R rows and C columns of the state. Every field is 8 bytes.
template <typename T>
struct Recurrence {
  long long steps, heads, rows, columns, decays, by_columns, adjoint;
  const T *read, *write;  // (B, T, H, R)
  const T *value, *decay, *share;  // (B, T, H, C), (B, T, H, decays), (B, T, H)
  T *state, *out, *error;  // (B, H, R, C), changed; (B, T, H, C) twice
};

// Where the vectors of step t of a head are, counted in vectors.
template <typename T>
DEVICE long long place(const Recurrence<T>& given, long long head, long long t) {
  return (head / given.heads * given.steps + t) * given.heads + head % given.heads;
}

// S <- a S + w x', out = S' r. The adjoint goes back from the last step, and fades after it reads.
template <typename T>
DEVICE void scan_column(const Recurrence<T>& given, long long head, int j) {
  const int rows = static_cast<int>(given.rows), columns = static_cast<int>(given.columns);
  const bool many = given.decays > 1;
  const int across = many && !given.by_columns, first = many && given.by_columns ? j : 0;
  const T* fade = nullptr;
  T* s = given.state + head * rows * columns + j;
  for (long long step = 0; step < given.steps; ++step) {
    const long long at = place(given, head, given.adjoint ? given.steps - 1 - step : step);
    const T *r = given.read + at * rows, *w = given.write + at * rows, x = given.value[at * columns + j];
    const T* here = given.decay + at * given.decays + first;
    if (!given.adjoint) fade = here;
    T sum = 0;
#pragma unroll 4
    for (int i = 0; i < rows; ++i) {
      T* cell = s + static_cast<long long>(i) * columns;
      const T left = fade ? fade[i * across] * *cell : *cell;
      *cell = left + w[i] * x;
      sum = sum + r[i] * *cell;
    }
    given.out[at * columns + j] = sum;
    fade = here;
  }
  if (given.adjoint && fade)
    for (int i = 0; i < rows; ++i) s[static_cast<long long>(i) * columns] *= fade[i * across];
}

// u = v - a S' k, S <- a S + share k u', out = S' q, with q = read, k = write, v = value.
template <typename T>
DEVICE void correct_column(const Recurrence<T>& given, long long head, int j) {
  const int rows = static_cast<int>(given.rows), columns = static_cast<int>(given.columns);
  T* s = given.state + head * rows * columns + j;
  for (long long t = 0; t < given.steps; ++t) {
    const long long at = place(given, head, t);
    const T *q = given.read + at * rows, *k = given.write + at * rows, fade = given.decay[at];
    T u = given.value[at * columns + j], sum = 0;
#pragma unroll 4
    for (int i = 0; i < rows; ++i) {
      T* cell = s + static_cast<long long>(i) * columns;
      *cell = fade * *cell;
      u = u - k[i] * *cell;
    }
#pragma unroll 4
    for (int i = 0; i < rows; ++i) {
      T* cell = s + static_cast<long long>(i) * columns;
      *cell = *cell + given.share[at] * k[i] * u;
      sum = sum + q[i] * *cell;
    }
    given.out[at * columns + j] = sum;
    given.error[at * columns + j] = u;
  }
}

// Back from the last step: D <- D + q x', out = D' k, D <- a (D - share k out').
template <typename T>
DEVICE void correct_adjoint_column(const Recurrence<T>& given, long long head, int j) {
  const int rows = static_cast<int>(given.rows), columns = static_cast<int>(given.columns);
  T* s = given.state + head * rows * columns + j;
  for (long long t = given.steps - 1; t >= 0; --t) {
    const long long at = place(given, head, t);
    const T *q = given.read + at * rows, *k = given.write + at * rows, fade = given.decay[at];
    const T x = given.value[at * columns + j];
    T sum = 0;
#pragma unroll 4
    for (int i = 0; i < rows; ++i) {
      T* cell = s + static_cast<long long>(i) * columns;
      *cell = *cell + q[i] * x;
      sum = sum + k[i] * *cell;
    }
#pragma unroll 4
    for (int i = 0; i < rows; ++i) {
      T* cell = s + static_cast<long long>(i) * columns;
      *cell = fade * (*cell - given.share[at] * k[i] * sum);
    }
    given.out[at * columns + j] = sum;
  }
}
