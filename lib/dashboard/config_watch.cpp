#include "dashboard/config_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

std::string mark_of(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return file.string() + " -\n";
    const auto time = fs::last_write_time(file, error);
    if (error) return file.string() + " -\n";
    return fmt::format("{} {} {}\n", file.string(), size, time.time_since_epoch().count());
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
    try {
        config_ = std::make_shared<const Config>(load_config(directory_));
    } catch (const Error& error) {
        config_ = nullptr;
        problem_ = error.what();
    }
    // From before it was read: what changes meanwhile is seen the next time.
    seen_ = std::move(now);
}

std::shared_ptr<const Config> ConfigWatch::current() {
    const std::lock_guard lock(mutex_);
    look();
    if (!config_) throw Error(ErrorKind::config, problem_);
    return config_;
}

std::uint64_t ConfigWatch::generation() {
    const std::lock_guard lock(mutex_);
    look();
    return generation_;
}

}  // namespace restream
