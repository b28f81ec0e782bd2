// Bad input of every method, with the status, reason and field that come back,
// and proof that the session has not changed.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

using grpc::StatusCode;
using session::Bytes;
using session::FullStep;
using session::Parse;

struct BadRequest {
  std::string request;  // SESSION stands for the name of a session that exists
  StatusCode code;
  std::string reason;
  std::string field;
};

// What is wrong with a session's name is wrong everywhere.
std::vector<BadRequest> WithBadSessions(std::vector<BadRequest> cases) {
  for (const char* name : {"", "s", "sessions/", "sessions/..", "sessions/a/b", "networks/s"}) {
    cases.push_back({std::string("session: '") + name + "'", StatusCode::INVALID_ARGUMENT,
                     "INVALID_FIELD", "session"});
  }
  cases.push_back({"session: 'sessions/" + std::string(1 << 20, 'x') + "'",
                   StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "session"});
  cases.push_back({"session: 'sessions/nobody'", StatusCode::NOT_FOUND, "NOT_FOUND", "session"});
  return cases;
}

class BadRequestTest : public RpcTest {
 protected:
  // A session that gets the bad requests, and one that does not.
  BadRequestTest() : session_(CreateSession()), twin_(CreateSession()) {
    Step(session_);
    Step(twin_);
  }
  ~BadRequestTest() override {
    const auto session = Describe(session_), twin = Describe(twin_);
    EXPECT_EQ(session.time_ms(), twin.time_ms());
    EXPECT_EQ(session.networks_size(), twin.networks_size());
    EXPECT_EQ(session.state(), v1::SESSION_STATE_IDLE);
    for (int k = 0; k < 2; ++k) EXPECT_EQ(Step(session_), Step(twin_)) << "the session has changed";
    DeleteSession(session_);
    DeleteSession(twin_);
  }

