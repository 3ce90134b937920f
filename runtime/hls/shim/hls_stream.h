// hls_stream.h - a FIFO with the interface that a C simulation needs.
//
// For compilers without vendor headers only: leave this folder out of the
// include path of a vendor tool, whose own <hls_stream.h> then takes its place.
// Reading an empty stream ends the program, a stream destroyed with elements
// left warns, and high_water() tells the depth that a FIFO needs.
#ifndef BITNET_SHIM_HLS_STREAM_H
#define BITNET_SHIM_HLS_STREAM_H

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>

namespace hls {

template <typename T> class stream {
public:
  explicit stream(const char *name = "stream") : name(name), most(0) {}
  stream(const stream &) = delete;
  stream &operator=(const stream &) = delete;
  ~stream() {
    if (!items.empty())
      std::fprintf(stderr, "warning: stream '%s' has %zu elements left\n", name,
                   items.size());
  }

  bool empty() const { return items.empty(); }
  std::size_t size() const { return items.size(); }
  std::size_t high_water() const { return most; }

  void write(const T &item) {
    items.push_back(item);
    if (items.size() > most)
      most = items.size();
  }
  T read() {
    if (items.empty()) {
      std::fprintf(stderr, "error: read of the empty stream '%s'\n", name);
      std::abort();
    }
    const T item = items.front();
    items.pop_front();
    return item;
  }

private:
  const char *name;
  std::deque<T> items;
  std::size_t most;
};

} // namespace hls

#endif // BITNET_SHIM_HLS_STREAM_H
