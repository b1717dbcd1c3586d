// Rows that are made alike: softmax, and mean and size taken out; rows that are shared out to heads, and those that
// windows see. A block to a row; its threads are a power of two.
#pragma once
#include "team.cuh"

// R rows of W numbers. Every field is 8 bytes; an address of 0 is of an array that is not there.
template <typename T>
struct Rows {
  long long rows, width, shown_rows, added_rows, centred;
  double eps, hidden, scale;  // what keeps zeros from division by 0; minus infinity; of scores
  const T *x, *dy;  // (R, W)
  const unsigned char *shown;  // (shown rows, W): whether a number counts; for row r its row r mod shown rows
  const T *added;  // (added rows, W): to scores, in the same way; to what is normed, R rows
  const T *weight, *bias;  // (W,)
  T *y, *unit;  // (R, W)
  T *inverse;  // (R,)
};

// Fold what each thread has into one, by halves; all get it.
template <typename T, typename Fold>
DEVICE T folded(BlockTeam<T>& team, T mine, Fold fold) {
  team.partial[team.rank] = mine;
  team.sync();
  for (int half = team.size / 2; half > 0; half /= 2) {
    if (team.rank < half) team.partial[team.rank] = fold(team.partial[team.rank], team.partial[team.rank + half]);
    team.sync();
  }
  const T all = team.partial[0];
  team.sync();
  return all;
}

template <typename T>
DEVICE T sum_of(BlockTeam<T>& team, T mine) {
  return folded(team, mine, [](T a, T b) { return a + b; });
}

// p = exp(s - max s) / sum exp(s - max s) with s = scale x + added; 0 where nothing is shown.
template <typename T>
DEVICE void softmax_row(BlockTeam<T>& team, const Rows<T>& given, long long row) {
  const T* x = given.x + row * given.width;
  const unsigned char* shown = given.shown ? given.shown + row % given.shown_rows * given.width : nullptr;
  const T* added = given.added ? given.added + row % given.added_rows * given.width : nullptr;
  T* y = given.y + row * given.width;
  const T none = static_cast<T>(given.hidden), scale = static_cast<T>(given.scale);
  T top = none;
  for (long long i = team.rank; i < given.width; i += team.size) {
    y[i] = !shown || shown[i] ? scale * x[i] + (added ? added[i] : T(0)) : none;
    top = y[i] > top ? y[i] : top;
  }
  top = folded(team, top, [](T a, T b) { return a > b ? a : b; });
  if (top == none) top = 0;
  T sum = 0;
  for (long long i = team.rank; i < given.width; i += team.size) {
    y[i] = exp(y[i] - top);
    sum = sum + y[i];
  }
  sum = sum_of(team, sum);
  if (sum == 0) sum = 1;
  for (long long i = team.rank; i < given.width; i += team.size) y[i] = y[i] / sum;
}

// dx = scale p (dy - <p, dy>); `unit` holds p.
template <typename T>
DEVICE void softmax_adjoint_row(BlockTeam<T>& team, const Rows<T>& given, long long row) {
  const T *p = given.unit + row * given.width, *dy = given.dy + row * given.width;
  T* dx = given.y + row * given.width;
  T sum = 0;
  for (long long i = team.rank; i < given.width; i += team.size) sum = sum + p[i] * dy[i];
  sum = sum_of(team, sum);
  const T scale = static_cast<T>(given.scale);
  for (long long i = team.rank; i < given.width; i += team.size) dx[i] = scale * (p[i] * (dy[i] - sum));
}

// u = (s - m) / sqrt(<(s - m)^2> + eps), y = w u + b with s = x + added; m is the mean if it is taken out, else 0.
template <typename T>
DEVICE void norm_row(BlockTeam<T>& team, const Rows<T>& given, long long row) {
  const T *x = given.x + row * given.width, *added = given.added ? given.added + row * given.width : nullptr;
  const auto at = [&](long long i) { return added ? x[i] + added[i] : x[i]; };
  T *unit = given.unit + row * given.width, *y = given.y + row * given.width;
  const T width = static_cast<T>(given.width);
  T mean = 0, square = 0;
  if (given.centred) {
    for (long long i = team.rank; i < given.width; i += team.size) mean = mean + at(i);
    mean = sum_of(team, mean) / width;
  }
  for (long long i = team.rank; i < given.width; i += team.size) square = square + (at(i) - mean) * (at(i) - mean);
  const T inverse = T(1) / sqrt(sum_of(team, square) / width + static_cast<T>(given.eps));
  if (team.rank == 0) given.inverse[row] = inverse;
  for (long long i = team.rank; i < given.width; i += team.size) {
    unit[i] = (at(i) - mean) * inverse;
    y[i] = (given.weight ? given.weight[i] * unit[i] : unit[i]) + (given.bias ? given.bias[i] : T(0));
  }
}

