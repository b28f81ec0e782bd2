#include "client/verify/case_file.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/verify/case.pb.h"

namespace spiked::verify {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kSignalTolerance = 1e-10;
constexpr double kWeightTolerance = 1e-9;
constexpr double kNotCompared = std::numeric_limits<double>::quiet_NaN();
constexpr char kTimes[] = "times_ms";

template <typename... Parts>
absl::Status Refusal(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::StatusOr<std::vector<double>> ReadNumbers(const Value& value) {
  if (!value.has_list_value()) return Refusal("must be a list of numbers");
  std::vector<double> numbers;
  for (const Value& number : value.list_value().values()) {
    if (!number.has_number_value() && !number.has_null_value()) {
      return Refusal("must be a list of numbers, or null where nothing is compared");
    }
    numbers.push_back(number.has_null_value() ? kNotCompared : number.number_value());
  }
  return numbers;
}

// Lists by name.
absl::StatusOr<std::map<std::string, std::vector<double>>> ReadColumns(const Struct& object) {
  std::map<std::string, std::vector<double>> columns;
  for (const auto& [name, value] : object.fields()) {
    auto numbers = ReadNumbers(value);
    if (!numbers.ok()) return Refusal(name, ": ", numbers.status().message());
    columns[name] = *std::move(numbers);
  }
  return columns;
}

absl::StatusOr<client::Spikes> ReadSpikes(const casefile::ExpectedSpikes& spikes) {
  if (spikes.senders_size() != spikes.times_ms_size()) {
    return Refusal("senders: must have one entry for each of times_ms");
  }
  return client::Spikes{.times_ms = {spikes.times_ms().begin(), spikes.times_ms().end()},
                        .senders = {spikes.senders().begin(), spikes.senders().end()}};
}

absl::StatusOr<client::Signals> ReadSignals(const Struct& object) {
  auto columns = ReadColumns(object);
  if (!columns.ok()) return columns.status();
  const auto times = columns->extract(kTimes);
  if (times.empty()) return Refusal(kTimes, ": is missing");
  if (columns->empty()) return Refusal("names no variable");
  client::Signals signals{.times_ms = times.mapped(), .values = *std::move(columns)};
  const size_t samples = signals.times_ms.size();
  const size_t values = signals.values.begin()->second.size();
  if (samples > 0) signals.neurons = static_cast<uint32_t>(values / samples);
  for (const auto& [name, column] : signals.values) {
    if (column.size() != samples * signals.neurons || (samples > 0 && column.empty())) {
      return Refusal(name, ": must have one value for each of times_ms and each neuron");
    }
  }
  return signals;
}

absl::StatusOr<std::map<std::string, std::vector<double>>> ReadWeights(const Value& value) {
  if (value.has_struct_value()) return ReadColumns(value.struct_value());
  auto numbers = ReadNumbers(value);
  if (!numbers.ok()) return numbers.status();
  return std::map<std::string, std::vector<double>>{{kWeights, *std::move(numbers)}};
}

// Reads each entry of a field of what is expected.
template <typename From, typename To>
absl::Status ReadEntries(const char* field, const google::protobuf::Map<std::string, From>& from,
                         absl::StatusOr<To> (*read)(const From&), std::map<std::string, To>* to) {
  for (const auto& [name, entry] : from) {
    auto value = read(entry);
    if (!value.ok()) {
      return Refusal("expected.", field, "['", name, "']: ", value.status().message());
    }
    (*to)[name] = *std::move(value);
  }
  return absl::OkStatus();
}

absl::StatusOr<Step> ReadStep(const casefile::Step& from) {
  if (!from.has_duration_ms()) return Refusal("duration_ms: is missing");
  Step step;
  step.request.set_duration_ms(from.duration_ms());
  *step.request.mutable_rewards() = from.rewards();
  *step.request.mutable_inputs() = from.inputs();
  absl::Status status = ReadEntries("spikes", from.expected().spikes(), ReadSpikes, &step.spikes);
  status.Update(ReadEntries("signals", from.expected().signals(), ReadSignals, &step.signals));
  status.Update(ReadEntries("weights", from.expected().weights(), ReadWeights, &step.weights));
  if (!status.ok()) return status;
  return step;
}

// The one step of a case that is not divided into steps.
casefile::Step TakeStep(casefile::Case* from) {
  casefile::Step step;
  if (from->has_duration_ms()) step.set_duration_ms(from->duration_ms());
  step.mutable_rewards()->Swap(from->mutable_rewards());
  step.mutable_inputs()->Swap(from->mutable_inputs());
  step.mutable_expected()->Swap(from->mutable_expected());
  return step;
}

absl::StatusOr<std::vector<Step>> ReadSteps(casefile::Case* from) {
  std::vector<Step> steps;
  if (from->steps_size() == 0) {
    auto step = ReadStep(TakeStep(from));
    if (!step.ok()) return step.status();
    steps.push_back(*std::move(step));
    return steps;
  }
  if (from->has_duration_ms() || from->has_expected() || from->inputs_size() > 0 ||
      from->rewards_size() > 0) {
    return Refusal("steps: where there are some, they say all that happens");
  }
  for (const casefile::Step& from_step : from->steps()) {
    auto step = ReadStep(from_step);
    if (!step.ok()) return Refusal("steps[", steps.size(), "].", step.status().message());
    steps.push_back(*std::move(step));
  }
  return steps;
}

bool ExpectsSomething(const Step& step) {
  return !(step.spikes.empty() && step.signals.empty() && step.weights.empty());
}

absl::StatusOr<Case> ReadCase(casefile::Case* from) {
  auto steps = ReadSteps(from);
  if (!steps.ok()) return steps.status();
  if (std::none_of(steps->begin(), steps->end(), ExpectsSomething)) {
    return Refusal("expected: names nothing to compare");
  }
  const casefile::Tolerance& tolerance = from->tolerance();
  Case result{.name = from->name(),
              .resolution_ms = from->resolution_ms(),
              .steps = *std::move(steps),
              .signal_tolerance = tolerance.has_signals() ? tolerance.signals() : kSignalTolerance,
              .weight_tolerance = tolerance.has_weights() ? tolerance.weights() : kWeightTolerance};
  result.specification.Swap(from->mutable_specification());
  return result;
}

}  // namespace

absl::StatusOr<std::vector<Case>> ReadCases(const std::string& json) {
  casefile::CaseFile file;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &file);
  if (!parsed.ok()) {
    return Refusal(parsed.message().ToString(), " (client/verify/README.md has the form)");
  }
  if (file.cases_size() == 0) return Refusal("cases: there are none");
  std::vector<Case> cases;
  for (casefile::Case& from : *file.mutable_cases()) {
    if (from.name().empty()) return Refusal("cases[", cases.size(), "].name: is missing");
    auto read = ReadCase(&from);
    if (!read.ok()) return Refusal("case '", from.name(), "': ", read.status().message());
    cases.push_back(*std::move(read));
  }
  return cases;
}

absl::StatusOr<std::vector<Case>> ReadCaseFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // A folder can be opened, but not read.
  file.peek();
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  std::ostringstream text;
  text << file.rdbuf();
  auto cases = ReadCases(text.str());
  if (!cases.ok()) return Refusal(path, ": ", cases.status().message());
  return cases;
}

}  // namespace spiked::verify
