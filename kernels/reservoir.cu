// Reservoirs: one block to a replica, or all blocks to the replica that `run` names; every step inside.
#include "reservoir.cuh"

template <typename T>
__global__ void __launch_bounds__(512) reservoir_block(Run<T> run) {
  BlockTeam<T> team(static_cast<int>(run.neurons));
  char* shared = DYNAMIC_SHARED + sizeof(T) * blockDim.x;
  run_replica(run, team, blockIdx.x, run.in_shared ? shared : run.space + blockIdx.x * run.space_bytes);
}

template <typename T>
__global__ void __launch_bounds__(256, 1) reservoir_grid(Run<T> run) {
  GridTeam<T> team(static_cast<int>(run.neurons), run.arrived);
  run_replica(run, team, run.replica, run.space);
}
