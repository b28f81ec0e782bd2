#include "tests/engine/math/accuracy.h"

#include <boost/multiprecision/cpp_bin_float.hpp>

namespace spiked::engine::reference {
namespace {

using Number = boost::multiprecision::number<
    boost::multiprecision::cpp_bin_float<160, boost::multiprecision::digit_base_2>,
    boost::multiprecision::et_off>;

DoubleDouble Rounded(const Number& x) {
  const auto hi = static_cast<double>(x);
  return {hi, static_cast<double>(x - hi)};
}

}  // namespace

DoubleDouble Exp(double x) { return Rounded(exp(Number(x))); }
DoubleDouble Expm1(double x) { return Rounded(expm1(Number(x))); }
DoubleDouble Log(double x) { return Rounded(log(Number(x))); }
DoubleDouble Log1p(double x) { return Rounded(log1p(Number(x))); }
DoubleDouble Pow(double x, double y) { return Rounded(pow(Number(x), Number(y))); }
DoubleDouble Exp2(int numerator, int denominator) {
  return Rounded(exp2(Number(numerator) / denominator));
}

}  // namespace spiked::engine::reference
