// A capture of any size for the benchmarks: KMs that hold their connections open and take part in procedures
// of all kinds, hundreds at a time, with the answers' delays of a real network. Nothing in it breaks a rule
// but plaintext-transport, and every message is acknowledged by a packet of its own. Over gRPC the same is
// said by packaging/proto/ck.proto; over HTTP it is another protocol, and no Ck; under TLS it stays shut, in
// short connections. Written as it is made, so that size costs no memory.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "generator/ck_message.h"
#include "generator/conversation.h"
#ifdef CK_GRPC
#include "grpc/wire.h"
#endif

namespace {

using namespace ck::samples;

constexpr std::size_t kUnderWay = 500;  ///< procedures at one time, at most
constexpr std::uint32_t kFirstAddress = 0x0A000100, kController = 0xC0A80001;

Host host(std::uint32_t address) {
  Host out("0.0.0.0");
  for (unsigned i = 0; i < 4; ++i) out.bytes[i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
  return out;
}

class Writer {
 public:
  explicit Writer(const char* path) : out_(path, std::ios::binary) {
    little(0xA1B2C3D4);
    little(0x00040002);
    little(0);
    little(0);
    little(262'144);
    little(static_cast<std::uint32_t>(Link::ethernet));
  }
  void add(const Segment& segment, std::int64_t step_us) {
    now_us_ += step_us;
    const Buffer bytes = link_frame({}, ip(segment));
    little(static_cast<std::uint32_t>(now_us_ / 1'000'000));
    little(static_cast<std::uint32_t>(now_us_ % 1'000'000));
    little(static_cast<std::uint32_t>(bytes.size()));
    little(static_cast<std::uint32_t>(bytes.size()));
    out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ++packets_;
  }
  bool close() {
    out_.close();
    return out_.good();
  }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }

 private:
  void little(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) out_.put(static_cast<char>(value >> (8 * i)));
  }
  std::ofstream out_;
  std::int64_t now_us_ = 1'700'000'000'000'000;
  std::uint64_t packets_ = 0;
};

/// What a KM asks on and, over gRPC alone, what it is asked on.
constexpr unsigned kAsks = 0, kIsAsked = 1;

/// A KM's connections; the one that opened each is its side 0.
struct Km {
  std::uint16_t port = 40'000;  ///< that it asks from
  std::array<std::array<std::uint32_t, 2>, 2> seq{{{1'000, 5'000'000}, {2'000, 6'000'000}}};
  std::array<std::uint32_t, 2> last_id{
      0, 0x40000000};  ///< the sides count apart, so that echoes clash with nothing
  bool busy = false;
};

/// What a procedure says next: a message of one of its two KMs' connections.
struct Step {
  bool at_destination = false;
  std::uint16_t code = 0;
};

struct Procedure {
  std::size_t source = 0, destination = 0, kind = 0, said = 0;
  std::uint64_t number = 0;
  std::uint32_t asked = 0;  ///< MessageID of the request that is answered next
};

const std::vector<std::vector<Step>> kKinds{
    {{false, kNextHopRequest}, {false, kNextHopResponse}},
    {{false, kRelayNotification}, {false, kRelayRequest}, {false, kRelayResponse}},
    {{false, kSessionRequest},
     {true, kSessionNotification},
     {true, kSessionNotificationResponse},
     {false, kSessionResponse}},
    {{false, kReservationRequest},
     {false, kReservationResponse},
     {false, kAllocationRequest},
     {false, kAllocationResponse}},
};

class Network {
 public:
  Network(Writer& writer, std::size_t connections) : writer_(writer), kms_(connections) {
    for (std::size_t i = 0; i < connections; ++i) open(i, kAsks);
  }
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Until so many messages are said and the procedures under way are over. Returns how many it were.
  std::uint64_t run(std::uint64_t messages) {
    const std::size_t limit = std::clamp<std::size_t>(kms_.size() / 4, 1, kUnderWay);
    while (said_ < messages || !under_way_.empty()) {
      while (said_ + under_way_.size() < messages && under_way_.size() < limit) start();
      const std::size_t which = dice_() % under_way_.size();
      if (say(under_way_[which])) continue;
      kms_[under_way_[which].source].busy = kms_[under_way_[which].destination].busy = false;
      under_way_[which] = under_way_.back();
      under_way_.pop_back();
    }
    return said_;
  }

