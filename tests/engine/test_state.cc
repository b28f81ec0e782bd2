// A simulation that is saved and restored goes on as if nothing had happened.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <sstream>
#include <string>

#include "server/engine/model.h"
#include "server/engine/pace.h"
#include "server/engine/state.h"
#include "tests/engine/networks.h"
#include "tests/engine/random_commands.h"
#include "tests/engine/random_network.h"
#include "tests/engine/team.h"

namespace spiked::engine {
namespace {

using Owned = std::unique_ptr<Simulation>;

Owned Restore(const std::string& bytes) {
  auto restored = Simulation::Restore(bytes);
  EXPECT_THAT(restored, IsOk());
  return restored.ok() ? *std::move(restored) : nullptr;
}

// All models, with Poisson spikes as well.
NetworkSpec SpecOf(uint64_t seed) {
  RandomNetwork random(seed);
  NetworkSpec spec = random.spec;
  spec.populations.push_back(
      Population("poisson", "poisson_generator", 3, {{"rate", random.Uniforms(3, 0, 2000)}}));
  spec.projections.push_back(Projection("poisson", "plain", 20.0,
                                        random.Below(2) == 0 ? 1.0 : 0.1 * (1 + random.Below(90)),
                                        FixedIndegree{2}));
  spec.projections.push_back(
      Projection("poisson", "alphas", 20.0, Distribution{Uniform{0.5, 9}}, FixedIndegree{1}));
  spec.projections.back().target_neurons = NeuronRange{.first = 1, .count = 3, .step = 1};
  for (auto& p : spec.populations) {
    if (!p.record_spikes) continue;
    p.record_limit = random.Below(2) == 0 ? 0 : 1 + random.Below(500);
    p.record_window = {.start_ms = 2.0 * random.Below(3), .stop_ms = 90, .origin_ms = 3};
  }
  for (auto& m : spec.multimeters) {
    m.interval_ms = 0.1 * (1 + random.Below(20));
    m.record_limit = random.Below(3) == 0 ? 0 : 1 + random.Below(300);
    if (random.Below(2) == 0) m.neurons = std::vector<uint32_t>{3, 0};
  }
  return spec;
}

// Two networks on a clock, the second of which begins later.
Owned Begin(uint64_t seed) {
  auto simulation = std::make_unique<Simulation>(seed % 4 == 0 ? 0.05 : 0.1, seed);
  EXPECT_THAT(simulation->AddNetwork("first", SpecOf(seed)), IsOk());
  EXPECT_THAT(simulation->Advance(static_cast<Step>(seed % 23)), IsOk());
  EXPECT_THAT(simulation->AddNetwork("second", SpecOf(seed + 1000)), IsOk());
  return simulation;
}

// Everything that can be read of the networks.
void AddReplies(const Simulation& simulation, Step after, std::ostream& replies) {
  replies.precision(17);
  for (const auto& network : simulation.networks()) {
    replies << network->name() << ' ' << network->now() << ' ' << network->size().synapses << '\n';
    for (int k = 0; k < static_cast<int>(network->populations().size()); ++k) {
      if (!network->populations()[static_cast<size_t>(k)].recorded) continue;
      const SpikeView view = network->Spikes(k, after, kNever);
      replies << view.complete_after();
      view.ForEach(0, view.size(), [&](Step stamp, uint32_t sender, uint64_t times) {
        replies << ' ' << stamp << ' ' << sender << ' ' << times;
      });
      for (const uint64_t total : network->SpikeTotals(k)) replies << ' ' << total;
    }
    for (int k = 0; k < static_cast<int>(network->multimeters().size()); ++k) {
      const SignalView view = network->Signals(k, after, kNever);
      replies << '\n' << view.complete_after();
      for (const Step time : view.times()) replies << ' ' << time;
      for (const double value : view.Values(0)) replies << ' ' << value;
    }
    for (int k = 0; k < static_cast<int>(network->projections().size()); ++k) {
      const auto& model = *FindModel(network->projections()[static_cast<size_t>(k)].synapse_model);
      for (const double weight : ReadSynapses(*network, k).weights) replies << ' ' << weight;
      if (network->projections()[static_cast<size_t>(k)].recorded) {
        const WeightRecordView record = network->TransmittedWeights(k, after, kNever);
        replies << '\n' << record.complete_after << ' ' << record.forgotten;
        for (size_t n = 0; n < record.stamps.size(); ++n) {
          replies << ' ' << record.stamps[n] << ' ' << record.weights[n].synapse << ' '
                  << record.weights[n].weight;
        }
      }
      const SynapseView view = network->Synapses(k, 0, UINT64_MAX);
      std::vector<double> values(view.size());
      for (size_t n = 0; n < model.recordables.size(); ++n) {
        view.CopyVariable(n, values.data());
        for (const double value : values) replies << ' ' << value;
      }
    }
    replies << '\n';
  }
}

// Adds to a network that has run: neurons, connections faster than all before,
// plastic ones, and one that needs longer rings.
void Grow(Simulation* simulation, int turn) {
  const std::string name = "grown" + std::to_string(turn);
  NetworkSpec more;
  more.populations = {Recorded(Population(name, "iaf_psc_exp", 4, {{"I_e", 370.0}})),
                      Population(name + "-noise", "noise_generator", 1, {{"std", 50.0}})};
  more.projections = {
      Projection("plain", name, 30.0, turn < 8 ? 0.4 : 0.2, FixedIndegree{3}),
      Projection(name, "mixed", 10.0, 12.0, FixedOutdegree{3}),
      Plastic(Projection("generators", name, 40.0, 1.3, FixedIndegree{2}), "stdp_synapse"),
      Projection("poisson", name, 30.0, 1.0, FixedIndegree{2}),
      Projection(name + "-noise", name, 1.0, 0.7),
  };
  MultimeterSpec meter = Multimeter(name, 0.5);
  meter.name = "meter-" + name;
  more.multimeters = {meter};
  EXPECT_THAT(simulation->ExtendNetwork(simulation->networks().back().get(), more), IsOk());
}

// Commands and time by turns, until `last`; returns all replies.
std::string Continue(Simulation* simulation, uint64_t seed, int first, int last) {
  std::ostringstream replies;
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < last; ++turn) {
    if (turn == 6 && turn >= first && seed % 3 == 0) {
      EXPECT_THAT(simulation->Reset(/*to_time_0=*/seed % 2 == 0, /*initial_weights=*/seed % 4 < 2),
                  IsOk());
    }
    if (turn == 11 && turn >= first && seed % 5 == 0) {
      simulation->RemoveNetwork(simulation->networks().front().get());
      EXPECT_THAT(simulation->AddNetwork("third", SpecOf(seed + 2000)), IsOk());
    }
    const Step steps = 1 + static_cast<Step>(random() % (random() % 2 == 0 ? 15 : 250));
    if (turn < first) continue;
    for (const auto& network : simulation->networks()) {
      CommandAtRandom(network.get(), simulation->grid(), seed + static_cast<uint64_t>(turn));
    }
    if (turn == 4 || turn == 9) Grow(simulation, turn);
    const Step before = simulation->now();
    EXPECT_THAT(simulation->Advance(steps), IsOk());
    AddReplies(*simulation, before, replies);
  }
  return replies.str();
}

class StateTest : public ::testing::TestWithParam<uint64_t> {};

constexpr int kTurns = 16;

TEST_P(StateTest, GoesOnAsIfNothingHadHappened) {
  const uint64_t seed = GetParam();
  const Owned straight = Begin(seed);
  std::vector<std::string> saved = {SavedBytes(*straight)};
  std::vector<std::string> replies;
  for (int turn = 0; turn < kTurns; ++turn) {
    replies.push_back(Continue(straight.get(), seed, turn, turn + 1));
    saved.push_back(SavedBytes(*straight));
  }
  // Restored before each turn, it comes to the same.
  Owned restored;
  for (int turn = 0; turn < kTurns; ++turn) {
    restored = Restore(saved[static_cast<size_t>(turn)]);
    ASSERT_NE(restored, nullptr) << "before turn " << turn;
    ASSERT_TRUE(SavedBytes(*restored) == saved[static_cast<size_t>(turn)])
        << "before turn " << turn;
    ASSERT_EQ(Continue(restored.get(), seed, turn, turn + 1), replies[static_cast<size_t>(turn)])
        << "in turn " << turn;
    ASSERT_TRUE(SavedBytes(*restored) == saved[static_cast<size_t>(turn) + 1])
        << "after turn " << turn;
  }
  // And so it does from the beginning and from halfway to the end.
  for (const int from : {0, kTurns / 2}) {
    restored = Restore(saved[static_cast<size_t>(from)]);
    Continue(restored.get(), seed, from, kTurns);
    ASSERT_TRUE(SavedBytes(*restored) == saved.back()) << "from turn " << from;
  }
}

// Wherever it is stopped, in the midst of a slice's work, too.
TEST_P(StateTest, GoesOnWhereItWasStopped) {
  const uint64_t seed = GetParam();
  const Owned straight = Begin(seed);
  Continue(straight.get(), seed, 0, 2);
  Owned stopped = Restore(SavedBytes(*straight));
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < 3; ++turn) {
    for (Simulation* simulation : {straight.get(), stopped.get()}) {
      for (const auto& network : simulation->networks()) {
        CommandAtRandom(network.get(), simulation->grid(), seed + static_cast<uint64_t>(turn));
      }
    }
    const Step until = straight->now() + 60;
    EXPECT_THAT(straight->Advance(60), IsOk());
    for (bool done = false; !done;) {
      uint64_t asks = 1 + random() % 40;
      Pace pace([&] { return --asks == 0; }, /*work_between_asks=*/200);
      EXPECT_THAT(stopped->Advance(until - stopped->now(), nullptr, &pace), IsOk());
      done = !pace.stopped();
      const std::string saved = SavedBytes(*stopped);
      stopped = Restore(saved);
      ASSERT_TRUE(SavedBytes(*stopped) == saved) << "at " << stopped->now();
    }
    std::ostringstream replies, expected;
    AddReplies(*straight, until - 60, expected);
    AddReplies(*stopped, until - 60, replies);
    ASSERT_EQ(replies.str(), expected.str()) << "in turn " << turn;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StateTest, ::testing::Range<uint64_t>(1, 21));

TEST(State, TellsStatesApart) {
  const Owned one = Begin(1), other = Begin(1);
  EXPECT_TRUE(SavedBytes(*one) == SavedBytes(*other));
  EXPECT_THAT(other->Advance(1), IsOk());
  EXPECT_FALSE(SavedBytes(*one) == SavedBytes(*other));
  EXPECT_THAT(one->Advance(1), IsOk());
  EXPECT_TRUE(SavedBytes(*one) == SavedBytes(*other));
  EXPECT_THAT(other->networks()[0]->SetWeights(0, std::vector<double>{2.5}), IsOk());
  EXPECT_FALSE(SavedBytes(*one) == SavedBytes(*other));
}

// Threads have nothing to do with it.
TEST(State, IsTheSameWithThreads) {
  const Owned alone = Begin(2);
  Continue(alone.get(), 2, 0, 5);
  const Team team(3);
  const auto restored = Simulation::Restore(SavedBytes(*alone), team);
  ASSERT_THAT(restored, IsOk());
  EXPECT_TRUE(SavedBytes(**restored) == SavedBytes(*alone));
}

TEST(State, OfANetworkThatHasDivergedSaysSo) {
  NetworkSpec spec;
  spec.populations = {Population("n", "iaf_psc_exp", 3), Population("g", "spike_generator")};
  spec.projections = {Projection("g", "n", 1e308)};
  Lab lab(spec);
  lab.Feed("g", {{10, 20, 30}});
  const absl::Status before = lab.simulation().Advance(1000);
  ASSERT_FALSE(before.ok());
  const Owned restored = Restore(SavedBytes(lab.simulation()));
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(restored->Advance(10).message(), before.message());
}

// What follows from the specification is not saved.
TEST(State, IsSmallWhereLittleHasHappened) {
  NetworkSpec spec;
  spec.populations = {Population("n", "iaf_psc_exp", 1000)};
  spec.projections = {Projection("n", "n", Distribution{Normal{1, 0.1}},
                                 Distribution{Uniform{1, 5}}, FixedIndegree{100})};
  Lab lab(spec);
  EXPECT_LT(SavedBytes(lab.simulation()).size(), 1000u * 5 * sizeof(double));
  EXPECT_THAT(lab.network().SetWeights(0, std::vector<double>(100'000, 2.0)), IsOk());
  EXPECT_GT(SavedBytes(lab.simulation()).size(), 100'000u * sizeof(double));
}

// Restored by another process: this program again, which finds the file and what
// to do with it in its environment.
constexpr const char* kFile = "SPIKED_TEST_SAVED";

TEST(State, GoesOnInAnotherProcess) {
  constexpr uint64_t kSeed = 5;
  const Owned simulation = Begin(kSeed);
  Continue(simulation.get(), kSeed, 0, 7);
  const std::string path = testing::TempDir() + "saved-" + std::to_string(getpid());
  std::ofstream(path, std::ios::binary) << SavedBytes(*simulation);
  ASSERT_EQ(setenv(kFile, path.c_str(), 1), 0);
  const std::string command = "exec '" + std::filesystem::read_symlink("/proc/self/exe").string() +
                              "' --gtest_filter=State.IsContinuedHere > /dev/null";
  const int status = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe)
  unsetenv(kFile);
  ASSERT_EQ(status, 0);
  std::stringstream continued;
  continued << std::ifstream(path, std::ios::binary).rdbuf();
  std::filesystem::remove(path);
  Continue(simulation.get(), kSeed, 7, 14);
  EXPECT_TRUE(continued.str() == SavedBytes(*simulation));
}

TEST(State, IsContinuedHere) {
  const char* const path = std::getenv(kFile);  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr) GTEST_SKIP() << "for GoesOnInAnotherProcess";
  std::stringstream saved;
  saved << std::ifstream(path, std::ios::binary).rdbuf();
  const Owned simulation = Restore(saved.str());
  ASSERT_NE(simulation, nullptr);
  Continue(simulation.get(), 5, 7, 14);
  std::ofstream(path, std::ios::binary) << SavedBytes(*simulation);
}

// Damage.

// No more than so many bytes, as a session has them.
class BoundedMemory final : public std::pmr::memory_resource {
 public:
  explicit BoundedMemory(size_t bytes) : left_(bytes) {}

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (bytes > left_) throw std::bad_alloc();
    left_ -= bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    left_ += bytes;
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  size_t left_;
};

// What becomes of bytes that are not what was saved: an error, want of memory, or
// (where the checksum was made to fit) a simulation that can be used.
enum class Outcome { kRefused, kNoMemory, kRestored };

Outcome TryRestore(const std::string& bytes) {
  BoundedMemory memory(16 << 20);
  try {
    auto restored = Simulation::Restore(bytes, nullptr, &memory);
    if (!restored.ok()) return Outcome::kRefused;
    (void)(*restored)->Advance(20);
    std::ostringstream replies;
    AddReplies(**restored, -1, replies);
    SavedBytes(**restored);
    return Outcome::kRestored;
  } catch (const std::bad_alloc&) {
    return Outcome::kNoMemory;
  }
}

void FixChecksum(std::string* bytes) {
  const size_t body = bytes->size() - sizeof(uint32_t);
  const auto checksum =
      static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes->data()), body));
  std::memcpy(bytes->data() + body, &checksum, sizeof(checksum));
}

