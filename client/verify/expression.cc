#include "client/verify/expression.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spiked::verify {
namespace {

enum class Operation {
  kConstant,
  kVariable,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kEqual,
  kNotEqual,
  kChoose,
};

struct Operator {
  absl::string_view token;
  Operation operation;
};

// The longer ones first, where one begins with another.
constexpr Operator kComparisons[] = {
    {"<=", Operation::kLessOrEqual}, {">=", Operation::kGreaterOrEqual},
    {"==", Operation::kEqual},       {"!=", Operation::kNotEqual},
    {"<", Operation::kLess},         {">", Operation::kGreater}};
constexpr Operator kSums[] = {{"+", Operation::kAdd}, {"-", Operation::kSubtract}};
constexpr Operator kProducts[] = {
    {"*", Operation::kMultiply}, {"/", Operation::kDivide}, {"mod", Operation::kModulo}};

// Reading and evaluation recurse; a formula must not exhaust the stack.
constexpr size_t kMaxLength = 1000;

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

template <typename T>
bool Compare(Operation operation, T a, T b) {
  switch (operation) {
    case Operation::kLess:
      return a < b;
    case Operation::kLessOrEqual:
      return a <= b;
    case Operation::kGreater:
      return a > b;
    case Operation::kGreaterOrEqual:
      return a >= b;
    case Operation::kEqual:
      return a == b;
    default:
      return a != b;
  }
}

}  // namespace

