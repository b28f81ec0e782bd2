#include "server/session/weights.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "server/session/machine.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using ::testing::ElementsAre;

std::vector<double> Weights(Machine& machine, const std::string& projection) {
  v1::GetWeightsRequest request;
  request.set_projection(projection);
  v1::GetWeightsResponse response;
  EXPECT_TRUE(machine.GetWeights(request, &response).ok());
  return {response.weights().weights().begin(), response.weights().weights().end()};
}

absl::Status Set(Machine& machine, const std::string& text) {
  v1::SetWeightsResponse response;
  return machine.SetWeights(Parse<v1::SetWeightsRequest>(text), Unstopped(), &response);
}

TEST(SetWeightsTest, SomeAreReplacedFromOneOn) {
  TestMachine machine;
  ASSERT_TRUE(Set(*machine, "projection: 'net/plastic' weights { number: 5 }").ok());
  ASSERT_TRUE(
      Set(*machine, "projection: 'net/plastic' first: 2 weights { list { values: [ 7, 8 ] } }")
          .ok());
  EXPECT_THAT(Weights(*machine, "net/plastic"), ElementsAre(5, 5, 7, 8, 5, 5, 5, 5));
  // At the very end, and nothing at all.
  ASSERT_TRUE(
      Set(*machine, "projection: 'net/plastic' first: 7 weights { list { values: 9 } }").ok());
  ASSERT_TRUE(Set(*machine, "projection: 'net/plastic' first: 8 weights { list {} }").ok());
  EXPECT_THAT(Weights(*machine, "net/plastic"), ElementsAre(5, 5, 7, 8, 5, 5, 5, 9));
}

TEST(SetWeightsTest, SomeAreReplacedByNumber) {
  TestMachine machine;
  // A static projection keeps a weight that all share only once, until they differ.
  ASSERT_TRUE(Set(*machine, "projection: 'net/dc_out' connections: 2 weights { number: 3 }").ok());
  EXPECT_THAT(Weights(*machine, "net/dc_out"), ElementsAre(1, 1, 3, 1));
  ASSERT_TRUE(Set(*machine,
                  "projection: 'net/dc_out' connections: [ 3, 0, 3 ] weights { list { values: [ "
                  "4, 5, 6 ] } }")
                  .ok());
  EXPECT_THAT(Weights(*machine, "net/dc_out"), ElementsAre(5, 1, 3, 6));
}

TEST(SetWeightsTest, PartsThatDoNotFitAreRefusedAndChangeNothing) {
  TestMachine machine;
  const auto before = Weights(*machine, "net/plastic");
  const auto field = [&](const std::string& text) {
    const absl::Status status = Set(*machine, "projection: 'net/plastic' " + text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    return engine::FieldOf(status).value_or("");
  };
  EXPECT_EQ(field("first: 7 weights { list { values: [ 1, 2 ] } }"), "first");
  EXPECT_EQ(field("first: 18446744073709551615 weights { list { values: [ 1, 2 ] } }"), "first");
  EXPECT_EQ(field("first: 0 weights { number: 1 }"), "first");
  EXPECT_EQ(field("first: 0 connections: 1 weights { list { values: 1 } }"), "connections");
  EXPECT_EQ(field("connections: [ 1, 8 ] weights { number: 1 }"), "connections[1]");
  EXPECT_EQ(field("connections: [ 1, 2 ] weights { list { values: 1 } }"), "weights.list");
  EXPECT_EQ(field("connections: [ 1, 2 ] weights { list { values: [ 1, nan ] } }"),
            "weights.list.values[1]");
  EXPECT_EQ(field("first: 3 weights { list { values: [ 1, inf ] } }"), "weights.list.values[1]");
  EXPECT_EQ(Weights(*machine, "net/plastic"), before);
}

// Pauses before every part but the first.
class Pausing final : public NoStop {
 public:
  bool pause() override { return std::exchange(paused_, !paused_) == false; }

 private:
  bool paused_ = true;
};

TEST(ReadWeightsTest, AllIsReadPartByPart) {
  MemoryBudget budget(uint64_t{1} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  // 500,000 of 720 x 720 dense weights fit into a message.
  ASSERT_TRUE(machine
                  .CreateNetwork(Parse<v1::CreateNetworkRequest>(R"pb(
                                   network: "n"
                                   specification {
                                     populations { name: "p" model: "iaf_psc_exp" size: 720 }
                                     projections {
                                       name: "dense"
                                       source: "p"
                                       target: "p"
                                       rule { all_to_all {} }
                                       weight { distribution { normal { mean: 10 std: 2 } } }
                                     }
                                     projections {
                                       name: "none"
                                       source: "p"
                                       target: "p"
                                       rule { pairwise_bernoulli { probability: 0 } }
                                     }
                                   })pb"),
                                 Unstopped(), &created)
                  .ok());
  const auto request = Parse<v1::ReadWeightsRequest>("projections: ['n/dense', 'n/none']");
  v1::ReadWeightsResponse unused;
  Pausing stop;
  absl::Status status;
  int calls = 1;
  while (!machine.ReadWeights(request, stop, &unused, &status)) ++calls;
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(stop.replies.size(), 3u);
  EXPECT_EQ(calls, 3);
  std::vector<double> all;
  for (const auto& reply : stop.replies) {
    const auto& part = static_cast<const v1::ReadWeightsResponse&>(*reply);
    EXPECT_LE(part.ByteSizeLong(), 4u << 20);
    EXPECT_EQ(part.first(), part.weights().projection() == "n/dense" ? all.size() : 0u);
    all.insert(all.end(), part.weights().weights().begin(), part.weights().weights().end());
  }
  EXPECT_EQ(all.size(), 720u * 720);
  v1::GetWeightsRequest page;
  page.set_projection("n/dense");
  v1::GetWeightsResponse first;
  ASSERT_TRUE(machine.GetWeights(page, &first).ok());
  EXPECT_TRUE(
      std::equal(first.weights().weights().begin(), first.weights().weights().end(), all.begin()));
}

TEST(ReadWeightsTest, WhatCannotBeReadIsRefused) {
  TestMachine machine;
  const auto field = [&](const std::string& text) {
    v1::ReadWeightsResponse unused;
    NoStop stop;
    absl::Status status;
    EXPECT_TRUE(machine->ReadWeights(Parse<v1::ReadWeightsRequest>(text), stop, &unused, &status));
    EXPECT_FALSE(status.ok());
    return engine::FieldOf(status).value_or("");
  };
  EXPECT_EQ(field(""), "projections");
  EXPECT_EQ(field("projections: ['net/plastic', 'net/nothing']"), "projections[1]");
  EXPECT_EQ(field("projections: 'net/plastic' variables: 'c'"), "variables[0]");
}

}  // namespace
}  // namespace spiked::session
