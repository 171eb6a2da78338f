#include "ingest/socket_loop.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "base/error.hpp"

namespace restream {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

struct SocketLoop::Inside {
    asio::io_context context{1};  // one thread
    asio::executor_work_guard<asio::io_context::executor_type> work =
        asio::make_work_guard(context);
};

SocketLoop::SocketLoop() : inside_(std::make_unique<Inside>()) {}

SocketLoop::~SocketLoop() = default;

void SocketLoop::run_once(const Deadline& deadline) {
    // At least a millisecond: with less, what is ready already would not be called.
    inside_->context.run_one_for(std::max(deadline.left(), Milliseconds(1)));
}

void SocketLoop::wake() {
    asio::post(inside_->context, [] {});
}

struct SocketLoop::Watch::Inside {
    stream_descriptor descriptor;
    std::function<void()> readable;
    std::function<void()> writable;
    bool is_gone = false;
};

SocketLoop::Watch::Watch(SocketLoop& loop, const Fd& socket, std::function<void()> readable,
                         std::function<void()> writable)
    : inside_(new Inside{stream_descriptor(loop.inside_->context), std::move(readable),
                         std::move(writable)}) {
    boost::system::error_code error;
    inside_->descriptor.assign(static_cast<int>(socket.native()), error);
    if (error) throw Error(ErrorKind::refused, "waiting for a connection: " + error.message());
}

SocketLoop::Watch::~Watch() {
    inside_->is_gone = true;
    inside_->descriptor.release();  // its owner closes it
}

void SocketLoop::Watch::await_readable() {
    inside_->descriptor.async_wait(stream_descriptor::wait_read,
                                   [inside = inside_](const boost::system::error_code&) {
                                       if (!inside->is_gone) inside->readable();
                                   });
}

void SocketLoop::Watch::await_writable() {
    inside_->descriptor.async_wait(stream_descriptor::wait_write,
                                   [inside = inside_](const boost::system::error_code&) {
                                       if (!inside->is_gone) inside->writable();
                                   });
}

}  // namespace restream
