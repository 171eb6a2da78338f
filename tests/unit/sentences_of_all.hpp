// All that is told by a code, and the files of the sources that must agree with it.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "doctor/finding_table.hpp"
#include "ingest/publication_words.hpp"

namespace restream::tests {

inline std::string content_of(const std::string& file) {
    std::ifstream opened(std::filesystem::path(RESTREAM_SOURCE) / file, std::ios::binary);
    if (!opened) throw std::runtime_error(file + " cannot be read");
    return {std::istreambuf_iterator<char>(opened), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> lines_of(const std::string& file) {
    std::istringstream text(content_of(file));
    std::vector<std::string> lines;
    for (std::string each; std::getline(text, each);) lines.push_back(std::move(each));
    return lines;
}

inline std::vector<Sentence> all_sentences() {
    std::vector<Sentence> all(finding_table.begin(), finding_table.end());
    all.insert(all.end(), publisher_troubles.begin(), publisher_troubles.end());
    return all;
}

inline std::vector<std::string> english_gaps(const Sentence& sentence) {
    return gaps_of(fmt::format("{}{}{}", sentence.message, sentence.cause, sentence.remedy));
}

}  // namespace restream::tests
