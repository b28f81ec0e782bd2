// State: what a simulation has become, apart from what follows from its
// specification.
//
// A class with state has it in one struct, which lists its members once, beside
// them:
//
//   struct State {
//     std::pmr::vector<Spike> spikes;  // by stamp, then sender
//     size_t next = 0;
//     static void Members(auto& s, auto&& visit) { visit(s.spikes, s.next); }
//   };
//
// What is saved and restored, and how large that is, follows from these lists,
// and two states are equal if what is saved of them is. Everything else in a
// class is derived from the specification, or is scratch. No pointer and no
// capacity is state: parts refer to each other by their numbers. (What a
// std::unique_ptr among the members holds is there or not as the specification
// wants it.)
//
// README.md describes the form in bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/engine/memory.h"
#include "server/engine/time.h"

namespace spiked::engine {

static_assert(std::endian::native == std::endian::little, "numbers are saved as they lie");

// Members whose length follows from the specification.
template <typename List>
struct FixedLength {
  List list;  // or a reference
};
template <typename List>
FixedLength<List> Fixed(List&& list) {
  return {std::forward<List>(list)};
}

// Rows of `width` numbers, `stride` apart, which are zero unless occupied.
template <typename T>
struct OccupiedRows {
  T* values;
  std::span<const uint8_t> occupied;
  size_t stride, width;

  std::span<T> Row(size_t row) const { return {values + row * stride, width}; }
};

// A member that is there only on condition, which is an earlier member.
template <typename T>
struct ConditionalMember {
  const bool& condition;
  T& member;
};
template <typename T>
ConditionalMember<T> When(const bool& condition, T& member) {
  return {condition, member};
}

namespace state {

template <typename T, template <typename...> class Template>
inline constexpr bool kIs = false;
template <template <typename...> class Template, typename... Args>
inline constexpr bool kIs<Template<Args...>, Template> = true;

template <typename T>
concept Number = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_enum_v<T>;

struct AnyVisit {
  void operator()(auto&&...) const {}
};
// With a list of members; other classes have functions Save and Restore.
template <typename T>
concept Listed = requires(T& t) {
  T::Members(t, AnyVisit());
};

}  // namespace state

class StateWriter {
 public:
  // Gets all bytes, piece by piece.
  using Sink = absl::FunctionRef<void(absl::string_view)>;

  explicit StateWriter(Sink sink) : sink_(sink) {}
  StateWriter(const StateWriter&) = delete;

  template <typename... T>
  void operator()(const T&... members) {
    (Write(members), ...);
  }

  // Hands on all that has been written, and its CRC-32.
  void Finish();

 private:
  template <typename T>
  void Write(const T& x) {
    if constexpr (state::Number<T>) {
      Put(&x, sizeof(x));
    } else if constexpr (std::is_same_v<T, bool>) {
      Write(static_cast<uint8_t>(x));
    } else if constexpr (state::kIs<T, std::vector> || std::is_same_v<T, std::string>) {
      Write(uint64_t{x.size()});
      WriteAll(x);
    } else if constexpr (state::kIs<T, FixedLength>) {
      WriteAll(x.list);
    } else if constexpr (state::kIs<T, ConditionalMember>) {
      if (x.condition) Write(x.member);
    } else if constexpr (state::kIs<T, OccupiedRows>) {
      for (size_t row = 0; row < x.occupied.size(); ++row) {
        if (x.occupied[row] != 0) WriteAll(x.Row(row));
      }
    } else if constexpr (state::kIs<T, std::unique_ptr>) {
      if (x != nullptr) Write(*x);
    } else if constexpr (state::kIs<T, std::optional>) {
      Write(x.has_value());
      if (x.has_value()) Write(*x);
    } else if constexpr (state::kIs<T, std::variant>) {
      Write(static_cast<uint8_t>(x.index()));
      std::visit(*this, x);
    } else if constexpr (state::kIs<T, std::map>) {
      Write(uint64_t{x.size()});
      for (const auto& [key, value] : x) (*this)(key, value);
    } else if constexpr (state::Listed<const T>) {
      T::Members(x, *this);
    } else if constexpr (!std::is_same_v<T, std::monostate>) {
      x.Save(*this);
    }
  }

  template <typename List>
  void WriteAll(const List& list) {
    using T = std::remove_cvref_t<decltype(*std::begin(list))>;
    if constexpr (state::Number<T>) {
      Put(std::data(list), std::size(list) * sizeof(T));
    } else {
      for (const T& x : list) Write(x);
    }
  }

