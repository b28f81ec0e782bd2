#include "server/engine/values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

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

absl::Status CheckFinite(double x, absl::string_view field) {
  if (std::isfinite(x)) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("must be a finite number, not ", ToText(x)));
}

// Checks the two numbers of a distribution; `field` is its own.
struct DistributionChecker {
  std::string field;

  absl::Status Gaussian(absl::string_view kind, double mean, double std) const {
    const std::string std_field = absl::StrCat(field, ".", kind, ".std");
    if (auto s = CheckFinite(mean, absl::StrCat(field, ".", kind, ".mean")); !s.ok()) return s;
    if (auto s = CheckFinite(std, std_field); !s.ok()) return s;
    if (std >= 0) return absl::OkStatus();
    return InvalidField(std_field, absl::StrCat("must be at least 0, not ", ToText(std)));
  }
  absl::Status operator()(const Normal& n) const { return Gaussian("normal", n.mean, n.std); }
  absl::Status operator()(const Lognormal& n) const { return Gaussian("lognormal", n.mean, n.std); }
  absl::Status operator()(const Uniform& u) const {
    const std::string high_field = absl::StrCat(field, ".uniform.high");
    if (auto s = CheckFinite(u.low, absl::StrCat(field, ".uniform.low")); !s.ok()) return s;
    if (auto s = CheckFinite(u.high, high_field); !s.ok()) return s;
    if (u.high >= u.low) return absl::OkStatus();
    return InvalidField(high_field, absl::StrCat("must be at least low (", ToText(u.low), "), not ",
                                                 ToText(u.high)));
  }
};

absl::Status CheckDistribution(const Distribution& distribution, const std::string& field) {
  if (auto s = std::visit(DistributionChecker{field}, distribution.kind); !s.ok()) return s;
  const double minimum = distribution.minimum, maximum = distribution.maximum;
  if (std::isnan(maximum)) return InvalidField(absl::StrCat(field, ".maximum"), "must be a number");
  // Written so that NaN is refused, too.
  if (minimum <= maximum) return absl::OkStatus();
  return InvalidField(absl::StrCat(field, ".minimum"),
                      absl::StrCat("must be a number of at most the maximum (", ToText(maximum),
                                   "), not ", ToText(minimum)));
}

double Between(const Uniform& uniform, double u) {
  const double width = uniform.high - uniform.low;
  // The width of an interval can be more than a double holds.
  if (std::isinf(width)) return uniform.low * (1.0 - u) + uniform.high * u;
  return uniform.low + width * u;
}

// From a standard normal number.
double FromNormal(const Distribution& distribution, double z) {
  if (const auto* n = std::get_if<Normal>(&distribution.kind)) return n->mean + n->std * z;
  const auto& l = std::get<Lognormal>(distribution.kind);
  return Exp(l.mean + l.std * z);
}

bool IsWithin(const Distribution& distribution, double x) {
  return x >= distribution.minimum && x <= distribution.maximum && std::isfinite(x);
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
  return CheckDistribution(std::get<Distribution>(value), absl::StrCat(field, ".distribution"));
}

absl::StatusOr<double> Sampler::Draw(const Distribution& distribution, uint32_t index,
                                     uint32_t attempt) const {
  const auto* uniform = std::get_if<Uniform>(&distribution.kind);
  for (; attempt < kMaxAttempts; ++attempt) {
    double x;
    if (uniform != nullptr) {
      x = Between(*uniform, RandomDraws(key_, stream_, index, attempt).Uniform());
    } else {
      // Two attempts for each position.
      double pair[2];
      GaussianPairs(key_, stream_, index, attempt / 2, 1, &pair[0], &pair[1]);
      x = FromNormal(distribution, pair[attempt % 2]);
    }
    if (IsWithin(distribution, x)) return x;
  }
  return absl::OutOfRangeError(absl::StrFormat(
      "none of %d draws fell between minimum and maximum of the distribution", kMaxAttempts));
}

absl::StatusOr<double> Sampler::operator()(uint32_t index) const {
  if (const auto* number = std::get_if<double>(&value_)) return *number;
  if (const auto* list = std::get_if<std::vector<double>>(&value_)) return (*list)[index];
  return Draw(std::get<Distribution>(value_), index, 0);
}

absl::Status Sampler::Fill(std::span<const uint32_t> indices, std::span<double> values) const {
  const auto* distribution = std::get_if<Distribution>(&value_);
  const bool by_normal =
      distribution != nullptr && !std::holds_alternative<Uniform>(distribution->kind);
  constexpr size_t kAtOnce = 256;
  double first[kAtOnce], second[kAtOnce];
  for (size_t i = 0; i < indices.size(); ++i) {
    uint32_t attempt = 0;
    if (by_normal) {
      // The first two attempts at once of many entries: few need another.
      const size_t k = i % kAtOnce;
      if (k == 0) {
        GaussianPairs(key_, stream_, indices.subspan(i, std::min(kAtOnce, indices.size() - i)), 0,
                      first, second);
      }
      values[i] = FromNormal(*distribution, first[k]);
      if (IsWithin(*distribution, values[i])) continue;
      values[i] = FromNormal(*distribution, second[k]);
      if (IsWithin(*distribution, values[i])) continue;
      attempt = 2;
    }
    const auto x =
        distribution != nullptr ? Draw(*distribution, indices[i], attempt) : (*this)(indices[i]);
    if (!x.ok()) return x.status();
    values[i] = *x;
  }
  return absl::OkStatus();
}

}  // namespace spiked::engine
