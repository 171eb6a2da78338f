#include "worker/errands.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "relay/worker_kind.hpp"
#include "system/messages.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_questions(50);
/// Longer than any secret or reason.
constexpr std::size_t longest_answer_bytes = 16 * 1024;

ChildProcess start(const std::filesystem::path& programs, const std::string& relay,
                   std::vector<std::string> without_variables, Fd& line) {
    MessageEnds ends = make_message_ends();
    SpawnRequest request;
    request.program = programs / "restream-errands";
    request.arguments = {relay};
    request.without_variables = std::move(without_variables);
    request.input = &ends.other;
    request.is_detached = true;  // what the worker asks for last is done when that has gone
    ChildProcess child = ChildProcess::spawn(request);
    line = std::move(ends.one);
    return child;
}

}  // namespace

Errands::Errands(const std::filesystem::path& programs, const std::string& relay,
                 std::vector<std::string> without_variables)
    : child_(start(programs, relay, std::move(without_variables), line_)) {}

bool Errands::has_gone() const {
    return wait_readable(child_.exit_event(), Deadline::after(Milliseconds(0)));
}

void Errands::look() const noexcept {
    try {
        send_message(line_, to_text(LookErrand{}), {});
    } catch (const std::exception&) {
        // The next errand reports that nobody does it.
    }
}

Errands::StartHook Errands::hook_starter() const {
    return [this](Fd input, Fd words) {
        send_message(line_, to_text(HookErrand{}), {&input, &words});
    };
}

Errands::StartSlate Errands::slate_starter() const {
    return [this](const SlateShape& shape, const std::filesystem::path& picture,
                  const std::filesystem::path& file, Fd words) {
        send_message(line_, to_text(SlateErrand{shape, picture, file.filename().string()}),
                     {&words});
    };
}

RunSecretCommand Errands::secret_runner(std::function<bool()> is_cancelled) const {
    return
        [this, is_cancelled = std::move(is_cancelled)](SecretOf which, const Deadline& deadline) {
            return secret(which, deadline, is_cancelled);
        };
}

std::variant<Secret, KeyProblem> Errands::secret(SecretOf which, const Deadline& deadline,
                                                 const std::function<bool()>& is_cancelled) const {
    Pipe answer = make_pipe();
    try {
        send_message(line_, to_text(SecretErrand{which}), {&answer.write_end});
    } catch (const Error& error) {
        return KeyProblem{std::string("the key command can't be started: ") + error.what()};
    }
    answer.write_end.close();
    std::string said;
    while (said.size() < longest_answer_bytes) {
        if (deadline.has_passed() || (is_cancelled && is_cancelled())) {
            return KeyProblem{"the key command did not end in time and was killed"};
        }
        const auto pause = std::min(deadline.left(), between_questions);
        if (!wait_readable(answer.read_end, Deadline::after(pause))) continue;
        std::array<char, 4096> block{};
        const std::size_t got = read_some(answer.read_end, block);
        if (got == 0) break;
        said.append(block.data(), got);
    }
    if (said.starts_with('-')) return KeyProblem{said.substr(1)};
    if (!said.starts_with('+')) {
        return KeyProblem{"restream-errands, which runs the key command, ended without an answer"};
    }
    Secret secret(said.substr(1));
    std::ranges::fill(said, '\0');
    return secret;
}

bool needs_errands(const Destination& destination) {
    const auto is_command = [](const KeyReference& reference) {
        return std::holds_alternative<KeyCommand>(reference);
    };
    return destination.on_state.is_there() || is_command(destination.key) ||
           is_command(destination.passphrase) || is_command(destination.stream_id) ||
           (destination.on_ingest_loss == OnIngestLoss::slate &&
            worker_kind(destination.url) == WorkerKind::rtmp);
}

}  // namespace restream
