// The Connect protocol (connectrpc.com), as far as it is about bytes: messages as JSON or as
// they are in Protocol Buffers, errors, and how streams are framed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace spiked::web {

enum class Codec { kProto, kJson };

// What a body is: one message, or messages one after the other.
struct Form {
  Codec codec;
  bool stream;
};

// A message as it travels.
struct Packed {
  absl::string_view bytes;
  bool compressed = false;  // by gzip
};

// By the content type; nothing if it is none of the protocol's.
std::optional<Form> FormOf(absl::string_view content_type);
absl::string_view ContentTypeOf(const Form& form);

// INVALID_ARGUMENT, reason MALFORMED_MESSAGE.
absl::Status Malformed(absl::string_view what);

// Both pause again and again where there is much. INVALID_ARGUMENT (reason MALFORMED_MESSAGE),
// with what is wrong and where.
absl::Status ReadMessage(Codec codec, absl::string_view bytes, google::protobuf::Message* message,
                         absl::FunctionRef<void()> pause);
// INTERNAL where JSON cannot tell it.
absl::StatusOr<std::string> WriteMessage(Codec codec, const google::protobuf::Message& message,
                                         absl::FunctionRef<void()> pause);

// How much memory it takes at most, beside the message, to read and to write so many bytes
// (of the message as it is in Protocol Buffers).
uint64_t MemoryToRead(Codec codec, uint64_t bytes);
uint64_t MemoryToWrite(Codec codec, uint64_t bytes);
// Whether that takes more than about a millisecond.
bool IsMuch(Codec codec, uint64_t bytes);

// An error as an object, and the status of HTTP that goes with it.
std::string ErrorJson(const absl::Status& status);
unsigned HttpStatusOf(absl::StatusCode code);

// What ends a stream, with or without an error.
std::string EndOfStreamJson(const absl::Status& status);

// Before each message of a stream: flags, and its length.
inline constexpr size_t kPrefixBytes = 5;
inline constexpr uint8_t kCompressed = 1, kEndOfStream = 2;
std::string Prefix(uint8_t flags, size_t length);
struct Envelope {
  uint8_t flags;
  uint32_t length;
};
Envelope ReadPrefix(absl::string_view prefix);

// The header Connect-Timeout-Ms. INVALID_ARGUMENT.
absl::StatusOr<std::chrono::milliseconds> ReadTimeout(absl::string_view text);

}  // namespace spiked::web
