// Memory comes from the resource that the simulation was given, and when that
// has no more, nothing is left half done.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <new>

#include "server/engine/memory.h"
#include "tests/engine/networks.h"
#include "tests/engine/random_commands.h"
#include "tests/engine/random_network.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

constexpr Step kUntil = 500;

Memory Heap() { return std::pmr::new_delete_resource(); }

// Gives nothing where the engine has forgotten to say where from.
class NoDefaultMemory {
 public:
  NoDefaultMemory() { std::pmr::set_default_resource(std::pmr::null_memory_resource()); }
  ~NoDefaultMemory() { std::pmr::set_default_resource(nullptr); }
};

// Gives so many pieces of memory and no more.
class ScarceMemory final : public std::pmr::memory_resource {
 public:
  void Allow(int64_t pieces) { left_ = pieces; }

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (left_.fetch_sub(1) <= 0) throw std::bad_alloc();
    return Heap()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    Heap()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::atomic<int64_t> left_{INT64_MAX};
};

void Drive(Simulation* simulation, Crew* crew = nullptr) {
  Network& network = *simulation->networks().back();
  for (uint64_t seed = 1; simulation->now() < kUntil; ++seed) {
    CommandAtRandom(&network, simulation->grid(), seed);
    EXPECT_THAT(simulation->Advance(45, crew), IsOk());
  }
}

TEST(CountedMemory, KnowsWhatIsInUse) {
  CountedMemory memory(Heap());
  {
    const std::pmr::vector<double> some(100, &memory);
    EXPECT_EQ(memory.bytes(), 100 * sizeof(double));
  }
  EXPECT_EQ(memory.bytes(), 0u);
}

TEST(EngineMemory, ComesFromWhereTheSimulationSays) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    const RandomNetwork random(seed);
    CountedMemory memory(Heap());
    {
      const NoDefaultMemory none;
      Simulation simulation(0.1, seed, &memory);
      const Network& network = *simulation.AddNetwork("network", random.spec).value();
      EXPECT_EQ(network.size().bytes, memory.bytes());
      Drive(&simulation);
      EXPECT_EQ(network.size().bytes, memory.bytes());
    }
    EXPECT_EQ(memory.bytes(), 0u);
  }
}

NetworkSpec LargeNetwork() {
  NetworkSpec spec;
  spec.populations = {Recorded(Population("n", "iaf_psc_exp", 3000)),
                      Population("p", "poisson_generator", 1, {{"rate", 9000.0}})};
  ProjectionSpec p = Projection("n", "n", Distribution{Normal{20, 2}}, Distribution{Uniform{1, 5}},
                                FixedIndegree{60});
  spec.projections = {p, Projection("p", "n", 40.0)};
  return spec;
}

// What is taken from elsewhere does not grow with the network.
TEST(EngineMemory, IsAlmostAllCounted) {
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  if (in_use() == 0) GTEST_SKIP() << "the heap tells nothing under this sanitizer";
  const size_t before = in_use();
  CountedMemory memory(Heap());
  Simulation simulation(0.1, 1, &memory);
  ASSERT_THAT(simulation.AddNetwork("network", LargeNetwork()), IsOk());
  ASSERT_THAT(simulation.Advance(200), IsOk());
  EXPECT_NEAR(static_cast<double>(memory.bytes()) / static_cast<double>(in_use() - before), 1.0,
              0.02);
}

TEST(EngineMemory, WhenThereIsNoneForANetworkTheSimulationIsAsItWas) {
  const RandomNetwork random(7);
  ScarceMemory memory;
  Simulation simulation(0.1, 1, &memory);
  ASSERT_THAT(simulation.AddNetwork("first", random.spec), IsOk());
  bool enough = false;
  for (int64_t pieces = 0; !enough; pieces += 1 + pieces / 5) {
    memory.Allow(pieces);
    try {
      ASSERT_THAT(simulation.AddNetwork("second", random.spec), IsOk());
      enough = true;
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(simulation.networks().size(), 1u);
      ASSERT_EQ(simulation.FindNetwork("second"), nullptr);
    }
  }
  memory.Allow(INT64_MAX);
  EXPECT_EQ(simulation.networks().size(), 2u);
  Drive(&simulation);
}

// For the sanitizers, above all.
TEST(EngineMemory, WhenThereIsNoneWhileTimePassesTheSimulationCanStillGo) {
  const RandomNetwork random(7);
  bool enough = false;
  for (int64_t pieces = 0; !enough; pieces += 1 + pieces / 5) {
    ScarceMemory memory;
    Simulation simulation(0.1, 1, &memory);
    ASSERT_THAT(simulation.AddNetwork("network", random.spec), IsOk());
    memory.Allow(pieces);
    try {
      Drive(&simulation);
      enough = true;
    } catch (const std::bad_alloc&) {
    }
  }
}

TEST(EngineMemory, MayEndOnAnyThread) {
  const Team team(3);
  const NetworkSpec spec = LargeNetwork();
  bool enough = false;
  for (int64_t pieces = 1; !enough; pieces *= 3) {
    ScarceMemory memory;
    memory.Allow(pieces);
    Simulation simulation(0.1, 1, &memory);
    try {
      ASSERT_THAT(simulation.AddNetwork("network", spec, team), IsOk());
      ASSERT_THAT(simulation.Advance(100, team), IsOk());
      enough = true;
    } catch (const std::bad_alloc&) {
    }
  }
}

}  // namespace
}  // namespace spiked::engine
