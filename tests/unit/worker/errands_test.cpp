// What a contained worker has done for it: only what the configuration names, or has named.
#include "worker/errands.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "relay/hook_job.hpp"
#include "system/messages.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"
#include "worker/errand_runner.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

/// A runner on a thread of its own, whose programs are scripts that write down how they are called.
struct Scene {
    tests::TemporaryFolder folder;
    Config config;
    bool is_broken = false;
    std::mutex mutex;
    MessageEnds ends = make_message_ends();
    std::optional<ErrandRunner> runner;
    std::thread thread;

    Scene() {
        Destination one;
        one.name = "one";
        one.url = "rtmp://127.0.0.1/live";
        one.origin = folder.path() / "one.toml";
        config.destinations = {one};
        script("restream-hook", "cat <&3 > ../known; cat > ../jobs; echo heard");
        script("restream-slate", "echo \"$@\" >&2");
    }
    ~Scene() {
        ends.one.close();
        if (thread.joinable()) thread.join();
    }
    /// Before start().
    Destination& one() { return config.destinations[0]; }
    /// Later: the runner reads it on its thread.
    void change(const std::function<void(Scene&)>& how) {
        const std::lock_guard lock(mutex);
        how(*this);
    }
    void script(const std::string& name, const std::string& text) {
        std::filesystem::create_directory(folder.path() / "bin");
        folder.write("bin/" + name, "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n" + text + "\n");
        std::filesystem::permissions(folder.path() / "bin" / name,
                                     std::filesystem::perms::owner_all);
    }
    void start() {
        runner.emplace("one",
                       ErrandRunner::Means{folder.path() / "bin", folder.path() / "slates", [this] {
                                               const std::lock_guard lock(mutex);
                                               if (is_broken) {
                                                   throw Error(ErrorKind::config, "broken");
                                               }
                                               return config;
                                           }});
        thread = std::thread([this] { runner->run(ends.other); });
    }
    /// What came out of the pipe that the errand was given as its last descriptor.
    std::string ask(const Errand& errand, const Fd* input = nullptr) {
        Pipe words = make_pipe();
        std::vector<const Fd*> handed_on;
        if (input != nullptr) handed_on.push_back(input);
        handed_on.push_back(&words.write_end);
        send_message(ends.one, to_text(errand), handed_on);
        words.write_end.close();
        std::string said;
        char block[4096];
        while (wait_readable(words.read_end, Deadline::after(10s))) {
            const std::size_t got = read_some(words.read_end, block);
            if (got == 0) return said;
            said.append(block, got);
        }
        return "nothing in time";
    }
};

StateHook command_hook(const std::string& line) {
    StateHook hook;
    hook.what = HookCommand{line, "/"};
    return hook;
}

constexpr SlateShape shape{640, 360, 30, 48000, 2};

}  // namespace

TEST_CASE("errands: each survives the way through a message") {
    for (const Errand& errand : {Errand(LookErrand{}), Errand(HookErrand{}),
                                 Errand(SlateErrand{shape, "/a b.png", "x.flv"}),
                                 Errand(SecretErrand{SecretOf::passphrase})}) {
        const auto read = errand_from_text(to_text(errand));
        REQUIRE(read);
        CHECK(read->index() == errand.index());
        CHECK(to_text(*read) == to_text(errand));
    }
    for (const char* text : {"", "{", "null", "[]", "{}", R"({"do":"run"})", R"({"do":"slate"})",
                             R"({"do":"secret","which":"all"})", R"({"do":7})"}) {
        CAPTURE(text);
        CHECK_FALSE(errand_from_text(text));
    }
}

