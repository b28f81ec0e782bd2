#include "server/rpc/service.h"

#include "absl/strings/str_cat.h"

namespace spiked::rpc {

Service::Service(const google::protobuf::ServiceDescriptor& descriptor)
    : name_(descriptor.full_name()) {
  for (const session::Command& command : session::Commands()) {
    if (command.method->service() == &descriptor) commands_.push_back(&command);
  }
  for (const session::Command* command : commands_) {
    paths_.push_back(absl::StrCat("/", name_, "/", command->method->name()));
  }
  // To gRPC a call with one message each way is a stream like any other, but that
  // the message is not read before we ask for it.
  for (size_t k = 0; k < paths_.size(); ++k) {
    AddMethod(new grpc::internal::RpcServiceMethod(
        paths_[k].c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodAsync(static_cast<int>(k));
  }
}

}  // namespace spiked::rpc
