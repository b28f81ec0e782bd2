// The files of the page, as they were when the server was started.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::web {

struct PageFile {
  // As it is, and for those who take gzip; that is empty where it would save nothing.
  struct Form {
    std::string bytes, etag;
  };
  Form plain, gzip;
  absl::string_view type;  // for Content-Type
  bool immutable;          // its name changes with its content
};

// Held in memory: what is asked for is looked up, and never becomes a path.
class Page {
 public:
  // No file at all.
  Page() = default;
  // All files of a folder. FAILED_PRECONDITION if it cannot be read, or has more than 64 MiB.
  static absl::StatusOr<Page> Read(const std::string& folder);

  // What is at a path such as `/` or `/assets/x.js`; null: nothing.
  const PageFile* Find(absl::string_view path) const;
  bool empty() const { return files_.empty(); }

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<const PageFile>> files_;
};

// Where the page is that belongs to this program: beside it where it is installed, or in the
// tree that it was built from. Empty: nowhere.
std::string DefaultPageFolder();

}  // namespace spiked::web
