// Wireshark's part in a test of the plugin's core: its TCP dissector, as far as it hands bytes over and puts
// segments together when it is asked to.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/link_name.h"
#include "capture/reader.h"
#include "capture/source.h"
#include "core/dissection.h"
#include "generator/sample.h"
#include "packet/ip.h"

namespace ck::plugin {

using namespace capture;

/// How bytes come to our dissector.
enum class HandOver : std::uint8_t {
  as_captured,  ///< each segment's, in the order of the capture, and what was asked for put together
  never,        ///< another dissector keeps the conversation
};

/// What a frame shows of Ck: "message 1", "skipped 7 garbage", in the order of its bytes.
using Shown = std::map<std::uint64_t, std::vector<std::string>>;

class Player {
 public:
  explicit Player(DissectionOptions options = {}, HandOver how = HandOver::as_captured)
      : dissection(std::move(options)), how_(how) {}

  /// Reads a capture to its end, as the first pass does.
  void play(const samples::Buffer& capture) {
    const std::unique_ptr<Source> source = open_memory(capture, 0);
    Packet packet;
    while (source->next(packet) == SourceStatus::packet) {
      TcpSegment segment;
      dissection.begin_packet(packet);
      for (bool found = decoder_.decode(packet, segment); found; found = decoder_.next(segment))
        this->segment(segment);
      dissection.end_frame({packet.capture, packet.frame, packet.time_ns});
      dissection.calls().end_frame(packet.frame);
      last_frame_ = packet.frame;
    }
    dissection.end_capture();
    dissection.look_ahead();
  }

  /// What every frame shows when it is dissected again, with bytes handed over in this way.
  Shown again(const samples::Buffer& capture, HandOver how) {
    shown.clear();
    held_.clear();
    const std::unique_ptr<Source> source = open_memory(capture, 0);
    Packet packet;
    while (source->next(packet) == SourceStatus::packet) {
      TcpSegment segment;
      for (bool found = decoder_.decode(packet, segment); found; found = decoder_.next(segment))
        segment_again(segment, how);
      dissection.calls().end_frame(packet.frame);
    }
    return shown;
  }

  void segment(const TcpSegment& segment) {
    SegmentAtHand at_hand;
    at_hand.segment = segment;
    dissection.begin_segment(at_hand);
    if (how_ == HandOver::as_captured && !segment.payload.empty()) {
      std::vector<std::uint8_t>& held = held_[{segment.source, segment.destination}];
      DeliveryInput input;
      input.at = segment.at;
      input.can_wait = true;
      input.offset = -std::ssize(held);
      std::vector<std::uint8_t> bytes = std::exchange(held, {});
      bytes.insert(bytes.end(), segment.payload.begin(), segment.payload.end());
      input.bytes = bytes;
      const Delivery* call = dissection.dissect(at_hand, input);
      if (call != nullptr) note(*call, given(*call, bytes), segment.at.frame);
      if (call != nullptr && call->waits) held.assign(bytes.begin() + call->wait_offset, bytes.end());
      if (call != nullptr && call->waits) ++asked;
    }
    const bool look = dissection.wants_handshake(at_hand);
    if (look) looked_at.push_back(segment.at.frame);
    dissection.end_segment(at_hand, look ? handshake : DecryptedHandshake{});
    note_left(segment);
  }

  /// The messages of all frames: what a second pass can show.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> messages() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    for (std::uint64_t frame = 1; frame <= last_frame_; ++frame) {
      for (const std::uint64_t message : dissection.calls().messages_in(frame))
        out.emplace_back(frame, message);
    }
    return out;
  }
  /// "frame rule" of each finding, those that hold at the capture's end included.
  [[nodiscard]] std::vector<std::string> findings() const {
    std::vector<std::string> out;
    const auto add = [&](std::uint64_t frame, const FindingTable::List& list) {
      for (const ShownFinding& finding : list.kept)
        out.push_back(std::to_string(frame) + " " + std::string(rule(finding.rule).slug));
    };
    for (const FindingTable* results : {&dissection.results().findings, &dissection.end_results().findings}) {
      for (const auto& [message, list] : results->by_message)
        add(dissection.results().find_facts(message)->frame, list);
      for (const auto& [frame, list] : results->by_frame) add(frame, list);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Dissection dissection;
  Shown shown;                           ///< on the last pass
  std::size_t asked = 0;                 ///< times that more was waited for
  std::vector<std::uint64_t> looked_at;  ///< frames whose TLS was, for what is decrypted of a handshake
  DecryptedHandshake handshake;          ///< and what is found each time

 private:
  void segment_again(const TcpSegment& segment, HandOver how) {
    if (how == HandOver::as_captured && !segment.payload.empty()) {
      std::vector<std::uint8_t>& held = held_[{segment.source, segment.destination}];
      std::vector<std::uint8_t> bytes = std::exchange(held, {});
      bytes.insert(bytes.end(), segment.payload.begin(), segment.payload.end());
      const Delivery* call = dissection.calls().recall(segment.at.frame, segment.source, bytes);
      if (call != nullptr) note(*call, given(*call, bytes), segment.at.frame);
      if (call != nullptr && call->waits) held.assign(bytes.begin() + call->wait_offset, bytes.end());
    }
    note_left(segment);
  }

  static SliceBytes given(const Delivery& call, Bytes bytes) {
    return {call.carried.empty() ? bytes : Bytes(call.carried), 0};
  }

  void note_left(const TcpSegment& segment) {
    const std::uint64_t frame = segment.at.frame;
    while (const Delivery* call = dissection.calls().left(frame, segment.source, segment.sequence))
      note(*call, bytes_without_call(*call, segment.payload), frame);
  }

  void note(const Delivery& call, const SliceBytes& found, std::uint64_t frame) {
    for (const Slice& slice : call.slices) {
      const Bytes part = found.bytes.subspan(slice.begin - found.begin, slice.size);
      const std::string text(part.begin(), part.end());
      switch (slice.kind) {
        case SliceKind::message:
          shown[frame].push_back("message " + std::to_string(read_header(part).message_id));
          break;
        case SliceKind::skipped:
          shown[frame].push_back("skipped " + text);
          break;
        case SliceKind::malformed:
          shown[frame].push_back("malformed " + text);
          break;
        case SliceKind::incomplete:
          shown[frame].push_back("incomplete " + std::to_string(slice.size));
          break;
        case SliceKind::ahead:
          shown[frame].push_back("ahead " + std::to_string(slice.size));
          break;
      }
    }
  }

  HandOver how_;
  Diagnostics diagnostics_;
  PacketDecoder decoder_{diagnostics_.unknown_links, diagnostics_.other, link_name};
  std::map<std::pair<Endpoint, Endpoint>, std::vector<std::uint8_t>> held_;
  std::uint64_t last_frame_ = 0;
};

}  // namespace ck::plugin
