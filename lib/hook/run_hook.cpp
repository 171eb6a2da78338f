#include "hook/run_hook.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/key.hpp"
#include "hook/http_post.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

/// Before the second and third try of a connection.
constexpr std::array pauses = {Milliseconds(250), Milliseconds(1000)};

std::string first_line(std::string_view text) {
    std::string line = visible_text(text.substr(0, text.find('\n')).substr(0, 300));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

/// The body on a pipe that holds it all: nobody has to wait until the command reads it.
Fd filled_pipe(const std::string& body) {
    Pipe pipe = make_pipe();
    write_all(pipe.write_end, body);
    return std::move(pipe.read_end);
}

std::string run_command(const HookJob& job, const HookCommand& command) {
    const Deadline deadline = Deadline::after(job.hook.deadline);
    Fd input = filled_pipe(job.body + "\n");
    SpawnRequest request = shell_request(command.line);
    request.working_directory = command.folder;
    request.input = &input;
    request.takes_group_along = true;
    request.with_variables = {{"RESTREAM_EVENT", job.event},
                              {"RESTREAM_DESTINATION", job.destination},
                              {"RESTREAM_RELAY", job.relay},
                              {"RESTREAM_STATE", job.state},
                              {"RESTREAM_REASON", job.reason}};
    const Captured ended = run_captured(std::move(request), deadline);
    if (ended.timed_out) {
        return fmt::format("the command did not end within {}, and was killed",
                           format_duration(job.hook.deadline));
    }
    if (ended.status == 0) return "";
    const std::string how =
        ended.status < 256 ? fmt::format("the command ended with status {}", ended.status)
                           : fmt::format("the command was ended by signal {}", ended.status - 256);
    const std::string words = first_line(ended.error);
    return words.empty() ? how : how + ": " + words;
}

std::string status_problem(int status) {
    if (status >= 200 && status < 300) return "";
    if (status >= 300 && status < 400) {
        return fmt::format(
            "the webhook answered with {}: redirects are not followed; write the "
            "new URL into on_state",
            status);
    }
    return fmt::format("the webhook answered with {}", status);
}

std::string post(const HookJob& job, const Webhook& webhook) {
    const Deadline deadline = Deadline::after(job.hook.deadline);
    const auto url = resolve_webhook(webhook);
    if (const auto* problem = std::get_if<KeyProblem>(&url)) return problem->message;
    const HttpTarget target = http_target(std::get<Secret>(url));
    HttpOutcome outcome = http_post(target, job.body, deadline);
    for (const Milliseconds pause : pauses) {
        if (!outcome.may_try_again || deadline.left() <= pause) break;
        wait_until(Deadline::after(pause), [] { return false; });
        outcome = http_post(target, job.body, deadline);
    }
    if (outcome.status) return status_problem(*outcome.status);
    return fmt::format("posting to {}: {}", target.address(), outcome.problem);
}

}  // namespace

std::string run_hook(const HookJob& job) {
    try {
        if (const auto* command = std::get_if<HookCommand>(&job.hook.what)) {
            return run_command(job, *command);
        }
        if (const auto* webhook = std::get_if<Webhook>(&job.hook.what)) return post(job, *webhook);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace restream
