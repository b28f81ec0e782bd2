#include "server/engine/nearest.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/engine/error.h"

namespace spiked::engine {
namespace {

// Characters put in, left out or replaced, or exchanged with their neighbours
// (optimal string alignment); `most` + 1 where there are more than `most`.
size_t Slips(absl::string_view a, absl::string_view b, size_t most) {
  const size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > most) return most + 1;
  // slips[i % 3][j] leads from the first i characters of a to the first j of b.
  std::vector<size_t> slips[3];
  for (auto& row : slips) row.resize(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) slips[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = slips[i % 3];
    const auto& above = slips[(i + 2) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], slips[(i + 1) % 3][j - 2] + 1);
      }
    }
  }
  return std::min(slips[a.size() % 3][b.size()], most + 1);
}

// So many names fit into a message.
constexpr size_t kFewNames = 12;

}  // namespace

std::string NearestName(absl::string_view word, const std::vector<absl::string_view>& names) {
  const std::string lower = absl::AsciiStrToLower(word);
  absl::string_view nearest;
  // A slip or two, but fewer in short words, of which all are alike.
  size_t most = std::min<size_t>(2, word.size() / 3);
  for (const absl::string_view name : names) {
    const size_t slips = Slips(lower, absl::AsciiStrToLower(name), most);
    if (slips > most || name == word) continue;
    nearest = name;
    if (slips == 0) break;
    most = slips - 1;
  }
  return std::string(nearest);
}

absl::Status UnknownName(absl::string_view field, absl::string_view what, absl::string_view name,
                         const std::vector<absl::string_view>& names) {
  std::string message = absl::StrCat(what, " '", name, "'");
  if (const std::string nearest = NearestName(name, names); !nearest.empty()) {
    absl::StrAppend(&message, "; did you mean '", nearest, "'?");
  } else if (!names.empty() && names.size() <= kFewNames) {
    absl::StrAppend(&message, "; there ", names.size() == 1 ? "is " : "are ",
                    absl::StrJoin(names, ", "));
  }
  return InvalidField(field, message);
}

std::string WithArticle(absl::string_view name) {
  constexpr absl::string_view kVowels = "aeiou";
  const bool vowel = !name.empty() && absl::StrContains(kVowels, name.substr(0, 1));
  return absl::StrCat(vowel ? "an " : "a ", name);
}

}  // namespace spiked::engine
