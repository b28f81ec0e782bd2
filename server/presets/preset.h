// The networks that the server knows by name, written in the terms in which a
// user would specify them.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/spec.h"

namespace spiked::presets {

using OptionValue = std::variant<bool, double, std::string>;
using Options = std::map<std::string, OptionValue>;

// An option of a preset. Its type is that of its default value.
struct OptionInfo {
  absl::string_view name;
  absl::string_view description;  // with its bounds
  OptionValue default_value;
  double minimum = 0, maximum = 0;              // of a number
  bool whole = true;                            // whether a number must be whole
  std::vector<absl::string_view> choices = {};  // of a text
};

struct PresetInfo {
  absl::string_view name;
  absl::string_view description;
  std::vector<OptionInfo> options;
};

// All presets, ordered by name.
const std::vector<PresetInfo>& Presets();

// The network that a preset stands for; options left out have their defaults.
// INVALID_ARGUMENT (field `preset.name` or `preset.options[...]`).
absl::StatusOr<engine::NetworkSpec> Resolve(absl::string_view name, const Options& options);

}  // namespace spiked::presets
