// The kernel, written once. Each kernel_*.cpp includes it with its own registers:
//
//   WIDTH           floats in a register
//   ROWS            reviews of a tile: ROWS * 4 accumulators fit the registers
//   fma, broadcast, load, store, at_least, at_most
//
// Everything has internal linkage, since the files are compiled with different processor flags. No
// expression is contracted (-ffp-contract=off) and no sum depends on the shape of a tile, so a
// review's numbers are the same to the bit whatever it is computed together with.

#include <stdlib.h>

#include "kernel.h"

namespace {

using cinesent::Reading;

typedef float Floats __attribute__((vector_size(4 * WIDTH)));
typedef int32_t Integers __attribute__((vector_size(4 * WIDTH)));

constexpr int GATES = 4;
// Reviews that are read at a time: a block of weights in the first cache serves all of them.
constexpr int SLOTS = 24;
constexpr int PARTS = 5;  // h, c, maximum, sum, compensation

#define INLINE inline __attribute__((always_inline))

// 2**x with a relative error of 7.5e-8; beyond 2**40 a sigmoid is 0 or 1 in float32.
INLINE Floats exp2_of(Floats x) {
  const Floats magic = broadcast(12582912.0f);  // 1.5 * 2**23: adding it rounds to an integer
  x = at_most(at_least(x, broadcast(-40.0f)), broadcast(40.0f));
  const Floats shifted = x + magic;
  const Floats rest = x - (shifted - magic);
  Floats power = broadcast(1.327647152e-3f);
  power = fma(power, rest, broadcast(9.675541331e-3f));
  power = fma(power, rest, broadcast(5.550713275e-2f));
  power = fma(power, rest, broadcast(0.2402211972f));
  power = fma(power, rest, broadcast(0.6931469671f));
  power = fma(power, rest, broadcast(1.000000072f));
  return (Floats)((Integers)power + ((Integers)shifted << 23));
}

// sums[row][block][gate] += in[row] @ weights, term after term.
template <int R, int B>
INLINE void multiply(Floats (&sums)[R][B][GATES], const float* weights, int64_t depth,
                     const float* const* in) {
  const int64_t block = depth * GATES * WIDTH;
  for (int64_t k = 0; k < depth; ++k) {
    Floats value[R];
#pragma GCC unroll 8
    for (int row = 0; row < R; ++row) value[row] = broadcast(in[row][k]);
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
#pragma GCC unroll 4
      for (int gate = 0; gate < GATES; ++gate) {
        const Floats weight = load(weights + b * block + (k * GATES + gate) * WIDTH);
#pragma GCC unroll 8
        for (int row = 0; row < R; ++row)
          sums[row][b][gate] = fma(weight, value[row], sums[row][b][gate]);
      }
    }
  }
}

// A review that is being read.
struct Slot {
  float* h;
  float* next;
  float* c;
  float* maximum;
  float* sum;
  float* compensation;
  const int32_t* rows;
  const float* input;  // the table row of its token
  const float* later;  // that of the token after, or of the same
  int64_t item, done, length;
  bool real;
};

// New cell and state of WIDTH units of one review, and its pooled values.
INLINE void apply_gates(const Floats (&sums)[GATES], const Slot& slot, int64_t unit) {
  const Floats one = broadcast(1.0f);
  const Floats input = one + exp2_of(sums[0]);   // 1 / sigmoid(input gate)
  const Floats forget = one + exp2_of(sums[1]);
  const Floats twice = exp2_of(sums[2]);         // exp(-2 cell)
  const Floats output = one + exp2_of(sums[3]);
  const Floats both = input * (one + twice);
  const Floats cell = fma(load(slot.c + unit), both, (one - twice) * forget) / (both * forget);
  const Floats decay = exp2_of(cell * broadcast(-2.885390082f));  // exp(-2 c)
  const Floats state = (one - decay) / (output * (one + decay));
  store(slot.c + unit, cell);
  store(slot.next + unit, state);
  if (!slot.real) return;  // padding is read but not pooled
  store(slot.maximum + unit, at_least(load(slot.maximum + unit), state));
  // Kahan's summation: the mean of a long review stays exact.
  const Floats sum = load(slot.sum + unit);
  const Floats term = state - load(slot.compensation + unit);
  const Floats total = sum + term;
  store(slot.compensation + unit, (total - sum) - term);
  store(slot.sum + unit, total);
}

