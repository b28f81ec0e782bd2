#include "client/verify/reference_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/verify/fields.h"
#include "client/verify/neuron_case.h"
#include "client/verify/pong_case.h"
#include "client/verify/recurrent_case.h"
#include "client/verify/relay_case.h"
#include "client/verify/synapse_case.h"

namespace spiked::verify {
namespace {

using nlohmann::json;
using Cases = std::vector<std::unique_ptr<Case>>;

// One of the cases of micro.json.
std::unique_ptr<Case> ReadMicroCase(const Fields& fields) {
  const std::string model = fields.Text("model");
  if (model == "iaf_psc_exp") return ReadNeuronCase(fields);
  if (model == "parrot_neuron") return ReadRelayCase(fields);
  if (model == "stdp_synapse" || model == "stdp_dopamine_synapse") return ReadSynapseCase(fields);
  fields.Fail("model", absl::StrCat("is '", model,
                                    "'; iaf_psc_exp, parrot_neuron, stdp_synapse and "
                                    "stdp_dopamine_synapse are known"));
  return nullptr;
}

// The elements of a list, each named in errors by its own field `name`.
void ReadCases(const Fields& list, absl::string_view field,
               std::unique_ptr<Case> (*read)(const Fields&), Cases* cases) {
  for (const Fields& fields : list.Objects(field)) {
    cases->push_back(read(fields.Named(absl::StrCat("case '", fields.Text("name"), "'"))));
    if (!list.status().ok()) return;
  }
}

}  // namespace

absl::StatusOr<Cases> ReadReferenceFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return absl::DataLossError(absl::StrCat("cannot read all of ", path));
  auto cases = ReadReference(text, std::filesystem::path(path).stem().string());
  if (!cases.ok()) {
    return absl::Status(cases.status().code(), absl::StrCat(path, ": ", cases.status().message()));
  }
  return cases;
}

absl::StatusOr<Cases> ReadReference(absl::string_view text, const std::string& name) {
  json document = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return absl::InvalidArgumentError("this is not JSON");
  // A list at the top is that of the recurrent networks.
  const bool recurrent = document.is_array();
  if (recurrent) document = json{{"networks", std::move(document)}};

  absl::Status status;
  const Fields fields(document, "the file", &status);
  Cases cases;
  if (recurrent) {
    ReadCases(fields, "networks", ReadRecurrentCase, &cases);
  } else if (fields.Has("cases")) {
    ReadCases(fields, "cases", ReadMicroCase, &cases);
  } else if (fields.Has("iterations")) {
    cases.push_back(ReadPongCase(fields.Named(absl::StrCat("case '", name, "'")), name));
  } else {
    return absl::InvalidArgumentError("this is no list of networks and has no cases or iterations");
  }
  if (!status.ok()) return status;
  return cases;
}

}  // namespace spiked::verify
