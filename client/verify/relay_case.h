// A chain of parrot neurons behind a spike generator (micro.json).
#pragma once

#include <memory>

#include "client/verify/case.h"
#include "client/verify/fields.h"

namespace spiked::verify {

std::unique_ptr<Case> ReadRelayCase(const Fields& fields);

}  // namespace spiked::verify
