// A directory for the files of one test.
#pragma once

#include <string>

namespace spiked::testing {

// A fresh, empty directory with a short path (a Unix socket's is limited to 107
// bytes), removed with all that is in it when the object is destroyed.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file in it.
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// The bytes of a file; empty if it cannot be read.
std::string ReadFile(const std::string& path);

}  // namespace spiked::testing
