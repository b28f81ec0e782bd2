#include "server/storage/record.h"

#include "gtest/gtest.h"
#include "server/storage/record.pb.h"

namespace spiked::storage {
namespace {

Record SomeRecord() {
  Record record;
  record.set_method("Step");
  record.set_request("twelve bytes");
  record.mutable_outcome()->set_end_step(1 << 20);
  record.mutable_outcome()->set_halt_reason(3);
  return record;
}

TEST(RecordTest, ComesBackWhole) {
  Record decoded;
  ASSERT_TRUE(Decode(Encode(SomeRecord(), 7), 7, &decoded).ok());
  EXPECT_EQ(decoded.SerializeAsString(), SomeRecord().SerializeAsString());
}

TEST(RecordTest, KeepsItsForm) {
  // Journals are read by servers that come later.
  Record record;
  record.set_method("Step");
  EXPECT_EQ(Encode(record, 7), "\x01\xca\x54\xa9\xb6\x37oWB\x0a\x04Step");
}

TEST(RecordTest, CountsOnlyWhereItBelongs) {
  Record decoded;
  EXPECT_EQ(Decode(Encode(SomeRecord(), 7), 8, &decoded).code(), absl::StatusCode::kDataLoss);
}

TEST(RecordTest, AnyBitThatChangedIsSeen) {
  const std::string bytes = Encode(SomeRecord(), 7);
  for (size_t bit = 8; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    Record decoded;
    EXPECT_EQ(Decode(changed, 7, &decoded).code(), absl::StatusCode::kDataLoss) << bit;
  }
}

TEST(RecordTest, AnyEndThatIsMissingIsSeen) {
  const std::string bytes = Encode(SomeRecord(), 7);
  for (size_t size = 0; size < bytes.size(); ++size) {
    Record decoded;
    EXPECT_EQ(Decode(bytes.substr(0, size), 7, &decoded).code(), absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST(RecordTest, ANewerVersionIsToldFromDamage) {
  std::string bytes = Encode(SomeRecord(), 7);
  bytes[0] = 2;
  Record decoded;
  EXPECT_EQ(Decode(bytes, 7, &decoded).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace spiked::storage
