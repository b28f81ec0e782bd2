#include "server/web/carry.h"

#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "server/web/connect.h"

namespace spiked::web {
namespace {

// What takes long is done in turn by account, and gives way to others.
Awaitable<void> InTurn(Link* link, Call* call,
                       std::function<void(absl::FunctionRef<void()> pause)> work) {
  co_await link->Aside([&](std::function<void()> done) {
    call->DoInTurn([&work, done = std::move(done)](session::Cores::Turn& turn) {
      work([&turn] { turn.GiveWay(); });
      done();
    });
  });
}

}  // namespace

Call::Options CallOptions(const session::Command& command, Codec codec, Credentials credentials,
                          Site* site, const std::shared_ptr<Link>& link) {
  return {.method = command,
          .registry = &site->registry,
          .codec = codec,
          .credentials = std::move(credentials),
          .peer = link->peer(),
          .post = [link](std::function<void()> work) {
            asio::post(link->executor(), [link, work = std::move(work)] {
              work();
              link->Notify();
            });
          }};
}

Awaitable<absl::Status> Take(Link* link, Call* call, Packed message) {
  absl::Status status;
  if (message.compressed || IsMuch(call->codec(), message.bytes.size())) {
    co_await InTurn(link, call, [&](auto pause) { status = call->Take(message, pause); });
  } else {
    status = call->Take(message, [] {});
  }
  co_return status;
}

Awaitable<void> Await(Link* link, Call* call, bool frames) {
  bool left = false;
  while (!call->answered()) {
    const bool late = Clock::now() >= call->deadline();
    if (!left && (link->gone() || late)) {
      left = true;
      call->Leave(link->gone() ? v1::HALT_REASON_CANCELLED : v1::HALT_REASON_DEADLINE);
    } else if (frames && call->has_frame()) {
      co_return;
    } else {
      co_await link->Wait(left ? Clock::time_point::max() : call->deadline());
    }
  }
}

Awaitable<absl::StatusOr<std::string>> TakeReply(Link* link, Call* call) {
  absl::StatusOr<std::string> reply = "";
  if (IsMuch(call->codec(), call->ReplyBytes())) {
    co_await InTurn(link, call, [&](auto pause) { reply = call->TakeReply(pause); });
  } else {
    reply = call->TakeReply([] {});
  }
  co_return reply;
}

Awaitable<absl::Status> SendAnswers(Link* link, Call* call,
                                    std::function<Awaitable<bool>(absl::string_view bytes)> send) {
  for (;;) {
    co_await Await(link, call, /*frames=*/true);
    const session::Frame::Bytes frame = call->TakeFrame();
    if (frame == nullptr) break;
    const bool sent = co_await send(*frame);
    call->Sent();
    if (!sent) link->Lose();
  }
  absl::Status status = call->status();
  while (status.ok() && !link->gone()) {
    std::optional<absl::StatusOr<std::string>> part;
    if (call->in_parts()) {
      co_await InTurn(link, call, [&](auto pause) { part = call->TakePart(pause); });
    } else {
      part = co_await TakeReply(link, call);
    }
    if (!part) break;
    status = part->status();
    if (!status.ok()) break;
    const bool sent = co_await send(**part);
    call->Sent();
    if (!sent) link->Lose();
    if (!call->in_parts()) break;
  }
  co_return status;
}

}  // namespace spiked::web
