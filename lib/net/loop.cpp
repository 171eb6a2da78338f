#include "net/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "base/error.hpp"
#include "net/loop_asio.hpp"

namespace restream {

void LoopInbox::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) boost::asio::post(*context_, std::move(work));
}

void LoopInbox::close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
}

Loop::Inside::Inside() : inbox(std::make_shared<LoopInbox>(context)) {
    // The first timer makes the descriptors that waiting needs: better here than in run_once().
    const boost::asio::steady_timer first(context);
}

Loop::Inside::~Inside() { inbox->close(); }

Loop::Loop() {
    try {
        inside_ = std::make_unique<Inside>();
    } catch (const boost::system::system_error& error) {
        throw_system_error("preparing to wait for the network", error.code().value());
    }
}

Loop::~Loop() = default;

void Loop::run_once(const Deadline& deadline) {
    auto& context = inside_->context;
    // After a deadline that has passed, run_one_until() handles nothing, not even what is ready.
    if (context.run_one_until(deadline.at()) == 0) context.poll_one();
}

void Loop::wake() {
    if (inside_->is_woken.exchange(true)) return;
    boost::asio::post(inside_->context, [inside = inside_.get()] { inside->is_woken = false; });
}

}  // namespace restream
