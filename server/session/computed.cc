#include "server/session/computed.h"

#include "server/session/answers.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {
namespace {

// Of a copy from which `clear` has removed that, if the reply is of that type.
template <typename Reply, typename Clear>
bool HashWithout(const google::protobuf::Message& reply, Clear clear, uint64_t* hash) {
  if (reply.GetDescriptor() != Reply::descriptor()) return false;
  Reply copy = static_cast<const Reply&>(reply);
  clear(copy);
  *hash = HashOf(copy);
  return true;
}

}  // namespace

uint64_t HashOfComputed(const google::protobuf::Message& reply) {
  uint64_t hash = 0;
  const auto clear_network = [](auto& copy) {
    copy.mutable_network()->mutable_size()->clear_bytes();
  };
  const auto clear_snapshot = [](auto& copy) { copy.mutable_snapshot()->clear_bytes(); };
  if (HashWithout<v1::CreateNetworkResponse>(reply, clear_network, &hash) ||
      HashWithout<v1::ExtendNetworkResponse>(reply, clear_network, &hash) ||
      HashWithout<v1::SnapshotSessionResponse>(reply, clear_snapshot, &hash)) {
    return hash;
  }
  return HashOf(reply);
}

}  // namespace spiked::session