  std::string Step(const std::string& name) {
    v1::StepRequest request = FullStep();
    request.set_session(name);
    v1::StepResponse response;
    const grpc::Status status = Call(stub(), &Simulation::Step, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_GT(response.spikes(1).times_ms_size(), 0);
    return Bytes(response);
  }

  template <typename Request>
  Request ParseFor(std::string text) {
    const size_t place = text.find("SESSION");
    if (place != std::string::npos) text.replace(place, 7, "session: '" + session_ + "'");
    return Parse<Request>(text);
  }

  template <typename Request, typename Response>
  void ExpectRefused(grpc::Status (Simulation::*method)(grpc::ClientContext*, const Request&,
                                                        Response*),
                     const std::vector<BadRequest>& cases) {
    for (const BadRequest& bad : cases) {
      SCOPED_TRACE(bad.request.substr(0, 200));
      Response response;
      const grpc::Status status = Call(stub(), method, ParseFor<Request>(bad.request), &response);
      ExpectError(status, bad.code, bad.reason, bad.field);
    }
  }

  const std::string session_, twin_;
};

TEST_F(BadRequestTest, CreateSession) {
  ExpectRefused(
      &Simulation::CreateSession,
      {{"session_id: 'a/b'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "session_id"},
       {"session_id: '" + session_.substr(9) + "'", StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS",
        "session_id"},
       {"resolution_ms: nan", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "resolution_ms"},
       {"resolution_ms: -inf", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "resolution_ms"},
       {"resolution_ms: 11", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "resolution_ms"},
       {"display_name: '" + std::string(1 << 20, 'x') + "'", StatusCode::INVALID_ARGUMENT,
        "INVALID_FIELD", "display_name"}});
}

TEST_F(BadRequestTest, GetSession) { ExpectRefused(&Simulation::GetSession, WithBadSessions({})); }

TEST_F(BadRequestTest, ListSessions) {
  ExpectRefused(&Simulation::ListSessions,
                {{"page_size: 1001", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "page_size"},
                 {"page_token: 'x'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "page_token"}});
}

TEST_F(BadRequestTest, DeleteSession) {
  ExpectRefused(&Simulation::DeleteSession, WithBadSessions({}));
}

TEST_F(BadRequestTest, HaltSession) {
  ExpectRefused(&Simulation::HaltSession, WithBadSessions({}));
  EXPECT_FALSE(Halt(session_));
}

TEST_F(BadRequestTest, CreateNetwork) {
  const std::string spec = "SESSION network: 'new' specification { populations { name: 'p' model: ";
  ExpectRefused(
      &Simulation::CreateNetwork,
      WithBadSessions({
          {"SESSION", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "network"},
          {"SESSION network: 'net' specification {}", StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS",
           "network"},
          {"SESSION network: 'new'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
           "specification"},
          {"SESSION network: 'new' preset { name: 'chess' }", StatusCode::INVALID_ARGUMENT,
           "INVALID_FIELD", "preset.name"},
          {"SESSION network: 'new' preset { name: 'pong/rstdp' options { fields { key: 'noise' "
           "value { string_value: 'yes' } } } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "preset.options[noise]"},
          {spec + "'brain' size: 1 } }", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
           "specification.populations[0].model"},
          {spec + "'iaf_psc_exp' size: 4294967295 } }", StatusCode::RESOURCE_EXHAUSTED,
           "QUOTA_EXCEEDED", ""},
          {spec + "'iaf_psc_exp' size: 1 parameters { key: 'C_m' value { number: nan } } } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
           "specification.populations[0].parameters[C_m]"},
          {spec + "'" + std::string(1 << 20, 'x') + "' size: 1 } }", StatusCode::INVALID_ARGUMENT,
           "INVALID_FIELD", "specification.populations[0].model"},
          {spec + "'iaf_psc_exp' size: 1000000 } projections { name: 'c' source: 'p' target: 'p' "
                  "rule { all_to_all {} } } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "specification.projections[0].rule"},
          {spec + "'iaf_psc_exp' size: 40000 } projections { name: 'c' source: 'p' target: 'p' "
                  "rule { all_to_all {} } weight { distribution { normal { mean: 1 "
                  "std: 1 } } } } }",
           StatusCode::RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", ""},
          {spec + "'iaf_psc_exp' size: 2 } projections { name: 'c' source: 'p' target: 'p' "
                  "rule { one_to_one {} } delay_ms { number: -1 } } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "specification.projections[0].delay_ms"},
          {spec + "'iaf_psc_exp' size: 2 } projections { name: 'c' source: 'p' target: 'p' "
                  "rule { one_to_one {} } weight { number: -inf } } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "specification.projections[0].weight"},
          {spec +
               "'iaf_psc_exp' size: 1 } multimeters { name: 'm' population: 'p' variables: 'V_m' "
               "interval_ms: 0.15 } }",
           StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
           "specification.multimeters[0].interval_ms"},
      }));
}

TEST_F(BadRequestTest, GetNetwork) {
  ExpectRefused(
      &Simulation::GetNetwork,
      WithBadSessions({{"SESSION network: 'x'", StatusCode::NOT_FOUND, "NOT_FOUND", "network"}}));
}

// The same in SetInput and, further below, in Step.
std::vector<BadRequest> BadInputs() {
  const std::string trains = "SESSION inputs { population: 'net/input' spike_trains { ";
  return {
      {"SESSION inputs { population: 'net/x' spike_trains {} }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "inputs[0].population"},
      {"SESSION inputs { population: 'net/out' spike_trains {} }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "inputs[0].spike_trains"},
      {trains + "senders: 0 times_ms: 50.05 } }", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains + "senders: 0 times_ms: nan } }", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains + "senders: 0 times_ms: -5 } relative: true }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "inputs[0].spike_trains.times_ms[0]"},
      {trains + "senders: 4294967295 times_ms: 50 } }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "inputs[0].spike_trains.senders[0]"},
      {"SESSION inputs { population: 'net/steps' current_steps { senders: 0 times_ms: 50 "
       "amplitudes_pa: inf } }",
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "inputs[0].current_steps.amplitudes_pa[0]"},
      {"SESSION inputs { population: 'net/background' device_parameters { parameters { key: 'rate' "
       "value { number: -1 } } } }",
       StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[rate]"},
  };
}

std::vector<BadRequest> BadRewards() {
  return {
      {"SESSION rewards { target: 'x' value: 1 }", StatusCode::NOT_FOUND, "NOT_FOUND",
       "rewards[0].target"},
      {"SESSION rewards { target: 'net' value: nan }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "rewards[0].value"},
      {"SESSION rewards { target: 'net' value: 1 } rewards { target: 'net/plastic' value: 1 }",
       StatusCode::FAILED_PRECONDITION, "NOT_REWARDED", "rewards[1].target"},
  };
}

std::vector<BadRequest> BadSteps() {
  std::vector<BadRequest> cases = {
      {"SESSION", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: -1", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: nan", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: inf", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: 1e300", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: 0.15", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "duration_ms"},
      {"SESSION duration_ms: 1 expected_time_ms: 19", StatusCode::ABORTED, "TIME_MISMATCH",
       "expected_time_ms"},
      {"SESSION duration_ms: 1 readout { spikes: 'net/dc' }", StatusCode::FAILED_PRECONDITION,
       "NOT_RECORDED", "readout.spikes[0]"},
      {"SESSION duration_ms: 1 readout { weights: 'net/x' }", StatusCode::INVALID_ARGUMENT,
       "INVALID_FIELD", "readout.weights[0]"},
  };
  for (const auto& more : {BadInputs(), BadRewards()}) {
    for (BadRequest bad : more) {
      bad.request += " duration_ms: 1";
      cases.push_back(std::move(bad));
    }
  }
  return cases;
}

TEST_F(BadRequestTest, SetInput) {
  ExpectRefused(&Simulation::SetInput, WithBadSessions(BadInputs()));
}

TEST_F(BadRequestTest, ApplyReward) {
  ExpectRefused(&Simulation::ApplyReward, WithBadSessions(BadRewards()));
}

TEST_F(BadRequestTest, Step) { ExpectRefused(&Simulation::Step, WithBadSessions(BadSteps())); }

TEST_F(BadRequestTest, StepStream) {
  for (const BadRequest& bad : WithBadSessions(BadSteps())) {
    SCOPED_TRACE(bad.request.substr(0, 200));
    grpc::ClientContext context;
    const auto stream = stub().StepStream(&context);
    v1::StepStreamRequest request;
    *request.mutable_step() = ParseFor<v1::StepRequest>(bad.request);
    ASSERT_TRUE(stream->Write(request));
    v1::StepStreamResponse response;
    EXPECT_FALSE(stream->Read(&response));
    ExpectError(stream->Finish(), bad.code, bad.reason, "step." + bad.field);
  }
}

TEST_F(BadRequestTest, GetSpikes) {
  ExpectRefused(&Simulation::GetSpikes,
                WithBadSessions({
                    {"SESSION population: 'out'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
                     "population"},
                    {"SESSION population: 'net/x'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
                     "population"},
                    {"SESSION population: 'net/dc'", StatusCode::FAILED_PRECONDITION,
                     "NOT_RECORDED", "population"},
                    {"SESSION population: 'net/out' after_ms: nan", StatusCode::INVALID_ARGUMENT,
                     "INVALID_FIELD", "after_ms"},
                    {"SESSION population: 'net/out' page_size: 100001",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "page_size"},
                    {"SESSION population: 'net/out' page_token: 'AAAA'",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "page_token"},
                }));
}

TEST_F(BadRequestTest, GetSignals) {
  ExpectRefused(&Simulation::GetSignals,
                WithBadSessions({
                    {"SESSION multimeter: 'net/x'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
                     "multimeter"},
                    {"SESSION multimeter: 'net/meter' until_ms: inf", StatusCode::INVALID_ARGUMENT,
                     "INVALID_FIELD", "until_ms"},
                }));
}

TEST_F(BadRequestTest, GetWeights) {
  ExpectRefused(&Simulation::GetWeights,
                WithBadSessions({
                    {"SESSION projection: 'net/x'", StatusCode::INVALID_ARGUMENT, "INVALID_FIELD",
                     "projection"},
                    {"SESSION projection: 'net/plastic' variables: 'q'",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "variables[0]"},
                    {"SESSION projection: 'net/plastic' page_token: '*'",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "page_token"},
                }));
}

TEST_F(BadRequestTest, SetWeights) {
  ExpectRefused(&Simulation::SetWeights,
                WithBadSessions({
                    {"SESSION projection: 'net/rewarded' weights { number: nan }",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "weights"},
                    {"SESSION projection: 'net/rewarded' weights { list { values: [1, 2] } }",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "weights.list"},
                }));
}

TEST_F(BadRequestTest, SetRecording) {
  ExpectRefused(&Simulation::SetRecording,
                WithBadSessions({
                    {"SESSION settings { population: 'net/dc' record: true }",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "settings[0].record"},
                    {"SESSION settings { projection: 'net/dc_out' record: true }",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "settings[0].record"},
                }));
}

TEST_F(BadRequestTest, GetWeightRecord) {
  ExpectRefused(&Simulation::GetWeightRecord,
                WithBadSessions({
                    {"SESSION projection: 'net/rewarded'", StatusCode::FAILED_PRECONDITION,
                     "NOT_RECORDED", "projection"},
                }));
}

TEST_F(BadRequestTest, CutConnections) {
  ExpectRefused(&Simulation::CutConnections,
                WithBadSessions({
                    {"SESSION projection: 'net/rewarded' connections: [0, 1000]",
                     StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "connections[1]"},
                }));
}

TEST_F(BadRequestTest, ARequestThatIsTooLargeIsRefusedByTheTransport) {
  v1::SetInputRequest request;
  request.set_session(session_);
  v1::Input* input = request.add_inputs();
  input->set_population("net/input");
  input->mutable_spike_trains()->mutable_times_ms()->Resize(9 << 20, 50);  // 72 MiB
  v1::SetInputResponse response;
  const grpc::Status status = Call(stub(), &Simulation::SetInput, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(BadRequestTest, AQuotaIsNamedInTheDetails) {
  const auto request = ParseFor<v1::CreateNetworkRequest>(
      "SESSION network: 'n' specification { populations { name: 'p' model: 'parrot_neuron' size: "
      "4294967295 } }");
  v1::CreateNetworkResponse response;
  const grpc::Status status = Call(stub(), &Simulation::CreateNetwork, request, &response);
  ExpectError(status, StatusCode::RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "");
  const auto failure = DetailOf<google::rpc::QuotaFailure>(status);
  ASSERT_EQ(failure.violations_size(), 1);
  EXPECT_EQ(failure.violations(0).subject(), "memory_bytes");
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).metadata().at("quota"), "memory_bytes");
}

}  // namespace
}  // namespace spiked::rpc
