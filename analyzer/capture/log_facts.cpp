// What a log says of its captures, in front of its records and behind them.
#include <charconv>
#include <limits>

#include "capture/log_json.h"

namespace ck::capture {
namespace {

/// What is said of a capture that could not be read.
constexpr std::size_t kLongestError = 16 * 1024;

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kMostNames = 4096;
constexpr std::uint64_t kMostCount = std::uint64_t{1} << 60;
/// Captures of one log: a day's ring of files, and far more.
constexpr std::uint64_t kMostCaptures = 1u << 20;

/// One object's members, each of which must be taken, and once.
class Members {
 public:
  explicit Members(const object& from) : from_(from) {}

  bool number(std::string_view name, std::uint64_t& out, std::uint64_t most = kMostCount) {
    return take(name, [&](const element& value) {
      return value.get_uint64().get(out) == simdjson::SUCCESS && out <= most;
    });
  }
  bool time(std::string_view name, std::int64_t& out) {
    return take(name, [&](const element& value) {
      if (value.is_null()) return true;
      return value.get_int64().get(out) == simdjson::SUCCESS && out > kNoTime;
    });
  }
  bool flag(std::string_view name, bool& out) {
    return take(name, [&](const element& value) { return value.get_bool().get(out) == simdjson::SUCCESS; });
  }
  /// A text, or it in base64; an optional one may be missing.
  bool bytes(std::string_view name, std::string& out, bool optional) {
    const auto plain = [&](const element& value) {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return false;
      out = text;
      return true;
    };
    const auto base64 = [&](const element& value) {
      std::string_view text;
      std::vector<std::uint8_t> decoded;
      if (value.get_string().get(text) != simdjson::SUCCESS || !decode_base64(text, decoded)) return false;
      out.assign(decoded.begin(), decoded.end());
      return true;
    };
    if (has(name)) return take(name, plain);
    const std::string coded = std::string(name) + "_base64";
    return has(coded) ? take(coded, base64) : optional;
  }
  bool names(std::string_view name, NameCounts& out) {
    return take(name, [&](const element& value) {
      object counts;
      if (value.get_object().get(counts) != simdjson::SUCCESS) return false;
      for (const auto member : counts) {
        std::uint64_t count = 0;
        if (member.value.get_uint64().get(count) != simdjson::SUCCESS || count > kMostCount) return false;
        if (out.size() >= kMostNames) return false;
        out[std::string(member.key)] += count;
      }
      return true;
    });
  }
  template <class Read>
  bool each(std::string_view name, const Read& read) {
    return take(name, [&](const element& value) {
      simdjson::dom::array array;
      if (value.get_array().get(array) != simdjson::SUCCESS) return false;
      for (const element one : array) {
        if (!read(one)) return false;
      }
      return true;
    });
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return from_.at_key(name).error() == simdjson::SUCCESS;
  }
  /// Nothing is left but the type.
  [[nodiscard]] bool all_taken() const { return taken_ + 1 == from_.size(); }

 private:
  template <class Read>
  bool take(std::string_view name, const Read& read) {
    element value;
    if (from_.at_key(name).get(value) != simdjson::SUCCESS) return false;
    ++taken_;
    return read(value);
  }

