// What decays for long ends up below the smallest normal double, where some
// processors are a hundred times slower and nothing can be told from zero any
// more. While the engine computes, such numbers count as zero.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace spiked::engine {

// For the thread and the scope that it lives in.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
};

}  // namespace spiked::engine
