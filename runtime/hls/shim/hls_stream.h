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

// An unbounded FIFO of T. The generated code uses write and read only; the rest
// is for testbenches. A stream is not for more than one thread.
template <typename T> class stream {
public:
  // `name` appears in messages and has to live as long as the stream.
  explicit stream(const char *name = "stream") : name(name), most(0) {}
  // A copy would read elements twice.
  stream(const stream &) = delete;
  stream &operator=(const stream &) = delete;
  // Elements that nobody has read show a model that writes more than its
  // description says.
  ~stream() {
    if (!items.empty())
      std::fprintf(stderr, "warning: stream '%s' has %zu elements left\n", name,
                   items.size());
  }

  // How many elements wait to be read.
  bool empty() const { return items.empty(); }
  std::size_t size() const { return items.size(); }
  // The most elements that were ever in the stream: a FIFO of that depth would
  // never have made a writer wait.
  std::size_t high_water() const { return most; }

  // Appends a copy of `item`; never waits, unlike a FIFO in hardware.
  void write(const T &item) {
    items.push_back(item);
    if (items.size() > most)
      most = items.size();
  }
  // Takes the oldest element. An empty stream ends the program, because the
  // hardware would wait forever.
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
  // From the oldest to the newest.
  std::deque<T> items;
  std::size_t most;
};

} // namespace hls

#endif // BITNET_SHIM_HLS_STREAM_H
