#include "server/rpc/read_message.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::rpc {
namespace {

constexpr int64_t kMost = 100'000;

grpc::ByteBuffer InSlices(const std::string& text, size_t size) {
  std::vector<grpc::Slice> slices;
  for (size_t k = 0; k < text.size(); k += size) slices.emplace_back(text.substr(k, size));
  return {slices.data(), slices.size()};
}

std::string Gzip(const std::string& text) {
  std::string compressed;
  google::protobuf::io::StringOutputStream out(&compressed);
  google::protobuf::io::GzipOutputStream gzip(&out);
  google::protobuf::io::CodedOutputStream(&gzip).WriteString(text);
  gzip.Close();
  return compressed;
}

// A request that is so many bytes long.
v1::SetWeightsRequest RequestOf(size_t bytes) {
  v1::SetWeightsRequest request;
  request.set_session(std::string(bytes, 'x'));
  request.set_session(std::string(2 * bytes - request.ByteSizeLong(), 'x'));
  EXPECT_EQ(request.ByteSizeLong(), bytes);
  return request;
}

bool Read(const std::string& text, v1::SetWeightsRequest* request, size_t slice = 1000) {
  grpc::ByteBuffer bytes = InSlices(text, slice);
  return ReadMessage(&bytes, kMost, request, [] {});
}

TEST(ReadMessageTest, ReadsWhatIsCompressedAndWhatIsNot) {
  const std::string text = RequestOf(kMost).SerializeAsString();
  for (const size_t slice : {size_t{1}, size_t{7}, size_t{1000}, text.size()}) {
    v1::SetWeightsRequest plain, compressed;
    EXPECT_TRUE(Read(text, &plain, slice));
    EXPECT_TRUE(Read(Gzip(text), &compressed, slice));
    EXPECT_EQ(plain.session().size(), kMost - 4);
    EXPECT_EQ(compressed.SerializeAsString(), text);
  }
  v1::SetWeightsRequest request;
  EXPECT_TRUE(Read("", &request));
  EXPECT_TRUE(Read(Gzip(""), &request));
}

TEST(ReadMessageTest, UncompressesNoMoreThanItMay) {
  v1::SetWeightsRequest request;
  EXPECT_FALSE(Read(Gzip(RequestOf(kMost + 1).SerializeAsString()), &request));
  EXPECT_FALSE(Read(Gzip(RequestOf(100 * kMost).SerializeAsString()), &request));
  // Also where a message could end at the limit: fields of three bytes that nobody knows.
  std::string unknown;
  while (unknown.size() < 3 * kMost) unknown += "\xf8\x7f\x01";
  EXPECT_FALSE(Read(Gzip(unknown), &request));
}

// However it has come, and also where nothing of it is more than two bytes long.
TEST(ReadMessageTest, PausesOftenInWhatIsLong) {
  v1::CreateNetworkRequest request;
  for (int k = 0; k < 40'000; ++k) request.mutable_specification()->add_populations();
  const std::string plain = request.SerializeAsString();
  for (const std::string& sent : {plain, Gzip(plain)}) {
    grpc::ByteBuffer bytes = InSlices(sent, sent.size());
    v1::CreateNetworkRequest read;
    int most = 0, before = 0, pauses = 0;
    EXPECT_TRUE(ReadMessage(&bytes, kMost, &read, [&] {
      ++pauses;
      const int now = read.specification().populations_size();
      most = std::max(most, now - std::exchange(before, now));
    }));
    EXPECT_EQ(read.specification().populations_size(), 40'000);
    EXPECT_GE(pauses, 9);
    EXPECT_LE(most, 5000);
  }
}

TEST(ReadMessageTest, WhatIsCompressedMayTakeLongHoweverShortItIs) {
  const auto may = [](const std::string& text) {
    grpc::ByteBuffer bytes = InSlices(text, 1000);
    return MayTakeLong(&bytes);
  };
  EXPECT_FALSE(may(""));
  EXPECT_FALSE(may(RequestOf(60'000).SerializeAsString()));
  EXPECT_TRUE(may(RequestOf(70'000).SerializeAsString()));
  EXPECT_TRUE(may(Gzip(RequestOf(10).SerializeAsString())));
}

TEST(ReadMessageTest, RefusesWhatIsBroken) {
  v1::SetWeightsRequest request;
  const std::string text = RequestOf(1000).SerializeAsString(), gzip = Gzip(text);
  EXPECT_FALSE(Read(text.substr(0, 500), &request));
  EXPECT_FALSE(Read(gzip.substr(0, gzip.size() / 2), &request));
  EXPECT_FALSE(Read("\x1f\x8b, but no more", &request));
  EXPECT_FALSE(Read(std::string(1000, '\xff'), &request));
}

}  // namespace
}  // namespace spiked::rpc
