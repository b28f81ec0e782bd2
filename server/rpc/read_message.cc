#include "server/rpc/read_message.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/session/call.h"
#include "server/session/pieces.h"

namespace spiked::rpc {
namespace {

using google::protobuf::io::GzipInputStream;
using google::protobuf::io::ZeroCopyInputStream;

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
    session::InPieces pieces(&reader, pause);
    return message->ParseFromZeroCopyStream(&pieces);
  }
  GzipInputStream uncompressed(&reader, GzipInputStream::GZIP);
  session::InPieces pieces(&uncompressed, pause);
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
