#include "worker/errand_runner.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"
#include "relay/carried.hpp"
#include "relay/hook_job.hpp"
#include "system/messages.hpp"

namespace restream {

namespace {

/// Each is a change of the configuration since the worker was started.
constexpr std::size_t most_remembered = 8;
constexpr std::size_t most_children = 8;
constexpr Milliseconds patience = std::chrono::seconds(10);

template <typename Value>
void remember(std::vector<Value>& values, Value value) {
    values.push_back(std::move(value));
    if (values.size() > most_remembered) values.erase(values.begin());
}

std::string text_of(const std::variant<Secret, KeyProblem>& found) {
    if (const auto* secret = std::get_if<Secret>(&found)) return "+" + secret->reveal();
    return "-" + std::get<KeyProblem>(found).message;
}

/// What the command of this field prints; nothing else is read.
std::string answer_of(const Destination& destination, SecretOf which,
                      const std::function<bool()>& is_cancelled) {
    const auto read = [&](const KeyReference& reference, decltype(&resolve_key) resolve) {
        if (!std::holds_alternative<KeyCommand>(reference)) {
            return std::string("-the configuration has changed: no command prints this secret");
        }
        return text_of(resolve(destination, Deadline::after(patience), is_cancelled));
    };
    switch (which) {
        case SecretOf::passphrase:
            return read(destination.passphrase, &resolve_passphrase);
        case SecretOf::stream_id:
            return read(destination.stream_id, &resolve_stream_id);
        case SecretOf::key:
            break;
    }
    return read(destination.key, &resolve_key);
}

}  // namespace

ErrandRunner::ErrandRunner(std::string relay, Means means)
    : relay_(std::move(relay)), means_(std::move(means)) {
    look();
}

ErrandRunner::~ErrandRunner() {
    // Where its worker has gone, nobody reads the answer, and the command is killed.
    if (secret_.joinable()) secret_.join();
}

void ErrandRunner::run(const Fd& worker) {
    for (;;) {
        std::vector<const Fd*> waited = {&worker};
        for (const ChildProcess& each : children_) waited.push_back(&each.exit_event());
        wait_any_readable(std::span<const Fd* const>(waited), Deadline::never());
        reap();
        if (!wait_readable(worker, Deadline::after(Milliseconds(0)))) continue;
        auto message = receive_message(worker);
        if (!message) return;
        const auto errand = errand_from_text(message->text);
        // What is left undone, the worker sees from the ends of its pipes.
        if (errand) perform(*errand, std::move(message->handed_on));
    }
}

/// Where the configuration is broken, what it was goes on.
void ErrandRunner::look() {
    try {
        const Config config = means_.load();
        destination_ = carried(config, relay_);
        key_variables_ = key_variables(config);
    } catch (const Error&) {
        return;
    }
    const auto is_known = [&](const StateHook& each) {
        return to_line(each) == to_line(destination_->on_state);
    };
    if (destination_->on_state.is_there() && !std::ranges::any_of(hooks_, is_known)) {
        remember(hooks_, destination_->on_state);
    }
    const auto& picture = destination_->slate.picture;
    if (!picture.empty() && std::ranges::find(pictures_, picture) == pictures_.end()) {
        remember(pictures_, picture);
    }
}

void ErrandRunner::perform(const Errand& errand, std::vector<Fd> handed_on) {
    look();
    // A worker has one hook and one slate made at a time.
    if (children_.size() >= most_children) return;
    try {
        if (std::holds_alternative<HookErrand>(errand) && handed_on.size() == 2) {
            start_hook(std::move(handed_on[0]), std::move(handed_on[1]));
        } else if (const auto* slate = std::get_if<SlateErrand>(&errand)) {
            if (handed_on.size() == 1) start_slate(*slate, std::move(handed_on[0]));
        } else if (const auto* secret = std::get_if<SecretErrand>(&errand)) {
            if (handed_on.size() == 1) begin_secret(secret->which, std::move(handed_on[0]));
        }
    } catch (const std::exception&) {
        // No process, no pipe, no thread: as above.
    }
}

/// Which hooks it may run is told to restream-hook through a pipe of its own, before the worker's
/// jobs.
void ErrandRunner::start_hook(Fd input, Fd words) {
    Pipe known = make_pipe();
    SpawnRequest request;
    request.program = means_.programs / "restream-hook";
    request.without_variables = key_variables_;
    std::string lines;
    for (const StateHook& each : hooks_) {
        lines += to_line(each) + "\n";
        std::erase(request.without_variables, each.variable());
    }
    request.input = &input;
    request.output = &words;
    request.inherited = {&known.read_end};
    request.is_detached = true;  // it may outlive this process by what it was handed last
    children_.push_back(ChildProcess::spawn(request));
    known.read_end.close();
    write_all(known.write_end, lines);
}

void ErrandRunner::start_slate(const SlateErrand& errand, Fd words) {
    const std::filesystem::path file = errand.file;
    const bool is_known =
        errand.picture.empty() || std::ranges::find(pictures_, errand.picture) != pictures_.end();
    if (!is_known || file.filename() != file || file.extension() != ".flv") {
        write_all(words, "the configuration names no such picture any more\n");
        return;
    }
    SpawnRequest request;
    request.program = means_.programs / "restream-slate";
    request.arguments = slate_arguments(errand.shape, errand.picture);
    request.arguments.push_back((means_.slates / file).string());
    request.without_variables = key_variables_;
    request.error = &words;
    request.dies_with_parent = true;
    children_.push_back(ChildProcess::spawn(request));
}

/// On a thread of its own: a command may take its time, and hooks are told meanwhile.
void ErrandRunner::begin_secret(SecretOf which, Fd answer) {
    // The worker asks for one after the other: the one before has answered, or is cancelled.
    if (secret_.joinable()) secret_.join();
    if (!destination_) return;
    secret_ = std::thread([destination = *destination_, which, answer = std::move(answer)] {
        const auto is_cancelled = [&] { return !has_reader(answer); };
        write_all(answer, answer_of(destination, which, is_cancelled));
    });
}

void ErrandRunner::reap() {
    std::erase_if(children_, [](ChildProcess& each) { return each.try_wait().has_value(); });
}

}  // namespace restream
