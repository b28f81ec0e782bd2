// Entries that lists are to get later, together and without fail.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spiked::engine {

// Makes room for so many more entries, and for as many again as there are.
template <typename List>
void MakeRoomIn(List* list, size_t more) {
  if (list->capacity() - list->size() >= more) return;
  list->reserve(std::max(list->size() + more, 2 * list->size()));
}

template <typename T>
class Appendices {
 public:
  // The list must stay where it is.
  void Add(std::vector<T>* list, T entry) { entries_.emplace_back(list, entry); }

  void MakeRoom() {
    std::unordered_map<std::vector<T>*, size_t> counts;
    for (const auto& [list, entry] : entries_) ++counts[list];
    for (const auto& [list, count] : counts) MakeRoomIn(list, count);
  }

  // Only after MakeRoom.
  void Append() {
    for (const auto& [list, entry] : entries_) list->push_back(entry);
    entries_.clear();
  }

 private:
  std::vector<std::pair<std::vector<T>*, T>> entries_;
};

}  // namespace spiked::engine
