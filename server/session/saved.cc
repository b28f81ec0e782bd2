#include "server/session/saved.h"

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/session/address.h"
#include "server/session/build_info.h"
#include "server/session/timestamp.h"

namespace spiked::session {
namespace {

constexpr absl::string_view kMagic = "spikses\x1A";
// Those with snapshots have the second.
constexpr uint32_t kForm = 1, kFormWithSnapshots = 2;
constexpr size_t kNumberBytes = 4, kPrefixBytes = kMagic.size() + 2 * kNumberBytes;

std::string Bytes(uint32_t number) {
  std::string bytes;
  for (size_t k = 0; k < kNumberBytes; ++k, number >>= 8) bytes += static_cast<char>(number);
  return bytes;
}

uint32_t Number(absl::string_view bytes) {
  uint32_t number = 0;
  for (size_t k = kNumberBytes; k-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[k]);
  return number;
}

absl::Status NotSaved(absl::string_view why) {
  return engine::FieldError(absl::StatusCode::kInvalidArgument, "NOT_A_SAVED_SESSION", "data", why);
}

}  // namespace

absl::Status ChargedBytes::Append(absl::string_view bytes) {
  // By what the text will take, which grows by doubling.
  const size_t size = bytes_.size() + bytes.size();
  if (size > bytes_.capacity()) {
    const size_t capacity = std::max(size, 2 * bytes_.capacity());
    if (absl::Status status = charge_.Resize(capacity); !status.ok()) return status;
    bytes_.reserve(capacity);
  }
  bytes_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status ChargedBytes::Gather(absl::FunctionRef<void(engine::StateSink)> hand_on) {
  absl::Status status;
  hand_on([&](absl::string_view bytes) {
    if (status.ok()) status = Append(bytes);
  });
  return status;
}

v1::Snapshot Describe(const Snapshots::value_type& snapshot) {
  v1::Snapshot message;
  message.set_name(snapshot.first);
  message.set_time_ms(snapshot.second.time_ms);
  message.set_bytes(snapshot.second.simulation.bytes().size());
  return message;
}

void WriteSaved(const v1::Session& session, const engine::Simulation& simulation,
                const Snapshots& snapshots, engine::StateSink sink) {
  uint32_t sum = 0;
  const auto write = [&](absl::string_view bytes) {
    sum = static_cast<uint32_t>(
        crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
    sink(bytes);
  };
  v1::SavedSession about;
  *about.mutable_session() = session;
  Set(about.mutable_save_time(), std::chrono::system_clock::now());
  about.set_server_version(SPIKED_VERSION);
  about.set_server_commit(std::string(kCommit));
  for (const auto& snapshot : snapshots) *about.add_snapshots() = Describe(snapshot);
  const std::string text = about.SerializeAsString();
  write(kMagic);
  write(Bytes(snapshots.empty() ? kForm : kFormWithSnapshots));
  write(Bytes(static_cast<uint32_t>(text.size())));
  write(text);
  simulation.Save(write);
  for (const auto& [name, snapshot] : snapshots) write(snapshot.simulation.bytes());
  sink(Bytes(sum));
}

absl::StatusOr<Saved> ReadSaved(absl::string_view bytes) {
  if (bytes.empty()) return engine::InvalidField("data", "must be a saved session");
  if (bytes.size() < kPrefixBytes + kNumberBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    return NotSaved("this is no saved session, or only its beginning");
  }
  const uint32_t form = Number(bytes.substr(kMagic.size()));
  if (form != kForm && form != kFormWithSnapshots) {
    return NotSaved(absl::StrCat("this saved session has form ", form, ", and only those up to ",
                                 kFormWithSnapshots, " are known here"));
  }
  const absl::string_view content = bytes.substr(0, bytes.size() - kNumberBytes);
  const auto sum = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
  if (sum != Number(bytes.substr(content.size()))) {
    return NotSaved("this saved session is damaged, or cut off");
  }
  const uint32_t length = Number(content.substr(kMagic.size() + kNumberBytes));
  Saved saved;
  if (length > content.size() - kPrefixBytes ||
      !saved.about.ParseFromArray(content.data() + kPrefixBytes, static_cast<int>(length))) {
    return NotSaved("this saved session does not say what it is");
  }
  const auto& snapshots = saved.about.snapshots();
  if (form == kForm ? !snapshots.empty() : static_cast<size_t>(snapshots.size()) > kMaxSnapshots) {
    return NotSaved("this saved session has more snapshots than it may have");
  }
  saved.simulation = content.substr(kPrefixBytes + length);
  // They are told by their sizes, from the end.
  for (int k = snapshots.size(); k-- > 0;) {
    const uint64_t size = snapshots[k].bytes();
    if (size > saved.simulation.size() || !IsNetworkName(snapshots[k].name())) {
      return NotSaved("this saved session has not the snapshots that it tells of");
    }
    saved.snapshots.insert(saved.snapshots.begin(),
                           saved.simulation.substr(saved.simulation.size() - size));
    saved.simulation.remove_suffix(size);
  }
  return saved;
}

}  // namespace spiked::session
