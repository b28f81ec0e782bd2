// One plastic synapse between two driven neurons, with its weight and further
// variables over time (micro.json).
#pragma once

#include <memory>

#include "client/verify/case.h"
#include "client/verify/fields.h"

namespace spiked::verify {

std::unique_ptr<Case> ReadSynapseCase(const Fields& fields);

}  // namespace spiked::verify
