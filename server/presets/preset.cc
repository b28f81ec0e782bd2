#include "server/presets/preset.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/presets/pong.h"

namespace spiked::presets {
namespace {

// A preset as it is advertised, and what builds it from a full set of options.
struct Entry {
  PresetInfo info;
  engine::NetworkSpec (*build)(const Options& options);
};

PongOptions ToPongOptions(const Options& options) {
  return {.num_neurons = static_cast<uint32_t>(std::get<double>(options.at("num_neurons"))),
          .noise = std::get<bool>(options.at("noise"))};
}

std::vector<OptionInfo> PongOptionInfos(absl::string_view noise_description) {
  return {{.name = "num_neurons",
           .description = "Rows of the playing field, and neurons in the input and motor "
                          "populations; a whole number from 2 to 1000.",
           .default_value = 20.0,
           .minimum = 2,
           .maximum = 1000},
          {.name = "noise", .description = noise_description, .default_value = false}};
}

const std::vector<Entry>& Entries() {
  static const auto* const kEntries = new std::vector<Entry>{
      {{.name = "pong/dopamine",
        .description = "A player of pong that learns by dopamine-modulated STDP with an "
                       "actor-critic architecture, after Potjans, Diesmann & Morrison 2011.",
        .options = PongOptionInfos("Whether each motor neuron gets Poissonian background spikes; "
                                   "true or false.")},
       [](const Options& options) { return PongDopamine(ToPongOptions(options)); }},
      {{.name = "pong/rstdp",
        .description = "A player of pong that learns by reward-modulated STDP, after "
                       "Wunderlich et al. 2019.",
        .options = PongOptionInfos("Whether each motor neuron gets a Gaussian background current; "
                                   "true or false.")},
       [](const Options& options) { return PongRstdp(ToPongOptions(options)); }},
  };
  return *kEntries;
}

absl::Status CheckOption(const OptionInfo& info, const OptionValue& value) {
  const std::string field = absl::StrCat("preset.options[", info.name, "]");
  if (value.index() != info.default_value.index()) {
    return engine::InvalidField(
        field,
        absl::StrCat("must be ", std::holds_alternative<bool>(info.default_value) ? "true or false"
                                                                                  : "a number"));
  }
  if (const double* number = std::get_if<double>(&value)) {
    // Written so that NaN is refused, too.
    if (!(*number >= info.minimum && *number <= info.maximum) || *number != std::floor(*number)) {
      return engine::InvalidField(field, absl::StrCat("must be a whole number from ", info.minimum,
                                                      " to ", info.maximum, ", not ", *number));
    }
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<PresetInfo>& Presets() {
  static const auto* const kInfos = [] {
    auto* infos = new std::vector<PresetInfo>;
    for (const Entry& entry : Entries()) infos->push_back(entry.info);
    return infos;
  }();
  return *kInfos;
}

absl::StatusOr<engine::NetworkSpec> Resolve(absl::string_view name, const Options& options) {
  const auto& entries = Entries();
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.info.name == name; });
  if (entry == entries.end()) {
    return engine::NotFound("preset.name", absl::StrCat("there is no preset '", name, "'"));
  }
  Options full;
  for (const OptionInfo& info : entry->info.options) {
    full.emplace(info.name, info.default_value);
  }
  for (const auto& [option, value] : options) {
    const auto& infos = entry->info.options;
    const auto info = std::ranges::find(infos, option, &OptionInfo::name);
    if (info == infos.end()) {
      return engine::InvalidField(
          absl::StrCat("preset.options[", option, "]"),
          absl::StrCat("preset '", name, "' has no such option; it has ",
                       absl::StrJoin(infos, ", ", [](std::string* out, const OptionInfo& info) {
                         absl::StrAppend(out, info.name);
                       })));
    }
    if (absl::Status status = CheckOption(*info, value); !status.ok()) return status;
    full[option] = value;
  }
  return entry->build(full);
}

}  // namespace spiked::presets
