#include "server/web/json.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::web {
namespace {

using google::protobuf::util::MessageDifferencer;

// With what a piece may end in: numbers, words, escapes, characters of several bytes.
v1::SetWeightsRequest Request(int weights, size_t text) {
  v1::SetWeightsRequest request;
  for (size_t k = 0; k < text; ++k)
    request.mutable_session()->append("\"\\\xc3\xa9\xf0\x9f\xa7\xa0'{");
  request.set_projection(std::string(text, 'p'));
  for (int k = 0; k < weights; ++k)
    request.mutable_weights()->mutable_list()->add_values(k % 7 == 0 ? -1e-300 / (k + 1) : k / 3.0);
  return request;
}

std::string WithSpaces(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ',' ? " ,\n\t " : std::string(1, c);
  return out;
}

TEST(JsonTest, WhatIsReadInPiecesIsWhatIsReadAsAWhole) {
  for (const auto& request : {Request(0, 0), Request(3, 1), Request(20'000, 0), Request(0, 20'000),
                              Request(5000, 5000)}) {
    std::string text;
    ASSERT_TRUE(WriteJson(request, &text, [] {}));
    std::string whole;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(request, &whole).ok());
    EXPECT_EQ(text, whole);
    for (const std::string& sent : {text, WithSpaces(text)}) {
      v1::SetWeightsRequest read;
      const absl::Status status = ReadJson(sent, &read, [] {});
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_TRUE(MessageDifferencer::Equals(read, request));
    }
  }
}

TEST(JsonTest, PausesOftenInWhatIsLong) {
  const v1::SetWeightsRequest request = Request(50'000, 0);
  std::string text;
  size_t most = 0, before = 0;
  int pauses = 0;
  ASSERT_TRUE(WriteJson(request, &text, [&] {
    ++pauses;
    most = std::max(most, text.size() - std::exchange(before, text.size()));
  }));
  EXPECT_LE(most, 10'000u);
  EXPECT_GT(pauses, static_cast<int>(text.size() / 10'000));
  pauses = 0;
  v1::SetWeightsRequest read;
  EXPECT_TRUE(ReadJson(text, &read, [&] { ++pauses; }).ok());
  EXPECT_GT(pauses, static_cast<int>(text.size() / 10'000));
}

TEST(JsonTest, SaysWhatIsWrong) {
  const std::string spaces(100'000, ' ');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no request"},
      {spaces, "no request"},
      {"{", "as JSON"},
      {spaces + "{" + spaces, "as JSON"},
      {R"({"nobody_knows": 1})", "nobody_knows"},
      {"{\"session\": \"\xff\"}", "UTF-8"},
      {"{\"session\": \"" + spaces + "\xc3\"}", "UTF-8"},
      {"{\"session\": \"" + spaces + "\xc3", "UTF-8"},
      {"{\"session\": \"" + spaces, "as JSON"},
      {"{} {}", "as JSON"},
  };
  for (const auto& [text, expected] : cases) {
    v1::SetWeightsRequest request;
    const absl::Status status = ReadJson(text, &request, [] {});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_NE(status.message().find(expected), std::string::npos) << status;
  }
}

// The parser would begin anew with each piece of it.
TEST(JsonTest, DoesNotReadOnInWhatHasNoEnd) {
  for (const std::string& without_end : {std::string(10'000'000, '1'), std::string(10'000'000, 'a'),
                                         std::string(10'000'000, '\x80')}) {
    for (const char* const before : {"{\"connections\": [", "{"}) {
      v1::SetWeightsRequest request;
      int pauses = 0;
      const absl::Status status = ReadJson(before + without_end, &request, [&] { ++pauses; });
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_LE(pauses, 3);
    }
  }
}

}  // namespace
}  // namespace spiked::web