 protected:
  void open(std::size_t km, unsigned way) {
    packet(km, way, 0, kSyn, {});
    packet(km, way, 1, kSyn | kAck, {});
    packet(km, way, 0, kAck, {});
  }
  void packet(std::size_t km, unsigned way, unsigned from, unsigned flags, const Buffer& payload) {
    auto& seq = kms_[km].seq[way];
    const Host address = host(kFirstAddress + static_cast<std::uint32_t>(km));
    Endpoint ends[2] = {{address, kms_[km].port}, {host(kController), 4164}};
    if (way == kIsAsked) {
      ends[0] = {host(kController), static_cast<std::uint16_t>(20'000 + km % 40'000)};
      ends[1] = {address, 4164};
    }
    Segment segment{ends[from], ends[1 - from], seq[from], seq[1 - from]};
    segment.flags = static_cast<std::uint8_t>(flags);
    segment.payload = payload;
    if (flags == kSyn) segment.ack = 0;
    writer_.add(segment, payload.empty() ? 40 : static_cast<std::int64_t>(500 + dice_() % 3000));
    seq[from] += static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
  }
  /// Ends the KM's connection on which it asks, and opens the next one.
  void reopen(std::size_t km) {
    packet(km, kAsks, 0, kFin | kAck, {});
    packet(km, kAsks, 1, kFin | kAck, {});
    packet(km, kAsks, 0, kAck, {});
    kms_[km].port = kms_[km].port == 60'000 ? 40'000 : kms_[km].port + 1;
    open(km, kAsks);
  }
  /// Sends the message and its acknowledgement. `id`: what p's request and its answer have in common.
  virtual void send(std::size_t km, const Procedure& p, std::uint16_t code, std::uint32_t id) {
    send(km, is_from_km(code) ? 0 : 1, frame(1, id, code, payload(p, code)));
  }
  void send(std::size_t km, unsigned from, const Buffer& bytes) {
    packet(km, kAsks, from, kPsh | kAck, bytes);
    packet(km, kAsks, 1 - from, kAck, {});
  }
  /// Table I.1: 0x1... is the KM's, 0x4... the controller's.
  static bool is_from_km(std::uint16_t code) { return code >> 12 == 1; }
  [[nodiscard]] std::size_t note_size() { return dice_() % 120; }
  std::string payload(const Procedure& p, std::uint16_t code);

 private:
  std::size_t free_km() {
    std::size_t km = dice_() % kms_.size();
    while (kms_[km].busy) km = dice_() % kms_.size();
    kms_[km].busy = true;
    return km;
  }
  void start() {
    Procedure procedure;
    procedure.number = ++started_;
    procedure.kind = dice_() % kKinds.size();
    procedure.source = free_km();
    procedure.destination = free_km();
    under_way_.push_back(procedure);
  }

  /// False when the procedure is over with that.
  bool say(Procedure& p) {
    const auto& steps = kKinds[p.kind];
    const Step& step = steps[p.said];
    const std::size_t km = step.at_destination ? p.destination : p.source;
    const unsigned from = is_from_km(step.code) ? 0 : 1;
    const bool answer = p.said != 0 && step.code != kAllocationRequest && step.code != kSessionNotification;
    // The source's request waits while the destination is asked; its number is kept apart.
    if (step.code == kSessionResponse) p.asked = kms_[km].last_id[0];
    const std::uint32_t id = answer ? p.asked : next_id(km, from);
    if (!answer) p.asked = id;
    send(km, p, step.code, id);
    ++said_;
    return ++p.said != steps.size();
  }
  std::uint32_t next_id(std::size_t km, unsigned from) { return ++kms_[km].last_id[from]; }