  object from_;
  std::size_t taken_ = 0;
};

template <class Names>
std::optional<std::size_t> index_in(const Names& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? std::nullopt : std::optional<std::size_t>(at - names.begin());
}

bool read_shut_counts(Members& members, std::string_view name, ShutConnections::Counts& out) {
  NameCounts counts;
  if (!members.names(name, counts)) return false;
  for (const auto& [reason, count] : counts) {
    const auto at = index_in(kShutNames, reason);
    if (!at) return false;
    out[*at] = count;
  }
  return true;
}

/// ["10.0.0.1:443","no_secrets",3]
bool read_shut_at(const element& one, ShutServers& shut) {
  simdjson::dom::array array;
  if (one.get_array().get(array) != simdjson::SUCCESS || array.size() != 3) return false;
  std::string_view server, reason;
  std::uint64_t count = 0;
  if (array.at(0).get_string().get(server) != simdjson::SUCCESS ||
      array.at(1).get_string().get(reason) != simdjson::SUCCESS ||
      array.at(2).get_uint64().get(count) != simdjson::SUCCESS || count > kMostCount)
    return false;
  const auto endpoint = parse_endpoint(server);
  const auto at = index_in(kShutNames, reason);
  if (!endpoint || !at) return false;
  shut.add_shut(*endpoint, static_cast<TlsShut>(*at), count);
  return true;
}

bool read_server(const element& one, ShutServers& shut) {
  std::string_view server;
  if (one.get_string().get(server) != simdjson::SUCCESS) return false;
  const auto endpoint = parse_endpoint(server);
  if (endpoint) shut.add_opened(*endpoint);
  return endpoint.has_value();
}

}  // namespace

bool read_header(const object& from, LogHeader& header, std::uint64_t& captures) {
  Members members(from);
  std::uint64_t version = 0;
  std::string tool;
  std::vector<std::uint64_t> shard;
  const bool read = members.number("version", version) && members.bytes("tool", tool, false) &&
                    members.each("shard",
                                 [&](const element& one) {
                                   std::uint64_t number = 0;
                                   if (one.get_uint64().get(number) != simdjson::SUCCESS) return false;
                                   shard.push_back(number);
                                   return shard.size() <= 2;
                                 }) &&
                    members.number("captures", captures, kMostCaptures) && members.all_taken();
  if (!read || version != kLogVersion || shard.size() != 2) return false;
  if (shard[0] < 1 || shard[0] > shard[1] || shard[1] > kShardParts) return false;
  header.shard = {static_cast<std::uint32_t>(shard[0]), static_cast<std::uint32_t>(shard[1])};
  return true;
}

bool read_capture(const object& from, LogHeader& header) {
  Members members(from);
  std::uint64_t number = 0;
  CaptureName name;
  std::string digest;
  if (!members.number("capture", number) || number != header.captures.size()) return false;
  if (!members.bytes("path", name.path, false) || !members.bytes("digest", digest, false)) return false;
  if (!members.all_taken() || digest.size() != 16) return false;
  const auto [end, error] = std::from_chars(digest.data(), digest.data() + digest.size(), name.digest, 16);
  if (error != std::errc() || end != digest.data() + digest.size()) return false;
  header.captures.push_back(std::move(name));
  return true;
}

bool read_capture_end(const object& from, std::vector<CaptureFacts>& captures) {
  Members members(from);
  std::uint64_t number = 0;
  if (captures.empty() || !members.number("capture", number, captures.size() - 1)) return false;
  CaptureFacts& facts = captures[number];
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t behind_s = 0;
  if (members.has("behind_s") && !members.number("behind_s", behind_s, kMost)) return false;
  facts.end_behind_s = static_cast<std::uint32_t>(behind_s);
  return members.number("packets", facts.packets) && members.number("bytes", facts.bytes) &&
         members.time("first_time_ns", facts.first_time_ns) &&
         members.time("last_time_ns", facts.last_time_ns) && members.time("end_time_ns", facts.end_ns) &&
         members.each("link_types",
                      [&](const element& one) {
                        std::string_view name;
                        if (one.get_string().get(name) != simdjson::SUCCESS) return false;
                        facts.link_types.emplace_back(name);
                        return facts.link_types.size() <= kMostNames;
                      }) &&
         members.bytes("error", facts.error, true) && facts.error.size() <= kLongestError &&
         members.all_taken();
}

bool read_diagnostics(const object& from, ReadingFacts& facts) {
  Members members(from);
  Diagnostics& diagnostics = facts.diagnostics;
  return members.names("unknown_links", diagnostics.unknown_links) &&
         members.names("dropped", diagnostics.dropped) && members.names("other", diagnostics.other) &&
         members.number("conflicting_overlaps", diagnostics.conflicting_overlaps) &&
         members.number("undecoded_streams", diagnostics.undecoded_streams) &&
         members.number("capture_drops", facts.capture_drops) &&
         members.flag("has_secrets", facts.has_secrets) && members.bytes("trouble", facts.trouble, true) &&
         read_shut_counts(members, "shut_ours", facts.shut.counted.ours) &&
         read_shut_counts(members, "shut_others", facts.shut.counted.others) &&
         members.each("shut_at", [&](const element& one) { return read_shut_at(one, facts.shut); }) &&
         members.each("opened_at", [&](const element& one) { return read_server(one, facts.shut); }) &&
         members.all_taken();
}

}  // namespace ck::capture
