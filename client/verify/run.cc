#include "client/verify/run.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/cpp/time_text.h"

namespace spiked::verify {
namespace {

absl::Status CompareSignals(const std::string& multimeter, const client::Signals& expected,
                            const client::Signals& actual, double tolerance, Report* report) {
  if (expected.neurons != actual.neurons && !expected.times_ms.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(multimeter, " records ", actual.neurons,
                                                   " neurons, and ", expected.neurons,
                                                   " are expected"));
  }
  const size_t neurons = expected.neurons;
  for (size_t k = 0; k < expected.times_ms.size(); ++k) {
    const double time_ms = expected.times_ms[k];
    // The first sample that is not earlier, give or take a rounded time.
    const auto found =
        std::lower_bound(actual.times_ms.begin(), actual.times_ms.end(), time_ms - kSameTimeMs);
    if (found == actual.times_ms.end() || *found > time_ms + kSameTimeMs) {
      return absl::InvalidArgumentError(absl::StrCat(
          multimeter, " has no sample at ", client::TimeText(time_ms), " ms in this step"));
    }
    const size_t sample = found - actual.times_ms.begin();
    for (const auto& [variable, values] : expected.values) {
      const auto recorded = actual.values.find(variable);
      if (recorded == actual.values.end()) {
        return absl::InvalidArgumentError(absl::StrCat(multimeter, " does not record ", variable));
      }
      const auto row = [&](const std::vector<double>& all, size_t index) {
        return absl::MakeConstSpan(all).subspan(index * neurons, neurons);
      };
      report->CompareValues({variable, tolerance, /*relative=*/false}, time_ms, multimeter,
                            row(values, k), row(recorded->second, sample));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareWeights(client::Session& session, const std::string& projection,
                            const std::map<std::string, std::vector<double>>& expected,
                            double tolerance, Report* report) {
  std::vector<std::string> variables;
  for (const auto& [variable, values] : expected) {
    if (variable != kWeights) variables.push_back(variable);
  }
  const auto weights = session.GetWeights(projection, variables);
  if (!weights.ok()) return weights.status();
  for (const auto& [variable, values] : expected) {
    report->CompareValues({variable, tolerance, /*relative=*/true}, weights->time_ms, projection,
                          values,
                          variable == kWeights ? weights->values : weights->variables.at(variable));
  }
  return absl::OkStatus();
}

// Reads what is expected of a step from begin_ms to end_ms, and compares.
absl::Status CompareStep(client::Session& session, const Case& recorded, const Step& step,
                         double begin_ms, double end_ms, Report* report) {
  for (const auto& [population, expected] : step.spikes) {
    const auto actual = session.GetSpikes(population, begin_ms, end_ms);
    if (!actual.ok()) return actual.status();
    report->CompareSpikes(population, expected, *actual);
  }
  for (const auto& [multimeter, expected] : step.signals) {
    const auto actual = session.GetSignals(multimeter, begin_ms, end_ms);
    if (!actual.ok()) return actual.status();
    absl::Status status =
        CompareSignals(multimeter, expected, *actual, recorded.signal_tolerance, report);
    if (!status.ok()) return status;
  }
  for (const auto& [projection, expected] : step.weights) {
    absl::Status status =
        CompareWeights(session, projection, expected, recorded.weight_tolerance, report);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Runs a step that begins at *now_ms, and compares.
absl::Status RunStep(client::Session& session, const Case& recorded, const Step& step,
                     double* now_ms, Report* report) {
  const double begin_ms = *now_ms;
  const auto response = session.Step(step.request);
  if (!response.ok()) return response.status();
  if (response->halted()) return absl::AbortedError("the step was halted");
  *now_ms = response->time_ms();
  return CompareStep(session, recorded, step, begin_ms, *now_ms, report);
}

absl::Status RunSteps(client::Session& session, const Case& recorded, Report* report) {
  if (auto network = session.CreateNetwork(kNetwork, recorded.specification); !network.ok()) {
    return network.status();
  }
  double now_ms = 0.0;
  for (const Step& step : recorded.steps) {
    const std::string begin = client::TimeText(now_ms);
    if (auto status = RunStep(session, recorded, step, &now_ms, report); !status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("step from ", begin, " ms on: ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Report> RunCase(client::Client& client, const Case& recorded) {
  // Nothing in a case should be random, but equal runs should be equal.
  auto session = client.CreateSession(
      {.display_name = "spiked-verify", .resolution_ms = recorded.resolution_ms, .seed = 1});
  if (!session.ok()) return session.status();
  Report report;
  absl::Status status = RunSteps(*session, recorded, &report);
  status.Update(session->Delete());
  if (!status.ok()) return status;
  return report;
}

std::string MissingModel(const Case& recorded, const std::set<std::string>& models) {
  for (const v1::Population& population : recorded.specification.populations()) {
    if (!models.contains(population.model())) return population.model();
  }
  for (const v1::Projection& projection : recorded.specification.projections()) {
    const std::string& model = projection.synapse_model();
    // None stands for the model that every server has.
    if (!model.empty() && !models.contains(model)) return model;
  }
  return "";
}

}  // namespace spiked::verify
