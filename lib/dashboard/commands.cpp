#include "dashboard/commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

/// A doctor's or explainer's document for many destinations.
constexpr std::size_t longest_document_bytes = 4 * 1024 * 1024;

/// What a command says is for people; a crash may say pages.
constexpr std::size_t longest_line_bytes = 1000;
constexpr std::size_t most_lines = 20;

Captured run_program(const CommandMeans& means, const CommandRun& run) {
    SpawnRequest request;
    request.program = means.programs / ("restream-" + run.verb);
    if (run.asked_by) request.arguments = {"--asked-by", to_json_line(*run.asked_by)};
    request.arguments.insert(request.arguments.end(), run.arguments.begin(), run.arguments.end());
    request.with_variables = folder_variables(means.config, means.state);
    request.with_variables.emplace_back("NO_COLOR", "1");
    request.without_variables = means.without_variables;
    request.longest_output_bytes = longest_document_bytes;
    request.outlives_its_starter = run.is_change;
    return run_captured(std::move(request), Deadline::after(run.patience),
                        run.is_change ? std::function<bool()>() : means.is_cancelled);
}

/// The lines, without "restream-VERB: " before them.
std::vector<std::string> messages_of(const std::string& text, const std::string& verb) {
    const std::string name = fmt::format("restream-{}: ", verb);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.starts_with(name)) line.erase(0, name.size());
        line.resize(std::min(line.size(), longest_line_bytes));
        if (!line.empty() && lines.size() < most_lines) lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
}

/// How a command that printed no document is told.
Answer failure(int status, const std::vector<std::string>& messages, const std::string& verb) {
    std::string words = fmt::format("{}", fmt::join(messages, "; "));
    if (words.empty()) words = fmt::format("restream {} failed without a word", verb);
    return refusal_of(static_cast<ErrorKind>(status), words);
}

Answer too_late(const CommandRun& run) {
    return refusal(504, "too_late",
                   fmt::format("restream {} took longer than {} and was ended", run.verb,
                               format_duration(run.patience)),
                   run.is_change ? "look at the status: what it had begun may be done"
                                 : "run it in a terminal, to see what it waits for");
}

}  // namespace

Answer run_command_for(const CommandMeans& means, const CommandRun& run) {
    const Captured captured = run_program(means, run);
    const auto messages = messages_of(captured.error, run.verb);
    if (captured.timed_out) return too_late(run);
    auto document = parse_json(captured.output);
    // Not if a signal ended it.
    const bool is_audited = run.is_change && captured.status <= 255;
    if (!document || !document->is_object()) {
        Answer answer = failure(captured.status, messages, run.verb);
        answer.is_audited = is_audited;
        return answer;
    }
    (*document)["exit_status"] = captured.status;
    (*document)["messages"] = messages;
    Answer answer;
    answer.is_audited = is_audited;
    answer.body = document->dump(2) + "\n";
    return answer;
}

Answer run_query_for(const CommandMeans& means, const CommandRun& run) {
    const Captured captured = run_program(means, run);
    if (captured.timed_out) return too_late(run);
    if (!parse_json(captured.output)) {
        return failure(captured.status, messages_of(captured.error, run.verb), run.verb);
    }
    Answer answer;
    answer.body = captured.output;
    return answer;
}

}  // namespace restream
