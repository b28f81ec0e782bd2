// How many calls clients may have under way within gRPC. By itself gRPC 1.51 looks at each
// connection alone, and only once the client has acknowledged our settings, which it need not
// do. A call takes some 20 KB there until its answer is on its way, for which the client has to
// read: one that does not could take all the memory of the machine.
#pragma once

#include <cstddef>

namespace spiked::rpc {

// What a call takes in gRPC and here, with little that is asked for and answered.
inline constexpr size_t kCallBytes = 24 << 10;

// Of so many calls a connection has at most this part: it may open further ones while it has
// fewer than a quarter of those that are left.
constexpr size_t CallsOfAConnection(size_t all) { return all / 5; }

// Lets clients have so many calls under way at all servers of the program together, and so many
// on one connection. What is more is refused with REFUSED_STREAM, whatever it asks for: for
// clients UNAVAILABLE, upon which they may try again. So that there are always some left for
// whoever comes, the connection that has most is closed when few are. False if the program's
// gRPC is made differently; then nothing is limited.
bool LimitCalls(size_t all, size_t of_connection);

}  // namespace spiked::rpc
