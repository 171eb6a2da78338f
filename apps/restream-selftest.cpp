// restream selftest: proves on this machine that it works, with a picture and destinations of its
// own.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "command.hpp"
#include "selftest/home.hpp"
#include "selftest/self_test.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"
#include "system/terminal.hpp"

namespace {

using namespace restream;

struct Options {
    bool with_blackhole = false;
    bool is_json = false;
    std::string keep;  ///< what the keeper is told: see selftest::Home
};

constexpr Milliseconds between_frames(200);

/// Lines on standard output; below them, on a terminal only, how far it is.
class Display {
  public:
    explicit Display(bool is_json)
        : is_json_(is_json),
          has_bar_(is_terminal(StandardHandle::error) &&
                   (is_json || is_terminal(StandardHandle::output))) {
        const bool is_shown = is_terminal(StandardHandle::output);
        style_.has_signs = is_shown;
        style_.has_colour = is_shown && !environment("NO_COLOR");
        style_.width = is_shown ? terminal_width() : 1000;
    }

    void begin(const selftest::StepBegin& step) {
        const std::lock_guard lock(mutex_);
        title_ = step.title;
        step_ = step;
        begun_ = SteadyClock::now();
        draw();
    }
    void end(const selftest::StepResult& step) {
        const std::lock_guard lock(mutex_);
        clear();
        if (is_json_) return;
        fmt::print("{}", selftest::to_text(step, style_));
        std::fflush(stdout);
    }
    void tick() {
        const std::lock_guard lock(mutex_);
        if (!title_.empty()) draw();
    }
    void finish() {
        const std::lock_guard lock(mutex_);
        title_.clear();
        clear();
    }
    selftest::TextStyle style() const { return style_; }

  private:
    void clear() const {
        if (has_bar_) fmt::print(stderr, "\r\x1b[K");
    }
    void draw() const {
        if (!has_bar_) return;
        const std::chrono::duration<double> passed = SteadyClock::now() - begun_;
        const double expected = std::chrono::duration<double>(step_.expected).count();
        // Never as if it had ended before it has.
        const double done = std::min(passed.count() / expected, 0.95);
        const double share = step_.share_before + (step_.share_after - step_.share_before) * done;
        fmt::print(stderr, "\r\x1b[K{}", selftest::progress_text(share, title_, terminal_width()));
        std::fflush(stderr);
    }

    const bool is_json_;
    const bool has_bar_;
    selftest::TextStyle style_;
    std::mutex mutex_;
    std::string title_;
    selftest::StepBegin step_;
    SteadyTime begun_{};
};

/// Waits for Ctrl-C beside the test, and moves the bar. Made before the first thread; gone before
/// what it draws on.
class Watch {
  public:
    Watch(Display& display, Cancel& cancel) : display_(display), finished_(make_pipe()) {
        thread_ = std::thread([this, &cancel] {
            for (;;) {
                const auto what =
                    inbox_.wait(Deadline::after(between_frames), nullptr, &finished_.read_end);
                if (what == Inbox::What::line_changed) return;
                // A terminal that is closed asks to reload.
                if (what == Inbox::What::stop || what == Inbox::What::reload) cancel.request();
                display_.tick();
            }
        });
    }
    ~Watch() {
        finished_.write_end.close();
        thread_.join();
        display_.finish();
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

  private:
    Display& display_;
    Inbox inbox_;
    Pipe finished_;
    std::thread thread_;
};

int self_test(const Options& options) {
    if (!options.keep.empty()) {
        const Fd line = inherited_descriptor(0);
        selftest::keep_home(options.keep, program_directory(), line);
        return 0;
    }
    Display display(options.is_json);
    selftest::Report report;
    {
        Cancel cancel;
        const Watch watch(display, cancel);
        const selftest::Request request{
            program_directory(), options.with_blackhole,
            [&](const selftest::StepBegin& step) { display.begin(step); },
            [&](const selftest::StepResult& step) { display.end(step); }};
        report = selftest::run(request, cancel);
    }
    fmt::print("{}", options.is_json ? selftest::to_json(report)
                                     : selftest::closing_text(report, display.style()));
    return report.has_passed() ? 0 : static_cast<int>(ErrorKind::no);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "selftest",
        "Proves on this machine that restream works: with a picture and destinations of its own, "
        "in a home of its own. Your relays, ports and files are not touched. Takes less than a "
        "minute.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.flag("--blackhole", options->with_blackhole,
                           "also test a destination whose machine disappears");
            arguments.flag("--json", options->is_json, "one JSON document");
            // For its own keeper.
            arguments.value("--keep", options->keep, "", {.is_hidden = true});
            return [options] { return self_test(*options); };
        });
}
