// A recurrent network that is given by formulas, with every spike (net.json).
#pragma once

#include <memory>

#include "client/verify/case.h"
#include "client/verify/fields.h"

namespace spiked::verify {

std::unique_ptr<Case> ReadRecurrentCase(const Fields& fields);

}  // namespace spiked::verify
