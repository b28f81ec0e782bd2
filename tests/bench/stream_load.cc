#include "tests/bench/stream_load.h"

#include <algorithm>
#include <cstddef>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/client.h"
#include "tests/bench/pong_session.h"

namespace spiked::bench {
namespace {

// The clients of a lab have connections of their own, but with one for each of
// 1,000 streams both sides would mostly look after sockets.
constexpr int kMostChannels = 32;
// A server that takes longer for one answer is taken to be stuck.
constexpr absl::Duration kPatience = absl::Seconds(60);

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Else all channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status Stuck() { return absl::DeadlineExceededError("the server no longer answers"); }

// Streams by when they are due, the earliest first.
struct IsDueLater {
  bool operator()(const LoadStream* a, const LoadStream* b) const { return a->due > b->due; }
};
using DueStreams = std::priority_queue<LoadStream*, std::vector<LoadStream*>, IsDueLater>;

}  // namespace

absl::StatusOr<std::unique_ptr<StreamLoad>> StreamLoad::Open(
    const std::string& address, int sessions, const std::vector<pong::PlayerKind>& players) {
  auto opener = client::Client::Connect(address);
  if (!opener.ok()) return opener.status();
  std::vector<std::shared_ptr<grpc::Channel>> channels(std::min(sessions, kMostChannels));
  for (auto& channel : channels) channel = NewChannel(address);
  auto load = std::unique_ptr<StreamLoad>(new StreamLoad());
  for (int k = 0; k < sessions; ++k) {
    auto session = PongSession::Open(*opener, players, /*seed=*/k);
    if (!session.ok()) return session.status();
    load->streams_.push_back(
        std::make_unique<LoadStream>(channels[k % channels.size()], session->session.name(),
                                     std::move(session->client), &load->queue_));
  }
  if (absl::Status status = load->WaitForAll(); !status.ok()) return status;
  for (const auto& stream : load->streams_) {
    if (stream->failed()) return load->ReasonOf(*stream);
  }
  return load;
}

StreamLoad::~StreamLoad() {
  for (const auto& stream : streams_) stream->Cancel();
  WaitForAll().IgnoreError();
  for (const auto& stream : streams_) stream->Finish();
  WaitForAll().IgnoreError();
  queue_.Shutdown();
  NextIdle(absl::InfiniteFuture());
}

absl::StatusOr<LoadResult> StreamLoad::Run(absl::Duration span, absl::Duration interval) {
  LoadResult result;
  const absl::Time start = absl::Now();
  const absl::Time end = start + span;
  DueStreams waiting;
  for (size_t k = 0; k < streams_.size(); ++k) {
    streams_[k]->due = start + interval * k / streams_.size();
    streams_[k]->polls = 0;
    waiting.push(streams_[k].get());
  }
  while (absl::Now() < end || waiting.size() < streams_.size()) {
    const absl::Time now = absl::Now();
    absl::Time wake = now < end ? end : end + kPatience;
    if (now < end) {
      for (; !waiting.empty() && waiting.top()->due <= now; waiting.pop()) waiting.top()->Poll();
      if (!waiting.empty()) wake = std::min(wake, waiting.top()->due);
    }
    LoadStream* stream = NextIdle(wake);
    if (stream == nullptr) {
      if (wake > end) return Stuck();
      continue;
    }
    if (stream->failed()) return ReasonOf(*stream);
    const absl::Time answered = absl::Now();
    if (answered < end) {
      ++stream->polls;
      result.latencies_us.push_back(absl::ToDoubleMicroseconds(answered - stream->due));
    } else {
      ++result.late_polls;
    }
    if (absl::Status status = stream->Take(); !status.ok()) return status;
    stream->due = interval == absl::ZeroDuration() ? absl::Now() : stream->due + interval;
    waiting.push(stream);
  }
  for (const auto& stream : streams_) result.polls.push_back(stream->polls);
  return result;
}

LoadStream* StreamLoad::NextIdle(absl::Time deadline) {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(deadline)) ==
         grpc::CompletionQueue::GOT_EVENT) {
    auto* const stream = static_cast<LoadStream*>(tag);
    stream->Complete(ok);
    if (!stream->busy()) return stream;
  }
  return nullptr;
}

absl::Status StreamLoad::WaitForAll() {
  const absl::Time deadline = absl::Now() + kPatience;
  for (const auto& stream : streams_) {
    while (stream->busy()) {
      if (NextIdle(deadline) == nullptr) return Stuck();
    }
  }
  return absl::OkStatus();
}

absl::Status StreamLoad::ReasonOf(LoadStream& stream) {
  stream.Finish();
  while (stream.busy()) NextIdle(absl::InfiniteFuture());
  return stream.end();
}

}  // namespace spiked::bench