// Small, with something of everything under way.
std::string SavedForDamage(uint64_t seed) {
  NetworkSpec spec = SpecOf(seed);
  for (auto& p : spec.populations) p.record_limit = 3;
  for (auto& m : spec.multimeters) m.record_limit = 2;
  Simulation simulation(0.1, seed);
  EXPECT_THAT(simulation.AddNetwork("network", spec), IsOk());
  Continue(&simulation, seed, 0, 6);
  return SavedBytes(simulation);
}

TEST(DamagedState, IsRefusedWhereverAByteChanges) {
  const std::string saved = SavedForDamage(3);
  std::mt19937_64 random(1);
  for (size_t at = 0; at < saved.size(); at += 1 + at / 300) {
    std::string damaged = saved;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + static_cast<int>(random() % 255)));
    ASSERT_FALSE(Simulation::Restore(damaged).ok()) << "at " << at;
  }
}

TEST(DamagedState, IsRefusedWhereverItEnds) {
  const std::string saved = SavedForDamage(3);
  for (size_t size = 0; size < saved.size(); size += 1 + size / 40) {
    std::string cut = saved.substr(0, size);
    ASSERT_FALSE(Simulation::Restore(cut).ok()) << "at " << size;
    if (size < 20) continue;
    FixChecksum(&cut);
    ASSERT_EQ(TryRestore(cut), Outcome::kRefused) << "at " << size << " with a checksum";
  }
  EXPECT_FALSE(Simulation::Restore(saved + '\0').ok());
}

