#include "server/web/connect.h"

#include <algorithm>
#include <array>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "nlohmann/json.hpp"
#include "server/engine/error.h"
#include "server/session/call.h"
#include "server/session/exchange.h"
#include "server/session/pieces.h"
#include "server/session/rpc_status.h"
#include "server/web/json.h"

namespace spiked::web {
namespace {

using google::protobuf::Message;
using nlohmann::json;

constexpr struct {
  absl::string_view type;
  Form form;
} kForms[] = {
    {"application/json", {.codec = Codec::kJson, .stream = false}},
    {"application/proto", {.codec = Codec::kProto, .stream = false}},
    {"application/connect+json", {.codec = Codec::kJson, .stream = true}},
    {"application/connect+proto", {.codec = Codec::kProto, .stream = true}},
};

// A number of one digit and a comma becomes a field of 9 bytes and more, in a text that
// grows by doubling; and of a number in 8 bytes 17 digits with what stands around them.
constexpr uint64_t kReadGrowth = 12, kWriteGrowth = 8;
// JSON is read and written at some 20 MB/s.
constexpr uint64_t kMuchJson = 16 << 10;

constexpr struct {
  const char* name;
  unsigned http;
} kCodes[] = {
    {"ok", 200},
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
};

json DetailOf(const google::protobuf::Any& any) {
  const absl::string_view url(any.type_url());
  const std::string type(url.substr(url.rfind('/') + 1));
  json detail = {
      {"type", type},
      {"value", std::string(absl::StripSuffix(
                    absl::StripSuffix(absl::Base64Escape(any.value()), "="), "="))},
  };
  std::string debug;
  if (google::protobuf::util::MessageToJsonString(any, &debug).ok()) {
    json object = json::parse(debug, nullptr, /*allow_exceptions=*/false);
    if (object.is_object()) {
      object.erase("@type");
      detail["debug"] = std::move(object);
    }
  }
  return detail;
}

json ErrorOf(const absl::Status& status) {
  const google::rpc::Status rpc = session::ToRpc(status);
  json details = json::array();
  for (const auto& any : rpc.details()) details.push_back(DetailOf(any));
  return {{"code", kCodes[rpc.code()].name},
          {"message", rpc.message()},
          {"details", std::move(details)}};
}

// Whatever bytes a client has sent, they do not stop the answer.
std::string Text(const json& object) {
  return object.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace

absl::Status Malformed(absl::string_view what) {
  return engine::ReasonError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE", what);
}

std::optional<Form> FormOf(absl::string_view content_type) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(content_type, absl::MaxSplits(';', 1));
  const absl::string_view type = absl::StripAsciiWhitespace(parts.first);
  const auto* const known = std::ranges::find_if(
      kForms, [&](const auto& form) { return absl::EqualsIgnoreCase(form.type, type); });
  if (known == std::end(kForms)) return std::nullopt;
  return known->form;
}

absl::string_view ContentTypeOf(const Form& form) {
  return std::ranges::find_if(kForms,
                              [&](const auto& known) {
                                return known.form.codec == form.codec &&
                                       known.form.stream == form.stream;
                              })
      ->type;
}

absl::Status ReadMessage(Codec codec, absl::string_view bytes, Message* message,
                         absl::FunctionRef<void()> pause) {
  if (codec == Codec::kJson) {
    const absl::Status status = ReadJson(bytes, message, pause);
    return status.ok() ? status : Malformed(status.message());
  }
  google::protobuf::io::ArrayInputStream whole(bytes.data(), static_cast<int>(bytes.size()));
  session::InPieces pieces(&whole, pause);
  if (message->ParseFromZeroCopyStream(&pieces)) return absl::OkStatus();
  return Malformed(absl::StrCat("the request is no ", message->GetDescriptor()->full_name(),
                                ", or holds text that is not UTF-8"));
}

absl::StatusOr<std::string> WriteMessage(Codec codec, const Message& message,
                                         absl::FunctionRef<void()> pause) {
  std::string text;
  const bool written =
      codec == Codec::kProto ? message.SerializeToString(&text) : WriteJson(message, &text, pause);
  if (written) return text;
  return engine::ReasonError(absl::StatusCode::kInternal, "INTERNAL",
                             "the answer cannot be written");
}

uint64_t MemoryToRead(Codec codec, uint64_t bytes) {
  if (codec == Codec::kProto || bytes <= session::Exchange::kFree) return 0;
  return kReadGrowth * bytes;
}

uint64_t MemoryToWrite(Codec codec, uint64_t bytes) {
  if (bytes <= session::Exchange::kFree) return 0;
  return codec == Codec::kProto ? bytes : kWriteGrowth * bytes;
}

bool IsMuch(Codec codec, uint64_t bytes) {
  return bytes > (codec == Codec::kProto ? session::kQuicklyRead : kMuchJson);
}

std::string ErrorJson(const absl::Status& status) { return Text(ErrorOf(status)); }

unsigned HttpStatusOf(absl::StatusCode code) { return kCodes[static_cast<size_t>(code)].http; }

std::string EndOfStreamJson(const absl::Status& status) {
  json end = json::object();
  if (!status.ok()) end["error"] = ErrorOf(status);
  return Text(end);
}

std::string Prefix(uint8_t flags, size_t length) {
  std::string prefix(1, static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) {
    prefix.push_back(static_cast<char>(length >> shift & 0xff));
  }
  return prefix;
}

Envelope ReadPrefix(absl::string_view prefix) {
  Envelope envelope{.flags = static_cast<uint8_t>(prefix[0]), .length = 0};
  for (const char byte : prefix.substr(1, kPrefixBytes - 1)) {
    envelope.length = envelope.length << 8 | static_cast<uint8_t>(byte);
  }
  return envelope;
}

absl::StatusOr<std::chrono::milliseconds> ReadTimeout(absl::string_view text) {
  constexpr size_t kMostDigits = 10;  // as the protocol has it
  int64_t ms = 0;
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (text.size() > kMostDigits || !digits || !absl::SimpleAtoi(text, &ms)) {
    return Malformed(absl::StrCat("Connect-Timeout-Ms must be a whole number of at most ",
                                  kMostDigits, " digits"));
  }
  return std::chrono::milliseconds(ms);
}

}  // namespace spiked::web