// With g = w dy: dx = (g - <g> - u <g u>) / size; without <g> if the mean was left in.
template <typename T>
DEVICE void norm_adjoint_row(BlockTeam<T>& team, const Rows<T>& given, long long row) {
  const T *unit = given.unit + row * given.width, *dy = given.dy + row * given.width;
  T* dx = given.y + row * given.width;
  const T width = static_cast<T>(given.width);
  T mean = 0, along = 0;
  for (long long i = team.rank; i < given.width; i += team.size) {
    const T g = given.weight ? given.weight[i] * dy[i] : dy[i];
    mean = mean + g;
    along = along + g * unit[i];
  }
  mean = given.centred ? sum_of(team, mean) / width : T(0);
  along = sum_of(team, along) / width;
  for (long long i = team.rank; i < given.width; i += team.size) {
    const T g = given.weight ? given.weight[i] * dy[i] : dy[i];
    dx[i] = (g - mean - unit[i] * along) * given.inverse[row];
  }
}

// Up to three products of linear maps, (B, S, H W), each with S and W of its own. Every field is 8 bytes.
template <typename T>
struct Heads {
  long long rows, batch, heads, upright;  // B S of the longest; which is written as (B, H, W, S), or -1
  long long steps0, steps1, steps2, width0, width1, width2;
  const T *x0, *x1, *x2;
  const T *bias0, *bias1, *bias2;  // (H W,), or not there
  T *y0, *y1, *y2;  // (B, H, S, W)
};

// y[b, h, s, w] = x[b, s, h W + w] + bias[h W + w] of row b S + s of one product
template <typename T>
DEVICE void heads_row(BlockTeam<T>& team, const Heads<T>& given, int which, long long row) {
  const T* x = which == 0 ? given.x0 : which == 1 ? given.x1 : given.x2;
  const T* bias = which == 0 ? given.bias0 : which == 1 ? given.bias1 : given.bias2;
  T* y = which == 0 ? given.y0 : which == 1 ? given.y1 : given.y2;
  const long long steps = which == 0 ? given.steps0 : which == 1 ? given.steps1 : given.steps2;
  const int width = static_cast<int>(which == 0 ? given.width0 : which == 1 ? given.width1 : given.width2);
  const int all = static_cast<int>(given.heads) * width;
  const bool upright = which == given.upright;
  if (row >= given.batch * steps) return;  // the others are longer
  const long long sequence = row / steps, step = row % steps;
  for (int i = team.rank; i < all; i += team.size) {
    const long long head = sequence * given.heads + i / width, w = i % width;
    y[upright ? (head * width + w) * steps + step : (head * steps + step) * width + w] =
        x[row * all + i] + (bias ? bias[i] : T(0));
  }
}

// Windows of C channels over three axes, whose places are rows: B sequences, or images, of sizes with margins.
template <typename T>
struct Windows {
  long long rows, channels;  // B times all places
  long long size0, size1, size2, kernel0, kernel1, kernel2, stride0, stride1, stride2, place0, place1, place2;
  const T* x;  // (B, sizes, C)
  const T* weight;  // (C, kernels)
  T* y;  // (B, places, C)
};

// y[b, i, c] = sum over t of weight[c, t] x[b, stride i + t, c]
template <typename T>
DEVICE void windows_row(BlockTeam<T>& team, const Windows<T>& given, long long row) {
  const long long i2 = row % given.place2, i1 = row / given.place2 % given.place1;
  const long long over = row / given.place2 / given.place1, i0 = over % given.place0, b = over / given.place0;
  const long long corner =
      ((b * given.size0 + i0 * given.stride0) * given.size1 + i1 * given.stride1) * given.size2 + i2 * given.stride2;
  const long long taps = given.kernel0 * given.kernel1 * given.kernel2;
  for (long long c = team.rank; c < given.channels; c += team.size) {
    const T* weight = given.weight + c * taps;
    T sum = 0;
    for (long long t0 = 0; t0 < given.kernel0; ++t0)
      for (long long t1 = 0; t1 < given.kernel1; ++t1)
        for (long long t2 = 0; t2 < given.kernel2; ++t2)
          sum += *weight++ * given.x[(corner + (t0 * given.size1 + t1) * given.size2 + t2) * given.channels + c];
    given.y[row * given.channels + c] = sum;
  }
}
