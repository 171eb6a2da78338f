// The terminal, with termios.
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/terminal.hpp"

namespace restream {

namespace {

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
    constexpr int usual = 80;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
    return size.ws_col;
}

std::optional<Secret> read_hidden_line(std::string_view prompt) {
    std::fwrite(prompt.data(), 1, prompt.size(), stderr);
    std::fflush(stderr);
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
