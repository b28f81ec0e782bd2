#include "client/cpp/saved_session.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"

namespace spiked::client {
namespace {

constexpr absl::string_view kMagic = "spikses\x1A";
// Those with snapshots have the second.
constexpr uint32_t kForms = 2;
constexpr size_t kNumberBytes = 4, kPrefixBytes = kMagic.size() + 2 * kNumberBytes;
constexpr size_t kPieceBytes = 1 << 20;

uint32_t Number(absl::string_view bytes) {
  uint32_t number = 0;
  for (size_t k = kNumberBytes; k-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[k]);
  return number;
}

uint32_t Checksum(uint32_t sum, absl::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

absl::Status ReadFileInPieces(const std::string& path,
                              absl::FunctionRef<bool(absl::string_view piece)> take) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::vector<char> piece(kPieceBytes);
  do {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto bytes = static_cast<size_t>(file.gcount());
    if (bytes > 0 && !take({piece.data(), bytes})) return absl::OkStatus();
  } while (file);
  if (file.eof()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
}

absl::StatusOr<v1::SavedSession> InspectSavedSession(const std::string& path) {
  std::string begin;  // up to what the session says of itself
  size_t wanted = kPrefixBytes;
  std::string last;  // the last bytes so far, which may be the checksum
  uint32_t sum = 0;  // of all before these
  const auto take = [&](absl::string_view piece) {
    if (begin.size() < wanted) {
      begin.append(piece.data(), piece.size());
      if (begin.size() >= kPrefixBytes) {
        wanted =
            kPrefixBytes + Number(absl::string_view(begin).substr(kPrefixBytes - kNumberBytes));
      }
    }
    last.append(piece.data(), piece.size());
    if (last.size() > kNumberBytes) {
      const size_t settled = last.size() - kNumberBytes;
      sum = Checksum(sum, absl::string_view(last).substr(0, settled));
      last.erase(0, settled);
    }
    return true;
  };
  if (absl::Status status = ReadFileInPieces(path, take); !status.ok()) return status;
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
  };
  if (begin.size() < kPrefixBytes || absl::string_view(begin).substr(0, kMagic.size()) != kMagic) {
    return bad("this is no saved session");
  }
  const uint32_t form = Number(absl::string_view(begin).substr(kMagic.size()));
  if (form == 0 || form > kForms) {
    return bad(absl::StrCat("this saved session has form ", form, ", and only those up to ", kForms,
                            " are known here"));
  }
  v1::SavedSession about;
  if (sum != Number(last) || begin.size() < wanted ||
      !about.ParseFromArray(begin.data() + kPrefixBytes, static_cast<int>(wanted - kPrefixBytes))) {
    return bad("this saved session is damaged, or cut off");
  }
  return about;
}

}  // namespace spiked::client
