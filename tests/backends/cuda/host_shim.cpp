// Every kernel, for ctypes.
#include "host_shim.hpp"

#include "reservoir.cu"
#include "samples.cu"

EXPORT(reservoir_block_f32, Run<float>)
EXPORT(reservoir_block_f64, Run<double>)
EXPORT(reservoir_grid_f32, Run<float>)
EXPORT(reservoir_grid_f64, Run<double>)
EXPORT(readout_f32, Samples<float>)
EXPORT(readout_f64, Samples<double>)
EXPORT(normalised_delta_f32, Samples<float>)
EXPORT(normalised_delta_f64, Samples<double>)
EXPORT(least_squares_f32, Samples<float>)
EXPORT(least_squares_f64, Samples<double>)
EXPORT(high_pass_f32, Bins<float>)
EXPORT(high_pass_f64, Bins<double>)
