// The terminal, with termios.
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "system/terminal.hpp"

namespace restream {

namespace {

constexpr int usual_columns = 80;
constexpr char break_off = '\x03';  // Ctrl-C
constexpr std::size_t longest_line_bytes = 4096;

int number_of(StandardHandle handle) {
    switch (handle) {
        case StandardHandle::input:
            return STDIN_FILENO;
        case StandardHandle::output:
            return STDOUT_FILENO;
        case StandardHandle::error:
            return STDERR_FILENO;
    }
    return -1;
}

/// On standard error, broken between words.
void ask(std::string_view question) {
    const std::string text = wrapped_lines(question, line_width(StandardHandle::error));
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

/// No echo, and no signals from keys, while it lives: a Ctrl-C that ended this process would leave
/// the user's shell without an echo. It ends the line instead, and is seen in it.
class HiddenInput {
  public:
    HiddenInput() {
        is_set_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        termios hidden = before_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
        hidden.c_lflag |= ECHONL;
        hidden.c_cc[VEOL] = break_off;
        is_set_ = is_set_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
    }
    ~HiddenInput() {
        if (is_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    HiddenInput(const HiddenInput&) = delete;
    HiddenInput& operator=(const HiddenInput&) = delete;

  private:
    termios before_{};
    bool is_set_ = false;
};

}  // namespace

bool is_terminal(StandardHandle handle) { return ::isatty(number_of(handle)) == 1; }

int terminal_width() {
    return is_terminal(StandardHandle::output)
               ? static_cast<int>(line_width(StandardHandle::output))
               : usual_columns;
}

std::size_t line_width(StandardHandle handle) {
    if (!is_terminal(handle)) return no_width;
    winsize size{};
    const bool is_known = ::ioctl(number_of(handle), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : usual_columns;
}

bool is_confirmed(std::string_view question) {
    ask(question);
    std::string line;
    for (int c = std::getchar(); c != '\n'; c = std::getchar()) {
        if (c == EOF) {
            std::fputc('\n', stderr);
            return false;
        }
        line += static_cast<char>(c);
    }
    return line == "y" || line == "Y" || line == "yes";
}

std::optional<Secret> read_hidden_line(std::string_view prompt) {
    ask(prompt);
    const HiddenInput hidden;
    std::string line;
    line.reserve(longest_line_bytes);  // no copies of a secret left behind by growing
    while (line.size() < longest_line_bytes) {
        char c = '\0';
        const auto count = ::read(STDIN_FILENO, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count > 0 && c == '\n') break;
        if (count <= 0 || c == break_off) {
            std::fputc('\n', stderr);
            if (count > 0 || line.empty()) return std::nullopt;
            break;
        }
        line += c;
    }
    return Secret(std::move(line));
}

}  // namespace restream
