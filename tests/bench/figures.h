// The figures of a run, for people and for machines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "tests/bench/machine.h"

namespace spiked::bench {

struct Figure {
  std::string scenario;
  std::string name;
  std::string unit;
  double value = 0.0;  // median over the repetitions
  int repetitions = 0;
  double spread = 0.0;  // interquartile range over the repetitions

  bool operator==(const Figure&) const = default;
};

// The figures of one scenario, in the order in which they were added.
class Figures {
 public:
  explicit Figures(std::string_view scenario) : scenario_(scenario) {}

  // A figure that was measured once for each sample; at least one.
  void Add(std::string_view name, std::string_view unit, absl::Span<const double> samples);
  // A figure that was measured once.
  void Add(std::string_view name, std::string_view unit, double value);

  const std::vector<Figure>& all() const { return all_; }

 private:
  std::string scenario_;
  std::vector<Figure> all_;
};

// A line for each figure, in columns, below a line of headings.
std::string Table(absl::Span<const Figure> figures);

// One object: `machine` with the fields of Machine, and `figures`, a list of
// objects with scenario, figure, unit, value, repetitions and spread.
std::string Json(const Machine& machine, absl::Span<const Figure> figures);

}  // namespace spiked::bench
