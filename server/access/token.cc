#include "server/access/token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spiked::access {
namespace {

constexpr absl::string_view kPrefix = "spiked_";
constexpr size_t kIdBytes = 6, kSecretBytes = 32;

// From the kernel.
template <size_t Size>
std::string RandomBytes() {
  std::array<char, Size> bytes;
  // Cannot fail for so few bytes; a predictable token would be worse than none.
  if (getentropy(bytes.data(), bytes.size()) != 0) std::abort();
  return {bytes.data(), bytes.size()};
}

bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

NewToken DrawToken() {
  const std::string id = absl::BytesToHexString(RandomBytes<kIdBytes>());
  return {.id = id,
          .text = absl::StrCat(kPrefix, id, "_",
                               absl::WebSafeBase64Escape(RandomBytes<kSecretBytes>()))};
}

std::optional<absl::string_view> TokenIdOf(absl::string_view text) {
  constexpr size_t kEnd = kPrefix.size() + 2 * kIdBytes;
  if (!absl::StartsWith(text, kPrefix) || text.size() <= kEnd || text[kEnd] != '_') {
    return std::nullopt;
  }
  return text.substr(kPrefix.size(), 2 * kIdBytes);
}

bool IsTokenId(absl::string_view id) { return IsHex(id, 2 * kIdBytes); }
bool IsTokenHash(absl::string_view hash) { return IsHex(hash, 2 * SHA256_DIGEST_LENGTH); }

std::string HashOf(absl::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

bool SameHash(absl::string_view one, absl::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace spiked::access
