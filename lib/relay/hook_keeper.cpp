#include "relay/hook_keeper.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.hpp"

namespace restream {

namespace {

/// For restream-hook to start, and to tell of a hook that was killed at its deadline.
constexpr Milliseconds slack = std::chrono::seconds(5);
constexpr std::size_t longest_words_bytes = 1000;

}  // namespace

HookKeeper::HookKeeper(Means means) : means_(std::move(means)) {}

HookKeeper::~HookKeeper() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        wake_.write_end.close();
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void HookKeeper::use(const Destination& destination, std::vector<std::string> without_variables) {
    const std::lock_guard lock(mutex_);
    hook_ = destination.on_state;
    service_ = destination.service;
    url_ = destination.display_url();
    without_variables_ = std::move(without_variables);
    begin_telling();
}

void HookKeeper::use(const StateHook& hook, std::string url,
                     std::vector<std::string> without_variables) {
    const std::lock_guard lock(mutex_);
    hook_ = hook;
    url_ = std::move(url);
    without_variables_ = std::move(without_variables);
    begin_telling();
}

/// REQUIRES: the lock is held.
void HookKeeper::begin_telling() {
    queue_.keep_only(*hook_);
    if (!hook_->is_there()) {
        queue_.clear();
        return;
    }
    try {
        if (!wake_.read_end.is_open()) wake_ = make_pipe();
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    } catch (const std::exception& error) {
        means_.log(fmt::format("on_state: can't be told: {}", error.what()));
    }
    changed_.notify_all();
}

void HookKeeper::tell(const Record& record) {
    const std::lock_guard lock(mutex_);
    const auto previous = last_ ? std::optional<State>(last_->state) : std::nullopt;
    HookEvent event = hook_event(record, previous, SteadyClock::now());
    if (last_ && !is_news(event, *last_)) return;
    last_ = event;
    push(std::move(event));
}

void HookKeeper::tell(HookEvent event) {
    const std::lock_guard lock(mutex_);
    push(std::move(event));
}

/// REQUIRES: the lock is held.
void HookKeeper::push(HookEvent event) {
    if (hook_ && (!hook_->is_there() || !hook_->tells(event.state_name()))) return;
    queue_.push(std::move(event));
    changed_.notify_all();
}

void HookKeeper::run() {
    std::unique_lock lock(mutex_);
    while (const auto task = next(lock)) {
        lock.unlock();
        perform(*task);
        lock.lock();
    }
    lock.unlock();
    hand_over(nullptr);
}

/// **Blocks**: until there is one; nothing at the end.
std::optional<HookKeeper::Task> HookKeeper::next(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock,
                  [&] { return is_ending_ || (hook_ && hook_->is_there() && !queue_.is_empty()); });
    if (is_ending_) return std::nullopt;
    return task_of(*queue_.pop());
}

/// REQUIRES: there is a hook, and the lock is held.
HookKeeper::Task HookKeeper::task_of(HookEvent event) const {
    // The first event is older than the first look at the configuration.
    event.service = service_;
    event.url = url_;
    return {hook_job(*hook_, event), without_variables_};
}

void HookKeeper::perform(const Task& task) {
    auto run = begin(task);
    if (!run) return;
    const auto end = Deadline::after(task.job.hook.deadline + slack);
    const std::string words = hear(*run, end);
    if (is_ending()) {
        hand_over(&*run);
        return;
    }
    run->input.close();
    const std::string how = await_end(*run, end);
    if (words.empty()) {
        report(how);
    } else {
        report(words == "done" ? "" : words);
    }
}

/// How it ended, for where it said nothing. **Blocks**: until then, or the deadline: then it is
/// killed, where it is ours.
std::string HookKeeper::await_end(Run& run, const Deadline& deadline) {
    if (!run.child) {
        hear(run, deadline);  // to its end: it says one line
        return "restream-hook ended without a result";
    }
    const auto status = run.child->wait(deadline);
    if (status) return fmt::format("restream-hook ended without a result ({})", *status);
    run.child->ask(Ask::kill);
    return "restream-hook hung, and was killed";
}

ChildProcess HookKeeper::start(const Task& task, Fd& input, Fd& words) const {
    SpawnRequest request;
    request.program = means_.programs / "restream-hook";
    request.without_variables = task.without_variables;
    std::erase(request.without_variables, task.job.hook.variable());
    request.input = &input;
    request.output = &words;
    request.is_detached = true;  // it may outlive this process by what it was handed last
    return ChildProcess::spawn(request);
}

/// Starts restream-hook, and gives it the job.
std::optional<HookKeeper::Run> HookKeeper::begin(const Task& task) {
    try {
        Pipe input = make_pipe();
        Pipe words = make_pipe();
        Run run{{}, std::move(input.write_end), std::move(words.read_end)};
        if (means_.start) {
            means_.start(std::move(input.read_end), std::move(words.write_end));
        } else {
            run.child = start(task, input.read_end, words.write_end);
            input.read_end.close();
            words.write_end.close();
        }
        // Far less than a pipe holds: it never waits for its reader.
        write_all(run.input, to_line(task.job) + "\n");
        return run;
    } catch (const Error& error) {
        report(fmt::format("can't be told: {}", error.what()));
        return std::nullopt;
    }
}

/// Its line, less the end; empty where it ended without one. **Blocks**: until then, or until this
/// process is about to end, or the deadline.
std::string HookKeeper::hear(Run& run, const Deadline& deadline) {
    std::string words;
    while (words.size() < longest_words_bytes && words.find('\n') == std::string::npos) {
        if (!wait_any_readable({&run.words, &wake_.read_end}, deadline) || is_ending()) break;
        std::array<char, 256> block{};
        const std::size_t got = read_some(run.words, block);
        if (got == 0) break;
        words.append(block.data(), got);
    }
    return words.substr(0, words.find('\n'));
}

/// The newest event that waits, to the restream-hook that runs, else to one of its own.
void HookKeeper::hand_over(Run* run) {
    std::optional<Task> task;
    {
        const std::lock_guard lock(mutex_);
        if (!hook_ || !hook_->is_there()) return;
        if (auto event = queue_.pop_last()) {
            task = task_of(std::move(*event));
        }
    }
    if (!task) return;
    if (run != nullptr) {
        write_all(run->input, to_line(task->job) + "\n");
    } else {
        begin(*task);
    }
}

bool HookKeeper::is_ending() const {
    const std::lock_guard lock(mutex_);
    return is_ending_;
}

/// Once, until something else goes wrong, or nothing.
void HookKeeper::report(const std::string& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    if (!problem.empty()) means_.log("on_state: " + problem);
}

}  // namespace restream
