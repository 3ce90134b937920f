//===- Npz.cpp - .npz files: zip archives of .npy files -------------------===//
//
// Reading goes by the central directory at the end of an archive, which alone
// has reliable sizes; zip64 is read, because NumPy writes it for large arrays.
// Writing makes the simplest archive: stored, without zip64.
//
//===----------------------------------------------------------------------===//

#include "Errors.h"
#include "Npy.h"
#include "bitnet/Support/SystemMemory.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <zlib.h>

using namespace llvm;
using namespace bitnet::run;
using support::endian::read16le;
using support::endian::read32le;
using support::endian::read64le;

/// What a directory of zip says of a file.
static constexpr unsigned kEncrypted = 1, kStored = 0, kDeflated = 8;

namespace {
/// One file of a zip archive, from its central directory.
struct Entry {
  StringRef name;
  unsigned flags = 0, method = 0;
  uint32_t crc = 0;
  uint64_t packedSize = 0;
  uint64_t size = 0;
  uint64_t offset = 0; ///< of its local header
};

/// A zip archive: walks the central directory with every read checked.
class Archive {
public:
  explicit Archive(StringRef bytes) : bytes(bytes) {}
  /// Finds the central directory; false: this is no archive.
  bool findDirectory();
  /// Reads the next entry of the directory; false: it is damaged.
  bool next(Entry &entry);
  bool atEnd() const { return left == 0; }
  /// Fails when the bytes are not those that were packed.
  Error extract(const Entry &entry, std::string &storage, StringRef &data);

private:
  /// The bytes of an entry: in `storage`, or in the file when they are stored.
  bool unpack(const Entry &entry, std::string &storage, StringRef &data);
  /// `size` bytes at `offset`; null when they are not all inside the file.
  const char *get(uint64_t offset, uint64_t size) const {
    if (offset > bytes.size() || size > bytes.size() - offset)
      return nullptr;
    return bytes.data() + offset;
  }
  StringRef bytes;
  uint64_t at = 0;
  uint64_t left = 0; ///< entries not yet read
};
} // namespace

/// The record at the end holds the directory's place, or points to one of
/// zip64.
bool Archive::findDirectory() {
  const size_t end = bytes.rfind("PK\5\6");
  const char *record = end == StringRef::npos ? nullptr : get(end, 22);
  if (!record)
    return false;
  left = read16le(record + 10);
  at = read32le(record + 16);
  const char *locator = end < 20 ? nullptr : get(end - 20, 20);
  if (!locator || !StringRef(locator, 4).starts_with("PK\6\7"))
    return true;
  const char *large = get(read64le(locator + 8), 56); // zip64
  if (!large || !StringRef(large, 4).starts_with("PK\6\6"))
    return false;
  left = read64le(large + 32);
  at = read64le(large + 48);
  return true;
}

/// Sizes that do not fit 32 bits are in extra field 1.
static bool readZip64(StringRef extra, Entry &entry) {
  while (extra.size() >= 4) {
    const unsigned id = read16le(extra.data());
    const unsigned size = read16le(extra.data() + 2);
    if (extra.size() - 4 < size)
      return false;
    StringRef field = extra.substr(4, size);
    for (uint64_t *value : {&entry.size, &entry.packedSize, &entry.offset}) {
      if (id != 1 || *value != 0xffffffffu)
        continue;
      if (field.size() < 8)
        return false;
      *value = read64le(field.data());
      field = field.drop_front(8);
    }
    extra = extra.drop_front(4 + size);
  }
  return true;
}

bool Archive::next(Entry &entry) {
  const char *record = get(at, 46);
  if (!record || !StringRef(record, 4).starts_with("PK\1\2"))
    return false;
  entry.flags = read16le(record + 8);
  entry.method = read16le(record + 10);
  entry.crc = read32le(record + 16);
  entry.packedSize = read32le(record + 20);
  entry.size = read32le(record + 24);
  entry.offset = read32le(record + 42);
  const unsigned nameSize = read16le(record + 28);
  const unsigned extraSize = read16le(record + 30);
  const unsigned commentSize = read16le(record + 32);
  const char *name = get(at + 46, uint64_t(nameSize) + extraSize);
  if (!name)
    return false;
  entry.name = StringRef(name, nameSize);
  at += 46 + uint64_t(nameSize) + extraSize + commentSize;
  --left;
  return readZip64(StringRef(name + nameSize, extraSize), entry);
}

/// Inflates into all of `storage`; false when the sizes do not agree or the
/// stream is damaged.
static bool inflateInto(StringRef packed, std::string &storage) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  const char *in = packed.data(), *inEnd = packed.end();
  char *out = storage.data(), *outEnd = out + storage.size();
  const auto step = [](const char *from, const char *to) {
    return static_cast<uInt>(std::min<uint64_t>(to - from, 1u << 30));
  };
  int status = Z_OK;
  while (status == Z_OK) { // zlib counts in 32 bits: feed it in pieces
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in));
    stream.avail_in = step(in, inEnd);
    stream.next_out = reinterpret_cast<Bytef *>(out);
    stream.avail_out = step(out, outEnd);
    status = inflate(&stream, Z_NO_FLUSH);
    in = reinterpret_cast<const char *>(stream.next_in);
    out = reinterpret_cast<char *>(stream.next_out);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && out == outEnd;
}

