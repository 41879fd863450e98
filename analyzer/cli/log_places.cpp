// Frames come nearly in order.
#include "cli/log_places.h"

#include <cstring>

namespace ck::cli {
namespace {

/// What waits for missing bytes is told within so many frames, or without its place.
constexpr std::size_t kMostRecent = 65'536;

}  // namespace

RecentPlaces::RecentPlaces(std::vector<std::unique_ptr<PacketPlaces>> files) {
  for (std::unique_ptr<PacketPlaces>& file : files) files_.push_back({std::move(file), 0, {}});
}

std::optional<PacketPlace> RecentPlaces::of(const Position& at) {
  if (at.capture >= files_.size() || files_[at.capture].places == nullptr) return std::nullopt;
  File& file = files_[at.capture];
  while (file.last < at.frame) {
    file.recent.push_back(file.places->of(++file.last));
    if (file.recent.size() > kMostRecent) file.recent.pop_front();
  }
  const std::uint64_t back = file.last - at.frame;
  return back < file.recent.size() ? file.recent[file.recent.size() - 1 - back] : std::nullopt;
}

void LoggedPlaces::add(const Position& at, const PacketPlace& place) {
  const Entry entry{{at.capture, at.frame}, {place.offset, place.size}};
  unsorted_.add(entry.key, {reinterpret_cast<const char*>(&entry), sizeof entry});
}

bool LoggedPlaces::next() {
  const std::string_view bytes = reader_->take(sizeof(Entry));
  entry_.reset();
  if (bytes.size() != sizeof(Entry)) return false;
  std::memcpy(&entry_.emplace(), bytes.data(), sizeof(Entry));
  return true;
}

std::optional<FileRange> LoggedPlaces::of(std::uint32_t capture, std::uint64_t frame) {
  const SortKey wanted{capture, frame};
  if (reader_ == nullptr || (entry_ && wanted < entry_->key)) {
    if (reader_ == nullptr) unsorted_.for_each([this](std::string_view entry) { sorted_.append(entry); });
    reader_ = std::make_unique<SpoolReader>(sorted_, 0, sorted_.size());
    next();
  }
  while (entry_ && entry_->key < wanted) next();
  return entry_ && entry_->key == wanted ? std::optional(entry_->range) : std::nullopt;
}

}  // namespace ck::cli
