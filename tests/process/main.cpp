// The process tests' main: the built commands, in temporary homes, against real servers on
// loopback.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <signal.h>

#include "process/descendants.hpp"
#include "process/world.hpp"

namespace {

bool has_run = false;

/// Tells a World that goes whether its test has failed: only then are logs worth their lines.
class FailureListener : public doctest::IReporter {
  public:
    explicit FailureListener(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_start(const doctest::TestCaseData&) override {
        has_run = true;
        restream::test::set_failed(false);
    }
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {
        restream::test::set_failed(true);
    }
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData& assertion) override {
        if (assertion.m_failed) restream::test::set_failed(true);
    }
    void log_message(const doctest::MessageData& message) override {
        if (message.m_severity != doctest::assertType::is_warn) restream::test::set_failed(true);
    }
    void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("failure", 1, FailureListener);

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    restream::test::adopt_orphans();
    doctest::Context context(argc, argv);
    const int status = context.run();
    // A filter that matches nothing (a suite's name with a slip) must not pass for success.
    return status == 0 && !has_run && !context.shouldExit() ? 1 : status;
}
