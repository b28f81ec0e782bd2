#include "client/command_line/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace spiked {
namespace {

// Levenshtein's: how many characters must be put in, left out or replaced.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  // Distances of what of `a` has been seen from the beginnings of `b`.
  std::vector<size_t> distances(b.size() + 1);
  std::iota(distances.begin(), distances.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = distances[0];
    distances[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = distances[j + 1];
      distances[j + 1] = std::min({replaced, distances[j] + 1, distances[j + 1] + 1});
    }
  }
  return distances[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view word, const std::vector<std::string>& names) {
  std::string nearest;
  // A slip or two, but fewer in short words, of which all are alike.
  size_t least = std::min<size_t>(2, word.size() / 3) + 1;
  for (const std::string& name : names) {
    if (const size_t distance = EditDistance(word, name); distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace spiked
