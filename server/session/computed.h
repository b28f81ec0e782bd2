// What a command has computed, as whoever repeats it has to compute it.
#pragma once

#include <cstdint>

#include "google/protobuf/message.h"

namespace spiked::session {

// HashOf (answers.h) of a reply, but for what it tells of memory and saved bytes: that is
// another build's own affair.
uint64_t HashOfComputed(const google::protobuf::Message& reply);

}  // namespace spiked::session
