// A player that remembers what it was sent.
#pragma once

#include <string>
#include <vector>

#include "server/audience.hpp"

namespace restream::test {

/// In one line of words: "K2000" is a keyframe at 2 s.
class ListeningPlayer final : public PublicationPlayer {
  public:
    void send(const Tag& tag) override {
        tags.push_back(tag);
        const auto bytes = tag.bytes();
        std::string what = tag.type == TagType::script  ? "M"
                           : tag.type == TagType::audio ? "A"
                                                        : "I";
        if (tag.type == TagType::video && bytes[0] == 0x17) what = bytes[1] == 0 ? "VH" : "K";
        if (tag.type == TagType::audio && bytes[1] == 0) what = "AH";
        note(what + std::to_string(tag.time.ms()));
    }
    void publisher_left() override { note("left"); }
    void publisher_came() override { note("came"); }

    std::string heard;
    std::vector<Tag> tags;

  private:
    void note(const std::string& what) { heard += (heard.empty() ? "" : " ") + what; }
};

}  // namespace restream::test
