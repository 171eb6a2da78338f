#include "ingest/cut_offs.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "ingest/cut_off_words.hpp"

namespace restream {

namespace {

constexpr std::array<std::string_view, 4> role_names = {"publisher", "player", "client",
                                                        "stranger"};

/// The oldest of the address that has the most entries.
void drop_one(std::deque<CutOff>& list) {
    const auto entries_of = [&list](const CutOff& each) {
        return std::ranges::count(list, each.address, &CutOff::address);
    };
    auto victim = list.begin();
    for (auto each = list.begin(); each != list.end(); ++each) {
        if (entries_of(*each) >= entries_of(*victim)) victim = each;
    }
    list.erase(victim);
}

void add(CutOff cut_off, std::deque<CutOff>& list, std::size_t most) {
    const auto same = std::ranges::find_if(list, [&](const CutOff& each) {
        return each.role == cut_off.role && each.address == cut_off.address &&
               each.code == cut_off.code;
    });
    if (same != list.end()) {
        const bool can_grow = same->times < std::numeric_limits<std::uint32_t>::max();
        cut_off.times = same->times + (can_grow ? 1 : 0);
        list.erase(same);
    }
    list.push_front(std::move(cut_off));
    if (list.size() > most) drop_one(list);
}

}  // namespace

std::string_view cut_off_role_name(CutOff::Role role) {
    return role_names[static_cast<std::size_t>(role)];
}

bool read_cut_off_role(std::string_view name, CutOff::Role& role) {
    const auto found = std::ranges::find(role_names, name);
    if (found == role_names.end()) return false;
    role = static_cast<CutOff::Role>(found - role_names.begin());
    return true;
}

std::string describe_cut_off(const CutOff& cut_off) {
    std::string text(words_of_cut_off(cut_off.code));
    if (text.empty()) text = cut_off.code;
    if (!cut_off.detail.empty()) text += ": " + cut_off.detail;
    return text;
}

void CutOffs::note(CutOff cut_off) {
    ++total_;
    const bool is_stranger = cut_off.role == CutOff::Role::stranger;
    add(std::move(cut_off), is_stranger ? strangers_ : known_,
        is_stranger ? most_strangers : most_known);
}

std::vector<CutOff> CutOffs::latest() const {
    std::vector<CutOff> all(known_.begin(), known_.end());
    all.insert(all.end(), strangers_.begin(), strangers_.end());
    std::ranges::sort(all, std::ranges::greater(), &CutOff::when);
    return all;
}

}  // namespace restream
