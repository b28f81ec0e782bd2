// Takes from libraries all that the engine must not: what check.cmake has to
// find.
#include <cmath>
#include <random>

double TakeLibraryMath(double x, std::mt19937_64& random) {
  const double poisson = std::poisson_distribution<int>(x)(random);
  const double normal = std::normal_distribution<double>(x)(random);
  return std::exp(x) + std::expm1(x) + std::log(x) + std::log1p(x) + std::pow(x, poisson) +
         std::sin(x) + std::cos(2 * x) + std::tgamma(x) + std::lgamma(normal) + std::sqrt(x);
}
