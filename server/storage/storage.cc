#include "server/storage/storage.h"

#include <future>
#include <utility>

namespace spiked::storage {

absl::Status Storage::Sync() {
  std::promise<absl::Status> safe;
  WhenSafe([&safe](absl::Status status) { safe.set_value(std::move(status)); });
  return safe.get_future().get();
}

}  // namespace spiked::storage
