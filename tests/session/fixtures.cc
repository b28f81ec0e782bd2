#include "tests/session/fixtures.h"

#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace spiked::session {

std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

const v1::CreateNetworkRequest& SmallNetwork() {
  static const auto& request = *new auto(Parse<v1::CreateNetworkRequest>(R"pb(
    network: "net"
    specification {
      populations { name: "input" model: "spike_generator" size: 3 }
      populations { name: "relay" model: "parrot_neuron" size: 3 record_spikes: true }
      populations { name: "out" model: "iaf_psc_exp" size: 4 record_spikes: true }
      populations { name: "dc" model: "dc_generator" size: 1 }
      populations { name: "steps" model: "step_current_generator" size: 2 }
      populations {
        name: "background"
        model: "poisson_generator"
        size: 4
        parameters {
          key: "rate"
          value { number: 500 }
        }
      }
      projections {
        name: "input_relay"
        source: "input"
        target: "relay"
        rule { one_to_one {} }
      }
      projections {
        name: "rewarded"
        source: "relay"
        target: "out"
        rule { all_to_all {} }
        synapse_model: "rstdp_synapse"
        weight { distribution { normal { mean: 1200 std: 50 } } }
      }
      projections {
        name: "plastic"
        source: "relay"
        target: "out"
        rule { fixed_indegree { indegree: 2 } }
        synapse_model: "stdp_synapse"
        weight { number: 60 }
      }
      projections {
        name: "dc_out"
        source: "dc"
        target: "out"
        rule { all_to_all {} }
      }
      projections {
        name: "steps_out"
        source: "steps"
        target: "out"
        rule { all_to_all {} }
      }
      projections {
        name: "background_out"
        source: "background"
        target: "out"
        rule { one_to_one {} }
        weight { number: 400 }
      }
      multimeters { name: "meter" population: "out" variables: "V_m" variables: "I_syn_ex" }
    })pb"));
  return request;
}

const v1::StepRequest& FullStep() {
  static const auto& request = *new auto(Parse<v1::StepRequest>(R"pb(
    rewards { target: "net" value: 0.5 }
    inputs {
      population: "net/input"
      relative: true
      spike_trains {
        senders: [ 0, 1, 0, 2 ]
        times_ms: [ 1, 1.5, 6, 7 ]
        multiplicities: [ 1, 1, 2, 1 ]
      }
    }
    inputs {
      population: "net/dc"
      relative: true
      device_parameters {
        parameters {
          key: "amplitude"
          value { number: 300 }
        }
        parameters {
          key: "start"
          value { number: 2 }
        }
        parameters {
          key: "stop"
          value { number: 12 }
        }
      }
    }
    inputs {
      population: "net/steps"
      relative: true
      current_steps {
        senders: [ 0, 1, 0 ]
        times_ms: [ 3, 3, 5 ]
        amplitudes_pa: [ 100, 50, -20 ]
      }
    }
    duration_ms: 20
    readout {
      spike_counts: "net/out"
      spikes: "net/out"
      spikes: "net/relay"
      weights: "net/rewarded"
      weights: "net/plastic"
      signals: "net/meter"
    })pb"));
  return request;
}

TestMachine::TestMachine(const Limits& limits, uint64_t budget_bytes)
    : budget_(budget_bytes), machine_("test", 0.1, 7, limits, &budget_) {
  v1::CreateNetworkResponse response;
  const absl::Status status = machine_.CreateNetwork(SmallNetwork(), Unstopped(), &response);
  EXPECT_TRUE(status.ok()) << status;
  for (int k = 0; k < 2 && status.ok(); ++k) EXPECT_TRUE(Step(machine_, FullStep()).ok());
}

absl::Status Step(Machine& machine, const v1::StepRequest& request, v1::StepResponse* response) {
  v1::StepResponse ignored;
  NoStop stop;
  absl::Status status;
  EXPECT_TRUE(machine.Step(request, stop, response != nullptr ? response : &ignored, &status));
  return status;
}

Caller CallerOf(Registry& registry, const std::string& name, Clock::time_point deadline) {
  return CallerOf(registry, access::Account{.name = name}, deadline);
}

Caller CallerOf(Registry& registry, const access::Account& account, Clock::time_point deadline) {
  return {.who = std::make_shared<const access::Account>(account),
          .account = registry.AccountOf(account),
          .deadline = deadline};
}

Running::Running(std::shared_ptr<Session> session, const google::protobuf::Message& request,
                 const Caller& caller, google::protobuf::Message* response)
    : session_(std::move(session)) {
  for (const Command& one : Commands()) {
    if (one.method->input_type() == request.GetDescriptor()) command = &one;
  }
  this->request = &request;
  this->reply = response;
  this->caller = caller;
  session_->Start(this);
}

absl::StatusOr<google::protobuf::Message*> Running::AddReply(uint64_t /*bytes*/) {
  replies_.emplace_back(reply->New());
  return replies_.back().get();
}

absl::Status Running::SendFrame(Frame& frame) {
  std::lock_guard lock(mutex_);
  EXPECT_FALSE(frame_) << "the last one has not been taken";
  frame_ = frame.message();
  written_ = *frame.Written([](const google::protobuf::Message& message) {
    return absl::StatusOr<std::string>(message.SerializeAsString());
  });
  sent_.notify_all();
  return absl::OkStatus();
}

v1::WatchSessionResponse Running::See() {
  std::unique_lock lock(mutex_);
  const auto sent = [this] { return frame_.has_value(); };
  EXPECT_TRUE(sent_.wait_for(lock, std::chrono::seconds(10), sent)) << status_;
  return frame_.value_or(v1::WatchSessionResponse());
}

v1::WatchSessionResponse Running::Take() {
  v1::WatchSessionResponse frame = See();
  {
    std::lock_guard lock(mutex_);
    frame_.reset();
  }
  session_->Ready(this);
  return frame;
}

absl::StatusOr<std::shared_ptr<const access::Account>> Running::Who() {
  if (forgotten_) return absl::UnauthenticatedError("nobody knows them");
  return caller.who;
}

Frame::Bytes Running::written() {
  std::lock_guard lock(mutex_);
  return written_;
}

bool Running::has_frame() {
  std::lock_guard lock(mutex_);
  return frame_.has_value();
}

void Running::Done(absl::Status status) {
  std::lock_guard lock(mutex_);
  status_ = std::move(status);
  done_ = true;
  over_.notify_all();
}

const absl::Status& Running::Join() {
  std::unique_lock lock(mutex_);
  over_.wait(lock, [this] { return done_.load(); });
  return status_;
}

absl::Status Carry(const std::shared_ptr<Session>& session,
                   const google::protobuf::Message& request, const Caller& caller,
                   google::protobuf::Message* response) {
  return Running(session, request, caller, response).Join();
}

absl::Status ApplyReward(Machine& machine, const v1::ApplyRewardRequest& request,
                         v1::ApplyRewardResponse* response) {
  absl::Status status;
  EXPECT_TRUE(machine.ApplyReward(request, Unstopped(), response, &status));
  return status;
}

std::string Future(Machine& machine) {
  std::string all;
  const auto add = [&](auto request, auto response, auto command) {
    const absl::Status status = (machine.*command)(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    all += Bytes(response);
  };
  add(Parse<v1::GetNetworkRequest>("network: 'net'"), v1::GetNetworkResponse(),
      &Machine::GetNetwork);
  for (const char* population : {"net/out", "net/relay"}) {
    v1::GetSpikesRequest request;
    request.set_population(population);
    add(request, v1::GetSpikesResponse(), &Machine::GetSpikes);
  }
  add(Parse<v1::GetSignalsRequest>("multimeter: 'net/meter'"), v1::GetSignalsResponse(),
      &Machine::GetSignals);
  for (const auto& projection : SmallNetwork().specification().projections()) {
    v1::GetWeightsRequest request;
    request.set_projection("net/" + projection.name());
    add(request, v1::GetWeightsResponse(), &Machine::GetWeights);
  }
  // The first shows what is still to come, the second what new input makes of it.
  v1::StepRequest plain;
  plain.set_duration_ms(20);
  *plain.mutable_readout() = FullStep().readout();
  for (const v1::StepRequest& request : {plain, FullStep()}) {
    v1::StepResponse response;
    EXPECT_TRUE(Step(machine, request, &response).ok());
    all += Bytes(response);
  }
  return all;
}

}  // namespace spiked::session
