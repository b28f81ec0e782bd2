// A service of the contract as gRPC's asynchronous API has it.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_stream.h>

#include <string>
#include <vector>

#include "server/session/command.h"

namespace spiked::rpc {

// All methods alike take and return bytes, message by message: what they mean
// is in the table of commands.
class Service final : public grpc::Service {
 public:
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

  // With the commands of the table that belong to it.
  explicit Service(const google::protobuf::ServiceDescriptor& descriptor);

  const std::string& name() const { return name_; }
  const std::vector<const session::Command*>& commands() const { return commands_; }

  // Asks for the next call of that method; `tag` comes out of the queue with it.
  void RequestCall(int method, grpc::ServerContext* context, Stream* stream,
                   grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncBidiStreaming(method, context, stream, queue, queue, tag);
  }

 private:
  const std::string name_;
  std::vector<const session::Command*> commands_;  // by number of the method
  std::vector<std::string> paths_;
};

}  // namespace spiked::rpc