  Writer& writer_;
  std::vector<Km> kms_;
  std::vector<Procedure> under_way_;
  std::mt19937_64 dice_{4164};
  std::uint64_t said_ = 0, started_ = 0;
};

std::string Network::payload(const Procedure& p, std::uint16_t code) {
  const std::string number = std::to_string(p.number);
  const std::string ends = "\"Source KMA ID\":\"KMA-" + std::to_string(p.source) +
                           "\",\"Destination KMA ID\":\"KMA-" + std::to_string(p.destination) + "\"";
  const std::string apps = "\"Application source ID\":\"sae-" + std::to_string(p.source) +
                           ".example.net\",\"Application destination ID\":\"sae-" +
                           std::to_string(p.destination) + ".example.net\"";
  const std::string session = "\"Session ID\":\"session-" + number + "\"";
  const std::string keys =
      R"("Key IDs":[{"Key ID":"key-)" + number + R"(-1"},{"Key ID":"key-)" + number + R"(-2"}])";
  const std::string extension =
      R"("Extension":[{"note":")" + std::string(note_size(), 'x') + R"(","trace":)" + number + "}]";
  const std::string relay = "\"Key relay request ID\":\"relay-" + number + "\"";
  const auto object = [](std::initializer_list<std::string> parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "{" : ",") + part;
    return out + "}";
  };
  switch (code) {
    case kNextHopRequest:
    case kRelayNotification:
    case kReservationRequest:
      return object({ends, extension});
    case kNextHopResponse:
      return object({ends, R"("Next KMA IDs":["KMA-transit-1","KMA-transit-2"])", extension});
    case kRelayRequest:
      return object({ends, R"("Transit KMA IDs":["KMA-transit-1","KMA-transit-2"])", relay, extension});
    case kRelayResponse:
      return object({relay, R"("Response":"success")", extension});
    case kSessionRequest:
      return object({apps, R"("Number of keys":128)", extension});
    case kSessionNotification:
      return object({apps, session, "\"Source KM ID\":\"KM-" + std::to_string(p.source) + "\"",
                     R"("Number of keys":128)", extension});
    case kSessionNotificationResponse:
      return object({session, R"("Response":"success")", extension});
    case kSessionResponse:
      return object({session, "\"Destination KM ID\":\"KM-" + std::to_string(p.destination) + "\"",
                     R"("Response":"success")", extension});
    case kReservationResponse:
      return object(
          {ends, "\"Key IDs\":\"key-" + number + "-1,key-" + number + "-2\"", R"("Response":0)", extension});
    case kAllocationRequest:
      return object({ends, keys, extension});
    default:
      return object({keys, R"("Response":0)", extension});
  }
}

/// As another protocol would say it, which nothing of Ck's may take for its own.
class HttpNetwork final : public Network {
 public:
  using Network::Network;

 private:
  void send(std::size_t km, const Procedure& p, std::uint16_t code, std::uint32_t /*id*/) override {
    const std::string body = payload(p, code);
    const std::string rest =
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body;
    const bool asks = is_from_km(code);
    Network::send(
        km, asks ? 0 : 1,
        to_bytes((asks ? "POST /keys HTTP/1.1\r\nHost: kms.example.net" : "HTTP/1.1 200 OK") + rest));
  }
};

/// The same where nobody has the secrets, in connections of a few records each (RFC 8446).
class TlsNetwork final : public Network {
 public:
  TlsNetwork(Writer& writer, std::size_t connections) : Network(writer, connections), said_(connections) {}

 private:
  static constexpr unsigned kRecords = 6;
  static constexpr std::uint8_t kHandshake = 22, kApplicationData = 23;

