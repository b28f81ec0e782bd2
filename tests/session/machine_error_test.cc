// Bad requests: what each command answers, and that nothing has happened.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using absl::StatusCode;

struct BadRequest {
  std::string request;
  StatusCode code;
  std::string reason;
  std::string field;
};

// Runs each request on a machine and expects its error, and that the machine
// afterwards cannot be told from one that has not seen the request.
template <typename Request, typename RunFn>
void ExpectRefused(const std::vector<BadRequest>& cases, RunFn run) {
  TestMachine untouched;
  const std::string expected = Future(*untouched);
  for (const BadRequest& bad : cases) {
    SCOPED_TRACE(bad.request.substr(0, 200));
    TestMachine machine;
    const uint64_t memory = machine.budget().taken();
    const absl::Status status = run(*machine, Parse<Request>(bad.request));
    EXPECT_EQ(status.code(), bad.code) << status;
    EXPECT_EQ(engine::ReasonOf(status).value_or(""), bad.reason) << status;
    EXPECT_EQ(engine::FieldOf(status).value_or("(none)"), bad.field) << status;
    EXPECT_EQ(machine.budget().taken(), memory);
    EXPECT_EQ(Future(*machine), expected) << "the machine has changed";
  }
}

template <typename Request, typename Response>
auto Command(absl::Status (Machine::*command)(const Request&, Response*)) {
  return [command](Machine& machine, const Request& request) {
    Response response;
    return (machine.*command)(request, &response);
  };
}

template <typename Request, typename Response>
auto Command(absl::Status (Machine::*command)(const Request&, Stop&, Response*)) {
  return [command](Machine& machine, const Request& request) {
    Response response;
    return (machine.*command)(request, Unstopped(), &response);
  };
}
template <typename Request, typename Response>
auto Command(bool (Machine::*command)(const Request&, Stop&, Response*, absl::Status*)) {
  return [command](Machine& machine, const Request& request) {
    Response response;
    absl::Status status;
    EXPECT_TRUE((machine.*command)(request, Unstopped(), &response, &status));
    return status;
  };
}