  void Put(const void* bytes, size_t n);
  void HandOn(absl::string_view bytes);

  Sink sink_;
  std::string buffer_;
  uint32_t crc_ = 0;
};

// Reads what a StateWriter has written into objects that have been built from
// the same specification. What does not fit makes it fail; it reads nothing more
// then and leaves those objects good for nothing but their destruction. It never
// takes much more memory than there are bytes to fill it.
class StateReader {
 public:
  explicit StateReader(absl::string_view bytes) : bytes_(bytes) {}
  StateReader(const StateReader&) = delete;

  template <typename... T>
  void operator()(T&&... members) {
    (Read(members), ...);
  }

  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }
  // Fails (DATA_LOSS) unless what has been read is as it must be; `what` has to.
  void Require(bool condition, absl::string_view what);
  // Nothing that has been restored from here on has happened later than `now`.
  void SetNow(Step now) { now_ = now; }
  bool HasHappened(Step stamp) const { return IsTime(stamp) && stamp <= now_; }
  // Fails unless everything has been read.
  void RequireEnd() { Require(bytes_.empty(), "the end"); }

 private:
  template <typename T>
  void Read(T& x) {
    if constexpr (state::Number<T>) {
      Get(&x, sizeof(x));
    } else if constexpr (std::is_same_v<T, bool>) {
      uint8_t byte = 0;
      Read(byte);
      Require(byte <= 1, "a truth value");
      x = byte == 1;
    } else if constexpr (state::kIs<T, std::vector> || std::is_same_v<T, std::string>) {
      ReadList(x);
    } else if constexpr (state::kIs<std::remove_const_t<T>, FixedLength>) {
      ReadAll(x.list);
    } else if constexpr (state::kIs<std::remove_const_t<T>, ConditionalMember>) {
      if (x.condition) Read(x.member);
    } else if constexpr (state::kIs<std::remove_const_t<T>, OccupiedRows>) {
      for (size_t row = 0; row < x.occupied.size(); ++row) {
        if (x.occupied[row] != 0) ReadAll(x.Row(row));
      }
    } else if constexpr (state::kIs<T, std::unique_ptr>) {
      if (x != nullptr) Read(*x);
    } else if constexpr (state::kIs<T, std::optional>) {
      bool has_value = false;
      Read(has_value);
      x.reset();
      if (has_value) Read(x.emplace());
    } else if constexpr (state::kIs<T, std::variant>) {
      ReadVariant(x, std::make_index_sequence<std::variant_size_v<T>>());
    } else if constexpr (state::kIs<T, std::map>) {
      uint64_t size = 0;
      Read(size);
      x.clear();
      for (; size > 0 && ok(); --size) {
        typename T::key_type key;
        Read(key);
        const auto [it, fresh] = x.try_emplace(std::move(key));
        Require(fresh, "a name");
        Read(it->second);
      }
    } else if constexpr (state::Listed<T>) {
      T::Members(x, *this);
    } else if constexpr (!std::is_same_v<T, std::monostate>) {
      x.Restore(*this);
    }
  }

  template <typename List>
  void ReadList(List& list) {
    using T = typename List::value_type;
    uint64_t size = 0;
    Read(size);
    list.clear();
    if constexpr (state::Number<T>) {
      Require(size <= bytes_.size() / sizeof(T), "a length");
      if (ok()) list.resize(size);
      ReadAll(list);
    } else {
      Require(size <= bytes_.size(), "a length");
      for (; size > 0 && ok(); --size) {
        if constexpr (std::is_constructible_v<T, Memory> &&
                      !std::uses_allocator_v<T, std::pmr::polymorphic_allocator<>>) {
          Read(list.emplace_back(list.get_allocator().resource()));
        } else {
          Read(list.emplace_back());
        }
      }
    }
  }

  template <typename List>
  void ReadAll(List&& list) {
    using T = std::remove_reference_t<decltype(*std::begin(list))>;
    if constexpr (state::Number<T>) {
      Get(std::data(list), std::size(list) * sizeof(T));
    } else {
      for (T& x : list) Read(x);
    }
  }

  template <typename Variant, size_t... k>
  void ReadVariant(Variant& x, std::index_sequence<k...>) {
    uint8_t index = 0;
    Read(index);
    Require(((index == k && (Read(x.template emplace<k>()), true)) || ...), "a choice");
  }

  void Get(void* bytes, size_t n);

  absl::string_view bytes_;
  Step now_ = kLastStep;
  absl::Status status_;
};

}  // namespace spiked::engine
