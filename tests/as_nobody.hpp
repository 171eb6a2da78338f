// As another user of this machine.
#pragma once

#include <unistd.h>

#include <stdexcept>

namespace restream::test {

/// What this process does as the user "nobody", who has no rights. Until it goes, also by an
/// exception: what comes after would be nobody's, too. REQUIRES: it is root's.
class AsNobody {
  public:
    static constexpr uid_t user = 65534;
    AsNobody() {
        if (::seteuid(user) != 0) throw std::runtime_error("only root can become another user");
    }
    ~AsNobody() { (void)!::seteuid(0); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
};

}  // namespace restream::test
