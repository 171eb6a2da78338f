// An open descriptor (a HANDLE on Windows) that is owned.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace restream {

/// Owns one descriptor; closes it. Moved, not copied. Everything here opens close-on-exec.
class Fd {
  public:
    using Native = std::intptr_t;  ///< wide enough for an int and for a HANDLE
    static constexpr Native none = -1;

    Fd() = default;
    explicit Fd(Native native) : native_(native) {}
    Fd(Fd&& other) noexcept : native_(std::exchange(other.native_, none)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            close();
            native_ = std::exchange(other.native_, none);
        }
        return *this;
    }
    ~Fd() { close(); }

    Native native() const { return native_; }
    bool is_open() const { return native_ != none; }
    void close() noexcept;
    /// Gives it up without closing it: it stays open until this process has ended.
    void leave_open() noexcept { native_ = none; }

  private:
    Native native_ = none;
};

struct Pipe {
    Fd read_end;
    Fd write_end;
};

/// **Throws**: Error{refused}.
Pipe make_pipe();

/// Writes it all, or says that it could not (the reader is gone). Never raises a signal.
bool write_all(const Fd& fd, std::string_view bytes) noexcept;
/// What is there, at least a byte. **Blocks** until then. 0 at the end, or where reading fails.
std::size_t read_some(const Fd& fd, std::span<char> into) noexcept;

/// **Blocks**: until there is something to read, or the other end is gone (true), or the deadline
/// (false).
bool wait_readable(const Fd& fd, const Deadline& deadline) noexcept;

/// The same for several: until one of them is.
bool wait_any_readable(std::initializer_list<const Fd*> fds, const Deadline& deadline) noexcept;

/// The same for any number up to 8.
bool wait_any_readable(std::span<const Fd* const> fds, const Deadline& deadline) noexcept;

/// Whether somebody still holds the other end of a pipe that this writes into.
bool has_reader(const Fd& write_end) noexcept;

/// What the starter of this process handed on in SpawnRequest::inherited, by its place there; not
/// open where there is none. To be asked once for each, before anything else is opened.
Fd inherited_descriptor(std::size_t index) noexcept;

}  // namespace restream
