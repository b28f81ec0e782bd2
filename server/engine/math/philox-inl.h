// The random words of RandomDraws, many at a time, for the kernels of vector
// instruction sets: include it after hwy/foreach_target.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "server/engine/math/random.h"

#if defined(SPIKED_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPIKED_PHILOX_INL_H_
#undef SPIKED_PHILOX_INL_H_
#else
#define SPIKED_PHILOX_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spiked::engine {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using WordTag = hn::ScalableTag<uint64_t>;
using Word = hn::Vec<WordTag>;

// Vectors that are computed side by side: enough to hide the latency of each
// operation behind the others, few enough for the registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr size_t kVectorsAtOnce = 3;
#else
inline constexpr size_t kVectorsAtOnce = 2;
#endif

// Calls visit(std::integral_constant<size_t, vectors>(), i) for pieces of n
// lanes, of `vectors` vectors from lane i on; the last one may reach beyond n.
template <class Visit>
HWY_INLINE void ForVectors(size_t n, const Visit& visit) {
  const size_t lanes = hn::Lanes(WordTag());
  size_t vectors = (n + lanes - 1) / lanes, i = 0;
  // Runs of about equal length, so that none is left with a single vector.
  for (size_t runs = (vectors + kVectorsAtOnce - 1) / kVectorsAtOnce; runs > 0; --runs) {
    const size_t here = (vectors + runs - 1) / runs;
    if (here == 1) {
      visit(std::integral_constant<size_t, 1>(), i);
    } else if (here == 2) {
      visit(std::integral_constant<size_t, 2>(), i);
    } else {
      visit(std::integral_constant<size_t, kVectorsAtOnce>(), i);
    }
    vectors -= here;
    i += here * lanes;
  }
}

// Stores vector number g of a piece of which the first n lanes are kept.
template <class V, class D, typename T>
HWY_INLINE void StoreFirst(V v, D d, size_t g, size_t n, T* HWY_RESTRICT to) {
  const size_t lanes = hn::Lanes(d), begin = g * lanes;
  if (begin + lanes <= n) {
    hn::StoreU(v, d, to + begin);
    return;
  }
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, all);
  for (size_t k = begin; k < n; ++k) to[k] = all[k - begin];
}

// Loads vector number g of a piece of which there are n lanes.
HWY_INLINE Word LoadFirst(const uint32_t* HWY_RESTRICT from, size_t g, size_t n) {
  const WordTag d;
  const hn::Rebind<uint32_t, WordTag> d32;
  const size_t lanes = hn::Lanes(d), begin = g * lanes;
  if (begin + lanes <= n) return hn::PromoteTo(d, hn::LoadU(d32, from + begin));
  HWY_ALIGN uint32_t all[HWY_MAX_BYTES / sizeof(uint64_t)] = {};
  for (size_t k = begin; k < n; ++k) all[k - begin] = from[k];
  return hn::PromoteTo(d, hn::Load(d32, all));
}

// Blocks of one key and stream.
class PhiloxBlocks {
 public:
  PhiloxBlocks(RandomKey key, uint32_t stream) : stream_(stream) {
    for (uint64_t(&round)[2] : keys_) {
      round[0] = key.low;
      round[1] = key.high;
      key.low += philox::kWeyl0;
      key.high += philox::kWeyl1;
    }
  }

  // The two words of each index from `first_index` on at a position.
  template <size_t vectors>
  HWY_INLINE void OfIndices(uint32_t first_index, uint64_t position,
                            Word (&words)[2][vectors]) const {
    const WordTag d;
    Word indices[vectors];
    for (size_t g = 0; g < vectors; ++g) {
      indices[g] = hn::And(hn::Iota(d, static_cast<uint32_t>(first_index + g * hn::Lanes(d))),
                           hn::Set(d, 0xFFFFFFFFu));
    }
    OfIndices(indices, position, words);
  }

  // The two words of each of n indices at a position; those of lanes beyond are
  // of no use.
  template <size_t vectors>
  HWY_INLINE void OfIndices(const uint32_t* HWY_RESTRICT from, size_t n, uint64_t position,
                            Word (&words)[2][vectors]) const {
    Word indices[vectors];
    for (size_t g = 0; g < vectors; ++g) indices[g] = LoadFirst(from, g, n);
    OfIndices(indices, position, words);
  }

  // The two words of an index at each position from `first_position` on.
  template <size_t vectors>
  HWY_INLINE void OfPositions(uint32_t index, uint64_t first_position,
                              Word (&words)[2][vectors]) const {
    const WordTag d;
    Word c0[vectors], c1[vectors], c2[vectors];
    for (size_t g = 0; g < vectors; ++g) {
      const Word position = hn::Add(hn::Iota(d, 0), hn::Set(d, first_position + g * hn::Lanes(d)));
      c0[g] = hn::Set(d, index);
      c1[g] = position;
      c2[g] = hn::ShiftRight<32>(position);
    }
    Of(c0, c1, c2, words);
  }

 private:
  template <size_t vectors>
  HWY_INLINE void OfIndices(Word (&indices)[vectors], uint64_t position,
                            Word (&words)[2][vectors]) const {
    const WordTag d;
    Word c1[vectors], c2[vectors];
    for (size_t g = 0; g < vectors; ++g) {
      c1[g] = hn::Set(d, position & 0xFFFFFFFFu);
      c2[g] = hn::Set(d, position >> 32);
    }
    Of(indices, c1, c2, words);
  }

  // Low 32 bits of each lane times the multiplier, all 64 bits of the product.
  static HWY_INLINE Word Product(Word a, Word multiplier) {
#if HWY_TARGET == HWY_SCALAR  // has no pairs of lanes
    return hn::Set(WordTag(), (hn::GetLane(a) & 0xFFFFFFFFu) * hn::GetLane(multiplier));
#else
    const hn::Repartition<uint32_t, WordTag> d32;
    return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, multiplier));
#endif
  }

  // Of counters whose words are each in the low half of a lane; what is in the
  // high half does not matter until the end.
  template <size_t vectors>
  HWY_INLINE void Of(Word (&c0)[vectors], Word (&c1)[vectors], Word (&c2)[vectors],
                     Word (&words)[2][vectors]) const {
    const WordTag d;
    const Word low = hn::Set(d, 0xFFFFFFFFu);
    const Word m0 = hn::Set(d, philox::kMultiplier0), m1 = hn::Set(d, philox::kMultiplier1);
    Word c3[vectors];
    for (Word& word : c3) word = hn::Set(d, stream_);
      // Else the counters wander through memory.
#pragma GCC unroll 10
    for (const uint64_t(&key)[2] : keys_) {
      const Word k0 = hn::Set(d, key[0]), k1 = hn::Set(d, key[1]);
      for (size_t g = 0; g < vectors; ++g) {
        const Word p0 = Product(c0[g], m0), p1 = Product(c2[g], m1);
        c0[g] = hn::Xor3(hn::ShiftRight<32>(p1), c1[g], k0);
        c2[g] = hn::Xor3(hn::ShiftRight<32>(p0), c3[g], k1);
        c1[g] = p1;
        c3[g] = p0;
      }
    }
    for (size_t g = 0; g < vectors; ++g) {
      words[0][g] = hn::Or(hn::And(c0[g], low), hn::ShiftLeft<32>(c1[g]));
      words[1][g] = hn::Or(hn::And(c2[g], low), hn::ShiftLeft<32>(c3[g]));
    }
  }

  uint64_t keys_[philox::kRounds][2];
  uint32_t stream_;
};

}  // namespace HWY_NAMESPACE
}  // namespace spiked::engine
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
