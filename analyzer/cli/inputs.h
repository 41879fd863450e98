// Where ck-audit reads from. The real one is the file system; tests and fuzz targets bring captures in
// memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "capture/packet_places.h"
#include "capture/source.h"
#include "cli/tshark.h"

namespace ck::cli {

class InputFiles {
 public:
  virtual ~InputFiles() = default;
  [[nodiscard]] virtual bool is_folder(const std::string& path) const = 0;
  /// The captures in a folder and in those below it, by content, sorted by path; and the files that cannot be
  /// looked at, or are none although their names say so. Links to folders are not followed. What cannot be
  /// entered is added to `errors`, each naming its path.
  virtual std::vector<std::string> captures_in(const std::string& folder,
                                               std::vector<std::string>& errors) = 0;
  /// What tells the file at `path` ("-": standard input) from every other, whatever names and links lead to
  /// it, and whether it is there already or would be made; empty for pipes and devices.
  [[nodiscard]] virtual std::string identity(const std::string& path) const = 0;
  /// A whole text file ("-": standard input). False sets `error`, which names the path.
  virtual bool read_text(const std::string& path, std::string& text, std::string& error) = 0;
  /// Whether the file at `path` can be read, and read again: by another program. False sets `error`.
  virtual bool is_readable_file(const std::string& path, std::string& error) = 0;
  /// Never fails: a source whose first next() is an error stands for what cannot be read.
  virtual std::unique_ptr<Source> open(const std::string& path, std::uint32_t capture) = 0;
  /// The same where it may be a message log, too.
  virtual OpenedInput open_input(const std::string& path) = 0;
  /// Of a capture's first bytes, wherever it lies; 0: not known.
  virtual std::uint64_t digest(const std::string& path) = 0;
  /// Where the packets of a capture stand in its file; null where it cannot be read again.
  virtual std::unique_ptr<PacketPlaces> places(const std::string& path) = 0;
  /// A capture's bytes once more; null where it cannot be read again.
  virtual std::unique_ptr<ByteStream> reread(const std::string& path) = 0;
  /// An interface, until a signal ends it. Never fails, as open().
  virtual std::unique_ptr<Source> open_interface(const std::string& name, const std::string& filter) = 0;
  /// What can be decrypted of the TLS of captures, which are one timeline, with the secrets of `options` or
  /// their own.
  virtual Decryption decrypt(const std::vector<std::string>& paths, const DecryptOptions& options) = 0;
};

class FileInputs final : public InputFiles {
 public:
  [[nodiscard]] bool is_folder(const std::string& path) const override;
  std::vector<std::string> captures_in(const std::string& folder, std::vector<std::string>& errors) override;
  [[nodiscard]] std::string identity(const std::string& path) const override;
  bool read_text(const std::string& path, std::string& text, std::string& error) override;
  bool is_readable_file(const std::string& path, std::string& error) override;
  std::unique_ptr<Source> open(const std::string& path, std::uint32_t capture) override;
  OpenedInput open_input(const std::string& path) override;
  std::uint64_t digest(const std::string& path) override;
  std::unique_ptr<PacketPlaces> places(const std::string& path) override;
  std::unique_ptr<ByteStream> reread(const std::string& path) override;
  std::unique_ptr<Source> open_interface(const std::string& name, const std::string& filter) override;
  Decryption decrypt(const std::vector<std::string>& paths, const DecryptOptions& options) override;
};

/// Files by name, in memory; no folders, no interfaces, and no other program that decrypts.
class MemoryInputs final : public InputFiles {
 public:
  std::map<std::string, std::vector<std::uint8_t>> files;

  [[nodiscard]] bool is_folder(const std::string& path) const override;
  std::vector<std::string> captures_in(const std::string& folder, std::vector<std::string>& errors) override;
  [[nodiscard]] std::string identity(const std::string& path) const override;
  bool read_text(const std::string& path, std::string& text, std::string& error) override;
  bool is_readable_file(const std::string& path, std::string& error) override;
  std::unique_ptr<Source> open(const std::string& path, std::uint32_t capture) override;
  OpenedInput open_input(const std::string& path) override;
  std::uint64_t digest(const std::string& path) override;
  std::unique_ptr<PacketPlaces> places(const std::string& path) override;
  std::unique_ptr<ByteStream> reread(const std::string& path) override;
  std::unique_ptr<Source> open_interface(const std::string& name, const std::string& filter) override;
  Decryption decrypt(const std::vector<std::string>& paths, const DecryptOptions& options) override;
};

}  // namespace ck::cli
