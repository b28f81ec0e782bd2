// A single neuron driven by devices, with its membrane potential (micro.json).
#pragma once

#include <memory>

#include "client/verify/case.h"
#include "client/verify/fields.h"

namespace spiked::verify {

std::unique_ptr<Case> ReadNeuronCase(const Fields& fields);

}  // namespace spiked::verify
