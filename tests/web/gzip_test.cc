#include "server/web/gzip.h"

#include <zlib.h>

#include <string>

#include "gtest/gtest.h"
#include "server/session/error.h"
#include "server/session/memory.h"
#include "server/session/pieces.h"

namespace spiked::web {
namespace {

constexpr uint64_t kMost = 1 << 20;

// By whichever form zlib knows by that number of bits: 31 is gzip.
std::string Compress(const std::string& text, int window_bits = 31) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Text(size_t size) {
  std::string text;
  for (uint32_t k = 1; text.size() < size; k = k * 1664525 + 1013904223) {
    text += std::to_string(k >> 20) + ",";
  }
  text.resize(size);
  return text;
}

class GzipTest : public testing::Test {
 protected:
  absl::Status Read(absl::string_view bytes) {
    pauses_ = 0;
    session::ChargedBytes plain(&memory_);
    absl::Status status = Uncompress(bytes, kMost, &plain, [this] { ++pauses_; });
    text_ = std::string(plain.bytes());
    return status;
  }

  session::MemoryBudget memory_{2 * kMost};
  std::string text_;
  size_t pauses_ = 0;
};

TEST_F(GzipTest, WhatWasCompressedIsWhatItWas) {
  for (const size_t size : {0UL, 1UL, 8191UL, 8192UL, 8193UL, 100'000UL, kMost}) {
    const std::string text = Text(size);
    EXPECT_TRUE(Read(Compress(text)).ok()) << size;
    EXPECT_EQ(text_, text);
  }
}

TEST_F(GzipTest, SeveralOneAfterTheOtherAreOne) {
  EXPECT_TRUE(Read(Compress("{\"a\"") + Compress("") + Compress(": 1}")).ok());
  EXPECT_EQ(text_, "{\"a\": 1}");
}

TEST_F(GzipTest, PausesOftenInWhatIsLong) {
  ASSERT_TRUE(Read(Compress(std::string(kMost, 'x'))).ok());
  EXPECT_GE(pauses_, kMost / session::kPieceBytes);
}

// Blocks that are stored and empty: a bit of a header and lengths, in whole bytes.
TEST_F(GzipTest, PausesOftenInWhatBecomesNothing) {
  std::string bytes = Compress("").substr(0, 10);
  for (int k = 0; k < 100'000; ++k) bytes.append("\0\0\0\xff\xff", 5);
  EXPECT_EQ(Read(bytes).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_GE(pauses_, bytes.size() / session::kPieceBytes);
}

TEST_F(GzipTest, MoreThanARequestMayHaveIsNotUncompressed) {
  const absl::Status status = Read(Compress(std::string(100 * kMost, 'x')));
  EXPECT_EQ(session::QuotaOf(status), "request_bytes") << status;
  EXPECT_LE(text_.size(), kMost);
  EXPECT_LE(pauses_, kMost / session::kPieceBytes + 100);
}

TEST_F(GzipTest, WhatThereIsNoMemoryForIsNotUncompressed) {
  memory_.SetLimit(kMost / 2);
  const absl::Status status = Read(Compress(std::string(kMost, 'x')));
  EXPECT_EQ(session::QuotaOf(status), "memory_bytes") << status;
  EXPECT_EQ(memory_.taken(), 0);
}

TEST_F(GzipTest, WhatIsNotWholeOrOfAnotherFormIsRefused) {
  const std::string text = Text(50'000);
  const std::string whole = Compress(text);
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  std::string wrong_sum = whole;
  wrong_sum[wrong_sum.size() - 6] ^= 1;
  for (const std::string& bytes :
       {text, whole.substr(0, 5), whole.substr(0, whole.size() / 2),
        whole.substr(0, whole.size() - 1), damaged, wrong_sum, whole + "more", whole + whole[0],
        Compress(text, 15), Compress(text, -15), std::string()}) {
    EXPECT_EQ(Read(bytes).code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace spiked::web
