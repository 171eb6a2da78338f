// TCP ports that nobody else will take.
#pragma once

namespace restream::test {

/// A port of the loopback interface on which nobody listens, reserved against every other test
/// program of this machine until this one ends. Below the range from which the system takes
/// outgoing ports.
int free_port();

/// Whether somebody accepts connections there now.
bool is_listening(int port);

}  // namespace restream::test
