#include "worker/plan_watch.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace restream {

namespace fs = std::filesystem;

namespace {

bool is_same_command(const KeyReference& one, const KeyReference& other) {
    const auto* first = std::get_if<KeyCommand>(&one);
    const auto* second = std::get_if<KeyCommand>(&other);
    return first != nullptr && second != nullptr && first->command == second->command;
}

std::string mark_of(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return "-\n";
    const auto time = fs::last_write_time(file, error);
    if (error) return "-\n";
    return fmt::format("{} {}\n", size, time.time_since_epoch().count());
}

}  // namespace

void PlanWatch::use(const Plan& plan) {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
    plan_->config.destinations.clear();  // one of 100 is enough
    files_ = {plan.config.directory / "restream.toml", plan.destination.origin};
    for (const auto* each :
         {&plan.destination.key, &plan.destination.passphrase, &plan.destination.stream_id}) {
        if (const auto* file = std::get_if<KeyFile>(each)) files_.push_back(file->path);
    }
    // The first look reads all: a file may have changed since the plan was made.
    seen_.clear();
    has_changed_ = false;
}

bool PlanWatch::has_changed() {
    const std::lock_guard lock(mutex_);
    if (!plan_) return false;
    std::string now = mark();
    if (now == seen_) return has_changed_;
    // From before they are read: what changes meanwhile is seen at the next look.
    seen_ = std::move(now);
    if (auto plan = read_()) has_changed_ = is_other(std::move(*plan));
    return has_changed_;
}

std::string PlanWatch::mark() const {
    std::string text;
    for (const auto& each : files_) text += mark_of(each);
    return text;
}

bool PlanWatch::is_other(Plan now) const {
    const Destination& fields = now.destination;
    const Destination& before = plan_->destination;
    if (is_same_command(fields.key, before.key)) {
        now.key = plan_->key;
        // Where nothing else says it, the key is SRT's stream ID, too.
        const bool is_stream_id = std::holds_alternative<std::monostate>(fields.stream_id) &&
                                  now.srt.stream_id.is_empty();
        if (is_stream_id) now.srt.stream_id = plan_->srt.stream_id;
    }
    if (is_same_command(fields.passphrase, before.passphrase)) {
        now.srt.passphrase = plan_->srt.passphrase;
    }
    if (is_same_command(fields.stream_id, before.stream_id)) {
        now.srt.stream_id = plan_->srt.stream_id;
    }
    return !are_same(now, *plan_);
}

}  // namespace restream
