// Poisson numbers of small means, once for each vector instruction set.
#include "server/engine/math/poisson.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/engine/math/poisson_kernel.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "server/engine/math/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

// For each word its number, as PoissonNumbers::DrawByInversion has it.
template <size_t vectors>
HWY_INLINE void Invert(const int64_t* above, Word (&words)[vectors]) {
  const WordTag d;
  const hn::RebindToSigned<WordTag> di;
  hn::Vec<decltype(di)> bits[vectors], numbers[vectors];
  for (size_t g = 0; g < vectors; ++g) {
    bits[g] = hn::BitCast(di, hn::ShiftRight<1>(words[g]));
    numbers[g] = hn::Zero(di);
  }
  for (;; ++above) {
    const auto bound = hn::Set(di, *above);
    auto any = hn::Lt(bits[0], bound);
    for (size_t g = 0; g < vectors; ++g) {
      const auto beyond = hn::Lt(bits[g], bound);
      numbers[g] = hn::Sub(numbers[g], hn::VecFromMask(di, beyond));
      any = hn::Or(any, beyond);
    }
    if (hn::AllFalse(di, any)) break;
  }
  for (size_t g = 0; g < vectors; ++g) words[g] = hn::BitCast(d, numbers[g]);
}

template <size_t vectors>
HWY_INLINE void InvertPairs(const int64_t* above, Word (&words)[2][vectors], size_t n,
                            uint64_t* HWY_RESTRICT first, uint64_t* HWY_RESTRICT second) {
  Invert(above, words[0]);
  Invert(above, words[1]);
  for (size_t g = 0; g < vectors; ++g) {
    StoreFirst(words[0][g], WordTag(), g, n, first);
    StoreFirst(words[1][g], WordTag(), g, n, second);
  }
}

void PoissonOfIndices(const int64_t* above, RandomKey key, uint32_t stream, uint32_t first_index,
                      uint64_t position, size_t n, uint64_t* HWY_RESTRICT first,
                      uint64_t* HWY_RESTRICT second) {
  const PhiloxBlocks philox(key, stream);
  ForVectors(n, [&](auto vectors, size_t i) HWY_ATTR {
    Word words[2][vectors];
    philox.OfIndices(static_cast<uint32_t>(first_index + i), position, words);
    InvertPairs(above, words, n - i, first + i, second + i);
  });
}

void PoissonOfPositions(const int64_t* above, RandomKey key, uint32_t stream, uint32_t index,
                        uint64_t first_position, size_t n, uint64_t* HWY_RESTRICT first,
                        uint64_t* HWY_RESTRICT second) {
  const PhiloxBlocks philox(key, stream);
  ForVectors(n, [&](auto vectors, size_t i) HWY_ATTR {
    Word words[2][vectors];
    philox.OfPositions(index, first_position + i, words);
    InvertPairs(above, words, n - i, first + i, second + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spiked::engine {

HWY_EXPORT(PoissonOfIndices);
HWY_EXPORT(PoissonOfPositions);

void PoissonNumbers::OfIndices(RandomKey key, uint32_t stream, uint32_t first_index,
                               uint64_t position, size_t n, uint64_t* first,
                               uint64_t* second) const {
  HWY_DYNAMIC_DISPATCH(PoissonOfIndices)
  (above_.data(), key, stream, first_index, position, n, first, second);
}

void PoissonNumbers::OfPositions(RandomKey key, uint32_t stream, uint32_t index,
                                 uint64_t first_position, size_t n, uint64_t* first,
                                 uint64_t* second) const {
  HWY_DYNAMIC_DISPATCH(PoissonOfPositions)
  (above_.data(), key, stream, index, first_position, n, first, second);
}

}  // namespace spiked::engine
#endif  // HWY_ONCE
