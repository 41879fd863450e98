// The file system, and captures in memory.
#include "cli/inputs.h"

#include "capture/filter.h"
#include "capture/live_source.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace ck::cli {
namespace {

namespace fs = std::filesystem;

/// A list of inputs or aliases larger than this is none.
constexpr std::size_t kLargestText = 64u << 20;

/// Stands for an input that does not exist.
class NoSource final : public Source {
 public:
  NoSource(std::string error, std::uint32_t capture) : error_(std::move(error)), capture_(capture) {}
  SourceStatus next(Packet& packet) override {
    packet.capture = capture_;
    return SourceStatus::error;
  }
  [[nodiscard]] const std::string& error() const override { return error_; }

 private:
  std::string error_;
  std::uint32_t capture_;
};

bool read_all_text(std::FILE* file, std::string& text) {
  char piece[16 * 1024];
  while (text.size() <= kLargestText) {
    const std::size_t got = std::fread(piece, 1, sizeof piece, file);
    if (got == 0) return std::ferror(file) == 0;
    text.append(piece, got);
  }
  errno = EFBIG;
  return false;
}

/// Whether a file goes by a capture's or a message log's name: "ring.pcap", "RING.PCAPNG.GZ", "ring.pcap12"
/// (as tcpdump counts the files of a ring). Hidden files are what other programs keep beside the file of that
/// name ("._ring.pcap" on what a Mac has copied).
bool has_capture_name(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kCaptures{".pcap", ".pcapng", ".cap", ".cklog"};
  constexpr std::array<std::string_view, 5> kCompressed{".gz", ".zst", ".lz4", ".bz2", ".xz"};
  std::string name = path.filename().string();
  if (name.starts_with('.')) return false;
  for (char& letter : name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  const auto ends = [&name](std::string_view ending) { return name.ends_with(ending); };
  if (const auto packed = std::find_if(kCompressed.begin(), kCompressed.end(), ends);
      packed != kCompressed.end())
    name.resize(name.size() - packed->size());
  name.resize(name.find_last_not_of("0123456789") + 1);
  return std::any_of(kCaptures.begin(), kCaptures.end(), ends);
}

/// Whether a file can be looked at. One that was there when its folder was read and is not any more was
/// removed, as the oldest of a ring is, and is nobody's loss of today.
enum class Access { open, shut, gone };

Access access_to(const fs::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return errno == ENOENT ? Access::gone : Access::shut;
  const bool shut = std::fgetc(file) == EOF && std::ferror(file) != 0;
  std::fclose(file);
  return shut ? Access::shut : Access::open;
}

/// Whether an entry of a folder, which is no folder itself, is an input. A capture is known by its content.
/// Where that cannot be looked at, or is none although the name says so, it may be a capture that nobody
/// can read: it is an input too, so that reading it tells what is wrong, as if it had been named alone.
bool is_input(const fs::directory_entry& entry) {
  std::error_code unknown;
  const fs::file_type type = entry.status(unknown).type();
  if (type == fs::file_type::none) return true;  // a link into a folder that is closed, say
  if (type == fs::file_type::not_found) return entry.is_symlink(unknown) && has_capture_name(entry.path());
  if (type != fs::file_type::regular) return false;
  const Access access = access_to(entry.path());
  if (access != Access::open) return access == Access::shut;
  return has_capture_name(entry.path()) || looks_like_capture(entry.path().string());
}

}  // namespace

bool FileInputs::is_folder(const std::string& path) const {
  std::error_code ignored;
  return path != "-" && fs::is_directory(path, ignored);
}

std::vector<std::string> FileInputs::captures_in(const std::string& folder,
                                                 std::vector<std::string>& errors) {
  std::vector<std::string> found;
  std::vector<std::string> folders{folder};
  while (!folders.empty()) {
    const std::string current = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (fs::directory_iterator entry(current, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code unknown;
      if (entry->is_directory(unknown)) {
        if (!entry->is_symlink(unknown)) folders.push_back(entry->path().string());
      } else if (is_input(*entry)) {
        found.push_back(entry->path().string());
      }
    }
    if (error) errors.push_back(fmt::format("{}: cannot be searched: {}", current, error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string FileInputs::identity(const std::string& path) const {
  struct stat status {};
  const bool standard = path == "-";
  if ((standard ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status)) == 0)
    return S_ISREG(status.st_mode) ? fmt::format("{}:{}", status.st_dev, status.st_ino) : "";
  if (standard) return {};
  // A link to nowhere is followed: who writes to it makes the file that it names.
  constexpr int kMostLinks = 40;
  std::error_code unknown;
  fs::path named = path;
  for (int links = 0; links < kMostLinks && fs::is_symlink(fs::symlink_status(named, unknown)); ++links)
    named = named.parent_path() / fs::read_symlink(named, unknown);
  const fs::path whole = fs::weakly_canonical(fs::absolute(named, unknown), unknown);
  return unknown ? path : whole.string();
}

bool FileInputs::read_text(const std::string& path, std::string& text, std::string& error) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "re");
  const bool read = file != nullptr && read_all_text(file, text);
  if (!read) error = fmt::format("{}: {}", path, std::strerror(errno));
  if (file != nullptr && file != stdin) std::fclose(file);
  return read;
}

bool FileInputs::is_readable_file(const std::string& path, std::string& error) {
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  if (fs::exists(status) &&
      !fs::is_regular_file(status)) {  // opening a pipe would wait for who writes into it
    error =
        fmt::format("{}: is no file that can be read twice, but a folder, pipe or device; give a file", path);
    return false;
  }
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) error = fmt::format("{}: {}", path, std::strerror(errno));
  if (file != nullptr) std::fclose(file);
  return file != nullptr;
}

std::unique_ptr<Source> FileInputs::open(const std::string& path, std::uint32_t capture) {
  return open_capture(path, capture);
}

OpenedInput FileInputs::open_input(const std::string& path) {
  return capture::open_input(path);
}

std::uint64_t FileInputs::digest(const std::string& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown) ? digest_of_head(open_file(path)) : 0;
}

std::unique_ptr<PacketPlaces> FileInputs::places(const std::string& path) {
  std::unique_ptr<ByteStream> stream = reread(path);
  return stream == nullptr ? nullptr : std::make_unique<PacketPlaces>(std::move(stream));
}

std::unique_ptr<ByteStream> FileInputs::reread(const std::string& path) {
  std::error_code unknown;
  if (path == "-" || !fs::is_regular_file(path, unknown)) return nullptr;
  return open_file(path);
}

std::unique_ptr<Source> FileInputs::open_interface(const std::string& name, const std::string& filter) {
  return open_live(name, filter);
}

Decryption FileInputs::decrypt(const std::vector<std::string>& paths, const DecryptOptions& options) {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<CaptureFacts> captures(paths.size());
  std::string embedded, trouble;
  for (const std::string& path : paths) {
    std::error_code unknown;
    if (path == "-" && !options.keylog.empty())
      trouble = "TLS on standard input cannot be decrypted, as it can be read only once; give a file";
    // Reading anything else will say what is wrong.
    if (path == "-" || !fs::is_regular_file(path, unknown)) continue;
    embedded += embedded_tls_secrets(path);
    auto source = open_capture(path, static_cast<std::uint32_t>(&path - paths.data()));
    if (!options.filter.empty()) source = filter_source(std::move(source), options.filter);
    sources.push_back(std::move(source));
  }
  if (embedded.empty() && options.keylog.empty()) return {};
  if (sources.empty()) return {true, nullptr, trouble};
  const auto merged =
      sources.size() == 1 ? std::move(sources.front()) : merge_sources(std::move(sources), captures);
  Decryption out = decrypt_with_tshark(*merged, embedded, options);
  if (out.trouble.empty()) out.trouble = trouble;
  return out;
}

bool MemoryInputs::is_folder(const std::string&) const {
  return false;
}

std::vector<std::string> MemoryInputs::captures_in(const std::string&, std::vector<std::string>&) {
  return {};
}

std::string MemoryInputs::identity(const std::string& path) const {
  return path == "-" || path == "/dev/stdout" ? "" : path;
}

bool MemoryInputs::read_text(const std::string& path, std::string& text, std::string& error) {
  const auto found = files.find(path);
  if (found == files.end()) {
    error = path + ": no such file";
    return false;
  }
  text.assign(found->second.begin(), found->second.end());
  return true;
}

bool MemoryInputs::is_readable_file(const std::string& path, std::string& error) {
  if (files.count(path) == 0) error = path + ": no such file";
  return files.count(path) != 0;
}

std::unique_ptr<Source> MemoryInputs::open(const std::string& path, std::uint32_t capture) {
  const auto found = files.find(path);
  if (found == files.end()) return std::make_unique<NoSource>(path + ": no such file", capture);
  return open_memory(found->second, capture);
}

OpenedInput MemoryInputs::open_input(const std::string& path) {
  const auto found = files.find(path);
  if (found != files.end()) return open_memory_input(found->second, path);
  OpenedInput out;
  out.source = std::make_unique<NoSource>(path + ": no such file", 0);
  return out;
}

std::uint64_t MemoryInputs::digest(const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? 0 : digest_of_head(open_bytes(found->second));
}

std::unique_ptr<PacketPlaces> MemoryInputs::places(const std::string& path) {
  std::unique_ptr<ByteStream> stream = reread(path);
  return stream == nullptr ? nullptr : std::make_unique<PacketPlaces>(std::move(stream));
}

std::unique_ptr<ByteStream> MemoryInputs::reread(const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? nullptr : open_bytes(found->second);
}

std::unique_ptr<Source> MemoryInputs::open_interface(const std::string& name, const std::string& /*filter*/) {
  return open(name, 0);
}

Decryption MemoryInputs::decrypt(const std::vector<std::string>& /*paths*/, const DecryptOptions& options) {
  if (options.keylog.empty()) return {};
  return {true, nullptr, "TLS of a capture in memory cannot be decrypted; give a file"};
}

}  // namespace ck::cli
