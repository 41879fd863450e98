// What reading a capture costs when nothing is done with it: the measure of everything else.
#include <pcap/pcap.h>

#include <array>
#include <cstdint>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_t* pcap = pcap_open_offline(argv[1], error.data());
  if (pcap == nullptr) {
    std::cerr << error.data() << "\n";
    return 1;
  }
  std::uint64_t packets = 0, bytes = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(pcap, &header, &data) == 1) {
    ++packets;
    bytes += header->caplen;
  }
  pcap_close(pcap);
  std::cout << packets << " packets, " << bytes << " bytes\n";
  return 0;
}
