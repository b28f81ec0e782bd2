// Commands that change what a session's networks are.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/machine.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const v1::ExtendNetworkRequest& Extension() {
  static const auto& extension = *new v1::ExtendNetworkRequest(Parse<v1::ExtendNetworkRequest>(R"(
    network: "net"
    additions {
      populations { name: "more" model: "iaf_psc_exp" size: 3 record_spikes: true }
      projections {
        name: "out_more" source: "out" target: "more" rule { all_to_all {} }
        weight { number: 1500 } source_neurons { range { first: 1 count: 2 } }
      }
      projections {
        name: "more_out" source: "more" target: "out" rule { all_to_all {} } weight { number: 90 }
        delay_ms { number: 0.3 }
      }
    }
  )"));
  return extension;
}

TEST(ChangeTest, AnExtendedNetworkIsLargerAndRunsOn) {
  TestMachine one, other;
  const uint64_t neurons = one->size().neurons, synapses = one->size().synapses;
  v1::ExtendNetworkResponse response;
  ASSERT_TRUE(one->ExtendNetwork(Extension(), Unstopped(), &response).ok());
  EXPECT_EQ(response.network().name(), "net");
  EXPECT_EQ(one->size().neurons, neurons + 3);
  EXPECT_EQ(one->size().synapses, synapses + 6 + 12);
  ASSERT_TRUE(other->ExtendNetwork(Extension(), Unstopped(), &response).ok());
  EXPECT_EQ(Future(*one), Future(*other));
}

TEST(ChangeTest, ARefusedExtensionChangesNothing) {
  TestMachine machine, twin;
  auto request = Extension();
  request.mutable_additions()->mutable_projections(1)->set_source("nobody");
  v1::ExtendNetworkResponse response;
  const absl::Status status = machine->ExtendNetwork(request, Unstopped(), &response);
  EXPECT_EQ(engine::FieldOf(status), "additions.projections[1].source");
  request = Extension();
  request.set_network("other");
  EXPECT_EQ(engine::FieldOf(machine->ExtendNetwork(request, Unstopped(), &response)), "network");
  request = Extension();
  request.set_validate_only(true);
  EXPECT_TRUE(machine->ExtendNetwork(request, Unstopped(), &response).ok());
  EXPECT_EQ(Future(*machine), Future(*twin));
}

TEST(ChangeTest, AnExtensionIsWithinTheLimitsOfTheSession) {
  Limits limits;
  limits.max_neurons = 20;
  TestMachine machine(limits);
  auto request = Extension();
  request.mutable_additions()->mutable_populations(0)->set_size(1000);
  v1::ExtendNetworkResponse response;
  EXPECT_EQ(machine->ExtendNetwork(request, Unstopped(), &response).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ChangeTest, ADeletedNetworkTakesItsMemoryWithIt) {
  TestMachine machine;
  v1::DeleteNetworkRequest request;
  request.set_network("net");
  v1::DeleteNetworkResponse response;
  ASSERT_TRUE(machine->DeleteNetwork(request, &response).ok());
  EXPECT_THAT(machine->NetworkNames(), IsEmpty());
  EXPECT_EQ(machine->size().neurons, 0u);
  EXPECT_EQ(machine->size().bytes, 0u);
  EXPECT_FALSE(machine->DeleteNetwork(request, &response).ok());
  v1::CreateNetworkResponse created;
  EXPECT_TRUE(machine->CreateNetwork(SmallNetwork(), Unstopped(), &created).ok());
}

TEST(ChangeTest, ParametersAreSetTogetherOrNotAtAll) {
  TestMachine machine, twin;
  auto request = Parse<v1::SetParametersRequest>(R"(
    settings {
      population: "net/out" neurons { list { indices: [3, 1] } }
      parameters { key: "tau_m" value { list { values: [20, 15] } } }
    }
    settings { projection: "net/plastic" parameters { key: "lambda" value { number: 0.1 } } }
    settings { population: "net/out" parameters { key: "I_e" value { number: 1 } } }
  )");
  v1::SetParametersResponse response;
  EXPECT_EQ(engine::FieldOf(machine->SetParameters(request, &response)), "settings[2].population");
  EXPECT_EQ(Future(*machine), Future(*twin));

  request.mutable_settings()->RemoveLast();
  ASSERT_TRUE(machine->SetParameters(request, &response).ok());
  const auto query = Parse<v1::GetParametersRequest>(R"(
    queries { population: "net/out" names: ["tau_m", "C_m"] }
    queries { projection: "net/plastic" names: "lambda" }
  )");
  v1::GetParametersResponse values;
  ASSERT_TRUE(machine->GetParameters(query, &values).ok());
  const auto& neurons = values.values(0).parameters();
  EXPECT_THAT(neurons.at("tau_m").list().values(), ElementsAre(10, 15, 10, 20));
  EXPECT_EQ(neurons.at("C_m").number(), 250);
  EXPECT_EQ(values.values(1).parameters().at("lambda").number(), 0.1);
}

TEST(ChangeTest, AResetSessionStartsAgain) {
  TestMachine machine;
  v1::ResetSessionRequest request;
  request.set_to_time_0(true);
  request.set_initial_weights(true);
  v1::ResetSessionResponse response;
  ASSERT_TRUE(machine->ResetSession(request, Unstopped(), &response).ok());
  EXPECT_EQ(response.time_ms(), 0);
  // As the fixture brought it to where it was.
  for (int k = 0; k < 2; ++k) ASSERT_TRUE(Step(*machine, FullStep()).ok());
  TestMachine twin;
  EXPECT_EQ(Future(*machine), Future(*twin));
}

}  // namespace
}  // namespace spiked::session
