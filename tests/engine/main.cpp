// The engine's tests: a client of ours against servers in this process, on loopback.
#define DOCTEST_CONFIG_IMPLEMENT  // also where another file has included doctest before
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
