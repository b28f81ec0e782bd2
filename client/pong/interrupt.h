// Ending a match in order on Ctrl-C, suspending it on Ctrl-Z.
#pragma once

namespace spiked::pong {

// From now on SIGINT, SIGTERM and SIGHUP only ask the program to end; a second
// one ends it at once, with the terminal restored. SIGTSTP restores the terminal
// for as long as the program is stopped. A broken pipe becomes an error of the
// write.
void HandleInterrupts();

// Whether the program was asked to end.
bool Interrupted();

}  // namespace spiked::pong
