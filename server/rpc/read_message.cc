#include "server/rpc/read_message.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>

#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/session/call.h"

namespace spiked::rpc {
namespace {

using google::protobuf::io::GzipInputStream;
using google::protobuf::io::ZeroCopyInputStream;

// Hands out another stream in small pieces, and pauses before each.
class InPieces final : public ZeroCopyInputStream {
 public:
  InPieces(ZeroCopyInputStream* whole, absl::FunctionRef<void()> pause)
      : whole_(*whole), pause_(pause) {}

  bool Next(const void** data, int* size) override {
    pause_();
    while (left_ == 0) {
      const void* next = nullptr;
      if (!whole_.Next(&next, &left_)) return false;
      next_ = static_cast<const char*>(next);
    }
    *data = next_;
    *size = std::min(left_, kPiece);
    Advance(*size);
    return true;
  }
  void BackUp(int count) override { Advance(-count); }
  bool Skip(int count) override {
    const void* data = nullptr;
    int size = 0;
    while (count > 0 && Next(&data, &size)) {
      if (size > count) BackUp(size - count);
      count -= std::min(size, count);
    }
    return count == 0;
  }
  int64_t ByteCount() const override { return whole_.ByteCount() - left_; }

 private:
  static constexpr int kPiece = 8 << 10;

  void Advance(int count) {
    next_ += count;
    left_ -= count;
  }

  ZeroCopyInputStream& whole_;
  const absl::FunctionRef<void()> pause_;
  const char* next_ = nullptr;  // of the piece of the whole that has come, and how much is left
  int left_ = 0;
};

bool BeginsAsGzip(ZeroCopyInputStream* stream) {
  const void* data = nullptr;
  int size = 0;
  if (!stream->Next(&data, &size)) return false;
  stream->BackUp(size);
  return size > 0 && *static_cast<const unsigned char*>(data) == 0x1f;
}

}  // namespace

bool ReadMessage(grpc::ByteBuffer* bytes, int64_t most, google::protobuf::Message* message,
                 absl::FunctionRef<void()> pause) {
  grpc::ProtoBufferReader reader(bytes);
  if (!reader.status().ok()) return false;
  if (!BeginsAsGzip(&reader)) {
    InPieces pieces(&reader, pause);
    return message->ParseFromZeroCopyStream(&pieces);
  }
  GzipInputStream uncompressed(&reader, GzipInputStream::GZIP);
  InPieces pieces(&uncompressed, pause);
  // One more, so that it is known if there are more.
  google::protobuf::io::LimitingInputStream limited(&pieces, most + 1);
  return message->ParseFromZeroCopyStream(&limited) && limited.ByteCount() <= most &&
         uncompressed.ZlibErrorCode() >= 0;
}

bool MayTakeLong(grpc::ByteBuffer* bytes) {
  if (bytes->Length() > session::kQuicklyRead) return true;
  grpc::ProtoBufferReader reader(bytes);
  return reader.status().ok() && BeginsAsGzip(&reader);
}

}  // namespace spiked::rpc
