#include "command.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>

#include "audited_change.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

/// A full disk or a closed output must not pass as success.
int check_output(std::string_view verb, int status) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    complain(verb, fmt::format("writing the output: {}", std::strerror(errno)));
    return static_cast<int>(ErrorKind::refused);
}

/// If the audit log can't be written, the change stays. `has_returned`: the command threw nothing.
/// A command that threw has reported its problem, which is often the audit log's, too.
void note(std::string_view verb, const AuditedCommand& audited, int status, bool has_returned) {
    const auto problem = audited.note(status);
    if (!problem || !has_returned) return;
    complain(verb, fmt::format("warning: the audit log has no line about this: {}", *problem));
}

/// Runs `work` and returns its exit status. If it throws, prints the exception's message on stderr
/// and returns the exit status for it.
int guarded(std::string_view verb, const std::function<int()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        std::fflush(stdout);
        complain(verb, error.what());
        return static_cast<int>(error.kind());
    } catch (const std::exception& error) {
        // fmt::print throws where the disk is full; so does nothing else that leaves this mark.
        if (std::ferror(stdout) != 0) {
            complain(verb, fmt::format("writing the output: {}", error.what()));
            return static_cast<int>(ErrorKind::refused);
        }
        std::fflush(stdout);
        // The last net: what the system refused somewhere in the standard library (a file, a
        // thread, memory) is no bug of ours.
        if (dynamic_cast<const std::system_error*>(&error) != nullptr ||
            dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
            complain(verb, fmt::format("the system refused: {}; 'restream doctor' shows what else "
                                       "is wrong",
                                       error.what()));
            return static_cast<int>(ErrorKind::refused);
        }
        complain(verb, fmt::format("a bug in restream: {}; please report it", error.what()));
        return static_cast<int>(ErrorKind::bug);
    }
}

}  // namespace

void complain(std::string_view verb, std::string_view text) {
    // Many messages quote a server, a file or an argument.
    std::string shown;
    for (;;) {
        const auto end = text.find('\n');
        shown += visible_text(text.substr(0, end)) + "\n";
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    print_lines(StandardHandle::error,
                fmt::format("restream{}{}: {}", verb.empty() ? "" : "-", verb, shown));
}

void print_lines(StandardHandle handle, std::string_view text) {
    fmt::print(handle == StandardHandle::error ? stderr : stdout, "{}",
               wrapped_lines(text, line_width(handle)));
}

int run_command(std::string_view verb, std::string_view description, int argc, char** argv,
                const std::function<CommandBody(Arguments&)>& declare) {
    forbid_core_files();
    return guarded(verb, [&] {
        CommandLine line(verb, description);
        const AuditedCommand audited(verb, line);
        Arguments arguments = line.arguments();
        const CommandBody body = declare(arguments);
        if (!line.parse(argc, argv)) return check_output(verb, 0);
        bool has_returned = false;
        const int status = guarded(verb, [&] {
            const int returned = check_output(verb, body());
            has_returned = true;
            return returned;
        });
        note(verb, audited, status, has_returned);
        return status;
    });
}

}  // namespace restream
