// What the kernel of each instruction set offers. The sizes and offsets that come from a model are
// checked in Python and again in library.cpp, before they reach these functions.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace cinesent {

// Result codes of the exported functions.
enum : int32_t { OK = 0, NO_MEMORY = 1, BAD_ARGUMENT = 2 };

// One direction of an LSTM over several reviews.
//
// Weights are packed as [units / width][depth][gate][width], gates in the order input, forget, cell,
// output, multiplied by -log2(e), that of the cell by -2 log2(e): every exponential is an exp2.
// A table row holds the input's part of the gates, [units / width][gate][width], bias included.
struct Reading {
  int64_t units;
  const float* recurrent;
  const float* resident;  // (num_resident, 4 units)
  int64_t num_resident;
  const float* extra;     // (num_extra, 4 units): rows from num_resident on
  int64_t num_extra;
  int32_t backward;
  int64_t num_reviews;
  const int32_t* rows;     // the table rows of all tokens, 0 for padding
  const int64_t* offsets;  // (num_reviews + 1,): where each review begins in `rows`
  const int64_t* order;    // (num_reviews,): the longest first
  float* states;           // (num_reviews, 5, units): h, c, maximum, sum, compensation of the sum

  // For contributions; null if they are not wanted.
  const int64_t* places;   // (num_reviews,): the place of its first token in the whole review
  const float* mean_head;  // (units,)
  const float* last_head;  // (units,)
  float* best;             // (num_reviews, units): the largest value so far
  int64_t* winners;        // (num_reviews, units): the place of the token that has it
  double* mean_levels;     // h @ mean_head after each token
  double* last_levels;     // h @ last_head after each token
};

struct Kernel {
  int64_t width;  // floats in a register
  int32_t (*read)(const Reading& reading);
  // out = bias + vectors @ weights, packed as a table row; vectors are (count, depth).
  void (*project)(const float* weights, const float* bias, const float* vectors, int64_t count,
                  int64_t depth, int64_t units, float* out);
};

extern const Kernel AVX512;
extern const Kernel AVX2;
extern const Kernel NEON;

}  // namespace cinesent
