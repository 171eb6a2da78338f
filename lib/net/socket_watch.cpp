#include "net/socket_watch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/error.hpp"
#include "net/loop_asio.hpp"

namespace restream {

using boost::asio::posix::stream_descriptor;

struct SocketWatch::Inside {
    stream_descriptor descriptor;
    std::function<void()> readable;
    std::function<void()> writable;
    bool is_gone = false;
};

SocketWatch::SocketWatch(Loop& loop, const Fd& socket, std::function<void()> readable,
                         std::function<void()> writable)
    : inside_(new Inside{stream_descriptor(loop.inside().context), std::move(readable),
                         std::move(writable)}) {
    boost::system::error_code error;
    inside_->descriptor.assign(static_cast<int>(socket.native()), error);
    if (error) throw Error(ErrorKind::refused, "waiting for a connection: " + error.message());
}

SocketWatch::~SocketWatch() {
    inside_->is_gone = true;
    inside_->descriptor.release();  // its owner closes it
}

// The handlers hold what is inside: they may stand in the loop's queue when the watch goes.

void SocketWatch::await_readable() {
    inside_->descriptor.async_wait(stream_descriptor::wait_read,
                                   [inside = inside_](const boost::system::error_code&) {
                                       if (!inside->is_gone) inside->readable();
                                   });
}

void SocketWatch::await_writable() {
    inside_->descriptor.async_wait(stream_descriptor::wait_write,
                                   [inside = inside_](const boost::system::error_code&) {
                                       if (!inside->is_gone) inside->writable();
                                   });
}

}  // namespace restream