TEST(DamagedState, OfAnotherKindOrFormIsToldApart) {
  std::string saved = SavedForDamage(3);
  EXPECT_EQ(Simulation::Restore("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Simulation::Restore(std::string(1000, 'x')).status().code(),
            absl::StatusCode::kInvalidArgument);
  saved[8] = 3;
  EXPECT_THAT(std::string(Simulation::Restore(saved).status().message()),
              ::testing::HasSubstr("form 3"));
  saved[8] = 2;
  saved[100] ^= 1;
  EXPECT_EQ(Simulation::Restore(saved).status().code(), absl::StatusCode::kDataLoss);
}

// A step would have it catch up, however long that takes.
TEST(DamagedState, WithANetworkThatIsBehindIsRefused) {
  std::string saved = SavedForDamage(3);
  ++saved[28];  // the time of the simulation
  FixChecksum(&saved);
  EXPECT_EQ(TryRestore(saved), Outcome::kRefused);
}

// Whatever anybody puts into the bytes, nothing breaks.
TEST(DamagedState, WithAChecksumThatFitsDoesNoHarm) {
  std::array<int, 3> outcomes = {};
  for (const uint64_t seed : {3, 4, 5}) {
    const std::string saved = SavedForDamage(seed);
    std::mt19937_64 random(seed);
    for (size_t at = 8 + random() % 7; at + 4 < saved.size(); at += 1 + random() % 600) {
      std::string damaged = saved;
      switch (random() % 4) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
          break;
        case 2:
          for (size_t k = at; k < std::min(at + 8, saved.size() - 4); ++k) damaged[k] = '\xFF';
          break;
        default:
          damaged.erase(at, 1 + random() % 20);
          if (damaged.size() < 20) continue;
      }
      FixChecksum(&damaged);
      ++outcomes[static_cast<size_t>(TryRestore(damaged))];
    }
  }
  EXPECT_GT(outcomes[0], 0);
  EXPECT_GT(outcomes[2], 0);
}

}  // namespace
}  // namespace spiked::engine