  static Buffer record(std::uint8_t type, const Buffer& fragment) {
    return join({{type, 3, 3, static_cast<std::uint8_t>(fragment.size() >> 8),
                  static_cast<std::uint8_t>(fragment.size())},
                 fragment});
  }
  Buffer sealed(std::size_t size) {
    Buffer out(size);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(dice_());
    return record(kApplicationData, out);
  }
  Buffer hello(std::uint8_t type, const Buffer& suites, const Buffer& extensions) {
    Buffer random(32);
    for (std::uint8_t& byte : random) byte = static_cast<std::uint8_t>(dice_());
    const Buffer body =
        join({{3, 3}, random, {0}, suites, {0, static_cast<std::uint8_t>(extensions.size())}, extensions});
    return record(kHandshake, join({{type, 0, 0, static_cast<std::uint8_t>(body.size())}, body}));
  }
  void shake_hands(std::size_t km) {
    const Buffer change_cipher{20, 3, 3, 0, 1, 1};
    Network::send(km, 0, hello(1, {0, 2, 0x13, 1, 1, 0}, {0, 43, 0, 3, 2, 3, 4}));
    Network::send(km, 1,
                  join({hello(2, {0x13, 1, 0}, {0, 43, 0, 2, 3, 4}), change_cipher, sealed(23), sealed(900),
                        sealed(281), sealed(53)}));
    Network::send(km, 0, join({change_cipher, sealed(53)}));
  }
  void send(std::size_t km, const Procedure& p, std::uint16_t code, std::uint32_t /*id*/) override {
    const unsigned said = said_[km]++ % kRecords;
    if (said == 0) shake_hands(km);
    Network::send(km, is_from_km(code) ? 0 : 1, sealed(payload(p, code).size() + 17));
    if (said + 1 == kRecords) reopen(km);
  }

  std::vector<unsigned> said_;
  std::mt19937 dice_{4164};
};

#ifdef CK_GRPC
/// The same over gRPC: each KM has a connection on which it asks, and one on which it is asked.
class GrpcNetwork final : public Network {
 public:
  GrpcNetwork(Writer& writer, std::size_t connections) : Network(writer, connections), rpcs_(connections) {
    using ck::grpc::operator+;
    for (std::size_t km = 0; km < connections; ++km) {
      open(km, kIsAsked);
      for (const unsigned way : {kAsks, kIsAsked}) {
        rpcs_[km][way] = std::make_unique<Rpcs>();
        packet(km, way, 0, kPsh | kAck, ck::grpc::preface() + ck::grpc::settings());
        packet(km, way, 1, kPsh | kAck, ck::grpc::settings() + ck::grpc::settings_ack());
        packet(km, way, 0, kPsh | kAck, ck::grpc::settings_ack());
      }
    }
  }

 private:
  struct Rpcs {
    ck::grpc::Peer client, server;
    std::uint32_t next = 1;
    std::map<std::uint32_t, std::uint32_t> streams;  ///< by what request and answer have in common
  };
  /// A request, by its method; everything else is an answer.
  static std::string method(std::uint16_t code) {
    static const std::map<std::uint16_t, std::string> kMethods{
        {kNextHopRequest, "QkdnController/KeyRelayNextHop"},
        {kRelayNotification, "QkdnController/KeyRelayNotification"},
        {kSessionRequest, "QkdnController/SessionCreation"},
        {kRelayRequest, "KeyManager/KeyRelay"},
        {kSessionNotification, "KeyManager/SessionNotification"},
        {kReservationRequest, "KeyManager/KeyReservation"},
        {kAllocationRequest, "KeyManager/KeyAllocation"}};
    const auto found = kMethods.find(code);
    return found == kMethods.end() ? std::string() : "/qkdn.ck.v1." + found->second;
  }

  void send(std::size_t km, const Procedure& p, std::uint16_t code, std::uint32_t id) override {
    const std::string path = method(code);
    // A side asks on its own connection, and answers on the other's.
    const unsigned way = is_from_km(code) == path.empty() ? kIsAsked : kAsks;
    Rpcs& rpcs = *rpcs_[km][way];
    if (path.empty()) {
      packet(km, way, 1, kPsh | kAck, rpcs.server.response(rpcs.streams[id], body(p, code)));
      packet(km, way, 0, kAck, {});
      return;
    }
    const std::uint32_t stream = rpcs.next;
    rpcs.next += 2;
    rpcs.streams[id] = stream;
    packet(km, way, 0, kPsh | kAck, rpcs.client.request(stream, path, body(p, code)));
    // The notification's own answer is none of Ck's.
    packet(km, way, 1, kAck, code == kRelayNotification ? rpcs.server.response(stream, {}) : Buffer{});
  }

