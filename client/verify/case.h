// A simulation with its expected results.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/cpp/recordings.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::verify {

// What is done, and what it is to bring about; see case.proto.
struct Step {
  v1::StepRequest request;
  // By `net/population`: all spikes during the step.
  std::map<std::string, client::Spikes> spikes;
  // By `net/multimeter`: samples during the step.
  std::map<std::string, client::Signals> signals;
  // By `net/projection`, then by variable: values after the step.
  std::map<std::string, std::map<std::string, std::vector<double>>> weights;
};

// NaN stands for values that are not compared.
struct Case {
  std::string name = {};
  double resolution_ms = 0.0;
  v1::NetworkSpecification specification = {};
  // At least one, and something is expected of at least one.
  std::vector<Step> steps = {};
  // The largest deviation of signals in their unit.
  double signal_tolerance = 0.0;
  // The largest deviation of weights, relative.
  double weight_tolerance = 0.0;
};

// What a case's network is called.
inline constexpr char kNetwork[] = "net";
// The variable of a synapse that is its weight.
inline constexpr char kWeights[] = "weights";

}  // namespace spiked::verify
