// Records and headers as bytes, for the journal.
//
// One byte of version, 8 bytes of checksum, and the message of record.proto. The checksum
// is XXH3, 64 bits, little-endian, seeded with a number that says where the bytes belong,
// so that they count nowhere else.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"

namespace spiked::storage {

// Where the record at that position of a session's journal belongs; 0: its header. The
// identity is that of Header, or for the header itself the session's id.
uint64_t PlaceOf(absl::string_view identity, uint64_t position);

// XXH3, 64 bits.
uint64_t HashOf(absl::string_view bytes);

// The bytes of a message that belongs there.
std::string Encode(const google::protobuf::MessageLite& message, uint64_t where);

// What Encode was given. DATA_LOSS if the bytes are not what Encode returned for that
// place; FAILED_PRECONDITION if their version is a newer one.
absl::Status Decode(absl::string_view bytes, uint64_t where,
                    google::protobuf::MessageLite* message);

}  // namespace spiked::storage
