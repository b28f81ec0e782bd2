// A field that gives its numbers by a formula.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/verify/expression.h"
#include "client/verify/fields.h"

namespace spiked::verify {

// Like Fields, a formula that cannot be read or evaluated gives 0 and leaves an
// error, with the name of the field, in the status of its file.
class Formula {
 public:
  // A field that is a number, or the text of an expression in the variables and
  // in the number fields of the same object.
  Formula(const Fields& fields, absl::string_view field, const std::vector<std::string>& variables);
  // An expression that was found in the text of a field.
  Formula(const Fields& fields, absl::string_view field, absl::string_view expression,
          const std::vector<std::string>& variables);

  // The value for the given values of the variables.
  double Real(absl::Span<const int64_t> variables) const;
  int64_t Whole(absl::Span<const int64_t> variables) const;

 private:
  void Fail(const absl::Status& status) const;

  Fields fields_;
  std::string field_;
  std::optional<Expression> expression_;
};

}  // namespace spiked::verify
