#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "contain/sanitizer.hpp"
#include "contain/system_calls.hpp"

namespace restream {

namespace {

constexpr std::uint32_t refused = SCMP_ACT_ERRNO(EPERM);
/// As of an old kernel: glibc then does without.
constexpr std::uint32_t unknown = SCMP_ACT_ERRNO(ENOSYS);

/// Collects rules; the kernel gets them with load().
class Filter {
  public:
    explicit Filter(std::uint32_t otherwise) : rules_(seccomp_init(otherwise)) {
        if (rules_ == nullptr) return;
        // A call in the form of another architecture (32 bits, x32) is none of ours.
        is_whole_ = seccomp_attr_set(rules_, SCMP_FLTATR_ACT_BADARCH, unknown) == 0 &&
                    seccomp_attr_set(rules_, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
    }
    ~Filter() {
        if (rules_ != nullptr) seccomp_release(rules_);
    }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    void add(std::uint32_t action, std::initializer_list<int> calls) {
        for (const int call : calls) add(action, call, {});
    }
    /// Where all of `conditions` hold. A call that this architecture lacks needs no rule.
    void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
        if (call < 0 || !is_whole_) return;
        is_whole_ =
            seccomp_rule_add_array(rules_, action, call, static_cast<unsigned>(conditions.size()),
                                   conditions.begin()) == 0;
    }
    bool load() { return is_whole_ && seccomp_load(rules_) == 0; }

  private:
    scmp_filter_ctx rules_;
    bool is_whole_ = false;
};

/// Argument `index` has all of `bits`, or none of them.
scmp_arg_cmp has(unsigned index, scmp_datum_t bits) {
    return {index, SCMP_CMP_MASKED_EQ, bits, bits};
}
scmp_arg_cmp lacks(unsigned index, scmp_datum_t bits) {
    return {index, SCMP_CMP_MASKED_EQ, bits, 0};
}
scmp_arg_cmp is(unsigned index, scmp_datum_t value) { return {index, SCMP_CMP_EQ, value, 0}; }

/// A sanitizer looks at what is mapped where, tries memory with a pipe, and writes its report to a
/// file.
void allow_reports(Filter& filter) {
    filter.add(SCMP_ACT_ALLOW,
               {SCMP_SYS(dup), SCMP_SYS(getppid), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pipe),
                SCMP_SYS(pipe2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat)});
}

/// Memory, threads, clocks, and what is open already. Found by running FFmpeg's decoders and
/// encoders with it; see docs/decisions/0014-containment.md.
bool filter_decoder() {
    Filter filter(refused);
    filter.add(SCMP_ACT_ALLOW, {SCMP_SYS(brk),
                                SCMP_SYS(clock_getres),
                                SCMP_SYS(clock_gettime),
                                SCMP_SYS(clock_nanosleep),
                                SCMP_SYS(close),
                                SCMP_SYS(exit),
                                SCMP_SYS(exit_group),
                                SCMP_SYS(fstat),
                                SCMP_SYS(futex),
                                SCMP_SYS(getcpu),
                                SCMP_SYS(getpid),
                                SCMP_SYS(getrandom),
                                SCMP_SYS(getrusage),
                                SCMP_SYS(gettid),
                                SCMP_SYS(gettimeofday),
                                SCMP_SYS(lseek),
                                SCMP_SYS(madvise),
                                SCMP_SYS(mremap),
                                SCMP_SYS(munmap),
                                SCMP_SYS(nanosleep),
                                SCMP_SYS(poll),
                                SCMP_SYS(ppoll),
                                SCMP_SYS(pread64),
                                SCMP_SYS(read),
                                SCMP_SYS(readv),
                                SCMP_SYS(restart_syscall),
                                SCMP_SYS(rseq),
                                SCMP_SYS(rt_sigaction),
                                SCMP_SYS(rt_sigpending),
                                SCMP_SYS(rt_sigprocmask),
                                SCMP_SYS(rt_sigreturn),
                                SCMP_SYS(rt_sigtimedwait),
                                SCMP_SYS(sched_getaffinity),
                                SCMP_SYS(sched_yield),
                                SCMP_SYS(set_robust_list),
                                SCMP_SYS(sigaltstack),
                                SCMP_SYS(sysinfo),
                                SCMP_SYS(time),
                                SCMP_SYS(times),
                                SCMP_SYS(uname),
                                SCMP_SYS(write),
                                SCMP_SYS(writev)});
    // The same on processors of 32 bits.
    filter.add(SCMP_ACT_ALLOW,
               {SCMP_SYS(_llseek), SCMP_SYS(clock_getres_time64), SCMP_SYS(clock_gettime64),
                SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(fstat64), SCMP_SYS(futex_time64),
                SCMP_SYS(ppoll_time64), SCMP_SYS(rt_sigtimedwait_time64), SCMP_SYS(ugetrlimit)});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mmap2), {lacks(2, PROT_EXEC)});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), {is(1, F_GETFL)});
    // No code but what was loaded before.
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mmap), {lacks(2, PROT_EXEC)});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), {lacks(2, PROT_EXEC)});
    // A thread, no process.
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {has(0, CLONE_THREAD | CLONE_VM)});
    filter.add(unknown, {SCMP_SYS(clone3)});
    // abort() signals its own process only.
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {is(0, static_cast<scmp_datum_t>(::getpid()))});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {is(0, PR_SET_NAME)});
    // To look at a limit, not to change one; how fstat() is called since glibc 2.33.
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {is(0, 0), is(2, 0)});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {is(3, AT_EMPTY_PATH)});
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, F_GETFL)});
    if (is_built_with_sanitizer) allow_reports(filter);
    return filter.load();
}

