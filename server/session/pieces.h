// Streams that pause again and again, so that whoever reads or writes something long can let
// others go first.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace spiked::session {

// So much is read or written without a pause.
inline constexpr int kPieceBytes = 8 << 10;

// Hands out another stream in pieces, and pauses before each.
class InPieces final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  InPieces(ZeroCopyInputStream* whole, absl::FunctionRef<void()> pause)
      : whole_(*whole), pause_(pause) {}

  bool Next(const void** data, int* size) override;
  void BackUp(int count) override { Advance(-count); }
  bool Skip(int count) override;
  int64_t ByteCount() const override { return whole_.ByteCount() - left_; }

 private:
  void Advance(int count) {
    next_ += count;
    left_ -= count;
  }

  ZeroCopyInputStream& whole_;
  const absl::FunctionRef<void()> pause_;
  const char* next_ = nullptr;  // of the piece of the whole that has come, and how much is left
  int left_ = 0;
};

// Writes to the end of a text, and pauses before each piece.
class OutInPieces final : public google::protobuf::io::ZeroCopyOutputStream {
 public:
  OutInPieces(std::string* text, absl::FunctionRef<void()> pause) : text_(*text), pause_(pause) {}

  bool Next(void** data, int* size) override;
  void BackUp(int count) override { text_.resize(text_.size() - static_cast<size_t>(count)); }
  int64_t ByteCount() const override { return static_cast<int64_t>(text_.size()); }

 private:
  std::string& text_;
  const absl::FunctionRef<void()> pause_;
};

}  // namespace spiked::session
