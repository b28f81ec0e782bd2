// pong-vectors: prints client/pong/vectors.json anew.
#include <cstdio>

#include "tests/client/pong/vectors.h"

int main() { return std::fputs(spiked::pong::VectorsText().c_str(), stdout) < 0; }
