// libpcap on an interface, and the signals that end it.
#include "capture/live_source.h"

#include <csignal>

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "packet/link.h"

namespace ck::capture {
namespace {

constexpr int kKernelBuffer = 16 << 20;  ///< bytes: bursts of a busy link are kept while a report is written
constexpr int kTimeoutMs = 100;          ///< so late at most a packet is told, and a signal heeded

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ask_to_stop(int /*signal*/) {
  stop_asked = 1;
}

/// Catches the signals for as long as it lives, each once.
class StopSignals {
 public:
  StopSignals() {
    stop_asked = 0;
    struct sigaction action {};
    action.sa_handler = ask_to_stop;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before_[i]);
  }
  ~StopSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM};
  std::array<struct sigaction, 2> before_{};
};

std::string interface_names() {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  pcap_if_t* all = nullptr;
  std::string names;
  if (pcap_findalldevs(&all, text.data()) != 0) return names;
  for (const pcap_if_t* one = all; one != nullptr; one = one->next) {
    if ((one->flags & PCAP_IF_UP) == 0) continue;
    names += names.empty() ? "" : ", ";
    names += one->name;
  }
  pcap_freealldevs(all);
  return names;
}

class LiveSource final : public Source {
 public:
  LiveSource(const std::string& interface, const std::string& filter) : interface_(interface) {
    open(filter);
  }
  ~LiveSource() override {
    if (pcap_ != nullptr) pcap_close(pcap_);
  }
  LiveSource(const LiveSource&) = delete;
  LiveSource& operator=(const LiveSource&) = delete;

  SourceStatus next(Packet& packet) override {
    packet.capture = 0;
    while (error_.empty()) {
      if (stop_asked != 0) return SourceStatus::end;
      pcap_pkthdr* header = nullptr;
      const u_char* data = nullptr;
      const int status = pcap_next_ex(pcap_, &header, &data);
      if (status == 0) {
        wait();
        continue;
      }
      if (status != 1) {
        error_ = fmt::format("{}: after frame {}: {}", interface_, frames_, pcap_geterr(pcap_));
        break;
      }
      packet.data = Bytes(data, header->caplen);
      packet.original_length = std::max(header->len, header->caplen);
      packet.time_ns = header->ts.tv_sec * kNanosPerSecond + header->ts.tv_usec * (nanoseconds_ ? 1 : 1000);
      packet.link_type = link_type_;
      packet.frame = ++frames_;
      return SourceStatus::packet;
    }
    return SourceStatus::error;
  }

  [[nodiscard]] const std::string& error() const override { return error_; }

  [[nodiscard]] std::uint64_t dropped() const override {
    pcap_stat counts{};
    if (pcap_ == nullptr || pcap_stats(pcap_, &counts) != 0) return 0;
    return std::uint64_t{counts.ps_drop} + counts.ps_ifdrop;
  }

 private:
  void open(const std::string& filter) {
    std::array<char, PCAP_ERRBUF_SIZE> text{};
    pcap_ = pcap_create(interface_.c_str(), text.data());
    if (pcap_ == nullptr) return fail(text.data());
    pcap_set_snaplen(pcap_, kSnapLength);
    pcap_set_promisc(pcap_, 1);
    pcap_set_timeout(pcap_, kTimeoutMs);
    pcap_set_buffer_size(pcap_, kKernelBuffer);
    nanoseconds_ = pcap_set_tstamp_precision(pcap_, PCAP_TSTAMP_PRECISION_NANO) == 0;
    const int status = pcap_activate(pcap_);
    if (status < 0) return fail(remedy(status));
    if (pcap_setnonblock(pcap_, 1, text.data()) != 0) return fail(text.data());
    const int dlt = pcap_datalink(pcap_);
    link_type_ = dlt == DLT_RAW ? kLinkRaw : dlt;
    bpf_program program{};
    if (filter.empty()) return;
    const bool applied = pcap_compile(pcap_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0 &&
                         pcap_setfilter(pcap_, &program) == 0;
    if (!applied) fail(fmt::format("--filter: {}", pcap_geterr(pcap_)));
    pcap_freecode(&program);
  }

  /// Until packets are there, or a while has passed. libpcap's own waiting goes on through a signal, so it is
  /// not used.
  void wait() const {
    pollfd readable{pcap_get_selectable_fd(pcap_), POLLIN, 0};
    poll(&readable, 1, kTimeoutMs);
  }

  std::string remedy(int status) {
    switch (status) {
      case PCAP_ERROR_PERM_DENIED:
      case PCAP_ERROR_PROMISC_PERM_DENIED:
        return "no permission to capture; run ck-audit as root, or give it the right once: sudo setcap "
               "cap_net_raw+ep \"$(command -v ck-audit)\"";
      case PCAP_ERROR_NO_SUCH_DEVICE:
        return fmt::format("there is no such interface; those that are up: {}", interface_names());
      case PCAP_ERROR_IFACE_NOT_UP:
        return "the interface is not up; bring it up first: sudo ip link set dev NAME up";
      default:
        break;
    }
    const std::string_view text = pcap_geterr(pcap_);
    return std::string(text.empty() ? pcap_statustostr(status) : text);
  }

  void fail(std::string_view what) { error_ = fmt::format("{}: {}", interface_, what); }

  StopSignals signals_;
  std::string interface_;
  pcap_t* pcap_ = nullptr;
  int link_type_ = 0;
  bool nanoseconds_ = false;
  std::uint64_t frames_ = 0;
  std::string error_;
};

}  // namespace

std::unique_ptr<Source> open_live(const std::string& interface, const std::string& filter) {
  return std::make_unique<LiveSource>(interface, filter);
}

}  // namespace ck::capture
