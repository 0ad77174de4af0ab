// The functions that Python calls (cinesent/native/library.py), a C interface. None keeps state
// between calls, starts a thread or takes a lock, so any thread may call them, also after a fork.
#include <stdlib.h>

#include "kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace {

using namespace cinesent;

constexpr int32_t VERSION = 3;
// Numbers of the instruction sets in the interface; the order is that of preference.
enum : int32_t { IS_NEON = 1, IS_AVX2 = 2, IS_AVX512 = 3 };
constexpr int64_t LARGEST_UNITS = 8192;
constexpr int LONGEST_NGRAM = 4;

#if defined(__x86_64__)
bool has_bit(uint32_t bits, int bit) { return (bits >> bit) & 1; }

// What the processor has and the operating system saves.
bool supports(int32_t instruction_set) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
  const bool saves = has_bit(c, 27), avx = has_bit(c, 28), fused = has_bit(c, 12);
  if (!saves || !avx || !fused) return false;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  if (instruction_set == IS_AVX2) return has_bit(b, 5) && (low & 0x06) == 0x06;
  return instruction_set == IS_AVX512 && has_bit(b, 16) && (low & 0xe6) == 0xe6;
}
#elif defined(__aarch64__)
bool supports(int32_t instruction_set) { return instruction_set == IS_NEON; }
#else
bool supports(int32_t) { return false; }
#endif

// The caller has asked cinesent_width whether the processor has it: asking takes 10 microseconds in
// a virtual machine.
const Kernel* kernel_of(int32_t instruction_set) {
#if defined(__x86_64__)
  if (instruction_set == IS_AVX512) return &AVX512;
  if (instruction_set == IS_AVX2) return &AVX2;
#elif defined(__aarch64__)
  if (instruction_set == IS_NEON) return &NEON;
#endif
  return nullptr;
}

bool are_sizes(const Kernel* kernel, int64_t units) {
  return kernel && units > 0 && units <= LARGEST_UNITS && units % kernel->width == 0;
}

bool are_offsets(const int64_t* offsets, int64_t count, int64_t total) {
  if (offsets[0] != 0 || offsets[count] != total) return false;
  for (int64_t index = 0; index < count; ++index)
    if (offsets[index] > offsets[index + 1]) return false;
  return true;
}

}  // namespace

EXPORT int32_t cinesent_version() { return VERSION; }

// The number of floats in a register of this instruction set; 0 if it cannot be used here.
EXPORT int64_t cinesent_width(int32_t instruction_set) {
  return supports(instruction_set) ? kernel_of(instruction_set)->width : 0;
}

EXPORT int32_t cinesent_read(int32_t instruction_set, const Reading* reading, int64_t num_tokens) {
  const Kernel* kernel = kernel_of(instruction_set);
  if (!are_sizes(kernel, reading->units) || reading->num_reviews < 0 ||
      !are_offsets(reading->offsets, reading->num_reviews, num_tokens))
    return BAD_ARGUMENT;
  const int64_t num_rows = reading->num_resident + reading->num_extra;
  for (int64_t index = 0; index < num_tokens; ++index)
    if (reading->rows[index] < 0 || reading->rows[index] >= num_rows) return BAD_ARGUMENT;
  for (int64_t index = 0; index < reading->num_reviews; ++index)
    if (reading->order[index] < 0 || reading->order[index] >= reading->num_reviews)
      return BAD_ARGUMENT;
  return kernel->read(*reading);
}

EXPORT int32_t cinesent_project(int32_t instruction_set, const float* weights, const float* bias,
                                const float* vectors, int64_t count, int64_t depth, int64_t units,
                                float* out) {
  const Kernel* kernel = kernel_of(instruction_set);
  if (!are_sizes(kernel, units) || count < 0 || depth < 0) return BAD_ARGUMENT;
  kernel->project(weights, bias, vectors, count, depth, units, out);
  return OK;
}

// scores[review] = sum of head * pooled, in float64, term after term: max, mean, last.
// A head is null where the network has no such pooling.
EXPORT void cinesent_score(const float* states, int64_t num_reviews, int64_t units,
                           const int64_t* real_tokens, const float* max_head,
                           const float* mean_head, const float* last_head, double* scores) {
  for (int64_t review = 0; review < num_reviews; ++review) {
    const float* h = states + review * 5 * units;
    const float *maximum = h + 2 * units, *sum = h + 3 * units;
    const int64_t tokens = real_tokens[review] > 1 ? real_tokens[review] : 1;
    double score = 0.0, mean = 0.0;
    for (int64_t unit = 0; unit < units; ++unit) {
      if (max_head) score += static_cast<double>(max_head[unit]) * maximum[unit];
      if (mean_head) mean += static_cast<double>(mean_head[unit]) * sum[unit];
      if (last_head) score += static_cast<double>(last_head[unit]) * h[unit];
    }
    scores[review] = score + mean / static_cast<double>(tokens);
  }
}

// scores[review] = sum of the weights of its n-grams, each once: cinesent/text/ngrams.py.
// `weights` are float32, or, with `scales`, int8 in rows of `row_size` that share a scale. `parts`,
// (longest - 1, num_tokens), gets each weight where its n-gram first occurs; null: not wanted.
EXPORT int32_t cinesent_score_ngrams(const int32_t* ids, const int64_t* offsets,
                                     int64_t num_reviews, int64_t num_tokens, int32_t longest,
                                     int64_t num_buckets, const void* weights, const float* scales,
                                     int64_t row_size, double* scores, double* parts) {
  static const uint32_t FACTORS[LONGEST_NGRAM] = {1, 12041, 15013, 9311};
  constexpr uint32_t WORDS = 1u << 17;
  if (longest < 2 || longest > LONGEST_NGRAM || num_buckets < 1 || num_buckets > (1 << 22) ||
      row_size < 1 || num_reviews < 0 || !are_offsets(offsets, num_reviews, num_tokens))
    return BAD_ARGUMENT;
  uint8_t* seen = static_cast<uint8_t*>(calloc(static_cast<size_t>(num_buckets + 7) / 8, 1));
  if (!seen) return NO_MEMORY;
  const uint32_t buckets = static_cast<uint32_t>(num_buckets);
  for (int64_t review = 0; review < num_reviews; ++review) {
    const int32_t* own = ids + offsets[review];
    const int64_t length = offsets[review + 1] - offsets[review];
    double score = 0.0;
    // The first time the weights are summed, the second time the marks are removed.
    for (int pass = 0; pass < 2; ++pass) {
      for (int order = 2; order <= longest; ++order) {
        for (int64_t last = order - 1; last < length; ++last) {
          uint32_t total = 0;
          bool whole = true;
          for (int back = 0; back < order; ++back) {
            const uint32_t word = static_cast<uint32_t>(own[last - back]);
            whole = whole && word != 0;
            total += word % WORDS * FACTORS[back] % buckets;
          }
          if (!whole) continue;
          const uint32_t bucket = total % buckets;
          const uint8_t mark = static_cast<uint8_t>(1u << (bucket & 7));
          if (pass == 1) {
            seen[bucket >> 3] = 0;
          } else if (!(seen[bucket >> 3] & mark)) {
            seen[bucket >> 3] |= mark;
            const float weight =
                scales ? static_cast<float>(static_cast<const int8_t*>(weights)[bucket]) *
                             scales[bucket / row_size]
                       : static_cast<const float*>(weights)[bucket];
            score += static_cast<double>(weight);
            if (parts) parts[(order - 2) * num_tokens + offsets[review] + last] = weight;
          }
        }
      }
    }
    scores[review] = score;
  }
  free(seen);
  return OK;
}
