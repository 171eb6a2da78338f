// add, key, remove: only what was asked changes, and a change that fails leaves nothing behind.
#include "config/editor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

KeyText key_text(const char* text) { return KeyText{Secret(text)}; }

/// The kind and message of what `change` throws.
template <typename Change>
std::string refusal(ErrorKind kind, Change change) {
    try {
        change();
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "";
}

bool is_private(const fs::path& path) {
    constexpr auto others = fs::perms::group_all | fs::perms::others_all;
    return (fs::status(path).permissions() & others) == fs::perms::none;
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    if (!fs::exists(folder)) return names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Adds NAME.toml with `text`, replaces its key, returns the new text.
std::string after_replacing(const TemporaryFolder& folder, std::string_view text,
                            const KeyReference& key) {
    folder.write("destinations.d/a.toml", text);
    replace_key(folder.path(), load_config(folder.path()).at("a"), key);
    load_config(folder.path());
    return folder.read("destinations.d/a.toml");
}

}  // namespace

TEST_CASE("editor: add writes a private file that loads as it was meant") {
    const TemporaryFolder home;
    const fs::path config = home.path() / "not" / "there" / "yet";
    add_destination(config, {"tube", "youtube", "", "", key_text("CANARY")});
    const fs::path folder = config / "destinations.d";
    CHECK(names_in(folder) == std::vector<std::string>{"tube.key", "tube.toml"});
    CHECK(is_private(folder));
    CHECK(is_private(folder / "tube.key"));
    CHECK(is_private(folder / "tube.toml"));
    CHECK(home.read("not/there/yet/destinations.d/tube.key") == "CANARY\n");
    CHECK(home.read("not/there/yet/destinations.d/tube.toml") ==
          "service = \"youtube\"\nkey = { file = \"tube.key\" }\n");
    CHECK(std::get<KeyFile>(load_config(config).at("tube").key).path == folder / "tube.key");
}

TEST_CASE("editor: add writes every kind of key and what needs escaping") {
    const TemporaryFolder home;
    const fs::path config = home.path();
    add_destination(config, {"b", "", "rtmp://h/app", "rtmp://i/app", KeyEnv{"B_KEY"}});
    add_destination(config, {"c", "", "rtmp://h/app", "", KeyCommand{"pass \"a\\b\"\t'c'\n"}});
    add_destination(config, {"d", "", "rtmp://h/app", "", KeyFile{"/etc/a \"b\".key"}});
    add_destination(config, {"e", "", "file:/var/media/\"a\\b\" %Y.mkv", "", {}});
    add_destination(config, {"f", "tiktok", "rtmp://push.example/app", "", {}});
    const Config loaded = load_config(config);
    CHECK(std::get<KeyEnv>(loaded.at("b").key).variable == "B_KEY");
    CHECK(loaded.at("b").backup_url == "rtmp://i/app");
    CHECK(std::get<KeyCommand>(loaded.at("c").key).command == "pass \"a\\b\"\t'c'\n");
    CHECK(std::get<KeyFile>(loaded.at("d").key).path == "/etc/a \"b\".key");
    CHECK(loaded.at("e").url == "file:/var/media/\"a\\b\" %Y.mkv");
    CHECK(std::holds_alternative<std::monostate>(loaded.at("f").key));
    CHECK(loaded.at("f").service == "tiktok");
}

TEST_CASE("editor: an add that is refused leaves nothing behind") {
    struct Case {
        NewDestination added;
        ErrorKind kind;
        const char* says;
    };
    const Case cases[] = {
        {{"", "youtube", "", "", {}}, ErrorKind::usage, "can't be empty"},
        {{"Tube", "youtube", "", "", {}}, ErrorKind::usage, "\"Tube\" can't name a destination"},
        {{"..", "youtube", "", "", {}}, ErrorKind::usage, "can't name a destination"},
        {{"a/b", "youtube", "", "", {}}, ErrorKind::usage, "can't name a destination"},
        {{"con", "youtube", "", "", {}}, ErrorKind::usage, "Windows keeps this name"},
        {{std::string(33, 'a'), "youtube", "", "", {}}, ErrorKind::usage, "at most 32"},
        {{"t", "", "", "", {}}, ErrorKind::config, "neither service nor url"},
        {{"t", "yuotube", "", "", {}}, ErrorKind::config, "did you mean \"youtube\"?"},
        {{"t", "tiktok", "", "", {}}, ErrorKind::config, "its own URL"},
        {{"t", "", "http://h/a", "", {}}, ErrorKind::config, "has the scheme"},
        {{"t", "", "rtmp://h/\xff", "", {}}, ErrorKind::config, "utf-8"},
        {{"t", "", "rtmp://h/a", "rtmp://h", {}}, ErrorKind::config, "backup_url has no app"},
        {{"t", "", "rtmp://h/a", "", KeyEnv{"a b"}}, ErrorKind::config, "name of a variable"},
        {{"t", "", "rtmp://h/a", "", KeyCommand{""}}, ErrorKind::config, "command is empty"},
        {{"t", "", "rtmp://h/a", "", key_text("")}, ErrorKind::usage, "key is empty"},
        {{"t", "", "rtmp://h/a", "", key_text("CANARY x")}, ErrorKind::usage, "has a blank"},
        {{"t", "", "file:/a.ts", "", key_text("CANARY")}, ErrorKind::config, "key has no use"},
    };
    for (const Case& one : cases) {
        const TemporaryFolder home;
        const std::string message =
            refusal(one.kind, [&] { add_destination(home.path(), one.added); });
        CAPTURE(message);
        CAPTURE(one.says);
        CHECK(message.find(one.says) != std::string::npos);
        CHECK(message.find("CANARY") == std::string::npos);
        CHECK(names_in(home.path()).empty());
    }
}

TEST_CASE("editor: a name that is taken is refused, wherever it stands") {
    const TemporaryFolder home;
    home.write("restream.toml", "[destination.a]\nurl = \"rtmp://h/a\"\n");
    add_destination(home.path(), {"b", "", "rtmp://h/b", "", key_text("first")});
    for (const char* name : {"a", "b"}) {
        const std::string message = refusal(ErrorKind::usage, [&] {
            add_destination(home.path(), {name, "youtube", "", "", key_text("second")});
        });
        CHECK(message.find("there is a destination") != std::string::npos);
        CHECK(message.find("'restream key") != std::string::npos);
    }
    CHECK(home.read("destinations.d/b.key") == "first\n");
    CHECK_FALSE(home.has("destinations.d/a.key"));
}

TEST_CASE("editor: a file that can't be written leaves no key file behind") {
    const TemporaryFolder home;
    // A folder in the file's place, hidden from the loader by the name of another destination's
    // file.
    home.write("destinations.d/a.toml", "url = \"rtmp://h/a\"\nkey = { env = \"A\" }\n");
    const Destination destination = load_config(home.path()).at("a");
    fs::create_directories(home.path() / "destinations.d" / "a.key" / "full");
    const std::string message = refusal(
        ErrorKind::refused, [&] { replace_key(home.path(), destination, key_text("CANARY")); });
    CHECK(message.find("a.key must be a file, and is a folder") != std::string::npos);
    CHECK(home.read("destinations.d/a.toml") == "url = \"rtmp://h/a\"\nkey = { env = \"A\" }\n");
    CHECK(names_in(home.path() / "destinations.d") == std::vector<std::string>{"a.key", "a.toml"});
}

TEST_CASE("editor: of a file only the key's value changes") {
    const TemporaryFolder home;
    struct Case {
        const char* before;
        const char* after;
    };
    const Case cases[] = {
        {"url = 'rtmp://h/a'\nkey = \"old\"  # mine\nhold = '1s'\n",
         "url = 'rtmp://h/a'\nkey = { env = \"NEW\" }  # mine\nhold = '1s'\n"},
        {"# top\n\n  key   =   'old'\n\turl='rtmp://h/a'#x",
         "# top\n\n  key   =   { env = \"NEW\" }\n"
         "\turl='rtmp://h/a'#x"},
        {"key={env=\"OLD\"}\nurl='rtmp://h/a'\n", "key={ env = \"NEW\" }\nurl='rtmp://h/a'\n"},
        {"# h\xC3\xA9 \xF0\x9F\x8E\xA5\nkey = { command = \"h\xC3\xA9 \xF0\x9F\x8E\xA5\" } # "
         "h\xC3\xA9\n"
         "url = 'rtmp://h/\xC3\xA9'\n",
         "# h\xC3\xA9 \xF0\x9F\x8E\xA5\nkey = { env = \"NEW\" } # h\xC3\xA9\n"
         "url = 'rtmp://h/\xC3\xA9'\n"},
        {"url='rtmp://h/a'\r\nkey = '''old'''\r\nhold = '1s'\r\n",
         "url='rtmp://h/a'\r\nkey = { env = \"NEW\" }\r\nhold = '1s'\r\n"},
        {"key = {command='''a\nb'''} # c\nurl='rtmp://h/a'\n",
         "key = { env = \"NEW\" } # c\nurl='rtmp://h/a'\n"},
        {"\xEF\xBB\xBFkey = 'old'\nurl='rtmp://h/a'\n",
         "\xEF\xBB\xBFkey = { env = \"NEW\" }\nurl='rtmp://h/a'\n"},
        {"url='rtmp://h/a'\nkey = 'old'", "url='rtmp://h/a'\nkey = { env = \"NEW\" }"},
        {"\"key\" = 'old'\nurl='rtmp://h/a'\n", "\"key\" = { env = \"NEW\" }\nurl='rtmp://h/a'\n"},
        {"url='rtmp://h/a'\n", "url='rtmp://h/a'\nkey = { env = \"NEW\" }\n"},
        {"url='rtmp://h/a'", "url='rtmp://h/a'\nkey = { env = \"NEW\" }\n"},
        {"url='rtmp://h/a'\r\n", "url='rtmp://h/a'\r\nkey = { env = \"NEW\" }\r\n"},
        {"url='rtmp://h/a'\n# the end", "url='rtmp://h/a'\n# the end\nkey = { env = \"NEW\" }\n"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.before);
        CHECK(after_replacing(home, one.before, KeyEnv{"NEW"}) == one.after);
    }
    CHECK(after_replacing(home, "url='rtmp://h/a'\nkey='old'\n", KeyCommand{"pass \"x\""}) ==
          "url='rtmp://h/a'\nkey={ command = \"pass \\\"x\\\"\" }\n");
    CHECK(after_replacing(home, "url='rtmp://h/a'\nkey='old'\n", KeyFile{"/etc/k"}) ==
          "url='rtmp://h/a'\nkey={ file = \"/etc/k\" }\n");
}

TEST_CASE("editor: a key that can't be replaced alone is refused, and nothing changes") {
    const TemporaryFolder home;
    for (const char* text :
         {"key.env = 'OLD'\nurl='rtmp://h/a'\n", "url='rtmp://h/a'\n[key]\nenv='OLD'\n"}) {
        CAPTURE(text);
        const std::string message =
            refusal(ErrorKind::config, [&] { after_replacing(home, text, KeyEnv{"NEW"}); });
        CAPTURE(message);
        CHECK(message.find("a.toml:") != std::string::npos);
        CHECK(message.find("write there: key = { env = \"NEW\" }") != std::string::npos);
        CHECK(home.read("destinations.d/a.toml") == text);
    }
    for (const auto& key : {KeyReference(KeyEnv{"a b"}), KeyReference(KeyCommand{" "})}) {
        CHECK_FALSE(refusal(ErrorKind::config, [&] {
                        after_replacing(home, "url='rtmp://h/a'\n", key);
                    }).empty());
        CHECK(home.read("destinations.d/a.toml") == "url='rtmp://h/a'\n");
    }
    for (const auto& key :
         {KeyReference(), KeyReference(key_text("a b")), KeyReference(key_text(""))}) {
        CHECK_FALSE(refusal(ErrorKind::usage, [&] {
                        after_replacing(home, "url='rtmp://h/a'\n", key);
                    }).empty());
    }
    CHECK_FALSE(refusal(ErrorKind::config, [&] {
                    after_replacing(home, "url='file:/a.ts'\n", key_text("x"));
                }).empty());
    CHECK_FALSE(home.has("destinations.d/a.key"));
}

TEST_CASE("editor: a new key goes to the key file that is named") {
    const TemporaryFolder home;
    const char* const toml = "url='rtmp://h/a'\nkey={file='../keys/mine'} # here\n";
    home.write("keys/mine", "old\n");
    CHECK(after_replacing(home, toml, key_text("new")) == toml);
    CHECK(home.read("keys/mine") == "new\n");
    CHECK(is_private(home.path() / "keys" / "mine"));
    CHECK_FALSE(home.has("destinations.d/a.key"));

    // Through a link, which stays one.
    fs::create_symlink("mine", home.path() / "keys" / "link");
    after_replacing(home, "url='rtmp://h/a'\nkey={file='../keys/link'}\n", key_text("newer"));
    CHECK(fs::is_symlink(home.path() / "keys" / "link"));
    CHECK(home.read("keys/mine") == "newer\n");

    // Also where the destination stands in restream.toml: that file does not change.
    fs::remove(home.path() / "destinations.d" / "a.toml");
    const char* const main = "[destination.a]\nurl='rtmp://h/a'\nkey={file='keys/mine'}\n";
    home.write("restream.toml", main);
    replace_key(home.path(), load_config(home.path()).at("a"), key_text("newest"));
    CHECK(home.read("keys/mine") == "newest\n");
    CHECK(home.read("restream.toml") == main);
}

TEST_CASE("editor: a new key for a text or no key goes to a key file of its own") {
    const TemporaryFolder home;
    CHECK(after_replacing(home, "url='rtmp://h/a'\nkey='old'\n", key_text("new")) ==
          "url='rtmp://h/a'\nkey={ file = \"a.key\" }\n");
    CHECK(home.read("destinations.d/a.key") == "new\n");
    // Its own key file goes when it is named no more.
    replace_key(home.path(), load_config(home.path()).at("a"), KeyEnv{"A"});
    CHECK_FALSE(home.has("destinations.d/a.key"));
}

TEST_CASE("editor: restream.toml is never rewritten; what to write there is said") {
    const TemporaryFolder home;
    const char* const main = "\n[destination.a]\nurl='rtmp://h/a'\nkey='old'\n";
    const auto file = home.write("restream.toml", main);
    const Destination destination = load_config(home.path()).at("a");
    const std::string place =
        file.string() + ":2: destination a stands in a file that only you write; ";
    const auto replaced = [&](const KeyReference& key) {
        return refusal(ErrorKind::config, [&] { replace_key(home.path(), destination, key); });
    };
    CHECK(replaced(KeyEnv{"NEW"}) == place + "write there: key = { env = \"NEW\" }");
    CHECK(replaced(key_text("CANARY")) == place + "write there: key = { file = \"" +
                                              (home.path() / "destinations.d" / "a.key").string() +
                                              "\" }, then give the key again");
    CHECK(refusal(ErrorKind::config, [&] { remove_destination(home.path(), destination); }) ==
          place + "delete [destination.a] there");
    CHECK(home.read("restream.toml") == main);
    CHECK_FALSE(home.has("destinations.d"));
}

TEST_CASE("editor: remove deletes the destination and its key file, and nothing else") {
    const TemporaryFolder home;
    add_destination(home.path(), {"a", "youtube", "", "", key_text("x")});
    add_destination(home.path(), {"b", "youtube", "", "", key_text("y")});
    remove_destination(home.path(), load_config(home.path()).at("a"));
    CHECK(names_in(home.path() / "destinations.d") == std::vector<std::string>{"b.key", "b.toml"});
}

TEST_CASE("editor: a key file that another destination names stays") {
    const TemporaryFolder home;
    add_destination(home.path(), {"a", "youtube", "", "", key_text("x")});
    home.write("destinations.d/b.toml", "service='youtube'\nkey={file='a.key'}\n");
    remove_destination(home.path(), load_config(home.path()).at("a"));
    CHECK(names_in(home.path() / "destinations.d") == std::vector<std::string>{"a.key", "b.toml"});
}