TEST(MachineErrorTest, CreateNetwork) {
  // A specification with something wrong in it, beside a good population `p`.
  const auto with = [](const std::string& part) {
    return "network: 'new' specification { populations { name: 'p' model: 'iaf_psc_exp' size: 2 "
           "} " +
           part + " }";
  };
  const std::string p0 = "projections { name: 'c' source: 'p' target: 'p' ";
  ExpectRefused<v1::CreateNetworkRequest>(
      {
          {"", StatusCode::kInvalidArgument, "INVALID_FIELD", "network"},
          {"network: 'a/b'", StatusCode::kInvalidArgument, "INVALID_FIELD", "network"},
          {"network: '1'", StatusCode::kInvalidArgument, "INVALID_FIELD", "network"},
          {"network: 'net' preset { name: 'pong/rstdp' }", StatusCode::kAlreadyExists,
           "ALREADY_EXISTS", "network"},
          {"network: 'new'", StatusCode::kInvalidArgument, "INVALID_FIELD", "specification"},
          {"network: 'new' specification {}", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.populations"},
          {"network: 'new' preset { name: 'tennis' }", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "preset.name"},
          // What a plain object becomes in languages where a Struct is none.
          {"network: 'new' preset { name: 'pong/rstdp' options {} }", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "preset.options"},
          {"network: 'new' preset { name: 'pong/rstdp' options { fields { key: 'noise' value { "
           "number_value: nan } } } }",
           StatusCode::kInvalidArgument, "INVALID_FIELD", "preset.options[noise]"},
          {"network: 'new' preset { name: 'pong/rstdp' options { fields { key: 'num_neurons' value "
           "{ number_value: 1e300 } } } }",
           StatusCode::kInvalidArgument, "INVALID_FIELD", "preset.options[num_neurons]"},
          {with("populations { name: 'p' model: 'iaf_psc_exp' size: 1 }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD", "specification.populations[1].name"},
          {with("populations { name: 'q' model: 'brain' size: 1 }"), StatusCode::kInvalidArgument,
           "INVALID_FIELD", "specification.populations[1].model"},
          {with("populations { name: 'q' model: 'iaf_psc_exp' }"), StatusCode::kInvalidArgument,
           "INVALID_FIELD", "specification.populations[1].size"},
          {with("populations { name: 'q' model: 'iaf_psc_exp' size: 1 parameters { key: 'tau_m' "
                "value { number: nan } } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.populations[1].parameters[tau_m]"},
          {with("populations { name: 'q' model: 'iaf_psc_exp' size: 1 parameters { key: 'tau_m' "
                "value { number: -inf } } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.populations[1].parameters[tau_m]"},
          {with("populations { name: 'q' model: 'iaf_psc_exp' size: 1 parameters { key: 'tau' "
                "value { number: 1 } } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.populations[1].parameters[tau]"},
          {with("populations { name: 'q' model: 'iaf_psc_exp' size: 4000000000 }"),
           StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "(none)"},
          {with(p0 + "}"), StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.projections[0].rule"},
          {with(p0 + "rule { all_to_all {} } delay_ms { number: -1 } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD", "specification.projections[0].delay_ms"},
          {with(p0 + "rule { all_to_all {} } delay_ms { number: 0.05 } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD", "specification.projections[0].delay_ms"},
          {with(p0 + "rule { all_to_all {} } weight { number: nan } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD", "specification.projections[0].weight"},
          {with(p0 + "rule { all_to_all {} } weight {} }"), StatusCode::kInvalidArgument,
           "INVALID_FIELD", "specification.projections[0].weight"},
          {with(p0 + "rule { fixed_total_number { connections: 2000000000 } } }"),
           StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "(none)"},
          {with("projections { name: 'c' source: 'p' target: 'nobody' rule { all_to_all {} } }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD", "specification.projections[0].target"},
          {with("multimeters { name: 'm' population: 'p' variables: 'V' }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.multimeters[0].variables[0]"},
          {with("multimeters { name: 'm' population: 'p' variables: 'V_m' interval_ms: 0.25 }"),
           StatusCode::kInvalidArgument, "INVALID_FIELD",
           "specification.multimeters[0].interval_ms"},
      },
      Command(&Machine::CreateNetwork));
}

TEST(MachineErrorTest, GetNetwork) {
  ExpectRefused<v1::GetNetworkRequest>(
      {{"", StatusCode::kNotFound, "NOT_FOUND", "network"},
       {"network: 'other'", StatusCode::kNotFound, "NOT_FOUND", "network"}},
      Command(&Machine::GetNetwork));
}

// Inputs are the same in SetInput and in Step, and so are their errors.
const std::vector<BadRequest>& BadInputs() {
  const auto trains = [](const std::string& columns) {
    return "inputs { population: 'net/input' spike_trains { " + columns + " } }";
  };
  const auto steps = [](const std::string& columns) {
    return "inputs { population: 'net/steps' current_steps { " + columns + " } }";
  };
  const auto dc = [](const std::string& key, const std::string& value, bool relative = false) {
    return "inputs { population: 'net/dc' device_parameters { parameters { key: '" + key +
           "' value { " + value + " } } } relative: " + (relative ? "true" : "false") + " }";
  };
  static const auto& cases = *new std::vector<BadRequest>{
      {"inputs {}", StatusCode::kInvalidArgument, "INVALID_FIELD", "inputs[0].population"},
      {"inputs { population: 'input' spike_trains {} }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].population"},
      {"inputs { population: 'web/input' spike_trains {} }", StatusCode::kNotFound, "NOT_FOUND",
       "inputs[0].population"},
      {"inputs { population: 'net/inputs' spike_trains {} }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].population"},
      {"inputs { population: 'net/input' }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0]"},
      {"inputs { population: 'net/out' spike_trains {} }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].spike_trains"},
      {"inputs { population: 'net/input' device_parameters {} }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].device_parameters"},
      {"inputs { population: 'net/dc' current_steps {} }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].current_steps"},
      // The first is good; it must not be applied nevertheless.
      {trains("senders: 0 times_ms: 50") + "inputs { population: 'net/out' current_steps {} }",
       StatusCode::kInvalidArgument, "INVALID_FIELD", "inputs[1].current_steps"},
      {trains("senders: 0 times_ms: 50") + trains(""), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[1].population"},
      {trains("senders: 0 senders: 0 times_ms: 50 times_ms: 50.05"), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].spike_trains.times_ms[1]"},
      {trains("senders: 0 times_ms: nan"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains("senders: 0 times_ms: inf"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains("senders: 0 times_ms: -1"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains("senders: 0 times_ms: 1e300"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains("senders: 0 times_ms: 0"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[0]"},
      {trains("senders: [0, 0] times_ms: [60, 50]"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.times_ms[1]"},
      {trains("senders: 3 times_ms: 50"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].spike_trains.senders[0]"},
      {trains("senders: 0 times_ms: 50 times_ms: 51"), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].spike_trains.times_ms"},
      {trains("senders: 0 times_ms: 50 multiplicities: 4000000000"), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].spike_trains.multiplicities[0]"},
      {trains("senders: 0 times_ms: 50 multiplicities: 1 multiplicities: 1"),
       StatusCode::kInvalidArgument, "INVALID_FIELD", "inputs[0].spike_trains.multiplicities"},
      {steps("senders: 0 times_ms: 50.01 amplitudes_pa: 1"), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].current_steps.times_ms[0]"},
      {steps("senders: 0 times_ms: 50 amplitudes_pa: nan"), StatusCode::kInvalidArgument,
       "INVALID_FIELD", "inputs[0].current_steps.amplitudes_pa[0]"},
      {steps("senders: 0 times_ms: 50"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].current_steps.amplitudes_pa"},
      {steps("senders: [0, 0] times_ms: [50, 50] amplitudes_pa: [1, 2]"),
       StatusCode::kInvalidArgument, "INVALID_FIELD", "inputs[0].current_steps.times_ms[1]"},
      {dc("amplitude", "number: nan"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[amplitude]"},
      {dc("rate", "number: 1"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[rate]"},
      {dc("amplitude", ""), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[amplitude]"},
      {dc("start", "number: -1", true), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[start]"},
      {dc("start", "list { values: -1 }", true), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[start].list.values[0]"},
      {dc("start", "list { values: 1.05 }"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[start].list.values[0]"},
      {dc("stop", "number: 1.05", true), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[stop]"},
      {dc("stop", "distribution { uniform { low: 1 high: 2 } }", true),
       StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[stop]"},
      {dc("amplitude", "list { values: [1, 2] }"), StatusCode::kInvalidArgument, "INVALID_FIELD",
       "inputs[0].device_parameters.parameters[amplitude]"},
  };
  return cases;
}

const std::vector<BadRequest>& BadRewards() {
  static const auto& cases = *new std::vector<BadRequest>{
      {"rewards {}", StatusCode::kNotFound, "NOT_FOUND", "rewards[0].target"},
      {"rewards { target: 'web' value: 1 }", StatusCode::kNotFound, "NOT_FOUND",
       "rewards[0].target"},
      {"rewards { target: 'net/rewards' value: 1 }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "rewards[0].target"},
      {"rewards { target: 'net' value: nan }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "rewards[0].value"},
      {"rewards { target: 'net/rewarded' value: inf }", StatusCode::kInvalidArgument,
       "INVALID_FIELD", "rewards[0].value"},
      // The first is good; it must not be applied nevertheless.
      {"rewards { target: 'net' value: 1 } rewards { target: 'net/plastic' value: 1 }",
       StatusCode::kFailedPrecondition, "NOT_REWARDED", "rewards[1].target"},
  };
  return cases;
}

TEST(MachineErrorTest, SetInput) {
  ExpectRefused<v1::SetInputRequest>(BadInputs(), Command(&Machine::SetInput));
}

TEST(MachineErrorTest, ApplyReward) {
  ExpectRefused<v1::ApplyRewardRequest>(BadRewards(), Command(&Machine::ApplyReward));
}

absl::Status RunStep(Machine& machine, const v1::StepRequest& request) {
  return Step(machine, request);
}

TEST(MachineErrorTest, StepWithBadInputs) {
  std::vector<BadRequest> cases = BadInputs();
  // Rewards come first, and must not be applied either.
  for (BadRequest& bad : cases) {
    bad.request += " rewards { target: 'net' value: 1 } duration_ms: 1";
  }
  ExpectRefused<v1::StepRequest>(cases, RunStep);
}

TEST(MachineErrorTest, StepWithBadRewards) {
  std::vector<BadRequest> cases = BadRewards();
  for (BadRequest& bad : cases) bad.request += " duration_ms: 1";
  ExpectRefused<v1::StepRequest>(cases, RunStep);
}

TEST(MachineErrorTest, Step) {
  std::vector<BadRequest> cases = {
      {"duration_ms: -1", StatusCode::kInvalidArgument, "INVALID_FIELD", "duration_ms"},
      {"duration_ms: nan", StatusCode::kInvalidArgument, "INVALID_FIELD", "duration_ms"},
      {"duration_ms: inf", StatusCode::kInvalidArgument, "INVALID_FIELD", "duration_ms"},
      {"duration_ms: 0.05", StatusCode::kInvalidArgument, "INVALID_FIELD", "duration_ms"},
      {"duration_ms: 1e12", StatusCode::kInvalidArgument, "INVALID_FIELD", "duration_ms"},
      {"expected_time_ms: 39.9", StatusCode::kAborted, "TIME_MISMATCH", "expected_time_ms"},
      {"expected_time_ms: nan", StatusCode::kInvalidArgument, "INVALID_FIELD", "expected_time_ms"},
      {"expected_time_ms: 40.01", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "expected_time_ms"},
      {"readout { spike_counts: 'net/out' spike_counts: 'net/nobody' }",
       StatusCode::kInvalidArgument, "INVALID_FIELD", "readout.spike_counts[1]"},
      {"readout { spike_counts: 'net/input' }", StatusCode::kFailedPrecondition, "NOT_RECORDED",
       "readout.spike_counts[0]"},
      {"readout { spikes: 'net/input' }", StatusCode::kFailedPrecondition, "NOT_RECORDED",
       "readout.spikes[0]"},
      {"readout { spikes: 'out' }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "readout.spikes[0]"},
      {"readout { weights: 'net/out' }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "readout.weights[0]"},
      {"readout { signals: 'net/out' }", StatusCode::kInvalidArgument, "INVALID_FIELD",
       "readout.signals[0]"},
  };
  for (BadRequest& bad : cases) {
    bad.request +=
        " rewards { target: 'net' value: 1 }"
        " inputs { population: 'net/input' relative: true spike_trains {} }";
    if (bad.request.find("duration_ms") == std::string::npos) bad.request += " duration_ms: 1";
  }
  ExpectRefused<v1::StepRequest>(cases, RunStep);
}

TEST(MachineErrorTest, GetSpikes) {
  ExpectRefused<v1::GetSpikesRequest>(
      {
          {"", StatusCode::kInvalidArgument, "INVALID_FIELD", "population"},
          {"population: 'net/nobody'", StatusCode::kInvalidArgument, "INVALID_FIELD", "population"},
          {"population: 'net/dc'", StatusCode::kFailedPrecondition, "NOT_RECORDED", "population"},
          {"population: 'net/out' after_ms: nan", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "after_ms"},
          {"population: 'net/out' after_ms: -1", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "after_ms"},
          {"population: 'net/out' until_ms: 0.01", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "until_ms"},
          {"population: 'net/out' page_size: 100001", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "page_size"},
          {"population: 'net/out' page_token: 'x'", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "page_token"},
      },
      Command(&Machine::GetSpikes));
}

TEST(MachineErrorTest, GetSignals) {
  ExpectRefused<v1::GetSignalsRequest>(
      {
          {"", StatusCode::kInvalidArgument, "INVALID_FIELD", "multimeter"},
          {"multimeter: 'net/out'", StatusCode::kInvalidArgument, "INVALID_FIELD", "multimeter"},
          {"multimeter: 'net/meter' after_ms: inf", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "after_ms"},
          {"multimeter: 'net/meter' until_ms: -0.1", StatusCode::kInvalidArgument, "INVALID_FIELD",
           "until_ms"},
          {"multimeter: 'net/meter' page_size: 200001", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "page_size"},
          {"multimeter: 'net/meter' page_token: 'AAAA'", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "page_token"},
      },
      Command(&Machine::GetSignals));
}

TEST(MachineErrorTest, GetWeights) {
  ExpectRefused<v1::GetWeightsRequest>(
      {
          {"", StatusCode::kInvalidArgument, "INVALID_FIELD", "projection"},
          {"projection: 'net/out'", StatusCode::kInvalidArgument, "INVALID_FIELD", "projection"},
          {"projection: 'net/rewarded' variables: 'c'", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "variables[0]"},
          {"projection: 'net/rewarded' variables: 'c' variables: 'c'", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "variables[1]"},
          {"projection: 'net/rewarded' page_size: 4000000000", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "page_size"},
          {"projection: 'net/rewarded' page_token: '='", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "page_token"},
      },
      Command(&Machine::GetWeights));
}

TEST(MachineErrorTest, SetWeights) {
  ExpectRefused<v1::SetWeightsRequest>(
      {
          {"", StatusCode::kInvalidArgument, "INVALID_FIELD", "projection"},
          {"projection: 'net/nothing' weights { number: 1 }", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "projection"},
          {"projection: 'net/rewarded'", StatusCode::kInvalidArgument, "INVALID_FIELD", "weights"},
          {"projection: 'net/rewarded' weights { number: nan }", StatusCode::kInvalidArgument,
           "INVALID_FIELD", "weights"},
          {"projection: 'net/rewarded' weights { list { values: 1 } }",
           StatusCode::kInvalidArgument, "INVALID_FIELD", "weights.list"},
          {"projection: 'net/rewarded' weights { list { values: [1,1,1,1,1,1,1,1,1,1,1,inf] } }",
           StatusCode::kInvalidArgument, "INVALID_FIELD", "weights.list.values[11]"},
          {"projection: 'net/rewarded' weights { distribution { normal { mean: 1 } } }",
           StatusCode::kInvalidArgument, "INVALID_FIELD", "weights.distribution"},
      },
      Command(&Machine::SetWeights));
}

TEST(MachineErrorTest, QuotasAreNamed) {
  Limits limits;
  limits.max_neurons = 30;
  limits.max_synapses = 100;
  TestMachine machine(limits);  // 17 neurons, 43 synapses
  const auto quota = [&](const std::string& text) {
    v1::CreateNetworkResponse response;
    const absl::Status status =
        machine->CreateNetwork(Parse<v1::CreateNetworkRequest>(text), Unstopped(), &response);
    return QuotaOf(status).value_or(std::string(status.message()));
  };
  const std::string head =
      "network: 'n' specification { populations { name: 'p' model: "
      "'iaf_psc_exp' size: ";
  EXPECT_EQ(quota(head + "14 } }"), "neurons");
  EXPECT_EQ(quota(head + "13 } projections { name: 'c' source: 'p' target: 'p' rule { all_to_all "
                         "{} } } }"),
            "synapses");
  EXPECT_EQ(quota(head + "13 } }"), "");  // just fits
}

}  // namespace
}  // namespace spiked::session
