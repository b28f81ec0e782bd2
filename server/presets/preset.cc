#include "server/presets/preset.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/nearest.h"
#include "server/engine/number.h"
#include "server/presets/microcircuit.h"
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

MicrocircuitOptions ToMicrocircuitOptions(const Options& options) {
  return {.scale = std::get<double>(options.at("scale")),
          .input = std::get<std::string>(options.at("input")) == "dc"
                       ? MicrocircuitInput::kDirect
                       : MicrocircuitInput::kPoisson};
}

const std::vector<Entry>& Entries() {
  static const auto* const kEntries = new std::vector<Entry>{
      {{.name = "cortex/microcircuit",
        .description = "The neurons under a square millimetre of early sensory cortex: four "
                       "layers with excitatory and inhibitory populations L23E, L23I, ... L6I, "
                       "77,169 neurons and 0.3 billion synapses at full scale, after Potjans & "
                       "Diesmann 2014.",
        .options = {{.name = "scale",
                     .description = "Scale of the numbers of neurons and of synapses per neuron, "
                                    "from 0.01 to 1; below 1 weights and a constant current make "
                                    "up for what is missing.",
                     .default_value = 1.0,
                     .minimum = 0.01,
                     .maximum = 1.0,
                     .whole = false},
                    {.name = "input",
                     .description = "Input from other areas: poisson (spikes) or dc (a constant "
                                    "current of the same mean).",
                     .default_value = std::string("poisson"),
                     .choices = {"dc", "poisson"}}}},
       [](const Options& options) { return Microcircuit(ToMicrocircuitOptions(options)); }},
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
    constexpr absl::string_view kTypes[] = {"true or false", "a number", "a text"};
    return engine::InvalidField(field,
                                absl::StrCat("must be ", kTypes[info.default_value.index()]));
  }
  if (const double* number = std::get_if<double>(&value)) {
    // Written so that NaN is refused, too.
    if (!(*number >= info.minimum && *number <= info.maximum) ||
        (info.whole && *number != std::floor(*number))) {
      return engine::InvalidField(
          field, absl::StrCat("must be a ", info.whole ? "whole " : "", "number from ",
                              engine::ToText(info.minimum), " to ", engine::ToText(info.maximum),
                              ", not ", engine::ToText(*number)));
    }
  }
  if (const auto* text = std::get_if<std::string>(&value);
      text != nullptr && std::ranges::find(info.choices, *text) == info.choices.end()) {
    return engine::InvalidField(field, absl::StrCat("must be ", absl::StrJoin(info.choices, " or "),
                                                    ", not '", *text, "'"));
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
    return engine::UnknownName("preset.name", "there is no preset", name,
                               engine::NamesOf(Presets()));
  }
  Options full;
  for (const OptionInfo& info : entry->info.options) {
    full.emplace(info.name, info.default_value);
  }
  for (const auto& [option, value] : options) {
    const auto& infos = entry->info.options;
    const auto info = std::ranges::find(infos, option, &OptionInfo::name);
    if (info == infos.end()) {
      return engine::UnknownName(absl::StrCat("preset.options[", option, "]"),
                                 absl::StrCat("preset '", name, "' has no option"), option,
                                 engine::NamesOf(infos));
    }
    if (absl::Status status = CheckOption(*info, value); !status.ok()) return status;
    full[option] = value;
  }
  return entry->build(full);
}

}  // namespace spiked::presets
