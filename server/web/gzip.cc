#include "server/web/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/session/error.h"
#include "server/session/pieces.h"
#include "server/web/connect.h"

namespace spiked::web {
namespace {

// By its largest window, with the header and the trailer of gzip.
constexpr int kGzip = 15 + 16;

}  // namespace

absl::Status Uncompress(absl::string_view bytes, uint64_t most, session::ChargedBytes* plain,
                        absl::FunctionRef<void()> pause) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    return absl::ResourceExhaustedError("there is no memory to uncompress the request");
  }
  const absl::Cleanup end = [&stream] { inflateEnd(&stream); };
  std::array<Bytef, session::kPieceBytes> piece;
  int result = Z_OK;
  while (result == Z_OK) {
    // Little at once of both: much may unfold to nothing.
    pause();
    if (stream.avail_in == 0) {
      const size_t next = std::min(bytes.size(), piece.size());
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(next);
      bytes.remove_prefix(next);
    }
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    const size_t written = piece.size() - stream.avail_out;
    if (plain->bytes().size() + written > most) {
      return session::QuotaError(
          "request_bytes", absl::StrCat("a request may have at most ", most,
                                        " bytes, and this one is more when it is uncompressed"));
    }
    const absl::Status added = plain->Append({reinterpret_cast<char*>(piece.data()), written});
    if (!added.ok()) return added;
    // Several one after the other are one.
    if (result == Z_STREAM_END && stream.avail_in + bytes.size() > 0)
      result = inflateReset(&stream);
  }
  if (result == Z_STREAM_END) return absl::OkStatus();
  return Malformed("the request is said to be compressed by gzip, and is not, or not whole");
}

}  // namespace spiked::web
