// A client of ours on a loop, in a test.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/client_connection.hpp"
#include "engine/listener.hpp"

namespace restream::test {

/// The stream key of every test: no detail of any ending may have it.
inline constexpr const char* secret_key = "k3y-that-nobody-may-see";

/// To play or to publish at rtmp(s)://`host`:`port`/live. Deadlines are long: a test that waits for
/// one shortens it.
ClientConnection::Request request(RtmpRole role, int port, const char* host = "127.0.0.1");
ClientConnection::Request tls_request(RtmpRole role, int port, const char* host = "127.0.0.1");

/// Runs the loop until it is so; false where it is not in time.
bool run_until(Loop& loop, const std::function<bool()>& is_so);
/// Until it is accepted or has ended.
bool accepted(Loop& loop, const ClientConnection& client);
/// How it ends, its events dropped. Fails the test where it does not end, or tells the key.
RtmpEnding ending_of(Loop& loop, ClientConnection& client);

/// A little of everything: audio, video and data, sizes from none to 300 kB, a step back in time,
/// and times across 2^31 and 2^32.
std::vector<Tag> tags_of_all_kinds();
/// As a camera sends them: `count` video messages of `bytes` each.
std::vector<Tag> video_tags(std::size_t count, std::size_t bytes);

/// Equal byte for byte.
bool are_equal(const Tag& one, const Tag& other);
bool are_equal(const std::vector<Tag>& some, const std::vector<Tag>& others);

/// Sends them one by one, running the loop where the client is not ready; false where it ends.
bool send_all(Loop& loop, ClientConnection& client, const std::vector<Tag>& tags);

}  // namespace restream::test
