// Response times: for each exchange a table of peers, each with its distribution.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/text_style.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

constexpr std::size_t kSlowestShown = 25;
constexpr int kChartWidth = 460, kChartHeight = 44, kBarHeight = 40;

struct PeerTimes {
  std::uint32_t peer = 0;
  ResponseTimes times;
  Distribution distribution;
};

/// The slowest peers of an exchange.
struct ExchangeTimes {
  std::uint64_t answers = 0, peers = 0;
  std::vector<PeerTimes> slowest;

  void add(const PeerTimes& one) {
    answers += one.times.count;
    ++peers;
    const auto slower = [](const PeerTimes& a, const PeerTimes& b) {
      return std::pair(a.times.p50_ns, a.times.max_ns) > std::pair(b.times.p50_ns, b.times.max_ns);
    };
    slowest.insert(std::upper_bound(slowest.begin(), slowest.end(), one, slower), one);
    if (slowest.size() > kSlowestShown) slowest.pop_back();
  }
};

/// Where a step of a Distribution begins, in nanoseconds.
double begin_of(std::size_t step) {
  if (step == 0) return 0;
  const double power = std::ldexp(1.0, static_cast<int>(Distribution::kFirstBit + (step - 1) / 2));
  return step % 2 == 1 ? power : power * 1.5;
}

