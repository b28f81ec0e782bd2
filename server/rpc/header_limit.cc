#include "server/rpc/header_limit.h"

#include <dlfcn.h>

#include <algorithm>

// gRPC has no door for this. Its library calls this function by name, though, so that
// the program's own is called in its place, and calls the library's in turn. What is
// declared here is what gRPC 1.51 declares in
// src/core/ext/transport/chttp2/transport/hpack_parser.h, which is not installed.
struct grpc_metadata_batch;

namespace grpc_core {

class HPackParser {
 public:
  enum class Boundary : uint8_t { None, EndOfHeaders, EndOfStream };
  enum class Priority : uint8_t { None, Included };
  struct LogInfo {
    enum Type : uint8_t { kHeaders, kTrailers, kDontKnow };
    uint32_t stream_id;
    Type type;
    bool is_client;
  };

  // Called before each frame of headers: they go to `fields` (null: nowhere).
  void BeginFrame(grpc_metadata_batch* fields, uint32_t max_bytes, Boundary boundary,
                  Priority priority, LogInfo info);
};

}  // namespace grpc_core

namespace {

using grpc_core::HPackParser;
using BeginFrame = void (*)(HPackParser*, grpc_metadata_batch*, uint32_t, HPackParser::Boundary,
                            HPackParser::Priority, HPackParser::LogInfo);

BeginFrame LibraryBeginFrame() {
  static const auto function = reinterpret_cast<BeginFrame>(
      dlsym(RTLD_NEXT,
            "_ZN9grpc_core11HPackParser10BeginFrameEP19grpc_metadata_batchjNS0_8BoundaryE"
            "NS0_8PriorityENS0_7LogInfoE"));
  return function;
}

}  // namespace

void grpc_core::HPackParser::BeginFrame(grpc_metadata_batch* fields, uint32_t max_bytes,
                                        Boundary boundary, Priority priority, LogInfo info) {
  if (!info.is_client) {
    max_bytes = std::min(max_bytes, spiked::rpc::kMaxHeaderBytes);
    if (boundary == Boundary::None) {
      // More frames are to come. Not even one field is taken, and a field of which the
      // rest is in the next frame is an error at the end of this one.
      max_bytes = 0;
      boundary = Boundary::EndOfHeaders;
    }
  }
  LibraryBeginFrame()(this, fields, max_bytes, boundary, priority, info);
}

bool spiked::rpc::HeadersAreLimited() { return LibraryBeginFrame() != nullptr; }
