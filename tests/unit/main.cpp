// The unit tests' main: no process, no network, under a second.
#define DOCTEST_CONFIG_IMPLEMENT  // also where another file has included doctest before
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