// One time step of R reviews, for B blocks of units from `block` on.
template <int R, int B>
void tile(const Reading& reading, Slot* slots, int64_t block) {
  const int64_t depth = reading.units, size = GATES * WIDTH;
  Floats sums[R][B][GATES];
  const float* in[R];
#pragma GCC unroll 8
  for (int row = 0; row < R; ++row) {
    in[row] = slots[row].h;
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
#pragma GCC unroll 4
      for (int gate = 0; gate < GATES; ++gate) {
        const int64_t place = (block + b) * size + gate * WIDTH;
        sums[row][b][gate] = load(slots[row].input + place);
        __builtin_prefetch(slots[row].later + place);
      }
    }
  }
  multiply<R, B>(sums, reading.recurrent + block * depth * size, depth, in);
#pragma GCC unroll 8
  for (int row = 0; row < R; ++row)
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) apply_gates(sums[row][b], slots[row], (block + b) * WIDTH);
}

void step_tile(const Reading& reading, Slot* slots, int rows, int64_t block) {
  switch (rows) {
    case 1: return tile<1, 1>(reading, slots, block);
    case 2: return tile<2, 1>(reading, slots, block);
    case 3: return tile<3, 1>(reading, slots, block);
#if ROWS > 3
    case 4: return tile<4, 1>(reading, slots, block);
    case 5: return tile<5, 1>(reading, slots, block);
    default: return tile<6, 1>(reading, slots, block);
#endif
  }
}

// One time step of all slots. Weights are read from the other end every second time, so that those
// that are still in the cache come first.
void step(const Reading& reading, Slot* slots, int count, bool from_end) {
  const int64_t blocks = reading.units / WIDTH;
  if (count == 1) {  // more blocks at a time: one review alone would wait for each sum
    constexpr int64_t B = SINGLE_BLOCKS;
    const int64_t groups = blocks / B;
    for (int64_t index = 0; index < groups; ++index)
      tile<1, B>(reading, slots, B * (from_end ? groups - 1 - index : index));
    for (int64_t block = groups * B; block < blocks; ++block) tile<1, 1>(reading, slots, block);
    return;
  }
  const int tiles = (count + ROWS - 1) / ROWS;
  for (int64_t index = 0; index < blocks; ++index) {
    const int64_t block = from_end ? blocks - 1 - index : index;
    for (int number = 0, first = 0; number < tiles; ++number) {
      const int rows = (count - first + tiles - number - 1) / (tiles - number);
      step_tile(reading, slots + first, rows, block);
      first += rows;
    }
  }
}

double dot(const float* one, const float* other, int64_t count) {
  double sum = 0.0;
  for (int64_t index = 0; index < count; ++index)
    sum += static_cast<double>(one[index]) * static_cast<double>(other[index]);
  return sum;
}

// Records what the state after a token is worth to each pooling.
void explain(const Reading& reading, const Slot& slot) {
  const int64_t units = reading.units;
  const int64_t place = reading.backward ? slot.length - 1 - slot.done : slot.done;
  const int64_t flat = reading.offsets[slot.item] + place;
  if (reading.mean_levels)
    reading.mean_levels[flat] = slot.real ? dot(slot.next, reading.mean_head, units) : 0.0;
  if (reading.last_levels) reading.last_levels[flat] = dot(slot.next, reading.last_head, units);
  if (!slot.real) return;
  float* best = reading.best + slot.item * units;
  int64_t* winners = reading.winners + slot.item * units;
  for (int64_t unit = 0; unit < units; ++unit) {
    const float value = slot.next[unit];
    // Of equal values that of the first token in the text counts, which is read last backwards.
    if (value > best[unit] || (reading.backward && value == best[unit])) {
      best[unit] = value;
      winners[unit] = reading.places[slot.item] + place;
    }
  }
}

const float* table_row(const Reading& reading, int64_t row) {
  const int64_t size = GATES * reading.units;
  return row < reading.num_resident ? reading.resident + row * size
                                    : reading.extra + (row - reading.num_resident) * size;
}

int64_t row_at(const Reading& reading, const Slot& slot, int64_t done) {
  return slot.rows[reading.backward ? slot.length - 1 - done : done];
}

void copy(float* target, const float* source, int64_t count) {
  for (int64_t index = 0; index < count; ++index) target[index] = source[index];
}

