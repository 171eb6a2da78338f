#include "unit/fake_ends.hpp"

#include <utility>

namespace restream::test {

namespace {

class FakeSource final : public TagSource {
  public:
    FakeSource(FakeIngest& ingest, Loop& loop) : ingest_(ingest), loop_(loop) {
        ++ingest.opened;
        ++ingest.open;
    }
    ~FakeSource() override { --ingest_.open; }

    Event poll() override {
        if (!ingest_.arriving.empty()) {
            Event event = std::move(ingest_.arriving.front());
            ingest_.arriving.pop_front();
            return event;
        }
        if (!ingest_.acts.empty()) {
            if (ingest_.acts.front()()) ingest_.acts.pop_front();
            loop_.wake();
        }
        return Nothing{};
    }
    bool has_no_publisher() const override { return ingest_.has_no_publisher; }

  private:
    FakeIngest& ingest_;
    Loop& loop_;
};

class FakeSink final : public Sink {
  public:
    FakeSink(FakeDestination& destination, Loop& loop) : destination_(destination), loop_(loop) {
        ++destination.open;
    }
    ~FakeSink() override { --destination_.open; }

    bool is_accepted() const override {
        is_accepted_ |= destination_.accepts;
        return is_accepted_;
    }
    std::optional<SessionEnd> end() const override { return destination_.end; }
    bool is_ready() const override {
        if (destination_.end || !destination_.is_ready) return false;
        if (writes_ < destination_.most_writes_a_turn) return true;
        writes_ = 0;
        loop_.wake();
        return false;
    }
    void write(const Tag& tag) override {
        ++writes_;
        destination_.written.push_back(tag);
    }
    void finish(const Deadline&) override {
        ++destination_.goodbyes;
        destination_.end = SessionEnd{EndCode::stopped};
    }

  private:
    FakeDestination& destination_;
    Loop& loop_;
    mutable bool is_accepted_ = false;
    mutable int writes_ = 0;
};

}  // namespace

OpenSource FakeIngest::opener() {
    return [this](const SourceRequest&, Loop& loop) -> std::unique_ptr<TagSource> {
        return std::make_unique<FakeSource>(*this, loop);
    };
}

void FakeIngest::then(std::function<void()> act) {
    acts.push_back([act = std::move(act)] {
        act();
        return true;
    });
}

void FakeIngest::arrive(std::vector<Tag> tags) {
    for (Tag& each : tags) arriving.emplace_back(std::move(each));
}

OpenSink FakeDestination::opener() {
    return [this](const SinkRequest& request, Loop& loop) -> std::unique_ptr<Sink> {
        end.reset();
        requests.push_back(request);
        return std::make_unique<FakeSink>(*this, loop);
    };
}

std::vector<std::uint32_t> FakeDestination::times() const {
    std::vector<std::uint32_t> all;
    for (const Tag& each : written) all.push_back(each.time.ms());
    return all;
}

}  // namespace restream::test
