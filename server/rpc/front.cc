#include "server/rpc/front.h"

#include "server/rpc/call.h"

namespace spiked::rpc {
namespace {

// A thread that carries a first slice out cannot look after calls meanwhile.
constexpr int kThreads = 2;

}  // namespace

Front::Front(session::Registry* registry, const access::Gate* gate)
    : registry_(*registry), gate_(*gate) {
  for (const session::Command& command : session::Commands()) {
    const auto* service = command.method->service();
    if (services_.empty() || services_.back()->name() != service->full_name()) {
      services_.push_back(std::make_unique<Service>(*service));
    }
  }
}

Front::~Front() { Drain(); }

void Front::AddTo(grpc::ServerBuilder& builder) {
  for (const auto& service : services_) builder.RegisterService(service.get());
  queue_ = builder.AddCompletionQueue();
}

void Front::Start() {
  for (const auto& service : services_) {
    for (size_t method = 0; method < service->commands().size(); ++method) {
      Call::Wait(this, service.get(), static_cast<int>(method));
    }
  }
  for (int k = 0; k < kThreads; ++k) threads_.emplace_back([this] { Serve(); });
}

bool Front::RequestCall(Service& service, int method, grpc::ServerContext* context,
                        Service::Stream* stream, void* tag) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  service.RequestCall(method, context, stream, queue_.get(), tag);
  return true;
}

void Front::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

void Front::Drain() {
  Close();
  if (queue_ == nullptr) return;
  {
    // Until then an answer may still want to get into the queue.
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return calls_ == 0; });
  }
  queue_->Shutdown();
  if (threads_.empty()) Serve();  // the server was never built
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  queue_.reset();
}

void Front::Enter() {
  std::lock_guard lock(mutex_);
  ++calls_;
}

void Front::Leave() {
  std::lock_guard lock(mutex_);
  if (--calls_ == 0) none_.notify_all();
}

void Front::AddStream(Call* call) {
  std::lock_guard lock(mutex_);
  streams_.insert(call);
  if (ending_streams_) call->EndStream();
}

void Front::RemoveStream(Call* call) {
  std::lock_guard lock(mutex_);
  streams_.erase(call);
}

void Front::EndStreams() {
  std::lock_guard lock(mutex_);
  ending_streams_ = true;
  for (Call* call : streams_) call->EndStream();
}

void Front::Serve() {
  void* event = nullptr;
  bool ok = false;
  while (queue_->Next(&event, &ok)) static_cast<Call::Event*>(event)->Handle(ok);
}

}  // namespace spiked::rpc
