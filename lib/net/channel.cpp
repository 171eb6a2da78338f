#include <boost/asio/buffer.hpp>
#include <utility>

#include "net/channel_asio.hpp"
#include "net/socket_words_asio.hpp"

namespace restream {

namespace {

using Code = boost::system::error_code;

/// In one system call. Asio takes no more than 64.
constexpr std::size_t most_pieces = 64;

/// A part of an array, as Asio wants its sequences.
struct ConstBuffers {
    using value_type = boost::asio::const_buffer;
    using const_iterator = const value_type*;

    const value_type* first;
    std::size_t count;

    const_iterator begin() const { return first; }
    const_iterator end() const { return first + count; }
};

bool is_blocked(const Code& error) {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again ||
           error == boost::asio::error::interrupted;
}

/// Connecting has told Asio's reactor to look out for "writable", and it never stops: each wait for
/// something to read would be answered at once by an event that means nothing. A socket that is
/// registered again looks out for that only once a write was blocked. **Source**: Boost 1.74,
/// epoll_reactor::start_op, registered_events_.
Channel::Socket register_anew(Channel::Socket socket) {
    Code error;
    const auto protocol = socket.local_endpoint(error).protocol();
    if (error) return socket;
    Channel::Socket fresh(socket.get_executor());
    const auto native = socket.release(error);
    if (error) return socket;
    fresh.assign(protocol, native, error);
    if (error) socket.assign(protocol, native, error);
    return error ? std::move(socket) : std::move(fresh);
}

class PlainChannel final : public Channel {
  public:
    using Channel::Channel;

    Transfer open() override { return {.state = Transfer::State::more}; }

    Transfer read(const Spaces& spaces) override {
        const std::array buffers = {
            boost::asio::mutable_buffer(spaces[0].data(), spaces[0].size()),
            boost::asio::mutable_buffer(spaces[1].data(), spaces[1].size())};
        Code error;
        const std::size_t got = socket().read_some(buffers, error);
        if (is_blocked(error)) return {};
        if (error) {
            return {.state = Transfer::State::ended, .ending = socket_ending(error, peer())};
        }
        // Less than there was room for: the socket is empty. Asking it again would only say so.
        const bool is_filled = got == spaces[0].size() + spaces[1].size();
        return {.state = is_filled ? Transfer::State::more : Transfer::State::blocked,
                .bytes = got};
    }

    Transfer write(OutputQueue& queue) override {
        std::array<std::span<const std::uint8_t>, most_pieces> pieces;
        Transfer all{.state = Transfer::State::more};
        while (!queue.is_empty()) {
            Transfer one = give({pieces.data(), queue.gather(pieces)});
            queue.consume(one.bytes);
            one.bytes += all.bytes;
            all = std::move(one);
            if (all.state != Transfer::State::more) break;
        }
        return all;
    }

    std::size_t unwritten_bytes() const override { return 0; }
    Transfer say_end() override { return shut(); }
};

}  // namespace

Channel::Channel(Socket socket) : socket_(register_anew(std::move(socket))) {
    Code ignored;
    peer_ = socket_.remote_endpoint(ignored);
    socket_.non_blocking(true, ignored);
}

Transfer Channel::give(std::span<const std::span<const std::uint8_t>> pieces) {
    std::array<boost::asio::const_buffer, most_pieces> buffers;
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        buffers[i] = boost::asio::const_buffer(pieces[i].data(), pieces[i].size());
        wanted += pieces[i].size();
    }
    Code error;
    const std::size_t sent = socket_.write_some(ConstBuffers{buffers.data(), pieces.size()}, error);
    if (is_blocked(error)) return {};
    if (error) return {.state = Transfer::State::ended, .ending = socket_ending(error, peer_)};
    bytes_given_ += sent;
    return {.state = sent == wanted ? Transfer::State::more : Transfer::State::blocked,
            .bytes = sent};
}

Transfer Channel::shut() {
    Code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return {.state = Transfer::State::ended, .ending = socket_ending(error, peer_)};
    return {.state = Transfer::State::more};
}

Transfer Channel::discard() {
    std::array<std::uint8_t, 16384> nowhere;
    Code error;
    const std::size_t got = socket_.read_some(boost::asio::buffer(nowhere), error);
    if (is_blocked(error)) return {};
    if (error) return {.state = Transfer::State::ended, .ending = socket_ending(error, peer_)};
    return {.state = Transfer::State::more, .bytes = got};
}

std::unique_ptr<Channel> make_plain_channel(Channel::Socket socket) {
    return std::make_unique<PlainChannel>(std::move(socket));
}

}  // namespace restream
