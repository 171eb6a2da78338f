#include "dashboard/thumbnail.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/key.hpp"

namespace restream {

namespace {

/// A late player of a server without a cache waits for the next keyframe.
constexpr auto patience = std::chrono::seconds(12);
constexpr Milliseconds between_pictures(3000);
constexpr Milliseconds longest_between_pictures(10'000);
/// Of the time between two pictures one part in this many may be processor's: 0.4 % of a core.
constexpr int least_rest_per_cost = 250;
/// Where there is none, with sound only say, to look for one costs a connection of two seconds.
constexpr Milliseconds rest_without_picture(5000);
constexpr Milliseconds longest_rest(30'000);

}  // namespace

Milliseconds rest_after_picture(Milliseconds took, Milliseconds cost) {
    const auto interval =
        std::clamp(cost * least_rest_per_cost, between_pictures, longest_between_pictures);
    // Where it waits for keyframes it is sent all there is: no more than half of the time.
    return std::max(interval - took, took);
}

Milliseconds rest_after_failure(int failures) {
    constexpr int most_doublings = 4;
    return std::min(between_pictures * (1 << std::clamp(failures - 1, 0, most_doublings)),
                    longest_rest);
}

PictureProcess::Made Thumbnail::make() {
    try {
        const auto config = configs_.current();
        auto without = key_variables(*config);
        if (process_ && process_->without_variables() != without) process_.reset();
        // It decodes what a publisher sends: no secret is in its reach.
        if (!process_) process_ = std::make_unique<PictureProcess>(means_, std::move(without));
        return process_->make(config->ingest.url, Deadline::after(patience));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::config) return PictureProcess::None{};
        return PictureProcess::Broken{};  // No picture is no harm.
    }
}

Milliseconds Thumbnail::renew() {
    const std::lock_guard lock(making_);
    const SteadyTime begun = SteadyClock::now();
    auto made = make();
    if (std::holds_alternative<PictureProcess::Broken>(made)) {
        process_.reset();
        drop();
        return rest_after_failure(++failures_);
    }
    failures_ = 0;
    auto* picture = std::get_if<PictureProcess::Picture>(&made);
    if (picture == nullptr) {
        drop();
        return rest_without_picture;
    }
    keep(std::move(picture->jpeg));
    return rest_after_picture(std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun),
                              picture->cost);
}

void Thumbnail::end() {
    const std::lock_guard lock(making_);
    process_.reset();
    failures_ = 0;
    drop();
}

void Thumbnail::keep(std::string jpeg) {
    const std::lock_guard lock(mutex_);
    if (picture_ && picture_->jpeg == jpeg) return;
    picture_ =
        std::make_shared<const Picture>(Picture{std::move(jpeg), std::chrono::system_clock::now()});
}

void Thumbnail::drop() {
    const std::lock_guard lock(mutex_);
    picture_ = nullptr;
}

std::shared_ptr<const Thumbnail::Picture> Thumbnail::picture() const {
    const std::lock_guard lock(mutex_);
    return picture_;
}

}  // namespace restream
