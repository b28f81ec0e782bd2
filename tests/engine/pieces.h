// A specification in pieces, by which a network can grow.
#pragma once

#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/engine/spec.h"

namespace spiked::engine {

// Pieces that follow one another, each of which names no more than itself and those
// before it.
inline std::vector<NetworkSpec> Cut(const NetworkSpec& spec, std::mt19937_64* random) {
  std::vector<NetworkSpec> pieces;
  std::set<std::string> names = {""};
  size_t population = 0, projection = 0, multimeter = 0;
  const auto below = [&](size_t n) { return (*random)() % n; };
  while (population < spec.populations.size() || projection < spec.projections.size() ||
         multimeter < spec.multimeters.size()) {
    NetworkSpec& piece = pieces.emplace_back();
    const bool first = pieces.size() == 1;
    for (size_t n = below(6) + (first ? 1 : 0); n > 0 && population < spec.populations.size();
         --n) {
      piece.populations.push_back(spec.populations[population++]);
      names.insert(piece.populations.back().name);
    }
    for (size_t n = below(12); n > 0 && projection < spec.projections.size(); --n) {
      const ProjectionSpec& p = spec.projections[projection];
      if (!names.contains(p.source) || !names.contains(p.target)) break;
      if (!names.contains(p.volume_transmitter)) break;
      piece.projections.push_back(spec.projections[projection++]);
    }
    for (size_t n = below(3); n > 0 && multimeter < spec.multimeters.size(); --n) {
      if (!names.contains(spec.multimeters[multimeter].population)) break;
      piece.multimeters.push_back(spec.multimeters[multimeter++]);
    }
  }
  return pieces;
}

}  // namespace spiked::engine
