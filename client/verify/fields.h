// Reads the fields of a JSON object and says clearly what is wrong with them.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/verify/expression.h"

namespace spiked::verify {

// The fields of one object. A field that is missing or has the wrong type gives
// something empty and an error in the status that all objects of a file share;
// the first error stays. So a reader asks for all it needs, and looks at the
// status once before it relies on any of it.
class Fields {
 public:
  // `where` names the object in errors. Object and status must outlive the
  // fields.
  Fields(const nlohmann::json& object, std::string where, absl::Status* status);

  // Whether the file gives the field, with a value other than null.
  bool Has(absl::string_view field) const;

  std::string Text(absl::string_view field) const;
  double Number(absl::string_view field) const;
  // A number above 0.
  double Positive(absl::string_view field) const;
  // A text, or a number as text.
  std::string NumberOrText(absl::string_view field) const;
  // A whole number from `least` to 2^32 - 1.
  uint32_t Count(absl::string_view field, uint32_t least = 0) const;
  // A list of whole numbers from 0 to 2^32 - 1.
  std::vector<uint32_t> Counts(absl::string_view field) const;
  std::vector<double> Numbers(absl::string_view field) const;
  // A list of lists of numbers.
  std::vector<std::vector<double>> Table(absl::string_view field) const;
  std::vector<std::string> Texts(absl::string_view field) const;
  // An object of numbers, such as parameters of a model.
  std::map<std::string, double> NumbersByName(absl::string_view field) const;
  Fields Object(absl::string_view field) const;
  // The objects of a list, with their positions as names.
  std::vector<Fields> Objects(absl::string_view field) const;

  // The same fields under another name.
  Fields Named(std::string where) const;

  // The number fields of this object, named as in formulas: without a unit at
  // the end.
  Constants NumberFields() const;

  // Takes down an error about the field.
  void Fail(absl::string_view field, absl::string_view message) const;
  // The first error about any object of the file.
  const absl::Status& status() const { return *status_; }

 private:
  // The value of the field; null, with an error, if it is missing.
  const nlohmann::json& Get(absl::string_view field) const;

  const nlohmann::json* object_;
  std::string where_;
  absl::Status* status_;
};

}  // namespace spiked::verify
