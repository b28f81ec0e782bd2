#include "server/session/pieces.h"

#include <algorithm>

namespace spiked::session {

bool InPieces::Next(const void** data, int* size) {
  pause_();
  while (left_ == 0) {
    const void* next = nullptr;
    if (!whole_.Next(&next, &left_)) return false;
    next_ = static_cast<const char*>(next);
  }
  *data = next_;
  *size = std::min(left_, kPieceBytes);
  Advance(*size);
  return true;
}

bool InPieces::Skip(int count) {
  const void* data = nullptr;
  int size = 0;
  while (count > 0 && Next(&data, &size)) {
    if (size > count) BackUp(size - count);
    count -= std::min(size, count);
  }
  return count == 0;
}

bool OutInPieces::Next(void** data, int* size) {
  pause_();
  const size_t before = text_.size();
  text_.resize(before + kPieceBytes);
  *data = text_.data() + before;
  *size = kPieceBytes;
  return true;
}

}  // namespace spiked::session
