#include "client/verify/fields.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spiked::verify {
namespace {

using nlohmann::json;

constexpr uint32_t kMostCount = std::numeric_limits<uint32_t>::max();

// A list whose elements are all read by `read`; false if there is another.
template <typename T, typename Read>
bool ReadList(const json& value, Read read, std::vector<T>* list) {
  if (!value.is_array()) return false;
  for (const json& element : value) {
    if (!read(element, &list->emplace_back())) return false;
  }
  return true;
}

bool ReadNumber(const json& value, double* number) {
  if (!value.is_number()) return false;
  *number = value.get<double>();
  return true;
}

bool ReadNumbers(const json& value, std::vector<double>* numbers) {
  return ReadList(value, ReadNumber, numbers);
}

bool ReadCount(const json& value, uint32_t* count) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > kMostCount) return false;
  *count = value.get<uint32_t>();
  return true;
}

bool ReadText(const json& value, std::string* text) {
  if (!value.is_string()) return false;
  *text = value.get<std::string>();
  return true;
}

}  // namespace

Fields::Fields(const json& object, std::string where, absl::Status* status)
    : object_(&object), where_(std::move(where)), status_(status) {}

bool Fields::Has(absl::string_view field) const {
  const auto found = object_->find(std::string(field));
  return found != object_->end() && !found->is_null();
}

std::string Fields::Text(absl::string_view field) const {
  std::string text;
  if (!ReadText(Get(field), &text)) Fail(field, "must be text");
  return text;
}

double Fields::Number(absl::string_view field) const {
  double number = 0.0;
  if (!ReadNumber(Get(field), &number)) Fail(field, "must be a number");
  return number;
}

double Fields::Positive(absl::string_view field) const {
  const double number = Number(field);
  // Written so that NaN is refused, too.
  if (!(number > 0.0)) Fail(field, "must be above 0");
  return number;
}

std::string Fields::NumberOrText(absl::string_view field) const {
  const json& value = Get(field);
  if (value.is_number()) return value.dump();
  std::string text;
  if (!ReadText(value, &text)) Fail(field, "must be a number or a formula");
  return text;
}

uint32_t Fields::Count(absl::string_view field, uint32_t least) const {
  uint32_t count = 0;
  if (ReadCount(Get(field), &count) && count >= least) return count;
  Fail(field, absl::StrCat("must be a whole number from ", least, " to ", kMostCount));
  return least;
}

std::vector<uint32_t> Fields::Counts(absl::string_view field) const {
  std::vector<uint32_t> counts;
  if (!ReadList(Get(field), ReadCount, &counts)) {
    Fail(field, absl::StrCat("must be a list of whole numbers from 0 to ", kMostCount));
  }
  return counts;
}

std::vector<double> Fields::Numbers(absl::string_view field) const {
  std::vector<double> numbers;
  if (!ReadNumbers(Get(field), &numbers)) Fail(field, "must be a list of numbers");
  return numbers;
}

std::vector<std::vector<double>> Fields::Table(absl::string_view field) const {
  std::vector<std::vector<double>> table;
  if (!ReadList(Get(field), ReadNumbers, &table)) Fail(field, "must be a list of lists of numbers");
  return table;
}

std::vector<std::string> Fields::Texts(absl::string_view field) const {
  std::vector<std::string> texts;
  if (!ReadList(Get(field), ReadText, &texts)) Fail(field, "must be a list of texts");
  return texts;
}

std::map<std::string, double> Fields::NumbersByName(absl::string_view field) const {
  std::map<std::string, double> numbers;
  const json& object = Get(field);
  bool ok = object.is_object();
  if (ok) {
    for (const auto& [name, value] : object.items()) ok = ok && ReadNumber(value, &numbers[name]);
  }
  if (!ok) Fail(field, "must be an object of numbers");
  return numbers;
}

Fields Fields::Object(absl::string_view field) const {
  const json& value = Get(field);
  if (!value.is_object()) Fail(field, "must be an object");
  return Fields(value, absl::StrCat(where_, ": ", field), status_);
}

std::vector<Fields> Fields::Objects(absl::string_view field) const {
  std::vector<Fields> objects;
  const json& list = Get(field);
  if (!list.is_array()) Fail(field, "must be a list of objects");
  for (const json& value : list) {
    const std::string element = absl::StrCat(field, "[", objects.size(), "]");
    if (!value.is_object()) Fail(element, "must be an object");
    objects.emplace_back(value, absl::StrCat(where_, ": ", element), status_);
  }
  return objects;
}

Fields Fields::Named(std::string where) const {
  return Fields(*object_, std::move(where), status_);
}

Constants Fields::NumberFields() const {
  Constants numbers;
  for (const auto& [name, value] : object_->items()) {
    absl::string_view bare = name;
    for (const absl::string_view unit : {"_pA", "_mV", "_ms"}) {
      if (absl::EndsWith(bare, unit)) bare.remove_suffix(unit.size());
    }
    if (value.is_number_integer()) {
      numbers.emplace(bare, value.get<int64_t>());
    } else if (value.is_number()) {
      numbers.emplace(bare, value.get<double>());
    }
  }
  return numbers;
}

void Fields::Fail(absl::string_view field, absl::string_view message) const {
  status_->Update(
      absl::InvalidArgumentError(absl::StrCat(where_, ": field '", field, "' ", message)));
}

const json& Fields::Get(absl::string_view field) const {
  static const auto* const kNull = new json;
  const auto found = object_->find(std::string(field));
  if (found != object_->end()) return *found;
  Fail(field, "is missing");
  return *kNull;
}

}  // namespace spiked::verify
