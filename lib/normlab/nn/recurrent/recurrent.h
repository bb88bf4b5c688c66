// Recurrent layers over whole sequences, time-major: x (T, B, D) to y (T, B, H). One operation per layer and
// direction.
//
// Parameters are named as those of torch.nn.RNN, LSTM and GRU below a prefix, with "_reverse" appended for
// the reverse direction; those of a plain layer load into the PyTorch module. G is 1 (tanh), 4 (lstm: i, f,
// g, o) or 3 (gru: r, z, n):
//   weight_ih_l0 (G H, D), weight_hh_l0 (G H, H); under weight norm each has "_g" and "_v" instead
//   bias_ih_l0, bias_hh_l0 (G H)      none and weight
// A normalized layer has instead
//   lstm   bias_ih_l0, gain_ih_l0, gain_hh_l0 (4 H), gain_c_l0 (H); bias_c_l0 (H) except under rms
//   gru    bias_ih_l0, gain_ih_l0, gain_hh_l0 (3 H), bias_hn_l0 (H)
//   tanh   gain_l0, bias_l0 (H), but under batch gain_ih_l0, gain_hh_l0, bias_ih_l0 (H)
// of which norm.affine "gain" leaves the gains alone (under rms all), false nothing. Besides
//   dyt    an alpha beside each gain, as alpha_ih_l0 (1), whatever norm.affine is
//   batch  running_mean_ih_l0, running_var_ih_l0 (T, G H) and the same for hh (and c (T, H) for lstm)
#pragma once

#include <string>

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/norm/norm_spec.h"
#include "normlab/nn/recurrent/recurrent_spec.h"

namespace normlab {

// Declares the layer's parameters and records it. Batch norm keeps running statistics for every time step of
// the first graph recorded, which must be the longest that is trained; an evaluation of a longer sequence
// uses the last step's. A carried state cannot be reversed.
template <class T>
Value<T>& add_recurrent(Graph<T>& graph, Parameters<T>& parameters, const std::string& prefix, Value<T>& x,
                        const RecurrentSpec& spec, const NormSpec& norm, CarriedState carry);

// The carried states of all layers, of the graphs of one mode, become zero.
template <class T>
void reset_carried_state(Parameters<T>& parameters, Mode mode);

}  // namespace normlab
