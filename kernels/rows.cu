// Softmax and norms of rows, heads of rows, and windows of channels: a block takes one row after the other.
#include "rows.cuh"

template <typename T>
__global__ void __launch_bounds__(512) rows_softmax(Rows<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x) softmax_row(team, given, row);
}

template <typename T>
__global__ void __launch_bounds__(512) rows_softmax_adjoint(Rows<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x) softmax_adjoint_row(team, given, row);
}

template <typename T>
__global__ void __launch_bounds__(512) rows_norm(Rows<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x) norm_row(team, given, row);
}

template <typename T>
__global__ void __launch_bounds__(512) rows_norm_adjoint(Rows<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x) norm_adjoint_row(team, given, row);
}

template <typename T>
__global__ void __launch_bounds__(512) rows_heads(Heads<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x)
    heads_row(team, given, static_cast<int>(blockIdx.y), row);
}

template <typename T>
__global__ void __launch_bounds__(512) rows_windows(Windows<T> given) {
  BlockTeam<T> team(0);
  for (long long row = blockIdx.x; row < given.rows; row += gridDim.x) windows_row(team, given, row);
}
