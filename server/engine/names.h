// Things by name. Unlike Abseil's, these maps are whole when there is no memory
// for one more entry.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace spiked::engine {

struct NameHash {
  using is_transparent = void;
  size_t operator()(absl::string_view name) const { return absl::HashOf(name); }
};

template <typename T>
using ByName = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;
using Names = std::unordered_set<std::string, NameHash, std::equal_to<>>;

}  // namespace spiked::engine
