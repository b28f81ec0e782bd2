// What reading costs, told in pages of memory that are touched, not in time.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>

#include "gtest/gtest.h"
#include "server/session/query.h"
#include "server/session/translate.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

// Memory of which it can be told how many pages are used. Large pieces alone count.
class WatchedMemory final : public std::pmr::memory_resource {
 public:
  WatchedMemory() {
    watched = this;
    struct sigaction action {};
    action.sa_sigaction = OnFault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, &before_);
  }
  ~WatchedMemory() override { sigaction(SIGSEGV, &before_, nullptr); }

  // Nothing of it has been used from here on.
  void Forget() {
    touched_ = 0;
    for (const Piece& piece : pieces_) {
      if (piece.begin != nullptr) mprotect(piece.begin, piece.bytes, PROT_NONE);
    }
  }
  // How much has been used since.
  size_t touched_pages() const { return touched_; }

 private:
  static constexpr size_t kLarge = 1 << 20;
  struct Piece {
    std::byte* begin = nullptr;
    size_t bytes = 0;
  };

  void* do_allocate(size_t bytes, size_t alignment) override {
    if (bytes < kLarge) return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (Piece& piece : pieces_) {
      if (piece.begin != nullptr) continue;
      piece = {.begin = static_cast<std::byte*>(memory), .bytes = bytes};
      return memory;
    }
    throw std::bad_alloc();
  }
  void do_deallocate(void* memory, size_t bytes, size_t alignment) override {
    if (bytes < kLarge) {
      return std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    munmap(memory, bytes);
    for (Piece& piece : pieces_) {
      if (piece.begin == memory) piece = {};
    }
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  // A page that is used for the first time since it was forgotten is there from then on.
  static void OnFault(int signal, siginfo_t* info, void* /*context*/) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    auto* const address =
        reinterpret_cast<std::byte*>(reinterpret_cast<uintptr_t>(info->si_addr) / page * page);
    for (const Piece& piece : watched->pieces_) {
      if (piece.begin == nullptr || address < piece.begin || address >= piece.begin + piece.bytes) {
        continue;
      }
      mprotect(address, page, PROT_READ | PROT_WRITE);
      ++watched->touched_;
      return;
    }
    sigaction(signal, &watched->before_, nullptr);  // it happens again, and ends the test
  }

  static inline WatchedMemory* watched = nullptr;
  struct sigaction before_ {};
  std::array<Piece, 64> pieces_;
  std::atomic<size_t> touched_{0};
};

TEST(ReadingTest, APageOfSpikesTouchesNoMoreThanItReturnsOfSixteenMillion) {
  constexpr uint32_t kPageSize = 1000;
  constexpr engine::Step kSteps = 10'000;
  WatchedMemory memory;
  engine::Simulation simulation(0.1, 7, &memory);
  // Each relay gets a spike, or several at once, in two steps of three.
  const auto spec = ToEngine(Parse<v1::NetworkSpecification>(R"pb(
    populations {
      name: "noise"
      model: "poisson_generator"
      size: 1
      parameters {
        key: "rate"
        value { number: 10000 }
      }
    }
    populations { name: "relays" model: "parrot_neuron" size: 2500 record_spikes: true }
    projections {
      name: "p"
      source: "noise"
      target: "relays"
      rule { all_to_all {} }
    }
  )pb"));
  ASSERT_TRUE(spec.ok()) << spec.status();
  ASSERT_TRUE(simulation.AddNetwork("net", *spec).ok());
  ASSERT_TRUE(simulation.Advance(kSteps).ok());
  const std::string identity = "s";
  const QueryContext context = {.simulation = simulation, .identity = identity};
  const engine::Network& network = *simulation.FindNetwork("net");
  EXPECT_GE(network.Spikes(network.FindPopulation("relays"), 0, kSteps).size(), 16'000'000u);
  v1::GetSpikesRequest request;
  request.set_population("net/relays");
  request.set_page_size(kPageSize);
  for (const double after_ms : {0.0, 500.0, 999.0}) {
    request.set_after_ms(after_ms);
    request.clear_page_token();
    for (int page = 0; page < 3; ++page) {
      v1::GetSpikesResponse response;
      memory.Forget();
      ASSERT_TRUE(GetSpikes(context, request, &response).ok());
      EXPECT_EQ(response.spikes().times_ms_size(), static_cast<int>(kPageSize));
      // Of three columns with up to 24 MB a thousand entries, and where they are.
      EXPECT_GT(memory.touched_pages(), 2u);
      EXPECT_LT(memory.touched_pages(), 150u);
      request.set_page_token(response.next_page_token());
    }
  }
}

}  // namespace
}  // namespace spiked::session