TEST_CASE("errands: only a hook that the configuration has or had is told to restream-hook") {
    Scene scene;
    scene.one().on_state = command_hook("first");
    scene.start();
    const auto known = [&] {
        Pipe input = make_pipe();
        write_all(input.write_end, "job\n");
        input.write_end.close();
        CHECK(scene.ask(HookErrand{}, &input.read_end) == "heard\n");
        CHECK(scene.folder.read("jobs") == "job\n");
        return scene.folder.read("known");
    };
    const std::string first = to_line(command_hook("first")) + "\n";
    CHECK(known() == first);
    // A session that began with the first one goes on with it.
    scene.change([](Scene& all) { all.one().on_state = command_hook("second"); });
    const std::string both = first + to_line(command_hook("second")) + "\n";
    CHECK(known() == both);
    scene.change([](Scene& all) { all.is_broken = true; });
    CHECK(known() == both);
}

TEST_CASE("errands: a slate is made of a picture that the configuration names, in its folder") {
    Scene scene;
    scene.one().slate.picture = "/pictures/mine.png";
    scene.start();
    const std::string slates = (scene.folder.path() / "slates").string();
    CHECK(scene.ask(SlateErrand{shape, "", "a.flv"}) ==
          fmt::format("--size 640x360 --fps 30.0 --sound 48000x2 {}/a.flv\n", slates));
    CHECK(scene.ask(SlateErrand{shape, "/pictures/mine.png", "a.flv"}).find("--picture") !=
          std::string::npos);
    for (const auto& [picture, file] :
         {std::pair("/etc/shadow", "a.flv"), {"", "../a.flv"}, {"", "/a.flv"}, {"", "a.toml"}}) {
        CAPTURE(picture);
        CAPTURE(file);
        CHECK(scene.ask(SlateErrand{shape, picture, file}).find("names no such picture") !=
              std::string::npos);
    }
}

TEST_CASE("errands: a secret is what the configuration's command prints, and no other field") {
    Scene scene;
    scene.one().key = KeyCommand{"echo CANARY"};
    scene.one().passphrase = KeyText{Secret("in the open")};
    scene.start();
    CHECK(scene.ask(SecretErrand{SecretOf::key}) == "+CANARY");
    CHECK(scene.ask(SecretErrand{SecretOf::passphrase}).starts_with("-"));
    CHECK(scene.ask(SecretErrand{SecretOf::stream_id}).starts_with("-"));
    scene.change([](Scene& all) { all.one().key = KeyCommand{"exit 3"}; });
    CHECK(scene.ask(SecretErrand{SecretOf::key}) ==
          "-the key command ended with status 3; run it in a shell to see why");
}

TEST_CASE("errands: a command is killed when nobody waits for its secret any more") {
    Scene scene;
    const auto mark = scene.folder.path() / "began";
    scene.one().key = KeyCommand{fmt::format("echo $$ > {}; exec sleep 60", mark.string())};
    scene.start();
    Pipe answer = make_pipe();
    send_message(scene.ends.one, to_text(SecretErrand{SecretOf::key}), {&answer.write_end});
    answer.write_end.close();
    REQUIRE(wait_until(Deadline::after(10s),
                       [&] { return !try_read_file(mark, 100).value_or("").empty(); }));
    const int pid = std::stoi(scene.folder.read("began"));
    answer.read_end.close();
    CHECK(wait_until(Deadline::after(10s), [&] { return !identify(pid); }));
}

TEST_CASE("errands: are needed where something of the user's is run, and only there") {
    Destination plain;
    plain.url = "rtmp://127.0.0.1/live";
    plain.key = KeyText{Secret("word")};
    CHECK_FALSE(needs_errands(plain));
    Destination hooked = plain;
    hooked.on_state = command_hook("true");
    CHECK(needs_errands(hooked));
    Destination asking = plain;
    asking.key = KeyCommand{"pass show key"};
    CHECK(needs_errands(asking));
    Destination showing = plain;
    showing.on_ingest_loss = OnIngestLoss::slate;
    CHECK(needs_errands(showing));
    showing.url = "srt://127.0.0.1:9000";
    CHECK_FALSE(needs_errands(showing));
}
