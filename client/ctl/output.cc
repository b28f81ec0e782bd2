#include "client/ctl/output.h"

#include <array>
#include <cstdint>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"

namespace spiked::ctl {

std::string JsonText(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  // Cannot fail: the message has come over the wire.
  (void)google::protobuf::util::MessageToJsonString(message, &text, options);
  return text + "\n";
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(time.seconds()),
                          absl::LocalTimeZone());
}

std::string AgoText(const google::protobuf::Timestamp& time) {
  const int64_t seconds = absl::ToUnixSeconds(absl::Now()) - time.seconds();
  if (seconds < 2) return "now";
  if (seconds < 120) return absl::StrCat(seconds, " s ago");
  if (seconds < 7200) return absl::StrCat(seconds / 60, " min ago");
  if (seconds < 172'800) return absl::StrCat(seconds / 3600, " h ago");
  return absl::StrCat(seconds / 86'400, " days ago");
}

std::string BytesText(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return unit == 0 ? absl::StrCat(bytes, " B") : absl::StrFormat("%.1f %s", amount, kUnits[unit]);
}

std::string SpanText(double ms) {
  if (ms < 1000) return absl::StrFormat("%.4g ms", ms);
  if (ms < 120'000) return absl::StrFormat("%.1f s", ms / 1000);
  const auto minutes = static_cast<int64_t>(ms / 60'000);
  if (minutes < 120) return absl::StrCat(minutes, " min");
  return absl::StrCat(minutes / 60, " h ", minutes % 60, " min");
}

std::string RoleText(v1::Role role) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::Role_Name(role), "ROLE_"));
}

std::string QuotasText(const v1::Account& account) {
  const std::map<std::string, uint64_t> quotas(account.quotas().begin(), account.quotas().end());
  return absl::StrJoin(quotas, " ", absl::PairFormatter("="));
}

}  // namespace spiked::ctl
