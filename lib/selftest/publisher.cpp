#include "selftest/publisher.hpp"

#include <utility>

#include "base/error.hpp"
#include "selftest/picture.hpp"

namespace restream::selftest {

namespace {

/// Less than half of what lies between two messages.
constexpr Milliseconds turn(4);
constexpr Milliseconds longest_goodbye = std::chrono::seconds(3);

ClientConnection::Request request_for(const std::string& url) {
    const auto endpoint = publish_endpoint(url, {});
    if (!endpoint) throw Error(ErrorKind::bug, "no URL to publish to: " + url);
    ClientConnection::Request request;
    request.endpoint = *endpoint;
    request.role = RtmpRole::publish;
    return request;
}

Counts from_keyframe(Counts published) {
    published.pictures =
        (published.pictures + pictures_per_group - 1) / pictures_per_group * pictures_per_group;
    return published;
}

RtmpTime media_time(std::uint32_t count, double per_second) {
    return RtmpTime(static_cast<std::uint32_t>(count * 1000.0 / per_second));
}

}  // namespace

Publisher::Publisher(const std::string& url, const Counts& published)
    : published_(from_keyframe(published)), first_(published_) {
    thread_ = std::thread([this, request = request_for(url)] { run(request); });
}

Publisher::~Publisher() {
    is_ending_ = true;
    end();
}

void Publisher::leave() {
    is_leaving_ = true;
    end();
}

void Publisher::end() {
    loop_.wake();
    if (thread_.joinable()) thread_.join();
}

Counts Publisher::published() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

std::optional<std::string> Publisher::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void Publisher::run(ClientConnection::Request request) {
    ClientConnection connection(loop_, std::move(request));
    bool says_goodbye = false;
    while (!is_ending_) {
        loop_.run_once(Deadline::after(turn));
        if (const auto ending = connection.ending()) {
            const std::lock_guard lock(mutex_);
            trouble_ = ending->detail.empty() ? "the connection ended" : ending->detail;
            return;
        }
        if (is_leaving_) {
            if (!std::exchange(says_goodbye, true)) {
                connection.finish(Deadline::after(longest_goodbye));
            }
        } else if (connection.is_accepted()) {
            publish_due(connection);
        }
    }
}

/// What an encoder would have sent by now. Where the server takes nothing, it waits, as an
/// encoder's does.
void Publisher::publish_due(ClientConnection& connection) {
    if (!begun_) {
        for (const Tag& each : headers()) connection.send(each);
        begun_ = SteadyClock::now();
        is_accepted_ = true;
    }
    const auto due = [&](double per_second) {
        const std::chrono::duration<double> passed = SteadyClock::now() - *begun_;
        return static_cast<std::uint32_t>(passed.count() * per_second) + 1;
    };
    Counts now = published();
    while (connection.is_ready()) {
        const std::uint32_t pictures = now.pictures - first_.pictures;
        const std::uint32_t sounds = now.sounds - first_.sounds;
        const RtmpTime picture_at = media_time(pictures, pictures_per_second);
        const RtmpTime sound_at = media_time(sounds, sounds_per_second);
        const bool has_picture = pictures < due(pictures_per_second);
        const bool has_sound = sounds < due(sounds_per_second);
        if (has_picture && (!has_sound || picture_at.since(sound_at) <= 0)) {
            connection.send(picture(picture_at, {now.pictures, SteadyClock::now()}));
            ++now.pictures;
        } else if (has_sound) {
            connection.send(sound(sound_at, {now.sounds, SteadyClock::now()}));
            ++now.sounds;
        } else {
            break;
        }
        const std::lock_guard lock(mutex_);
        published_ = now;
    }
}

}  // namespace restream::selftest
