// What the process says that decodes a publisher's picture: believed only where it is as agreed,
// however its bytes arrive.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "dashboard/picture_process.hpp"
#include "fuzz/input.hpp"

using namespace restream;

namespace {

using Made = std::optional<PictureProcess::Made>;

constexpr std::size_t longest_line_bytes = 1024;
constexpr std::size_t longest_picture_bytes = 256 * 1024;

bool is_broken(const Made& made) {
    return made && std::holds_alternative<PictureProcess::Broken>(*made);
}

void check_whole(const Made& made, const std::string& bytes) {
    if (!made) {
        expect(bytes.size() <= longest_line_bytes + 1 + longest_picture_bytes,
               "what never ends is given up");
    } else if (const auto* picture = std::get_if<PictureProcess::Picture>(&*made)) {
        const std::string& jpeg = picture->jpeg;
        const auto cost = picture->cost.count();
        expect(bytes == fmt::format("picture {} {}\n", jpeg.size(), cost) + jpeg,
               "a picture is all that was said");
        expect(jpeg.size() <= longest_picture_bytes && cost >= 0 && cost <= 60'000,
               "within limits");
        expect(jpeg.starts_with("\xFF\xD8\xFF") && jpeg.ends_with("\xFF\xD9"), "it is a JPEG");
    } else if (std::holds_alternative<PictureProcess::None>(*made)) {
        expect(bytes.starts_with("none ") && bytes.find('\n') + 1 == bytes.size() &&
                   bytes.size() <= longest_line_bytes + 1,
               "there is none, for one line's reason");
    }
}

}  // namespace

/// A choice of pieces, and an answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t choice = input.take_choice();
    const std::string all(input.rest().begin(), input.rest().end());
    const Made whole = read_picture(all);
    check_whole(whole, all);
    std::string so_far;
    for (Pieces pieces(input.rest(), choice); pieces.are_left();) {
        const auto piece = pieces.take();
        so_far.append(piece.begin(), piece.end());
        const Made made = read_picture(so_far);
        check_whole(made, so_far);
        if (!made) continue;
        // Nothing comes behind an answer, and what is broken stays so.
        expect(so_far.size() == all.size() ? whole->index() == made->index() : is_broken(whole),
               "an answer ends");
        return 0;
    }
    expect(!whole, "the whole says no more than its pieces");
    return 0;
}
