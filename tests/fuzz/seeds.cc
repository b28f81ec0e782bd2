// Writes what targets begin with: fuzz_seeds FOLDER makes FOLDER/TARGET/... and
// FOLDER/TARGET.dict. Made, not kept: so they are of today's form.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/session/catalog.h"
#include "server/session/saved.h"
#include "tests/fuzz/harness.h"

namespace spiked::fuzz {
namespace {

std::string ToText(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return text;
}

// Words of text of that type: fields of all messages in it, and names of enumerators.
void AddWords(const google::protobuf::Descriptor& type, std::set<std::string>* words,
              std::set<const google::protobuf::Descriptor*>* seen) {
  if (!seen->insert(&type).second) return;
  for (int k = 0; k < type.field_count(); ++k) {
    const auto& field = *type.field(k);
    if (field.message_type() != nullptr) {
      words->insert(absl::StrCat(field.name(), " { }"));
      AddWords(*field.message_type(), words, seen);
    } else if (field.enum_type() != nullptr) {
      for (int n = 0; n < field.enum_type()->value_count(); ++n) {
        words->insert(absl::StrCat(field.name(), ": ", field.enum_type()->value(n)->name()));
      }
    } else {
      words->insert(absl::StrCat(field.name(), ": "));
    }
  }
}

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void Add(const std::string& target, const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(folder_ / target);
    Write(folder_ / target / name, bytes);
  }

  void AddDictionary(const std::string& target, const google::protobuf::Descriptor& type) {
    std::set<std::string> words = models_;
    std::set<const google::protobuf::Descriptor*> seen;
    AddWords(type, &words, &seen);
    std::string text;
    for (const std::string& word : words) absl::StrAppend(&text, "\"", word, "\"\n");
    Write(folder_ / absl::StrCat(target, ".dict"), text);
  }

  // What builds a network.
  void AddSpecification(const std::string& name, const v1::CreateNetworkRequest& request) {
    SmallMachine machine;
    v1::CreateNetworkResponse created;
    Require(machine.Carry(request, &created), name + " is built");
    Add("specification", name, ToText(request));
  }

  void AddSpecifications();
  void AddSaved();

 private:
  static void Write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    Require(file.flush().good(), path.string() + " is written");
  }

  const std::filesystem::path folder_;
  std::set<std::string> models_;  // and their parameters
};

// The small network, one of each model, and each preset.
void Seeds::AddSpecifications() {
  AddSpecification("small", session::SmallNetwork());
  v1::ListModelsResponse models;
  Require(session::ListModels({}, &models).ok(), "there are models");
  for (const auto& model : models.models()) {
    models_.insert(model.name());
    v1::CreateNetworkRequest request;
    request.set_network("net");
    auto* specification = request.mutable_specification();
    auto* neurons = specification->add_populations();
    neurons->set_name("n");
    neurons->set_model("iaf_psc_exp");
    neurons->set_size(3);
    auto* projection = specification->add_projections();
    projection->set_name("p");
    projection->set_source("n");
    projection->set_target("n");
    projection->mutable_rule()->mutable_all_to_all();
    auto* parameters = projection->mutable_parameters();
    if (model.kind() == v1::MODEL_KIND_SYNAPSE) {
      projection->set_synapse_model(model.name());
    } else {
      auto* population = specification->add_populations();
      population->set_name("a");
      population->set_model(model.name());
      population->set_size(1);
      projection->set_source("a");
      parameters = population->mutable_parameters();
    }
    for (const auto& parameter : model.parameters()) {
      models_.insert(parameter.name());
      if (std::isnan(parameter.default_value())) continue;
      (*parameters)[parameter.name()].set_number(parameter.default_value());
    }
    // These need another network, no projection, and a transmitter.
    static const std::set<std::string> kMore = {"mirror", "volume_transmitter",
                                                "stdp_dopamine_synapse"};
    if (kMore.contains(model.name())) {
      Add("specification", model.name(), ToText(request));
    } else {
      AddSpecification(model.name(), request);
    }
  }
  v1::ListPresetsResponse presets;
  Require(session::ListPresets({}, &presets).ok(), "there are presets");
  for (const auto& preset : presets.presets()) {
    models_.insert(preset.name());
    v1::CreateNetworkRequest request;
    request.set_network("net");
    request.mutable_preset()->set_name(preset.name());
    std::string name = preset.name();
    std::ranges::replace(name, '/', '-');
    Add("specification", name, ToText(request));  // some are too large
  }
}

void Seeds::AddSaved() {
  SmallMachine machine;
  v1::CreateNetworkResponse created;
  Require(machine.Carry(session::SmallNetwork(), &created), "the network is built");
  for (const char* steps : {"0", "1", "2"}) {
    std::string bytes = machine.Saved();
    bytes.resize(bytes.size() - 4);  // targets add checksums
    Add("saved_simulation", steps, bytes);
    v1::Session about;
    about.set_name("sessions/a");
    about.set_resolution_ms(0.1);
    about.set_seed(7);
    (*about.mutable_labels())["key"] = "value";
    bytes.clear();
    machine->Save(about, [&](absl::string_view part) { absl::StrAppend(&bytes, part); });
    bytes.resize(bytes.size() - 4);
    Add("saved_session", steps, bytes);
    v1::StepResponse stepped;
    Require(machine.Carry(session::FullStep(), &stepped), "it makes a step");
  }
}

}  // namespace
}  // namespace spiked::fuzz

int main(int argc, char** argv) {
  using namespace spiked;
  if (argc != 2) return 2;
  fuzz::Seeds seeds(argv[1]);
  seeds.AddSpecifications();
  seeds.AddDictionary("specification", *v1::CreateNetworkRequest::descriptor());
  seeds.Add("step", "full", fuzz::ToText(session::FullStep()));
  seeds.AddDictionary("step", *v1::StepRequest::descriptor());
  seeds.AddSaved();
  for (int listing = 0; listing < 4; ++listing) {
    const auto forged = static_cast<char>('0' + 2 * listing + 1);
    seeds.Add("page_token", absl::StrCat("forged", listing), {forged, '1', ',', '0', ',', '9'});
    seeds.Add("page_token", absl::StrCat("any", listing), {static_cast<char>(forged - 1), 'x'});
  }
  return 0;
}
