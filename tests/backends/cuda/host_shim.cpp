// Every kernel, for ctypes.
#include "host_shim.hpp"

#include "reservoir.cu"
#include "samples.cu"
#include "recurrence.cu"
#include "wkv.cu"
#include "rows.cu"

#define EXPORT_BOTH(kernel, Argument) EXPORT(kernel, Argument, float) EXPORT(kernel, Argument, double)

EXPORT_BOTH(reservoir_block, Run)
EXPORT_BOTH(reservoir_grid, Run)
EXPORT_BOTH(readout, Samples)
EXPORT_BOTH(normalised_delta, Samples)
EXPORT_BOTH(least_squares, Samples)
EXPORT_BOTH(high_pass, Bins)
EXPORT_BOTH(recurrence_scan, Recurrence)
EXPORT_BOTH(recurrence_correct, Recurrence)
EXPORT_BOTH(recurrence_correct_adjoint, Recurrence)
EXPORT_BOTH(wkv_remember, Wkv)
EXPORT_BOTH(wkv_remember_adjoint, Wkv)
EXPORT_BOTH(rows_softmax, Rows)
EXPORT_BOTH(rows_softmax_adjoint, Rows)
EXPORT_BOTH(rows_norm, Rows)
EXPORT_BOTH(rows_norm_adjoint, Rows)
EXPORT_BOTH(rows_heads, Heads)
EXPORT_BOTH(rows_windows, Windows)
