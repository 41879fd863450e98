// PDUs come whole and in order, so nothing is put together here.
#include "stream/pdu_table.h"

#include <algorithm>

namespace ck::stream {

SegmentPlace PduTable::find(const Endpoint& source, const Endpoint& destination, const Position& at,
                            bool named, std::int64_t clock_ns) {
  const bool swapped = destination < source;
  const Ends ends = swapped ? Ends{destination, source} : Ends{source, destination};
  const unsigned side = swapped ? 1 : 0;
  if (const auto known = connections_.find(ends); known != connections_.end())
    return {known->second.get(), side};
  if (!order_.empty() && connections_.size() >= std::max<std::size_t>(max_connections_, 1)) {
    ++evicted_;
    const auto oldest = connections_.find(order_.front());
    sink_.left_open(*oldest->second);
    connections_.erase(oldest);
    order_.pop_front();
  }
  auto made = std::make_unique<TcpConnection>();
  made->endpoints = {ends.first, ends.second};
  made->key = ++last_key_;
  made->transport = Transport::exported_pdu;
  made->first = at;
  made->first_clock_ns = clock_ns;
  made->zero_side = side;
  made->from_start = {true, true};  // of what was exported
  made->has_payload = true;
  made->named = named;
  order_.push_back(ends);
  return {connections_.emplace(ends, std::move(made)).first->second.get(), side};
}

void PduTable::finish(Moment* moment, Stage stage) {
  for (const Ends& ends : order_) {
    TcpConnection& connection = *connections_.find(ends)->second;
    if (moment != nullptr) {
      *moment = {};
      moment->stage = stage;
      moment->clock_ns = connection.first_clock_ns;
      moment->capture = connection.first.capture;
      moment->frame = connection.first.frame;
    }
    sink_.left_open(connection);
  }
  connections_.clear();
  order_.clear();
}

}  // namespace ck::stream
