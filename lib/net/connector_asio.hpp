// From a host's name to a connected socket.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "base/ending.hpp"
#include "net/look_up.hpp"
#include "net/loop.hpp"

namespace restream {

/// Tries a host's addresses one after the other, IPv6 and IPv4 in turn; the next one starts when
/// one has failed, or has had its head start. The first that answers wins. A numeric address
/// needs no look-up. **Source**: RFC 8305 (Happy Eyeballs), simplified: one query for both kinds.
class Connector {
  public:
    using Result = std::variant<boost::asio::ip::tcp::socket, RtmpEnding>;
    /// Called once, by the loop, never by the constructor.
    using Done = std::function<void(Result)>;

    Connector(Loop& loop, const std::string& host, int port, LookUp how, const Deadline& deadline,
              Done done);
    /// Gives up.
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

  private:
    class Inside;
    std::shared_ptr<Inside> inside_;
};

}  // namespace restream
