// 128-bit registers, which every 64-bit ARM processor has.
#include <arm_neon.h>

#define WIDTH 4
#define ROWS 6
#define SINGLE_BLOCKS 4

static inline float32x4_t fma(float32x4_t a, float32x4_t b, float32x4_t c) {
  return vfmaq_f32(c, a, b);
}
static inline float32x4_t broadcast(float value) { return vdupq_n_f32(value); }
static inline float32x4_t load(const float* from) { return vld1q_f32(from); }
static inline void store(float* to, float32x4_t value) { vst1q_f32(to, value); }
static inline float32x4_t at_least(float32x4_t a, float32x4_t b) { return vmaxq_f32(a, b); }
static inline float32x4_t at_most(float32x4_t a, float32x4_t b) { return vminq_f32(a, b); }

#include "kernel_template.h"

const cinesent::Kernel cinesent::NEON = {WIDTH, read, project};
