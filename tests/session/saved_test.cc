#include "server/session/saved.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace spiked::session {
namespace {

std::string Written() {
  v1::Session session;
  session.set_name("sessions/a");
  const engine::Simulation simulation(0.1, 7);
  std::string bytes;
  WriteSaved(session, simulation, {},
             [&](absl::string_view piece) { bytes.append(piece.data(), piece.size()); });
  return bytes;
}

TEST(SavedTest, IsReadAsItWasWritten) {
  const std::string bytes = Written();
  const auto saved = ReadSaved(bytes);
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(saved->about.session().name(), "sessions/a");
  EXPECT_NE(saved->about.server_version(), "");
  const auto simulation = engine::Simulation::Restore(saved->simulation);
  ASSERT_TRUE(simulation.ok()) << simulation.status();
  EXPECT_EQ((*simulation)->seed(), 7u);
}

TEST(SavedTest, SnapshotsComeAlong) {
  MemoryBudget memory(MemoryBudget::kUnlimited);
  Snapshots snapshots;
  for (const char* const name : {"b", "a"}) {
    KeptState kept{.time_ms = 1.5, .simulation = ChargedBytes(&memory)};
    ASSERT_TRUE(kept.simulation.Append(std::string(3, name[0])).ok());
    snapshots.emplace(name, std::move(kept));
  }
  const engine::Simulation simulation(0.1, 7);
  std::string bytes;
  WriteSaved({}, simulation, snapshots,
             [&](absl::string_view piece) { bytes.append(piece.data(), piece.size()); });
  const auto saved = ReadSaved(bytes);
  ASSERT_TRUE(saved.ok()) << saved.status();
  ASSERT_EQ(saved->snapshots.size(), 2u);
  EXPECT_EQ(saved->about.snapshots(0).name(), "a");
  EXPECT_EQ(saved->about.snapshots(0).time_ms(), 1.5);
  EXPECT_EQ(saved->snapshots[0], "aaa");
  EXPECT_EQ(saved->snapshots[1], "bbb");
  EXPECT_TRUE(engine::Simulation::Restore(saved->simulation).ok());
}

TEST(SavedTest, WhatIsDamagedOrCutIsRefused) {
  const std::string bytes = Written();
  for (size_t k = 0; k < bytes.size(); ++k) {
    std::string damaged = bytes;
    damaged[k] = static_cast<char>(damaged[k] ^ 0x10);
    EXPECT_EQ(ReadSaved(damaged).status().code(), absl::StatusCode::kInvalidArgument) << k;
    EXPECT_EQ(ReadSaved(bytes.substr(0, k)).status().code(), absl::StatusCode::kInvalidArgument)
        << k;
  }
}

TEST(ChargedBytesTest, TakeWhatTheyHoldFromTheBudget) {
  MemoryBudget budget(100);
  {
    ChargedBytes bytes(&budget);
    const std::string text(30, 'a');
    EXPECT_TRUE(bytes.Append(text.substr(10)).ok());
    EXPECT_TRUE(bytes.Append(text.substr(20)).ok());
    EXPECT_EQ(bytes.bytes(), text);
    EXPECT_GE(budget.taken(), 30u);
    EXPECT_EQ(bytes.Append(std::string(100, 'x')).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(bytes.bytes(), text);
  }
  EXPECT_EQ(budget.taken(), 0u);
}

}  // namespace
}  // namespace spiked::session
