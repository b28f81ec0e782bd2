// The heap of the process, which is not to stay as large as it once was.
#pragma once

namespace spiked {

// What is given back goes to the machine: large pieces by themselves, the rest when there
// is much of it at the end of the heap. To be called before there are threads.
void KeepHeapSmall();

// What is free within the heap goes to the machine, too, if it is much. To be called every
// few seconds: a burst of requests leaves it in pieces, with what has stayed between them.
void TrimHeap();

}  // namespace spiked
