#include "server/engine/state.h"

#include <zlib.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace spiked::engine {
namespace {

constexpr size_t kBuffer = 1 << 16;

}  // namespace

void StateWriter::HandOn(absl::string_view bytes) {
  crc_ = static_cast<uint32_t>(
      crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  sink_(bytes);
}

void StateWriter::Put(const void* bytes, size_t n) {
  const absl::string_view piece(static_cast<const char*>(bytes), n);
  if (buffer_.size() + n > kBuffer) {
    HandOn(buffer_);
    buffer_.clear();
  }
  if (n > kBuffer) {
    HandOn(piece);
  } else {
    buffer_.append(piece.data(), piece.size());
  }
}

void StateWriter::Finish() {
  HandOn(buffer_);
  const uint32_t crc = crc_;
  sink_(absl::string_view(reinterpret_cast<const char*>(&crc), sizeof(crc)));
}

void StateReader::Require(bool condition, absl::string_view what) {
  if (condition || !ok()) return;
  status_ = absl::DataLossError(absl::StrCat("what was saved is damaged: ", what, " is wrong"));
  bytes_ = {};
}

void StateReader::Get(void* bytes, size_t n) {
  Require(n <= bytes_.size(), "the length");
  if (!ok() || n == 0) return;
  std::memcpy(bytes, bytes_.data(), n);
  bytes_.remove_prefix(n);
}

}  // namespace spiked::engine
