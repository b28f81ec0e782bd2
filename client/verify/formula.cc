#include "client/verify/formula.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::verify {

Formula::Formula(const Fields& fields, absl::string_view field,
                 const std::vector<std::string>& variables)
    : Formula(fields, field, fields.NumberOrText(field), variables) {}

Formula::Formula(const Fields& fields, absl::string_view field, absl::string_view expression,
                 const std::vector<std::string>& variables)
    : fields_(fields), field_(field) {
  if (!fields_.status().ok()) return;
  auto parsed = Expression::Parse(expression, fields_.NumberFields(), variables);
  if (parsed.ok()) {
    expression_ = *std::move(parsed);
  } else {
    fields_.Fail(field_, absl::StrCat("cannot be read: ", parsed.status().message()));
  }
}

double Formula::Real(absl::Span<const int64_t> variables) const {
  if (!expression_) return 0.0;
  const auto value = expression_->EvaluateDouble(variables);
  if (!value.ok()) Fail(value.status());
  return value.value_or(0.0);
}

int64_t Formula::Whole(absl::Span<const int64_t> variables) const {
  if (!expression_) return 0;
  const auto value = expression_->EvaluateInteger(variables);
  if (!value.ok()) Fail(value.status());
  return value.value_or(0);
}

void Formula::Fail(const absl::Status& status) const {
  fields_.Fail(field_, absl::StrCat("cannot be evaluated: ", status.message()));
}

}  // namespace spiked::verify
