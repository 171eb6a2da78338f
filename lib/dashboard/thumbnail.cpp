#include "dashboard/thumbnail.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "config/config.hpp"
#include "config/key.hpp"

namespace restream {

namespace {

/// A late player of a server without a cache waits for the next keyframe.
constexpr auto patience = std::chrono::seconds(12);
constexpr std::size_t longest_picture_bytes = 256 * 1024;

std::string make(const CommandMeans& means) {
    SpawnRequest request;
    request.program = means.programs / "restream-thumbnail";
    request.with_variables = folder_variables(means.config, means.state);
    request.longest_output_bytes = longest_picture_bytes;
    try {
        // It decodes what a publisher sends: no secret is in its reach.
        request.without_variables = key_variables(load_config(means.config));
        Captured captured =
            run_captured(std::move(request), Deadline::after(patience), means.is_cancelled);
        const bool is_jpeg = captured.status == 0 && captured.output.size() > 4 &&
                             captured.output.starts_with("\xFF\xD8\xFF") &&
                             captured.output.ends_with("\xFF\xD9");
        return is_jpeg ? std::move(captured.output) : std::string();
    } catch (const Error&) {
        return {};  // No picture is no harm.
    }
}

}  // namespace

bool Thumbnail::renew() {
    std::string jpeg = make(means_);
    if (jpeg.empty()) return drop();
    auto picture =
        std::make_shared<const Picture>(Picture{std::move(jpeg), std::chrono::system_clock::now()});
    const std::lock_guard lock(mutex_);
    picture_ = std::move(picture);
    return true;
}

bool Thumbnail::drop() {
    const std::lock_guard lock(mutex_);
    return std::exchange(picture_, nullptr) != nullptr;
}

std::shared_ptr<const Thumbnail::Picture> Thumbnail::picture() const {
    const std::lock_guard lock(mutex_);
    return picture_;
}

}  // namespace restream
