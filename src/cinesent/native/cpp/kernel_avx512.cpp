// 512-bit registers. Compiled with -mavx512f -mfma; library.cpp asks the processor first.
#include <immintrin.h>

#define WIDTH 16
#define ROWS 6
#define SINGLE_BLOCKS 4

static inline __m512 fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
static inline __m512 broadcast(float value) { return _mm512_set1_ps(value); }
static inline __m512 load(const float* from) { return _mm512_loadu_ps(from); }
static inline void store(float* to, __m512 value) { _mm512_storeu_ps(to, value); }
static inline __m512 at_least(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
static inline __m512 at_most(__m512 a, __m512 b) { return _mm512_min_ps(a, b); }

#include "kernel_template.h"

const cinesent::Kernel cinesent::AVX512 = {WIDTH, read, project};
