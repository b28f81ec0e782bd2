// The formulas in which reference files give their numbers, such as
// "J for k < C_e, else -g*J; times 1 + ((i + 3*k) mod 16)/64".
//
//   formula   := choice [";" "times" sum] [remark]
//   choice    := condition ":" sum ";" "else" choice
//              | sum "for" condition ("," | ";") "else" choice
//              | condition
//   condition := sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
//   sum       := product (("+" | "-") product)*
//   product   := factor (("*" | "/" | "mod") factor)*
//   factor    := "-" factor | number | name | "(" choice ")"
//   remark    := "(" anything ")"
//
// Operators associate to the left. Whole numbers stay exact: sums, products
// and remainders of them are computed in 64 bits. Everything else is IEEE
// double, rounded operation by operation in the order written, since the last
// bit may decide. A remainder has the sign of its divisor; a condition is 1 or
// 0.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spiked::verify {

// A whole number, or one with a fraction.
using Number = std::variant<int64_t, double>;

double ToDouble(Number number);

// Numbers by name.
using Constants = std::map<std::string, Number, std::less<>>;

class Expression {
 public:
  // Reads a formula in which the names of `constants` and `variables` may
  // occur. INVALID_ARGUMENT with what was found where.
  static absl::StatusOr<Expression> Parse(absl::string_view text, const Constants& constants,
                                          const std::vector<std::string>& variables);

  // The value for the given values of the variables, in their order.
  // OUT_OF_RANGE if a whole number exceeds 64 bits, a divisor is zero, or `mod`
  // meets a fraction.
  absl::StatusOr<Number> Evaluate(absl::Span<const int64_t> variables) const;
  absl::StatusOr<double> EvaluateDouble(absl::Span<const int64_t> variables) const;
  // OUT_OF_RANGE also if the value is not a whole number.
  absl::StatusOr<int64_t> EvaluateInteger(absl::Span<const int64_t> variables) const;

 private:
  struct Node;
  class Parser;
  struct Evaluation;
  explicit Expression(std::shared_ptr<const Node> root);

  std::shared_ptr<const Node> root_;
};

}  // namespace spiked::verify
