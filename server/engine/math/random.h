// Random numbers without state: Philox4x32-10, the counter-based generator of
// Salmon et al. 2011 ("Parallel random numbers: as easy as 1, 2, 3"). A draw is
// a function of (key, stream, index, position), so that it is the same in any
// order of evaluation and nothing of it needs to be saved.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace spiked::engine {

// What everything random in a network depends on.
struct RandomKey {
  uint32_t low = 0, high = 0;
  bool operator==(const RandomKey&) const = default;
};

inline RandomKey KeyOf(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

// The generator's constants, for its scalar and its vector form.
namespace philox {
inline constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
inline constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
inline constexpr int kRounds = 10;
}  // namespace philox

// One block of 128 random bits.
inline std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> c, RandomKey key) {
  for (int round = 0; round < philox::kRounds; ++round) {
    const uint64_t p0 = uint64_t{philox::kMultiplier0} * c[0];
    const uint64_t p1 = uint64_t{philox::kMultiplier1} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ key.low, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ key.high, static_cast<uint32_t>(p0)};
    key.low += philox::kWeyl0;
    key.high += philox::kWeyl1;
  }
  return c;
}

// What a stream is for, in its upper bits; the rest numbers the population or
// projection.
enum class Purpose : uint32_t { kKeys = 0, kParameters, kWeights, kDelays, kConnections, kDevice };

inline uint32_t StreamOf(Purpose purpose, uint32_t number) {
  return (static_cast<uint32_t>(purpose) << 28) | (number & 0x0FFFFFFF);
}

// A key that has nothing to do with the one it was derived from.
inline RandomKey DeriveKey(RandomKey key, uint32_t stream, uint64_t number) {
  const auto block =
      Philox({static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32), 0, stream}, key);
  return {block[0], block[1]};
}

// The draws of one index of a stream from a position on, 64 bits at a time; a
// UniformRandomBitGenerator. Positions count blocks, of two draws each.
class RandomDraws {
 public:
  using result_type = uint64_t;
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return std::numeric_limits<uint64_t>::max(); }

  RandomDraws(RandomKey key, uint32_t stream, uint32_t index, uint64_t position = 0)
      : key_(key), stream_(stream), index_(index), position_(position) {}

  uint64_t operator()() {
    if (second_ready_) {
      second_ready_ = false;
      return second_;
    }
    const auto block = Philox(
        {index_, static_cast<uint32_t>(position_), static_cast<uint32_t>(position_ >> 32), stream_},
        key_);
    ++position_;
    second_ = block[2] | (uint64_t{block[3]} << 32);
    second_ready_ = true;
    return block[0] | (uint64_t{block[1]} << 32);
  }

  // Uniform on [0, 1), on a grid of 2^-52.
  double Uniform() { return static_cast<double>((*this)() >> 12) * 0x1p-52; }

  // Uniform on [0, 1), on a grid of 2^-53, but below 2^-11 on one of 2^-128: it
  // is less than p with a probability of p however small.
  double FineUniform() {
    const uint64_t bits = (*this)();
    // In one of 2048 cases.
    if (bits < uint64_t{1} << 53) {
      return static_cast<double>(bits) * 0x1p-64 + static_cast<double>((*this)()) * 0x1p-128;
    }
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }

  // Uniform on 0 ... n-1; a bias of n/2^64 is left in.
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<Wide>((*this)()) * n) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  RandomKey key_;
  uint32_t stream_, index_;
  uint64_t position_;
  uint64_t second_ = 0;
  bool second_ready_ = false;
};

}  // namespace spiked::engine
