#include "server/session/exchange.h"

#include <algorithm>
#include <bit>
#include <new>

namespace spiked::session {
namespace {

// What is filled on this thread, and how much of it is free. Arenas tell no more of
// whoever uses them.
thread_local MemoryCharge* filling = nullptr;
thread_local size_t free_bytes = 0;

void* AllocateBlock(size_t bytes) {
  if (filling != nullptr && bytes > free_bytes) {
    if (!filling->Add(bytes).ok()) throw MemorySpent(bytes);
  } else {
    free_bytes -= std::min(free_bytes, bytes);
  }
  return ::operator new(bytes);
}

void FreeBlock(void* block, size_t bytes) { ::operator delete(block, bytes); }

const google::protobuf::Message& TypeOf(const google::protobuf::Descriptor* type) {
  return *google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
}

}  // namespace

Exchange::Filling::Filling(MemoryCharge* charge) {
  filling = charge;
  free_bytes = kFree;
}
Exchange::Filling::~Filling() { filling = nullptr; }

Exchange::Exchange(const google::protobuf::MethodDescriptor& method, MemoryBudget* budget)
    : request_type_(TypeOf(method.input_type())),
      reply_type_(TypeOf(method.output_type())),
      charge_(budget),
      parts_charge_(budget) {}

void Exchange::SetBudget(MemoryBudget* budget) {
  charge_.SetBudget(budget);
  parts_charge_.SetBudget(budget);
}

absl::Status Exchange::Renew(uint64_t request_bytes) {
  Clear();
  // For the text in it, which lies outside of the arena, and as it has travelled.
  const uint64_t charged = request_bytes > kFree ? request_bytes : 0;
  if (absl::Status status = charge_.Resize(charged); !status.ok()) return status;
  google::protobuf::ArenaOptions options;
  options.initial_block = block_.get();
  options.initial_block_size = block_bytes_;
  options.block_alloc = AllocateBlock;
  options.block_dealloc = FreeBlock;
  arena_.emplace(options);
  request_ = request_type_.New(&*arena_);
  reply_ = reply_type_.New(&*arena_);
  return absl::OkStatus();
}

void Exchange::Clear() {
  if (!arena_) return;
  request_ = reply_ = nullptr;
  const size_t taken = arena_->SpaceAllocated();
  arena_.reset();
  if (taken > block_bytes_ && block_bytes_ < kFree) {
    block_bytes_ = std::min(kFree, std::bit_ceil(taken));
    block_ = std::make_unique_for_overwrite<char[]>(block_bytes_);
  }
  (void)charge_.Resize(0);  // giving back never fails
}

absl::StatusOr<Exchange::Message*> Exchange::AddPart(uint64_t bytes) {
  if (absl::Status status = parts_charge_.Add(bytes); !status.ok()) return status;
  parts_.push_back({.message = std::unique_ptr<Message>(reply_type_.New()), .bytes = bytes});
  return parts_.back().message.get();
}

std::unique_ptr<Exchange::Message> Exchange::TakePart() {
  if (parts_.empty()) return nullptr;
  Part part = std::move(parts_.front());
  parts_.pop_front();
  (void)parts_charge_.Resize(parts_charge_.bytes() - part.bytes);  // never fails
  return std::move(part.message);
}

void Exchange::ClearParts() {
  parts_.clear();
  (void)parts_charge_.Resize(0);
}

}  // namespace spiked::session
