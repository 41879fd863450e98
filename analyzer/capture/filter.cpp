// libpcap's filter programs, one for each link type.
#include "capture/filter.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <map>
#include <optional>

#include "capture/link_name.h"
#include "packet/link.h"

namespace ck::capture {
namespace {

class Program {
 public:
  Program(const std::string& filter, int link_type) {
    // Filters are compiled for DLT_ values; these are LINKTYPE_ values but for raw IP.
    pcap_t* dead = pcap_open_dead(link_type == kLinkRaw ? DLT_RAW : link_type, kSnapLength);
    if (dead == nullptr) {
      error_ = "out of memory";
      return;
    }
    compiled_ = pcap_compile(dead, &program_, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!compiled_) error_ = pcap_geterr(dead);
    pcap_close(dead);
  }
  ~Program() {
    if (compiled_) pcap_freecode(&program_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool passes(const Packet& packet) const {
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(packet.data.size());
    header.len = packet.original_length;
    return pcap_offline_filter(&program_, &header, packet.data.data()) != 0;
  }

 private:
  bpf_program program_{};
  bool compiled_ = false;
  std::string error_;
};

class FilteredSource final : public Source {
 public:
  FilteredSource(std::unique_ptr<Source> source, std::string filter)
      : source_(std::move(source)), filter_(std::move(filter)) {}

  SourceStatus next(Packet& packet) override {
    for (;;) {
      const SourceStatus status = error_.empty() ? source_->next(packet) : SourceStatus::error;
      if (status != SourceStatus::packet) return status;
      const Program& program =
          programs_.try_emplace(packet.link_type, filter_, packet.link_type).first->second;
      if (!program.error().empty()) {
        error_ = fmt::format(
            "frame {}: the filter cannot be used on link type {} ({}); filter by addresses and ports, or "
            "leave "
            "--filter out",
            packet.frame, link_name(packet.link_type), program.error());
        return SourceStatus::error;
      }
      if (program.passes(packet)) return SourceStatus::packet;
    }
  }
  [[nodiscard]] const std::string& error() const override {
    return error_.empty() ? source_->error() : error_;
  }
  [[nodiscard]] std::uint64_t dropped() const override { return source_->dropped(); }

 private:
  std::unique_ptr<Source> source_;
  std::string filter_;
  std::map<int, Program> programs_;  ///< by link type
  std::string error_;
};

}  // namespace

std::string check_filter(const std::string& filter) {
  // "wlan type mgt" and the like are wrong for Ethernet, and right where they belong.
  constexpr std::array kTried{DLT_EN10MB, DLT_IEEE802_11, DLT_IEEE802_11_RADIO, kLinkRaw, DLT_PPP};
  std::string first;
  for (const int link_type : kTried) {
    const Program program(filter, link_type);
    if (program.error().empty()) return {};
    if (first.empty()) first = program.error();
  }
  return first;
}

std::unique_ptr<Source> filter_source(std::unique_ptr<Source> source, const std::string& filter) {
  return std::make_unique<FilteredSource>(std::move(source), filter);
}

}  // namespace ck::capture
