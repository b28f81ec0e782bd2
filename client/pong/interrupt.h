// Ending a match in order on Ctrl-C.
#pragma once

namespace spiked::pong {

// From now on SIGINT, SIGTERM and SIGHUP only ask the program to end; a second
// one ends it at once, with the terminal restored. A broken pipe becomes an
// error of the write.
void HandleInterrupts();

// Whether the program was asked to end.
bool Interrupted();

}  // namespace spiked::pong
