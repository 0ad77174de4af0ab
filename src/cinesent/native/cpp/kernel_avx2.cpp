// 256-bit registers. Compiled with -mavx2 -mfma; library.cpp asks the processor first.
#include <immintrin.h>

#define WIDTH 8
#define ROWS 3
#define SINGLE_BLOCKS 2

static inline __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
static inline __m256 broadcast(float value) { return _mm256_set1_ps(value); }
static inline __m256 load(const float* from) { return _mm256_loadu_ps(from); }
static inline void store(float* to, __m256 value) { _mm256_storeu_ps(to, value); }
static inline __m256 at_least(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
static inline __m256 at_most(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }

#include "kernel_template.h"

const cinesent::Kernel cinesent::AVX2 = {WIDTH, read, project};