double ToDouble(Number number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

struct Expression::Node {
  Operation operation = Operation::kConstant;
  Number constant = int64_t{0};
  size_t variable = 0;
  // For kChoose: the condition, the value if it holds, the value if not.
  std::vector<std::shared_ptr<const Node>> operands = {};
};

// One evaluation: the values of the variables, and the first error.
struct Expression::Evaluation {
  absl::Span<const int64_t> variables;
  const char* error = nullptr;

  Number Fail(const char* message) {
    if (error == nullptr) error = message;
    return int64_t{0};
  }

  Number Value(const Node& node) {
    switch (node.operation) {
      case Operation::kConstant:
        return node.constant;
      case Operation::kVariable:
        return variables[node.variable];
      case Operation::kNegate: {
        const Number operand = Value(*node.operands[0]);
        if (const auto* whole = std::get_if<int64_t>(&operand)) {
          return Whole(Operation::kSubtract, 0, *whole);
        }
        return -std::get<double>(operand);
      }
      case Operation::kChoose: {
        const bool holds = ToDouble(Value(*node.operands[0])) != 0.0;
        return Value(*node.operands[holds ? 1 : 2]);
      }
      default: {
        const Number a = Value(*node.operands[0]);
        const Number b = Value(*node.operands[1]);
        const auto* x = std::get_if<int64_t>(&a);
        const auto* y = std::get_if<int64_t>(&b);
        if (x != nullptr && y != nullptr) return Whole(node.operation, *x, *y);
        return Real(node.operation, ToDouble(a), ToDouble(b));
      }
    }
  }

  Number Whole(Operation operation, int64_t a, int64_t b) {
    int64_t result = 0;
    bool overflow = false;
    switch (operation) {
      case Operation::kAdd:
        overflow = __builtin_add_overflow(a, b, &result);
        break;
      case Operation::kSubtract:
        overflow = __builtin_sub_overflow(a, b, &result);
        break;
      case Operation::kMultiply:
        overflow = __builtin_mul_overflow(a, b, &result);
        break;
      case Operation::kDivide:
        return Real(operation, static_cast<double>(a), static_cast<double>(b));
      case Operation::kModulo:
        if (b == 0) return Fail("a number mod 0");
        // The smallest number mod -1 does not fit on the way.
        result = b == -1 ? 0 : a % b;
        if (result != 0 && (result < 0) != (b < 0)) result += b;
        break;
      default:
        return int64_t{Compare(operation, a, b)};
    }
    if (overflow) return Fail("a whole number exceeds 64 bits");
    return result;
  }

  Number Real(Operation operation, double a, double b) {
    switch (operation) {
      case Operation::kAdd:
        return a + b;
      case Operation::kSubtract:
        return a - b;
      case Operation::kMultiply:
        return a * b;
      case Operation::kDivide:
        if (b == 0.0) return Fail("a division by zero");
        return a / b;
      case Operation::kModulo:
        return Fail("mod of a number that is not whole");
      default:
        return int64_t{Compare(operation, a, b)};
    }
  }
};

// Recursive descent, a function for each line of the grammar. After an error
// they return null, or whatever they have, and leave the text alone.
class Expression::Parser {
 public:
  Parser(absl::string_view text, const Constants& constants,
         const std::vector<std::string>& variables)
      : text_(text), rest_(text), constants_(constants), variables_(variables) {}

  absl::StatusOr<Expression> Parse() {
    NodePtr root = Choice();
    if (Accept(";")) {
      Expect("times");
      root = Make(Operation::kMultiply, {root, Sum()});
    }
    SkipSpace();
    const bool remark = absl::StartsWith(rest_, "(") && absl::EndsWith(rest_, ")");
    if (!rest_.empty() && !remark) Fail("an operator or the end");
    if (!status_.ok()) return status_;
    return Expression(root);
  }

 private:
  using NodePtr = std::shared_ptr<const Node>;

  static NodePtr Make(Operation operation, std::vector<NodePtr> operands) {
    return std::make_shared<Node>(Node{.operation = operation, .operands = std::move(operands)});
  }

  NodePtr Choice() {
    NodePtr first = Condition();
    if (Accept(":")) {
      NodePtr then = Sum();
      Expect(";");
      Expect("else");
      return Make(Operation::kChoose, {first, then, Choice()});
    }
    if (Accept("for")) {
      NodePtr condition = Condition();
      if (!Accept(";")) Expect(",");
      Expect("else");
      return Make(Operation::kChoose, {condition, first, Choice()});
    }
    return first;
  }

  NodePtr Condition() {
    NodePtr left = Sum();
    if (const auto comparison = AcceptAny(kComparisons)) {
      left = Make(*comparison, {left, Sum()});
    }
    return left;
  }

  NodePtr Sum() {
    NodePtr left = Product();
    while (const auto operation = AcceptAny(kSums)) left = Make(*operation, {left, Product()});
    return left;
  }

  NodePtr Product() {
    NodePtr left = Factor();
    while (const auto operation = AcceptAny(kProducts)) left = Make(*operation, {left, Factor()});
    return left;
  }

  NodePtr Factor() {
    if (Accept("-")) return Make(Operation::kNegate, {Factor()});
    if (Accept("(")) {
      NodePtr inner = Choice();
      Expect(")");
      return inner;
    }
    SkipSpace();
    const bool digit = !rest_.empty() && (absl::ascii_isdigit(rest_[0]) || rest_[0] == '.');
    return digit ? Literal() : Name();
  }

  NodePtr Literal() {
    const char* const end = rest_.data() + rest_.size();
    int64_t whole = 0;
    double real = 0.0;
    const auto as_whole = std::from_chars(rest_.data(), end, whole);
    const auto as_real = std::from_chars(rest_.data(), end, real);
    if (as_real.ec != std::errc()) return Fail("a number");
    // A whole number is one that goes no further when read as any number.
    const bool is_whole = as_whole.ec == std::errc() && as_whole.ptr == as_real.ptr;
    rest_.remove_prefix(as_real.ptr - rest_.data());
    return Constant(is_whole ? Number(whole) : Number(real));
  }

  NodePtr Name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsNameCharacter);
    const absl::string_view name = rest_.substr(0, end - rest_.begin());
    const auto variable = std::find(variables_.begin(), variables_.end(), name);
    const auto constant = constants_.find(name);
    if (variable == variables_.end() && constant == constants_.end()) {
      return Fail("a number or a known name");
    }
    rest_.remove_prefix(name.size());
    // A variable hides a constant of the same name.
    if (variable == variables_.end()) return Constant(constant->second);
    return std::make_shared<Node>(
        Node{.operation = Operation::kVariable,
             .variable = static_cast<size_t>(variable - variables_.begin())});
  }

  static NodePtr Constant(Number number) {
    return std::make_shared<Node>(Node{.operation = Operation::kConstant, .constant = number});
  }

  // Takes a symbol or a word, if it comes next.
  bool Accept(absl::string_view token) {
    SkipSpace();
    if (!status_.ok() || !absl::StartsWith(rest_, token)) return false;
    const bool word = IsNameCharacter(token.back());
    if (word && rest_.size() > token.size() && IsNameCharacter(rest_[token.size()])) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::optional<Operation> AcceptAny(absl::Span<const Operator> operators) {
    for (const auto& [token, operation] : operators) {
      if (Accept(token)) return operation;
    }
    return std::nullopt;
  }

  void Expect(absl::string_view token) {
    if (!Accept(token)) Fail(absl::StrCat("'", token, "'"));
  }

  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  NodePtr Fail(absl::string_view expected) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat("formula '", text_, "' needs ", expected,
                       rest_.empty() ? std::string(" at its end")
                                     : absl::StrCat(" where it has '", rest_, "'")));
    }
    return nullptr;
  }

  const absl::string_view text_;
  absl::string_view rest_;
  const Constants& constants_;
  const std::vector<std::string>& variables_;
  absl::Status status_;
};

Expression::Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

absl::StatusOr<Expression> Expression::Parse(absl::string_view text, const Constants& constants,
                                             const std::vector<std::string>& variables) {
  if (text.size() > kMaxLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("the formula is longer than ", kMaxLength, " characters"));
  }
  return Parser(text, constants, variables).Parse();
}

absl::StatusOr<Number> Expression::Evaluate(absl::Span<const int64_t> variables) const {
  Evaluation evaluation{.variables = variables};
  const Number value = evaluation.Value(*root_);
  if (evaluation.error != nullptr) return absl::OutOfRangeError(evaluation.error);
  return value;
}

absl::StatusOr<double> Expression::EvaluateDouble(absl::Span<const int64_t> variables) const {
  const auto value = Evaluate(variables);
  if (!value.ok()) return value.status();
  return ToDouble(*value);
}

absl::StatusOr<int64_t> Expression::EvaluateInteger(absl::Span<const int64_t> variables) const {
  const auto value = Evaluate(variables);
  if (!value.ok()) return value.status();
  if (const auto* whole = std::get_if<int64_t>(&*value)) return *whole;
  return absl::OutOfRangeError(absl::StrCat(std::get<double>(*value), " is not a whole number"));
}

}  // namespace spiked::verify
