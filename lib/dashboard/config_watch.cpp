#include "dashboard/config_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// As coarse as a file system's clock may be: within it, a file can change and keep its time.
constexpr auto one_tick = std::chrono::seconds(2);
constexpr std::uintmax_t longest_file_bytes = 1024 * 1024;

/// Nothing but its content tells whether a file that is so new changes again.
std::size_t content_mark(const fs::path& file) {
    return std::hash<std::string>()(try_read_file(file, longest_file_bytes).value_or(""));
}

std::string mark_of(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return file.string() + " -\n";
    const auto time = fs::last_write_time(file, error);
    if (error) return file.string() + " -\n";
    const auto age = fs::file_time_type::clock::now() - time;
    const bool is_new = age >= -one_tick && age < one_tick;
    return fmt::format("{} {} {} {}\n", file.string(), size, time.time_since_epoch().count(),
                       is_new ? content_mark(file) : 0);
}

}  // namespace

ConfigWatch::ConfigWatch(fs::path directory, fs::path share)
    : directory_(std::move(directory)), share_(std::move(share)) {}

std::string ConfigWatch::fingerprint() const {
    std::vector<fs::path> files = {directory_ / "restream.toml", share_ / "services.toml"};
    std::error_code error;
    fs::directory_iterator entry(directory_ / "destinations.d", error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (entry->path().extension() == ".toml") files.push_back(entry->path());
    }
    std::ranges::sort(files);
    std::string text;
    for (const auto& each : files) text += mark_of(each);
    return text;
}

void ConfigWatch::look() {
    std::string now = fingerprint();
    if (now == seen_ && generation_ > 0) return;
    ++generation_;
    reading_ = std::make_shared<const ConfigReading>(read_config(directory_));
    // From before it was read: what changes meanwhile is seen the next time.
    seen_ = std::move(now);
}

ConfigWatch::Seen ConfigWatch::now() {
    const std::lock_guard lock(mutex_);
    look();
    if (reading_->problem) throw Error(ErrorKind::config, reading_->problem->message);
    return {{reading_, &reading_->config}, generation_};
}

ConfigWatch::Read ConfigWatch::read() {
    const std::lock_guard lock(mutex_);
    look();
    return {reading_, generation_};
}

}  // namespace restream
