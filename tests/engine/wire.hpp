// A server's end of one connection, plain or TLS.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>

#include "engine/certificates.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// Never blocks. TLS's handshake is part of the first reads.
class Wire {
  public:
    struct Moved {
        enum class How { some, blocked, ended, broken };
        How how = How::blocked;
        std::size_t bytes = 0;
    };

    /// `identity`: with TLS; it must outlive the wire.
    Wire(Fd socket, const Identity* identity, int newest_tls);

    Moved read(std::span<std::uint8_t> into);
    Moved write(std::span<const std::uint8_t> bytes);
    /// With close_notify, then FIN.
    void close();
    void reset();
    /// No packet from the client arrives any more, nor is one answered: as if this machine were
    /// gone.
    void vanish();
    /// Asks for new keys in mid-connection (TLS 1.3).
    void change_keys();
    /// The client said that it says no more, in TLS's words.
    bool was_told_end() const;
    int fd() const { return static_cast<int>(fd_.native()); }

  private:
    Fd fd_;
    std::shared_ptr<SSL_CTX> context_;
    std::shared_ptr<SSL> session_;
};

}  // namespace restream::test