/// The local header repeats the name and may have another extra field: its
/// sizes tell where the data begin.
bool Archive::unpack(const Entry &entry, std::string &storage,
                     StringRef &data) {
  const char *header = get(entry.offset, 30);
  if (!header || !StringRef(header, 4).starts_with("PK\3\4"))
    return false;
  const uint64_t start =
      entry.offset + 30 + read16le(header + 26) + read16le(header + 28);
  const char *packed = get(start, entry.packedSize);
  if (!packed)
    return false;
  if (entry.method == kStored) {
    data = StringRef(packed, entry.packedSize);
    return true;
  }
  // Deflate grows at most about 1032 times: a larger claim is a lie.
  if (entry.size / 1040 > entry.packedSize + 64)
    return false;
  storage.resize(entry.size);
  data = storage;
  return inflateInto(StringRef(packed, entry.packedSize), storage);
}

/// CRC-32, as zip uses it.
static uint32_t checksum(StringRef data) {
  return crc32_z(0, reinterpret_cast<const Bytef *>(data.data()), data.size());
}

/// Says what is not supported before it tries to unpack.
Error Archive::extract(const Entry &entry, std::string &storage,
                       StringRef &data) {
  const auto broken = [&](const Twine &what) {
    return badData("'" + entry.name + "' " + what);
  };
  if (entry.flags & kEncrypted)
    return broken("is encrypted, which is not supported");
  if (entry.method != kStored && entry.method != kDeflated)
    return broken("is compressed by method " + Twine(entry.method) +
                  " of zip archives: expected 0 (stored) or 8 (deflated)");
  if (!unpack(entry, storage, data))
    return broken("is damaged");
  if (checksum(data) != entry.crc)
    return broken("is damaged: its bytes do not have the checksum that the "
                  "archive says");
  return Error::success();
}

/// An entry that claims more bytes than there is memory is refused before any
/// is allocated.
Expected<std::vector<Array>> bitnet::run::readNpz(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(ExitMissingInput, path + ": " + file.getError().message());
  Archive archive((*file)->getBuffer());
  if (!archive.findDirectory())
    return badData(path + ": not a .npz file");
  std::vector<Array> arrays;
  while (!archive.atEnd()) {
    Entry entry;
    std::string storage;
    StringRef data;
    if (!archive.next(entry))
      return badData(path + ": the archive's directory is damaged");
    if (entry.size > mlir::bitnet::getSystemMemory())
      return badData(path + ": '" + entry.name + "' takes " +
                     mlir::bitnet::formatBytes(entry.size) +
                     ", more than the memory here");
    if (Error error = archive.extract(entry, storage, data))
      return badData(path + ": " + toString(std::move(error)));
    Expected<Array> array = parseNpy(data, path + ": '" + entry.name + "'");
    if (!array)
      return array.takeError();
    entry.name.consume_back(".npy");
    array->name = entry.name.str();
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

static void write16(raw_ostream &os, uint16_t value) {
  support::endian::write<decltype(value)>(os, value, endianness::little);
}
static void write32(raw_ostream &os, uint32_t value) {
  support::endian::write<decltype(value)>(os, value, endianness::little);
}

/// What local header and directory entry have in common.
static void writeCommon(raw_ostream &os, StringRef name, StringRef data) {
  write16(os, 20);      // version
  write16(os, 1 << 11); // names are UTF-8
  write16(os, 0);       // stored
  write16(os, 0); // time and date: fixed, so that equal data give equal files
  write16(os, 0x21);
  write32(os, checksum(data));
  write32(os, data.size());
  write32(os, data.size());
  write16(os, name.size());
  write16(os, 0);
}

/// Local headers with data, then the directory, then the record at its end.
std::string bitnet::run::formatNpz(ArrayRef<Array> arrays) {
  std::string text, directory;
  raw_string_ostream os(text), dir(directory);
  for (const Array &array : arrays) {
    const std::string name = array.name + ".npy";
    const std::string data = formatNpy(array);
    const uint64_t offset = os.tell();
    os << "PK\3\4";
    writeCommon(os, name, data);
    os << name << data;
    dir << "PK\1\2";
    write16(dir, 20);
    writeCommon(dir, name, data);
    for (int i = 0; i < 3; ++i) // comment, disk, attributes
      write16(dir, 0);
    write32(dir, 0);
    write32(dir, offset);
    dir << name;
  }
  const uint64_t offset = os.tell();
  os << directory << StringRef("PK\5\6\0\0\0\0", 8);
  write16(os, arrays.size());
  write16(os, arrays.size());
  write32(os, directory.size());
  write32(os, offset);
  write16(os, 0);
  return text;
}

/// 512 bytes cover the headers of an array.
bool bitnet::run::fitsNpz(ArrayRef<Array> arrays) {
  uint64_t total = 0;
  for (const Array &array : arrays)
    total += array.bytes.size() + 2 * array.name.size() + 512;
  return total < UINT32_MAX && arrays.size() < UINT16_MAX;
}