void refuse_programs_and_processes(Filter& filter) {
    filter.add(refused,
               {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd),
                SCMP_SYS(process_madvise), SCMP_SYS(process_mrelease), SCMP_SYS(process_vm_readv),
                SCMP_SYS(process_vm_writev)});
    // LeakSanitizer looks at its own threads at the end.
    if (!is_built_with_sanitizer) filter.add(refused, {SCMP_SYS(ptrace)});
    filter.add(unknown,
               {SCMP_SYS(clone3)});  // what it asks for stands in memory, which no filter reads
    for (const int name_space : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                 CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET}) {
        filter.add(refused, SCMP_SYS(clone), {has(0, static_cast<scmp_datum_t>(name_space))});
    }
}

void refuse_other_identities(Filter& filter) {
    filter.add(refused, {SCMP_SYS(capset), SCMP_SYS(chroot), SCMP_SYS(setfsgid), SCMP_SYS(setfsuid),
                         SCMP_SYS(setgid), SCMP_SYS(setgroups), SCMP_SYS(setns), SCMP_SYS(setregid),
                         SCMP_SYS(setresgid), SCMP_SYS(setresuid), SCMP_SYS(setreuid),
                         SCMP_SYS(setuid), SCMP_SYS(unshare)});
}

void refuse_administration(Filter& filter) {
    filter.add(refused,
               {SCMP_SYS(acct),          SCMP_SYS(adjtimex),        SCMP_SYS(clock_adjtime),
                SCMP_SYS(clock_settime), SCMP_SYS(delete_module),   SCMP_SYS(finit_module),
                SCMP_SYS(fsconfig),      SCMP_SYS(fsmount),         SCMP_SYS(fsopen),
                SCMP_SYS(fspick),        SCMP_SYS(init_module),     SCMP_SYS(ioperm),
                SCMP_SYS(iopl),          SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load),
                SCMP_SYS(mknod),         SCMP_SYS(mknodat),         SCMP_SYS(mount),
                SCMP_SYS(mount_setattr), SCMP_SYS(move_mount),      SCMP_SYS(open_by_handle_at),
                SCMP_SYS(open_tree),     SCMP_SYS(pivot_root),      SCMP_SYS(quotactl),
                SCMP_SYS(quotactl_fd),   SCMP_SYS(reboot),          SCMP_SYS(setdomainname),
                SCMP_SYS(sethostname),   SCMP_SYS(settimeofday),    SCMP_SYS(swapoff),
                SCMP_SYS(swapon),        SCMP_SYS(syslog),          SCMP_SYS(umount),
                SCMP_SYS(umount2),       SCMP_SYS(vhangup)});
}

