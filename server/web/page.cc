#include "server/web/page.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/access/token.h"

namespace spiked::web {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = 64 << 20;

constexpr std::pair<absl::string_view, absl::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
};

absl::string_view TypeOf(absl::string_view path) {
  const auto* const type = std::ranges::find_if(
      kTypes, [&](const auto& known) { return absl::EndsWith(path, known.first); });
  return type == std::end(kTypes) ? "application/octet-stream" : type->second;
}

PageFile::Form FormOf(std::string bytes) {
  std::string etag = absl::StrCat("\"", access::HashOf(bytes).substr(0, 32), "\"");
  return {.bytes = std::move(bytes), .etag = std::move(etag)};
}

// Nothing where that is not less.
PageFile::Form Compressed(const std::string& bytes) {
  using google::protobuf::io::GzipOutputStream;
  std::string compressed;
  google::protobuf::io::StringOutputStream out(&compressed);
  GzipOutputStream::Options options;
  options.format = GzipOutputStream::GZIP;
  options.compression_level = 9;
  GzipOutputStream stream(&out, options);
  google::protobuf::io::CodedOutputStream(&stream).WriteString(bytes);
  if (!stream.Close() || compressed.size() >= bytes.size()) return {};
  return FormOf(std::move(compressed));
}

}  // namespace

absl::StatusOr<Page> Page::Read(const std::string& folder) {
  Page page;
  uint64_t total = 0;
  std::error_code error;
  fs::recursive_directory_iterator files(folder, error);
  for (; !error && files != fs::recursive_directory_iterator(); files.increment(error)) {
    std::error_code none;
    if (!files->is_regular_file(none)) continue;
    std::ifstream stream(files->path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
      return absl::FailedPreconditionError(absl::StrCat(files->path().string(), " cannot be read"));
    }
    total += bytes.size();
    if (total > kMostBytes) {
      return absl::FailedPreconditionError(
          absl::StrCat(folder, " holds more than the ", kMostBytes >> 20, " MiB of a page"));
    }
    const std::string path = absl::StrCat("/", files->path().lexically_relative(folder).string());
    auto file = std::make_unique<PageFile>();
    file->gzip = Compressed(bytes);
    file->plain = FormOf(std::move(bytes));
    file->type = TypeOf(path);
    // As Vite names them.
    file->immutable = absl::StartsWith(path, "/assets/");
    page.files_.emplace(path, std::move(file));
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, " cannot be read: ", error.message()));
  }
  return page;
}

const PageFile* Page::Find(absl::string_view path) const {
  const auto file = files_.find(path == "/" ? "/index.html" : path);
  return file == files_.end() ? nullptr : file->second.get();
}

std::string DefaultPageFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return "";
  for (const char* place : {"../share/spiked/web", "../../../client/web/dist"}) {
    const fs::path folder = (program.parent_path() / place).lexically_normal();
    if (fs::is_directory(folder, error)) return folder.string();
  }
  return "";
}

}  // namespace spiked::web
