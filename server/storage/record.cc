#include "server/storage/record.h"

#include "absl/strings/str_cat.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace spiked::storage {
namespace {

constexpr char kVersion = 1;
constexpr size_t kChecksumBytes = 8, kPrefixBytes = 1 + kChecksumBytes;

// As it is written, of the bytes behind it.
void PutChecksum(absl::string_view bytes, uint64_t where, char* checksum) {
  const absl::string_view message = bytes.substr(kPrefixBytes);
  uint64_t sum = XXH3_64bits_withSeed(message.data(), message.size(), where);
  for (size_t k = 0; k < kChecksumBytes; ++k, sum >>= 8) checksum[k] = static_cast<char>(sum);
}

}  // namespace

uint64_t PlaceOf(absl::string_view identity, uint64_t position) {
  return XXH3_64bits_withSeed(identity.data(), identity.size(), position);
}

uint64_t HashOf(absl::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string Encode(const google::protobuf::MessageLite& message, uint64_t where) {
  std::string bytes(kPrefixBytes, kVersion);
  message.AppendToString(&bytes);
  PutChecksum(bytes, where, bytes.data() + 1);
  return bytes;
}

absl::Status Decode(absl::string_view bytes, uint64_t where,
                    google::protobuf::MessageLite* message) {
  if (bytes.size() < kPrefixBytes) return absl::DataLossError("a record is cut off");
  if (bytes[0] > kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("a record has version ", int{bytes[0]},
                                                      ", of a newer server; this one knows ",
                                                      int{kVersion}));
  }
  char checksum[kChecksumBytes];
  PutChecksum(bytes, where, checksum);
  if (bytes[0] != kVersion ||
      bytes.substr(1, kChecksumBytes) != absl::string_view(checksum, kChecksumBytes) ||
      !message->ParseFromArray(bytes.data() + kPrefixBytes,
                               static_cast<int>(bytes.size() - kPrefixBytes))) {
    return absl::DataLossError("a record is damaged");
  }
  return absl::OkStatus();
}

}  // namespace spiked::storage
