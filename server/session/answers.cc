#include "server/session/answers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/engine/error.h"
#include "server/storage/record.h"

namespace spiked::session {
namespace {

using google::protobuf::Message;

constexpr absl::string_view kField = "request_id";
// What all that are kept may take, but for the last one, and what each takes beside its
// reply.
constexpr uint64_t kMaxBytes = 4 << 20, kOwnBytes = 256;

bool IsUuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (size_t k = 0; k < text.size(); ++k) {
    const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
    if (dash ? text[k] != '-' : !absl::ascii_isxdigit(text[k])) return false;
  }
  return true;
}

std::string Serialized(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

uint64_t HashOf(const Message& message) { return storage::HashOf(Serialized(message)); }

absl::StatusOr<RequestId> RequestId::Of(const Command& command, const Message& request) {
  if (command.request_id_field == nullptr) return RequestId{};
  const std::string& id =
      request.GetReflection()->GetStringReference(request, command.request_id_field, nullptr);
  if (id.empty()) return RequestId{};
  if (!IsUuid(id)) {
    return engine::InvalidField(kField,
                                "must be a UUID, such as 123e4567-e89b-12d3-a456-426614174000");
  }
  return RequestId{.id = id,
                   .hash = storage::HashOf(Serialized(request) + command.method->full_name())};
}

absl::StatusOr<bool> Answers::Find(const RequestId& request, int64_t now_ms, Message* reply) const {
  const auto found = request.id.empty() ? by_id_.end() : by_id_.find(request.id);
  if (found == by_id_.end()) return false;
  const storage::Answer& answer = answers_[found->second - number_];
  if (now_ms - answer.time_ms() > kept_for_ms_) return false;
  if (answer.request_hash() == request.hash) return reply->ParseFromString(answer.reply());
  return engine::FieldError(
      absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", kField,
      absl::StrCat("another request had the id ", request.id, "; draw a new one for each"));
}

void Answers::Add(const RequestId& request, int64_t now_ms, const Message& reply) {
  if (request.id.empty()) return;
  storage::Answer answer;
  answer.set_request_id(request.id);
  answer.set_request_hash(request.hash);
  answer.set_time_ms(now_ms);
  *answer.mutable_reply() = Serialized(reply);
  Add(std::move(answer));
}

void Answers::Add(storage::Answer answer) {
  const uint64_t bytes = kOwnBytes + answer.reply().size();
  while (!answers_.empty() && (answers_.size() >= most_ || charge_.bytes() + bytes > kMaxBytes)) {
    DropFirst();
  }
  while (!charge_.Add(bytes).ok()) {
    if (answers_.empty()) return;
    DropFirst();
  }
  by_id_[answer.request_id()] = number_ + answers_.size();
  answers_.push_back(std::move(answer));
}

void Answers::DropFirst() {
  const storage::Answer& first = answers_.front();
  (void)charge_.Resize(charge_.bytes() - kOwnBytes - first.reply().size());  // never fails
  // One of that id may have come again after its time.
  const auto found = by_id_.find(first.request_id());
  if (found != by_id_.end() && found->second == number_) by_id_.erase(found);
  answers_.pop_front();
  ++number_;
}

void Answers::Clear() {
  while (!answers_.empty()) DropFirst();
}

void Answers::Save(storage::Answers* answers) const {
  for (const storage::Answer& answer : answers_) *answers->add_answers() = answer;
}

void Answers::Restore(const storage::Answers& answers) {
  Clear();
  for (const storage::Answer& answer : answers.answers()) Add(answer);
}

}  // namespace spiked::session
