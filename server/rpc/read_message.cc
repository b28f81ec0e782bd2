#include "server/rpc/read_message.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace spiked::rpc {
namespace {

using google::protobuf::io::GzipInputStream;

bool BeginsAsGzip(google::protobuf::io::ZeroCopyInputStream* stream) {
  const void* data = nullptr;
  int size = 0;
  if (!stream->Next(&data, &size)) return false;
  stream->BackUp(size);
  return size > 0 && *static_cast<const unsigned char*>(data) == 0x1f;
}

}  // namespace

bool ReadMessage(grpc::ByteBuffer* bytes, int64_t most, google::protobuf::Message* message) {
  grpc::ProtoBufferReader reader(bytes);
  if (!reader.status().ok()) return false;
  if (!BeginsAsGzip(&reader)) return message->ParseFromZeroCopyStream(&reader);
  GzipInputStream uncompressed(&reader, GzipInputStream::GZIP);
  // One more, so that it is known if there are more.
  google::protobuf::io::LimitingInputStream limited(&uncompressed, most + 1);
  return message->ParseFromZeroCopyStream(&limited) && limited.ByteCount() <= most &&
         uncompressed.ZlibErrorCode() >= 0;
}

}  // namespace spiked::rpc
