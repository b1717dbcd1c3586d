// Linear attention: a block in x to a head, threads and blocks in y to its columns.
#include "recurrence.cuh"

template <typename T>
__global__ void __launch_bounds__(512) recurrence_scan(Recurrence<T> given) {
  const int columns = static_cast<int>(given.columns);
  for (int j = blockIdx.y * blockDim.x + threadIdx.x; j < columns; j += gridDim.y * blockDim.x)
    scan_column(given, blockIdx.x, j);
}

template <typename T>
__global__ void __launch_bounds__(512) recurrence_correct(Recurrence<T> given) {
  const int columns = static_cast<int>(given.columns);
  for (int j = blockIdx.y * blockDim.x + threadIdx.x; j < columns; j += gridDim.y * blockDim.x)
    correct_column(given, blockIdx.x, j);
}

template <typename T>
__global__ void __launch_bounds__(512) recurrence_correct_adjoint(Recurrence<T> given) {
  const int columns = static_cast<int>(given.columns);
  for (int j = blockIdx.y * blockDim.x + threadIdx.x; j < columns; j += gridDim.y * blockDim.x)
    correct_adjoint_column(given, blockIdx.x, j);
}
