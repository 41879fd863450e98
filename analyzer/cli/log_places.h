// Where packets stand in their capture files, as message logs say it: the files themselves may not be at
// hand, and nothing opens a path because a log names it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "capture/log_record.h"
#include "capture/packet_places.h"
#include "report/spool.h"
#include "report/writer.h"

namespace ck::cli {

/// For a log that is written: the places of frames that were read lately.
class RecentPlaces {
 public:
  /// By capture; nullptr: its file cannot be read again.
  explicit RecentPlaces(std::vector<std::unique_ptr<PacketPlaces>> files);

  std::optional<PacketPlace> of(const Position& at);

 private:
  struct File {
    std::unique_ptr<PacketPlaces> places;
    std::uint64_t last = 0;                         ///< frame that was asked for
    std::deque<std::optional<PacketPlace>> recent;  ///< of the frames up to that one
  };
  std::vector<File> files_;
};

/// For a report: all places that the logs of an audit say, sorted on disk.
class LoggedPlaces {
 public:
  void add(const Position& at, const PacketPlace& place);
  /// Captures and their frames are to be asked for in ascending order.
  std::optional<FileRange> of(std::uint32_t capture, std::uint64_t frame);

 private:
  struct Entry {
    SortKey key;
    FileRange range;
  };
  bool next();

  SortedSpool unsorted_;
  Spool sorted_;
  std::unique_ptr<SpoolReader> reader_;  ///< nullptr: not sorted yet
  std::optional<Entry> entry_;
};

}  // namespace ck::cli
