#include "process/command_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace restream::test {

namespace {

/// A file without a name: nothing to clean up, and a relay that kept it open by mistake hangs
/// nobody.
Fd anonymous_file(const std::string& content) {
    Fd file(::memfd_create("captured", MFD_CLOEXEC));
    if (!file.is_open()) throw std::runtime_error("memfd_create failed");
    if (!write_all(file, content)) throw std::runtime_error("writing to a memfd failed");
    ::lseek(static_cast<int>(file.native()), 0, SEEK_SET);
    return file;
}

std::string content_of(const Fd& file) {
    std::string text;
    char block[4096];
    while (true) {
        const ssize_t got = ::pread(static_cast<int>(file.native()), block, sizeof block,
                                    static_cast<off_t>(text.size()));
        if (got <= 0) return text;
        text.append(block, static_cast<std::size_t>(got));
    }
}

}  // namespace

std::string Outcome::describe() const {
    return fmt::format("exit status {} after {} ms\n--- stdout\n{}--- stderr\n{}---", status,
                       elapsed.count(), output, error);
}

CommandRun::CommandRun(const CommandLine& line)
    : output_(anonymous_file("")), error_(anonymous_file("")), begun_(SteadyClock::now()) {
    Fd input = anonymous_file(line.input);
    SpawnRequest request;
    request.program = line.program;
    request.arguments = line.arguments;
    request.with_variables = line.variables;
    request.without_variables = line.without_variables;
    request.input = &input;
    request.output = &output_;
    request.error = &error_;
    child_.emplace(ChildProcess::spawn(request));
}

CommandRun::~CommandRun() {
    if (!output_.is_open() || child_->try_wait()) return;
    child_->ask(Ask::kill);
    child_->wait(Deadline::after(std::chrono::seconds(5)));
}

Outcome CommandRun::wait(Milliseconds longest) {
    Outcome outcome;
    CountedTime waited;
    std::optional<int> status;
    do {
        status = child_->wait(Deadline::after(CountedTime::between_looks));
        counted_.passed();
    } while (!status && waited.passed() < longest);
    outcome.status = status.value_or(-1);
    outcome.elapsed = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun_);
    outcome.counted = counted_.passed();
    outcome.output = output();
    outcome.error = error();
    return outcome;
}

bool CommandRun::interrupt() const { return ::kill(pid(), SIGINT) == 0; }
std::string CommandRun::output() const { return content_of(output_); }
std::string CommandRun::error() const { return content_of(error_); }

Outcome run_command_line(const CommandLine& line, Milliseconds longest) {
    CommandRun run(line);
    return run.wait(longest);
}

}  // namespace restream::test
