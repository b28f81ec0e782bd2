// How much a client's headers may be. gRPC 1.51 by itself looks at each frame of them
// alone, keeps up to 16 MiB of it until the client has acknowledged our settings, which
// it need not do, and has no bound on how many frames there are (CVE-2023-33953). One
// connection could so take all the memory that connections share, upon which gRPC gives
// up streams and connections of others.
#pragma once

#include <cstdint>

namespace spiked::rpc {

// Names and values of one call's headers, and 32 for each as HTTP/2 counts. Clients are
// told, and send no more.
constexpr uint32_t kMaxHeaderBytes = 8 << 10;

// All servers of a program that has this function close connections whose headers are
// more than that, or do not come in one frame: so few always do, unless somebody takes
// them apart. False if the program's gRPC is made differently; then nothing is limited.
bool HeadersAreLimited();

}  // namespace spiked::rpc
