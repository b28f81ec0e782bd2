// Times in requests.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/engine/time.h"

namespace spiked::session {

inline absl::Status NotATime(double ms, const engine::Grid& grid, absl::string_view field) {
  return engine::InvalidField(
      field,
      absl::StrCat("must be a whole number of steps of ", engine::ToText(grid.resolution_ms()),
                   " ms, from 0 to ", engine::ToText(grid.ToMs(engine::kLastStep)), " ms, not ",
                   engine::ToText(ms)));
}

// A time or span of time in ms from outside, in steps; never negative.
// INVALID_ARGUMENT with the field.
inline absl::StatusOr<engine::Step> TimeField(double ms, const engine::Grid& grid,
                                              absl::string_view field) {
  const auto steps = grid.ToSteps(ms);
  if (!steps || *steps < 0) return NotATime(ms, grid, field);
  return *steps;
}

}  // namespace spiked::session