void exchange_state(const Reading& reading, const Slot& slot, bool into_slot) {
  float* const parts[PARTS] = {slot.h, slot.c, slot.maximum, slot.sum, slot.compensation};
  float* state = reading.states + slot.item * PARTS * reading.units;
  for (int part = 0; part < PARTS; ++part, state += reading.units) {
    if (into_slot)
      copy(parts[part], state, reading.units);
    else
      copy(state, parts[part], reading.units);
  }
}

// Begins the next review that has a token; returns whether there is one.
bool refill(const Reading& reading, Slot& slot, int64_t& taken) {
  while (taken < reading.num_reviews) {
    slot.item = reading.order[taken++];
    slot.length = reading.offsets[slot.item + 1] - reading.offsets[slot.item];
    if (slot.length == 0) continue;
    slot.rows = reading.rows + reading.offsets[slot.item];
    slot.done = 0;
    exchange_state(reading, slot, true);
    return true;
  }
  return false;
}

int32_t read(const Reading& reading) {
  const int64_t units = reading.units;
  const int64_t most = reading.num_reviews < SLOTS ? reading.num_reviews : SLOTS;
  // Six arrays per slot; a line more, so that slots do not compete for the same cache sets.
  const int64_t stride = 6 * units + 16;
  void* memory = malloc(static_cast<size_t>(most * stride) * sizeof(float) + 64);
  if (!memory) return cinesent::NO_MEMORY;
  float* base = reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(memory) + 63) & ~uintptr_t{63});
  Slot slots[SLOTS];
  int64_t taken = 0;
  int count = 0;
  for (; count < most; ++count) {
    float* own = base + count * stride;
    Slot& slot = slots[count];
    slot = Slot{};
    slot.h = own;
    slot.next = own + units;
    slot.c = own + 2 * units;
    slot.maximum = own + 3 * units;
    slot.sum = own + 4 * units;
    slot.compensation = own + 5 * units;
    if (!refill(reading, slot, taken)) break;
  }
  for (bool from_end = false; count > 0; from_end = !from_end) {
    for (int index = 0; index < count; ++index) {
      Slot& slot = slots[index];
      const int64_t row = row_at(reading, slot, slot.done);
      slot.real = row != 0;
      slot.input = table_row(reading, row);
      const int64_t later = slot.done + 1 < slot.length ? slot.done + 1 : slot.done;
      slot.later = table_row(reading, row_at(reading, slot, later));
    }
    step(reading, slots, count, from_end);
    for (int index = count - 1; index >= 0; --index) {
      Slot& slot = slots[index];
      if (reading.best) explain(reading, slot);
      float* state = slot.h;
      slot.h = slot.next;
      slot.next = state;
      if (++slot.done < slot.length) continue;
      exchange_state(reading, slot, false);
      if (refill(reading, slot, taken)) continue;
      const Slot finished = slot;  // its memory goes to the end
      slots[index] = slots[--count];
      slots[count] = finished;
    }
  }
  free(memory);
  return cinesent::OK;
}

template <int R>
void project_tile(const float* weights, const float* bias, const float* const* in, int64_t depth,
                  float* const* out) {
  Floats sums[R][1][GATES];
#pragma GCC unroll 8
  for (int row = 0; row < R; ++row)
#pragma GCC unroll 4
    for (int gate = 0; gate < GATES; ++gate) sums[row][0][gate] = load(bias + gate * WIDTH);
  multiply<R, 1>(sums, weights, depth, in);
#pragma GCC unroll 8
  for (int row = 0; row < R; ++row)
#pragma GCC unroll 4
    for (int gate = 0; gate < GATES; ++gate) store(out[row] + gate * WIDTH, sums[row][0][gate]);
}

void project(const float* weights, const float* bias, const float* vectors, int64_t count,
             int64_t depth, int64_t units, float* out) {
  constexpr int64_t size = GATES * WIDTH;
  for (int64_t block = 0; block < units / WIDTH; ++block) {
    const float* own = weights + block * depth * size;
    int64_t row = 0;
    for (; row < count; row += ROWS) {
      const float* in[ROWS];
      float* to[ROWS];
      const int rows = count - row < ROWS ? static_cast<int>(count - row) : ROWS;
      for (int index = 0; index < rows; ++index) {
        in[index] = vectors + (row + index) * depth;
        to[index] = out + (row + index) * GATES * units + block * size;
      }
      if (rows == ROWS) {
        project_tile<ROWS>(own, bias + block * size, in, depth, to);
      } else {
        for (int index = 0; index < rows; ++index)
          project_tile<1>(own, bias + block * size, in + index, depth, to + index);
      }
    }
  }
}

}  // namespace
