// What the kernel of a reservoir is told: every field is 8 bytes, in the order in which the host packs them.
#pragma once
#include "team.cuh"

// B replicas, T steps, N neurons, P parameters, K inputs, R readouts, S synapses, D steps of the ring.
template <typename T>
struct Run {
  long long neurons, parameter_rows, inputs, readouts, synapses, depth, steps, done;
  // Distance between two neurons in rows that may be one number wide.
  long long parameter_step, synapse_step, trace_step;
  long long model, half_step, double_synapse, double_trace, noisy, external, delayed, passing;
  long long groups, record_length;
  long long lesson, every, offset, first, last, start, divided;  // lesson: -1 none, 0 delta, 1 least squares
  double dt_ms, saturation, forgetting, grow, mu;
  // Working memory of a replica: bytes from its beginning, its size, and whether it is shared memory.
  long long at_feedback, at_results, at_c, at_scaled, at_fired, at_verdict, at_noise, at_events, at_values;
  long long space_bytes, in_shared;
  long long replica;  // for a grid, which works on one replica

  const unsigned long long* seed;
  const T *parameters, *bias, *input_weights, *noise_sd;
  const double *poisson_mean, *poisson_none;
  const T *poisson_weight, *feedback_weights;
  const T *synapse_decay, *synapse_rise, *trace_decay, *trace_rise, *trace_kick;
  const long long* indptr;
  const int* targets;
  const T* weights;
  const int* delays;
  const T *use, *facilitation_decay, *depression_decay;
  T *short_term, *efficacy;  // the latter of the spikes of this step and of the one before
  T *values, *pending, *feedback, *readout_weights, *inverse;
  const T *drive, *wanted, *course, *rate, *normals;  // inputs, and targets of the lesson
  const long long *record_variable, *record_stride, *record_start, *record_neurons, *record_offset;
  T* records;
  long long* status;  // (B, 3): code, completed steps, neuron
  char* space;
  unsigned long long* arrived;  // barrier of a grid
};

// One replica's part of it. Pointers are made where they are used: kept, they would fill the registers.
template <typename T>
struct Replica {
  const Run<T>& run;
  long long b;
  int n;
  char* space;  // working memory

  DEVICE const T* parameters() const { return run.parameters + b * run.parameter_rows * (run.parameter_step ? run.neurons : 1); }
  DEVICE const T* bias() const { return run.bias + b * run.neurons; }
  DEVICE const T* input_weights() const { return run.input_weights + b * run.inputs * run.neurons; }
  DEVICE const T* noise_sd() const { return run.noise_sd + b * run.neurons; }
  DEVICE const double* poisson_mean() const { return run.poisson_mean + b * run.neurons; }
  DEVICE const double* poisson_none() const { return run.poisson_none + b * run.neurons; }
  DEVICE const T* poisson_weight() const { return run.poisson_weight + b * run.neurons; }
  DEVICE const T* feedback_weights() const { return run.feedback_weights + b * run.readouts * run.neurons; }
  DEVICE const T* synapse_decay() const { return run.synapse_decay + b * (run.synapse_step ? run.neurons : 1); }
  DEVICE const T* synapse_rise() const { return run.synapse_rise + b * (run.synapse_step ? run.neurons : 1); }
  DEVICE const T* trace_decay() const { return run.trace_decay + b * (run.trace_step ? run.neurons : 1); }
  DEVICE const T* trace_rise() const { return run.trace_rise + b * (run.trace_step ? run.neurons : 1); }
  DEVICE const T* trace_kick() const { return run.trace_kick + b * (run.trace_step ? run.neurons : 1); }
  DEVICE const long long* indptr() const { return run.indptr + b * (run.neurons + 1); }
  DEVICE const int* targets() const { return run.targets + b * run.synapses; }
  DEVICE const int* delays() const { return run.delays + b * run.synapses; }
  DEVICE const T* weights() const { return run.weights + b * run.synapses; }
  DEVICE const T* use() const { return run.use + b * run.neurons; }
  DEVICE const T* facilitation_decay() const { return run.facilitation_decay + b * run.neurons; }
  DEVICE const T* depression_decay() const { return run.depression_decay + b * run.neurons; }
  DEVICE T* short_term() const { return run.short_term + b * 2 * run.neurons; }
  DEVICE T* efficacy(long long step) const { return run.efficacy + (b * 2 + step % 2) * run.neurons; }
  DEVICE T* pending() const { return run.pending + b * run.depth * run.neurons; }
  DEVICE T* readout_weights() const { return run.readout_weights + b * run.readouts * run.neurons; }
  DEVICE T* inverse() const { return run.inverse + b * run.neurons * run.neurons; }
  DEVICE T* records() const { return run.records + b * run.record_length; }
  DEVICE const T* drive() const { return run.drive + b * run.steps * run.inputs; }
  DEVICE const T* wanted() const { return run.wanted + b * run.steps * run.readouts; }
  DEVICE const T* course() const { return run.course + b * run.steps; }

  // Rows of n as in the layout of the state.
  DEVICE T* values() const {
    return run.in_shared ? reinterpret_cast<T*>(space + run.at_values) : run.values + b * 6 * run.neurons;
  }
  DEVICE T* feedback() const { return reinterpret_cast<T*>(space + run.at_feedback); }
  DEVICE T* results() const { return reinterpret_cast<T*>(space + run.at_results); }
  DEVICE T* c() const { return reinterpret_cast<T*>(space + run.at_c); }
  DEVICE T* scaled() const { return reinterpret_cast<T*>(space + run.at_scaled); }
  DEVICE unsigned* fired() const { return reinterpret_cast<unsigned*>(space + run.at_fired); }
  DEVICE unsigned* verdict() const { return reinterpret_cast<unsigned*>(space + run.at_verdict); }
  DEVICE unsigned* noise() const { return reinterpret_cast<unsigned*>(space + run.at_noise); }
  DEVICE unsigned* events() const { return reinterpret_cast<unsigned*>(space + run.at_events); }
};

// The neurons that fired at a step: a bit each, and one more word that says whether there are any.
DEVICE int words(int n) { return (n + 31) / 32 + 1; }

template <typename T>
DEVICE unsigned* fired_at(const Replica<T>& r, long long step) {
  return r.fired() + step % 3 * words(r.n);
}
