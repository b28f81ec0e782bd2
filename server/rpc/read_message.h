// From bytes to messages.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace spiked::rpc {

// Reads a message, compressed by gzip or not. False if it is none, or is more than
// `most` bytes when it has been uncompressed; none of them are kept, so that small
// requests which are large inside cost no memory.
//
// gRPC would uncompress all of it first. That must be turned off (see server.cc),
// and then it does not tell which messages are compressed; but no message begins as
// gzip does, with a field of a wire type that does not exist.
//
// `pause` is called every now and then, in well under a millisecond.
bool ReadMessage(grpc::ByteBuffer* bytes, int64_t most, google::protobuf::Message* message,
                 absl::FunctionRef<void()> pause);

// Whether that may take longer than a slice of computing.
bool MayTakeLong(grpc::ByteBuffer* bytes);

}  // namespace spiked::rpc
