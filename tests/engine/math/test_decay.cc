#include <gtest/gtest.h>

#include "server/engine/math/decay.h"

namespace spiked::engine {
namespace {

TEST(Decay, IsTheExponentialOfTheTimeWhetherTabulatedOrNot) {
  for (const double h : {0.1, 0.25, 1.0}) {
    for (const double tau : {0.3, 20.0, 33.7}) {
      for (const size_t uses : {0, 1, 100, 5000, 100'000}) {
        const Decay decay(tau, Grid(h), uses);
        for (const Step span : {-3, 0, 1, 2, 63, 64, 4095, 4096, 10'000, 1'000'000}) {
          EXPECT_EQ(decay(span), Exp(static_cast<double>(-span) * h / tau)) << span;
        }
      }
    }
  }
}

TEST(Decay, TakesNoMoreMemoryThanWhatItServes) {
  const Grid grid(0.1);
  const auto bytes = [&](size_t uses) {
    CountedMemory memory(std::pmr::get_default_resource());
    const Decay decay(20, grid, uses, &memory);
    return memory.bytes();
  };
  EXPECT_EQ(bytes(0), 0u);
  EXPECT_EQ(bytes(100), 64 * sizeof(double));
  EXPECT_EQ(bytes(1'000'000), 4096 * sizeof(double));
}

}  // namespace
}  // namespace spiked::engine
