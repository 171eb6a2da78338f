#include <dlfcn.h>

#include <atomic>

#include "media/srt_log.hpp"

namespace restream {

namespace {

// libsrt comes with FFmpeg; we do not link it ourselves, so its functions are looked up where it is
// loaded. Source: libsrt 1.5 srt.h, logging_api.h.
using Handler = void(void* opaque, int level, const char* file, int line, const char* area,
                     const char* message);
using SetHandler = void(void* opaque, Handler* handler);
using SetLevel = void(int level);
using SetFlags = void(int flags);

constexpr int level_warning = 4;   // LOG_WARNING of syslog, which libsrt uses
constexpr int only_the_text = 15;  // no time, thread name, severity, end of line

using Hear = void (*)(std::string_view) noexcept;
std::atomic<Hear> heard_by = nullptr;  // libsrt has one log for the process

void on_srt_log(void*, int, const char*, int, const char*, const char* message) {
    const Hear hear = heard_by.load();
    if (hear && message) hear(message);
}

}  // namespace

void capture_srt_log(void (*hear)(std::string_view) noexcept) {
    heard_by.store(hear);
    if (auto* const set = reinterpret_cast<SetLevel*>(::dlsym(RTLD_DEFAULT, "srt_setloglevel"))) {
        set(level_warning);
    }
    if (auto* const set = reinterpret_cast<SetFlags*>(::dlsym(RTLD_DEFAULT, "srt_setlogflags"))) {
        set(only_the_text);
    }
    if (auto* const set =
            reinterpret_cast<SetHandler*>(::dlsym(RTLD_DEFAULT, "srt_setloghandler"))) {
        set(nullptr, on_srt_log);
    }
}

}  // namespace restream
