#include "server/engine/values.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/exp.h"
#include "server/engine/math/gaussian.h"
#include "server/engine/number.h"

namespace spiked::engine {
namespace {

// How often a number outside the bounds is drawn again before that counts as
// the user's mistake.
constexpr uint32_t kMaxAttempts = 1000;

absl::Status CheckDistribution(const Distribution& distribution, absl::string_view field) {
  struct Checker {
    absl::string_view field;
    absl::Status Pair(double a, double b, absl::string_view what) const {
      if (std::isfinite(a) && std::isfinite(b)) return absl::OkStatus();
      return InvalidField(field, absl::StrCat(what, " must be finite"));
    }
    absl::Status operator()(const Normal& n) const {
      if (auto s = Pair(n.mean, n.std, "mean and std of a normal distribution"); !s.ok()) return s;
      if (n.std >= 0) return absl::OkStatus();
      return InvalidField(field, "std of a normal distribution must be at least 0");
    }
    absl::Status operator()(const Lognormal& n) const {
      if (auto s = Pair(n.mean, n.std, "mean and std of a lognormal distribution"); !s.ok())
        return s;
      if (n.std >= 0) return absl::OkStatus();
      return InvalidField(field, "std of a lognormal distribution must be at least 0");
    }
    absl::Status operator()(const Uniform& u) const {
      if (auto s = Pair(u.low, u.high, "low and high of a uniform distribution"); !s.ok()) return s;
      if (u.high >= u.low) return absl::OkStatus();
      return InvalidField(field, "high of a uniform distribution must be at least low");
    }
  };
  if (auto s = std::visit(Checker{field}, distribution.kind); !s.ok()) return s;
  if (std::isnan(distribution.minimum) || std::isnan(distribution.maximum) ||
      distribution.minimum > distribution.maximum) {
    return InvalidField(field, "minimum of a distribution must be at most its maximum");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckValue(const Value& value, uint64_t size, absl::string_view field,
                        bool allow_infinity) {
  const auto acceptable = [&](double x) {
    return std::isfinite(x) || (allow_infinity && std::isinf(x));
  };
  if (const auto* number = std::get_if<double>(&value)) {
    if (acceptable(*number)) return absl::OkStatus();
    return InvalidField(field, absl::StrFormat("must be a finite number, not %s", ToText(*number)));
  }
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    if (list->size() != size) {
      return InvalidField(field, absl::StrFormat("the list has %d entries where %d are needed",
                                                 list->size(), size));
    }
    for (size_t k = 0; k < list->size(); ++k) {
      if (!acceptable((*list)[k])) {
        return InvalidField(absl::StrCat(field, ".list.values[", k, "]"),
                            absl::StrFormat("must be a finite number, not %s", ToText((*list)[k])));
      }
    }
    return absl::OkStatus();
  }
  return CheckDistribution(std::get<Distribution>(value), field);
}

double Sampler::Draw(const Distribution& distribution, uint32_t index, uint32_t attempt) const {
  const auto normal = [&](double mean, double std) {
    double first, second;
    GaussianPairs(key_, stream_, index, attempt / 2, 1, &first, &second);
    return mean + std * (attempt % 2 == 0 ? first : second);
  };
  if (const auto* n = std::get_if<Normal>(&distribution.kind)) return normal(n->mean, n->std);
  if (const auto* l = std::get_if<Lognormal>(&distribution.kind)) {
    return Exp(normal(l->mean, l->std));
  }
  const auto& uniform = std::get<Uniform>(distribution.kind);
  const double u = RandomDraws(key_, stream_, index, attempt).Uniform();
  return uniform.low + (uniform.high - uniform.low) * u;
}

absl::StatusOr<double> Sampler::operator()(uint32_t index) const {
  if (const auto* number = std::get_if<double>(&value_)) return *number;
  if (const auto* list = std::get_if<std::vector<double>>(&value_)) return (*list)[index];
  const auto& distribution = std::get<Distribution>(value_);
  for (uint32_t attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const double x = Draw(distribution, index, attempt);
    if (x >= distribution.minimum && x <= distribution.maximum && std::isfinite(x)) return x;
  }
  return absl::OutOfRangeError(absl::StrFormat(
      "none of %d draws fell between minimum and maximum of the distribution", kMaxAttempts));
}

}  // namespace spiked::engine
