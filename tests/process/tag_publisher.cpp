#include "process/tag_publisher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "process/patience.hpp"
#include "process/rtmp_tags.hpp"

namespace restream::test {

namespace {

/// Far beyond what anything here takes, on a busy machine too.
constexpr Milliseconds longest_wait = std::chrono::seconds(30);

ClientConnection::Request request_for(const std::string& url, const std::string& key) {
    const auto endpoint = publish_endpoint(url, Secret(key));
    if (!endpoint) throw std::runtime_error("no URL to publish to: " + url);
    ClientConnection::Request request;
    request.endpoint = *endpoint;
    request.role = RtmpRole::publish;
    request.connect_deadline = longest_wait;
    request.write_deadline = longest_wait;
    return request;
}

}  // namespace

TagPublisher::TagPublisher(const std::string& url, const std::string& key)
    : thread_([this, request = request_for(url, key)] { run(request); }) {}

TagPublisher::~TagPublisher() {
    {
        const std::lock_guard lock(mutex_);
        is_leaving_ = true;
    }
    loop_.wake();
    thread_.join();
}

bool TagPublisher::wait_for(const std::function<bool()>& is_so) const {
    std::unique_lock lock(mutex_);
    wait_until(changed_, lock, Patience(longest_wait), [&] { return is_so() || ending_; });
    return is_so();
}

bool TagPublisher::wait_accepted() const {
    return wait_for([this] { return is_accepted_; });
}

bool TagPublisher::send(std::vector<Tag> tags) {
    {
        const std::lock_guard lock(mutex_);
        std::ranges::move(tags, std::back_inserter(waiting_));
        is_idle_ = false;
    }
    loop_.wake();
    return wait_for([this] { return is_idle_; });
}

void TagPublisher::begin_counting() {
    send(plain_headers());
    {
        const std::lock_guard lock(mutex_);
        counts_since_ = SteadyClock::now();
    }
    loop_.wake();
}

SteadyTime TagPublisher::counts_since() const {
    const std::lock_guard lock(mutex_);
    return counts_since_.value();
}

void TagPublisher::finish() {
    {
        const std::lock_guard lock(mutex_);
        counts_since_.reset();
        is_finishing_ = true;
    }
    loop_.wake();
    wait_for([this] { return ending_.has_value(); });
}

std::optional<RtmpEnding> TagPublisher::ending() const {
    const std::lock_guard lock(mutex_);
    return ending_;
}

void TagPublisher::run(ClientConnection::Request request) {
    ClientConnection connection(loop_, std::move(request));
    bool says_goodbye = false;
    for (;;) {
        loop_.run_once(Deadline::after(Milliseconds(numbered_interval_ms)));
        const std::lock_guard lock(mutex_);
        if (is_leaving_) return;
        turn(connection);
        changed_.notify_all();
        if (ending_) return;
        if (is_finishing_ && is_idle_ && !std::exchange(says_goodbye, true)) {
            connection.finish(Deadline::after(longest_wait));
        }
    }
}

void TagPublisher::turn(ClientConnection& connection) {
    ending_ = connection.ending();
    if (ending_ || !connection.is_accepted()) return;
    is_accepted_ = true;
    send_waiting(connection);
    if (counts_since_) count(connection);
    is_idle_ = waiting_.empty() && connection.is_ready();
}

void TagPublisher::send_waiting(ClientConnection& connection) {
    while (!waiting_.empty() && connection.is_ready()) {
        connection.send(waiting_.front());
        waiting_.pop_front();
    }
}

void TagPublisher::count(ClientConnection& connection) {
    const auto passed =
        std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - *counts_since_);
    const auto due = static_cast<std::uint32_t>(passed.count()) / numbered_interval_ms + 1;
    while (counted_ < due && connection.is_ready()) {
        connection.send(numbered_tag(counted_));
        ++counted_;
    }
}

void publish_numbers(std::optional<TagPublisher>& publisher, const std::string& url,
                     const std::string& key) {
    publisher.emplace(url, key);
    REQUIRE(publisher->wait_accepted());
    publisher->begin_counting();
}

}  // namespace restream::test
