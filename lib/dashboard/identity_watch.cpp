#include "dashboard/identity_watch.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace restream {

namespace {

constexpr auto between_looks = std::chrono::seconds(1);

}  // namespace

IdentityWatch::IdentityWatch(TlsFiles files, Complain complain)
    : files_(std::move(files)),
      complain_(std::move(complain)),
      loaded_(stamps()),  // before they are read: what is written meanwhile is another one
      identity_(std::make_shared<TlsIdentity>(files_)) {}

std::array<IdentityWatch::Stamp, 2> IdentityWatch::stamps() const {
    const auto stamp_of = [](const std::filesystem::path& file) {
        // A link counts as what it leads to: certbot's are links.
        std::error_code error;
        Stamp stamp;
        stamp.written = std::filesystem::last_write_time(file, error);
        stamp.size = std::filesystem::file_size(file, error);
        return stamp;
    };
    return {stamp_of(files_.certificate), stamp_of(files_.key)};
}

std::shared_ptr<const TlsIdentity> IdentityWatch::current(SteadyTime now) {
    if (now - looked_at_ < between_looks) return identity_;
    looked_at_ = now;
    const auto found = stamps();
    if (found == loaded_) return identity_;
    try {
        identity_ = std::make_shared<TlsIdentity>(files_);
        loaded_ = found;
        last_problem_.clear();
    } catch (const Error& error) {
        if (error.what() != last_problem_) {
            last_problem_ = error.what();
            complain_(
                fmt::format("{}; the dashboard keeps the previous certificate", last_problem_));
        }
    }
    return identity_;
}

}  // namespace restream