/// A logarithmic scale over whole decades.
class Scale {
 public:
  explicit Scale(const ExchangeTimes& exchange) {
    std::size_t least = Distribution::kSteps, most = 0;
    for (const PeerTimes& one : exchange.slowest) {
      for (std::size_t step = 0; step < Distribution::kSteps; ++step) {
        if (one.distribution.counts[step] == 0) continue;
        least = std::min(least, step);
        most = std::max(most, step);
      }
    }
    first_ = static_cast<int>(std::floor(std::log10(std::max(begin_of(std::min(least, most)), 1000.0))));
    last_ = static_cast<int>(std::ceil(std::log10(std::max(begin_of(most + 1), 10'000.0))));
    if (last_ - first_ < 2) last_ = first_ + 2;
  }
  [[nodiscard]] double x_of(double ns) const {
    const double place = (std::log10(std::max(ns, 1.0)) - first_) / (last_ - first_);
    return std::clamp(place, 0.0, 1.0) * kChartWidth;
  }
  void set_ticks(Fields& page) const {
    Fields ticks = empty_list();
    for (int decade = first_; decade <= last_; ++decade) {
      Fields tick;
      set_text(tick, "x", fmt::format("{:.1f}", x_of(std::pow(10.0, decade))));
      set_text(tick, "anchor", decade == first_ ? "start" : decade == last_ ? "end" : "middle");
      set_text(tick, "tick", decade_text(decade));
      ticks.push_back(tick);
    }
    page.set("ticks", ticks);
    set_text(page, "axis_label",
             fmt::format("scale from {} to {}, logarithmic", decade_text(first_), decade_text(last_)));
    set_text(page, "chart_width", std::to_string(kChartWidth));
  }

 private:
  static std::string decade_text(int decade) {
    constexpr std::array kUnits = {"ns", "µs", "ms", "s"};
    const int unit = std::clamp(decade / 3, 0, 3);
    return fmt::format("{:.0f} {}", std::pow(10.0, decade - 3 * unit),
                       kUnits[static_cast<std::size_t>(unit)]);
  }

  int first_ = 3, last_ = 9;
};

/// A bar as high as there are answers on its width of the scale, the highest as high as the chart.
std::string bars_path(const Distribution& distribution, const Scale& scale) {
  std::array<double, Distribution::kSteps> density{};
  double most = 0;
  for (std::size_t step = 0; step < Distribution::kSteps; ++step) {
    // Two steps of a doubling differ in width: 1.5 and 4/3.
    const double width = step % 2 == 1 ? std::log10(1.5) : std::log10(4.0 / 3);
    density[step] = distribution.counts[step] / width;
    most = std::max(most, density[step]);
  }
  std::string path;
  for (std::size_t step = 0; step < Distribution::kSteps; ++step) {
    if (distribution.counts[step] == 0) continue;
    const double x = scale.x_of(begin_of(step));
    const double width = std::max(1.5, scale.x_of(begin_of(step + 1)) - x);
    const double height = std::max(1.5, density[step] / most * kBarHeight);
    path += fmt::format("M{:.1f} {}h{:.1f}v-{:.1f}h-{:.1f}z", std::min(x, kChartWidth - width), kChartHeight,
                        width, height, width);
  }
  return path;
}

void set_duration(Fields& row, const char* name, const char* raw_name, std::int64_t ns) {
  set_text(row, name, duration_text(ns));
  set_text(row, raw_name, seconds_text(ns));
}

Fields times_row(const HtmlAudit& audit, const PeerTimes& one, const Scale& scale) {
  Fields row;
  const std::string name = clipped(audit.peer_name(one.peer), 60);
  set_text(row, "peer", name);
  set_number(row, "count", "count_raw", one.times.count);
  set_duration(row, "p50", "p50_raw", one.times.p50_ns);
  set_duration(row, "p90", "p90_raw", one.times.p90_ns);
  set_duration(row, "p99", "p99_raw", one.times.p99_ns);
  set_duration(row, "max", "max_raw", one.times.max_ns);
  set_text(row, "bars", bars_path(one.distribution, scale), 20'000);
  set_text(row, "x50", fmt::format("{:.1f}", scale.x_of(static_cast<double>(one.times.p50_ns))));
  set_text(row, "x99", fmt::format("{:.1f}", scale.x_of(static_cast<double>(one.times.p99_ns))));
  set_text(row, "said",
           fmt::format("distribution of the answers of {}: median {}, 99 % within {}, longest {}", name,
                       duration_text(one.times.p50_ns), duration_text(one.times.p99_ns),
                       duration_text(one.times.max_ns)));
  return row;
}

/// "session-creation" for people.
std::string_view title_of(Exchange exchange) {
  switch (exchange) {
    case Exchange::next_hop:
      return "Next hop asked for";
    case Exchange::route:
      return "Relay announced, until the controller orders it";
    case Exchange::relay_result:
      return "Relay ordered, until the KM reports";
    case Exchange::session_creation:
      return "Session asked for";
    case Exchange::session_notification:
      return "Session announced to the other KM";
    case Exchange::reservation:
      return "Key reservation";
    case Exchange::allocation:
      return "Key allocation";
  }
  return {};
}

}  // namespace

void write_times(HtmlAudit& audit, Output& out) {
  std::map<Exchange, ExchangeTimes> exchanges;
  audit.records.for_each_peer([&](const PeerRecord& peer) {
    for (std::size_t i = 0; i < peer.response_times.size(); ++i) {
      const Distribution none;
      exchanges[peer.response_times[i].exchange].add(
          {peer.id, peer.response_times[i], i < peer.distributions.size() ? peer.distributions[i] : none});
    }
  });
  Fields page;
  set_text(page, "audit", audit.id);
  set_text(page, "empty", exchanges.empty() ? "None: no pair of a request and its answer was seen." : "");
  Fields list = empty_list();
  for (const auto& [exchange, times] : exchanges) {
    const Scale scale(times);
    Fields section;
    set_text(section, "exchange", name_of(exchange));
    set_text(section, "name", title_of(exchange));
    set_text(section, "sum", counted(times.answers, "answer"));
    set_text(section, "caption", "Solid line: median; broken line: 99 % took no longer");
    scale.set_ticks(section);
    Fields rows = empty_list();
    for (const PeerTimes& one : times.slowest) rows.push_back(times_row(audit, one, scale));
    section.set("rows", rows);
    const std::uint64_t hidden = times.peers - times.slowest.size();
    set_text(section, "hidden",
             hidden == 0 ? ""
                         : fmt::format("and {} that answer faster; --format json lists all",
                                       counted(hidden, "peer")));
    list.push_back(section);
  }
  page.set("exchanges", list);
  out.append(HtmlTemplate(HtmlParts::times).render(page));
}

}  // namespace ck::report
