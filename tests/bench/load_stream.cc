#include "tests/bench/load_stream.h"

#include <utility>

#include "client/cpp/error.h"

namespace spiked::bench {

LoadStream::LoadStream(const std::shared_ptr<grpc::Channel>& channel, std::string session,
                       PongClient client, grpc::CompletionQueue* queue)
    : stub_(v1::SimulationService::NewStub(channel)),
      client_(std::move(client)),
      rpc_(stub_->PrepareAsyncStepStream(&context_, queue)),
      session_(std::move(session)) {
  rpc_->StartCall(this);
}

void LoadStream::Complete(bool ok) {
  failed_ |= !ok;
  --pending_;
}

void LoadStream::Poll() {
  *request_.mutable_step() = client_.Request();
  request_.mutable_step()->set_session(session_);
  pending_ = 2;
  rpc_->Write(request_, this);
  rpc_->Read(&response_, this);
}

void LoadStream::Finish() {
  if (finished_) return;
  finished_ = true;
  pending_ = 1;
  rpc_->Finish(&end_, this);
}

absl::Status LoadStream::end() const { return client::ToAbslStatus(end_); }

}  // namespace spiked::bench