constexpr std::uint32_t no_such_family = SCMP_ACT_ERRNO(EAFNOSUPPORT);

/// Parts of the kernel in which most of what lets a process out of its bounds was found.
void refuse_what_is_often_broken(Filter& filter) {
    filter.add(refused, {SCMP_SYS(add_key), SCMP_SYS(bpf), SCMP_SYS(io_uring_enter),
                         SCMP_SYS(io_uring_register), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
                         SCMP_SYS(lookup_dcookie), SCMP_SYS(mbind), SCMP_SYS(migrate_pages),
                         SCMP_SYS(modify_ldt), SCMP_SYS(move_pages), SCMP_SYS(perf_event_open),
                         SCMP_SYS(request_key), SCMP_SYS(uselib), SCMP_SYS(userfaultfd)});
    // Types into the terminal that it was started from.
    for (const scmp_datum_t request : {scmp_datum_t(TIOCSTI), scmp_datum_t(TIOCLINUX)}) {
        filter.add(refused, SCMP_SYS(ioctl), {{1, SCMP_CMP_MASKED_EQ, 0xffffffff, request}});
    }
    // Sockets: of files, IPv4, IPv6, and the kernel's own tables; no others. On what has
    // socketcall() the arguments stand in memory: it is left alone there.
    for (const int family : {AF_AX25, AF_IPX, AF_APPLETALK, AF_NETROM, AF_BRIDGE, AF_ATMPVC, AF_X25,
                             AF_ROSE, AF_DECnet, AF_NETBEUI, AF_SECURITY, AF_KEY}) {
        filter.add(no_such_family, SCMP_SYS(socket), {is(0, static_cast<scmp_datum_t>(family))});
    }
    filter.add(no_such_family, SCMP_SYS(socket), {{0, SCMP_CMP_GT, AF_NETLINK, 0}});
}

/// A socket of a file leads to whoever listens there: a user's service manager runs what it is
/// asked for.
void refuse_sockets(Filter& filter, SystemCalls which) {
    if (which == SystemCalls::of_a_player) {
        filter.add(no_such_family, SCMP_SYS(socket), {is(0, AF_UNIX)});
    }
    if (which == SystemCalls::of_a_listener) {
        filter.add(no_such_family, SCMP_SYS(socket), {{0, SCMP_CMP_LT, AF_NETLINK, 0}});
    }
}

void refuse_signals(Filter& filter) {
    const auto own = static_cast<scmp_datum_t>(::getpid());
    for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_tgsigqueueinfo),
                           SCMP_SYS(rt_sigqueueinfo)}) {
        filter.add(refused, call, {{0, SCMP_CMP_NE, own, 0}});
    }
    filter.add(refused, {SCMP_SYS(tkill), SCMP_SYS(pidfd_send_signal)});
    filter.add(refused, SCMP_SYS(prlimit64), {{0, SCMP_CMP_NE, 0, 0}});
}

bool filter_server(SystemCalls which, bool may_signal) {
    Filter filter(SCMP_ACT_ALLOW);
    refuse_programs_and_processes(filter);
    refuse_other_identities(filter);
    refuse_administration(filter);
    refuse_what_is_often_broken(filter);
    refuse_sockets(filter, which);
    if (!may_signal) refuse_signals(filter);
    return filter.load();
}

}  // namespace

bool filter_system_calls(SystemCalls which, bool may_signal) noexcept {
    return which == SystemCalls::of_a_decoder ? filter_decoder() : filter_server(which, may_signal);
}

}  // namespace restream
