#include "server/web/json.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/common.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "server/session/pieces.h"

namespace spiked::web {
namespace {

namespace io = google::protobuf::io;
using google::protobuf::Message;

constexpr char kUrl[] = "type.googleapis.com";

google::protobuf::util::TypeResolver* Types() {
  static google::protobuf::util::TypeResolver* const types =
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          kUrl, google::protobuf::DescriptorPool::generated_pool());
  return types;
}

std::string UrlOf(const Message& message) {
  return absl::StrCat(kUrl, "/", message.GetDescriptor()->full_name());
}

// Hands out JSON in pieces. The parser begins anew with what it could not finish of a piece,
// and what it takes for the beginning of a character: so no number or word is taken apart, and
// the text ends where one has no end or something is not UTF-8.
class JsonPieces final : public io::ZeroCopyInputStream {
 public:
  JsonPieces(absl::string_view text, absl::FunctionRef<void()> pause)
      : left_(text), pause_(pause) {}

  // What has ended it early; null: nothing.
  const char* refused() const { return refused_; }

  bool Next(const void** data, int* size) override {
    pause_();
    if (left_.empty() || refused_ != nullptr) return false;
    const absl::string_view piece = left_.substr(0, EndOfPiece());
    if (piece.empty()) {
      refused_ = "there is a number or word without end";
    } else if (!google::protobuf::internal::IsStructurallyValidUTF8(
                   piece.data(), static_cast<int>(piece.size()))) {
      refused_ = "the text is not UTF-8";
    }
    if (refused_ != nullptr) return false;
    left_.remove_prefix(piece.size());
    *data = piece.data();
    *size = static_cast<int>(piece.size());
    read_ += *size;
    return true;
  }
  // Of no use to the parser.
  void BackUp(int /*count*/) override {}
  bool Skip(int /*count*/) override { return false; }
  int64_t ByteCount() const override { return read_; }

 private:
  // Of the longest that may be handed out next.
  size_t EndOfPiece() {
    const size_t most = std::min<size_t>(left_.size(), session::kPieceBytes);
    size_t end = 0;
    char quote = quote_;
    bool escaped = escaped_;
    for (size_t k = 0; k < most; ++k) {
      const char c = left_[k];
      if (quote == 0) {
        if (c == '"' || c == '\'') quote = c;
        if (absl::ascii_isalnum(c) || absl::StrContains("+-._$", c)) continue;
      } else if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == quote) {
        quote = 0;
      }
      // Not within a character.
      if (k + 1 < left_.size() && (left_[k + 1] & 0xc0) == 0x80) continue;
      end = k + 1;
      quote_ = quote;
      escaped_ = escaped;
    }
    return most == left_.size() ? most : end;
  }

  absl::string_view left_;
  const absl::FunctionRef<void()> pause_;
  int64_t read_ = 0;
  // At the end of what has been handed out: what a text within ends with, and whether the next
  // character means itself.
  char quote_ = 0;
  bool escaped_ = false;
  const char* refused_ = nullptr;
};

}  // namespace

absl::Status ReadJson(absl::string_view text, Message* message, absl::FunctionRef<void()> pause) {
  if (absl::StripAsciiWhitespace(text).empty()) {
    return absl::InvalidArgumentError(
        "there is no request: send an object, {} if it has no fields");
  }
  const auto malformed = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request is no ", message->GetDescriptor()->full_name(), " as JSON: ", why));
  };
  JsonPieces pieces(text, pause);
  std::string bytes;
  io::StringOutputStream written(&bytes);
  const auto status =
      google::protobuf::util::JsonToBinaryStream(Types(), UrlOf(*message), &pieces, &written);
  if (pieces.refused() != nullptr) return malformed(pieces.refused());
  if (!status.ok()) return malformed(std::string(status.message()));
  io::ArrayInputStream whole(bytes.data(), static_cast<int>(bytes.size()));
  session::InPieces in(&whole, pause);
  if (message->ParseFromZeroCopyStream(&in)) return absl::OkStatus();
  return malformed("it cannot be told in Protocol Buffers");
}

bool WriteJson(const Message& message, std::string* text, absl::FunctionRef<void()> pause) {
  std::string bytes;
  if (!message.SerializeToString(&bytes)) return false;
  io::ArrayInputStream whole(bytes.data(), static_cast<int>(bytes.size()));
  session::OutInPieces out(text, pause);
  return google::protobuf::util::BinaryToJsonStream(Types(), UrlOf(message), &whole, &out).ok();
}

}  // namespace spiked::web