  static Buffer field(unsigned number, const std::string& value) {
    Buffer out{static_cast<std::uint8_t>(number << 3 | 2)};
    if (value.size() > 0x7F) out.push_back(static_cast<std::uint8_t>(value.size() | 0x80));
    out.push_back(static_cast<std::uint8_t>(value.size() > 0x7F ? value.size() >> 7 : value.size()));
    put(out, to_bytes(value));
    return out;
  }
  static std::string text(const Buffer& bytes) { return {bytes.begin(), bytes.end()}; }

  /// By packaging/proto/ck.proto, with what Network::payload() says.
  Buffer body(const Procedure& p, std::uint16_t code) {
    using ck::grpc::operator+;
    const std::string number = std::to_string(p.number);
    const auto ends =
        field(1, "KMA-" + std::to_string(p.source)) + field(2, "KMA-" + std::to_string(p.destination));
    const auto apps = [&](unsigned first) {
      return field(first, "sae-" + std::to_string(p.source) + ".example.net") +
             field(first + 1, "sae-" + std::to_string(p.destination) + ".example.net");
    };
    const auto extension = [&](unsigned at) {
      return field(at, text(field(1, "note") + field(2, std::string(note_size(), 'x')))) +
             field(at, text(field(1, "trace") + field(2, number)));
    };
    const auto keys = field(4, "key-" + number + "-1") + field(4, "key-" + number + "-2");
    const std::string relay = "relay-" + number, session = "session-" + number;
    const auto via = field(3, "KMA-transit-1") + field(3, "KMA-transit-2");
    const Buffer many{0x18, 0x80, 0x01};  // field 3 is 128
    switch (code) {
      case kNextHopRequest:
      case kRelayNotification:
      case kReservationRequest:
        return ends + extension(4);
      case kNextHopResponse:
        return ends + via + extension(4);
      case kRelayRequest:
        return ends + via + field(4, relay) + extension(5);
      case kRelayResponse:
        return field(2, relay) + field(3, std::string(note_size(), 'x'));
      case kSessionRequest:
        return apps(1) + many + extension(4);
      case kSessionNotification:
        return apps(1) + field(3, session) + field(4, "KM-" + std::to_string(p.source)) +
               Buffer{0x28, 0x80, 0x01} + extension(6);
      case kSessionNotificationResponse:
        return field(1, session) + field(3, std::string(note_size(), 'x'));
      case kSessionResponse:
        return field(1, session) + field(3, "KM-" + std::to_string(p.destination)) +
               field(4, std::string(note_size(), 'x'));
      case kReservationResponse:
        return ends + keys + field(6, std::string(note_size(), 'x'));
      case kAllocationRequest:
        return ends + keys + extension(5);
      default:
        return keys + field(6, std::string(note_size(), 'x'));
    }
  }

  std::vector<std::array<std::unique_ptr<Rpcs>, 2>> rpcs_;
};
#endif

/// nullptr: there is no such carrier.
std::unique_ptr<Network> make_network(Writer& writer, std::size_t connections, std::string_view carrier) {
  if (carrier.empty()) return std::make_unique<Network>(writer, connections);
  if (carrier == "http") return std::make_unique<HttpNetwork>(writer, connections);
  if (carrier == "tls") return std::make_unique<TlsNetwork>(writer, connections);
#ifdef CK_GRPC
  if (carrier == "grpc") return std::make_unique<GrpcNetwork>(writer, connections);
#endif
  return nullptr;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc{} || end != view.data() + view.size() || value == 0) {
    std::cerr << text << " is no number of messages or connections\n";
    std::exit(2);
  }
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if ((argc != 4 && argc != 5) || number(argv[2]) < 2) {
    std::cerr
        << "Usage: make_capture MESSAGES CONNECTIONS FILE [grpc|http|tls]    (at least 2 connections)\n";
    return 2;
  }
  Writer writer(argv[3]);
  const std::unique_ptr<Network> network = make_network(writer, number(argv[2]), argc == 5 ? argv[4] : "");
  if (network == nullptr) {
    std::cerr << "make_capture does not know " << argv[4] << ", or was built without it\n";
    return 2;
  }
  const std::uint64_t messages = network->run(number(argv[1]));
  if (!writer.close()) {
    std::cerr << argv[3] << ": cannot be written\n";
    return 1;
  }
  std::cout << messages << " " << writer.packets() << "\n";
  return 0;
}
