//===- StreamTable.cpp - elementwise functions of bytes -------------------===//

#include "StreamTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

bool fold::isBytes(const Stream &stream) {
  auto type = dyn_cast<IntegerType>(stream.element);
  return type && type.getWidth() > 1 && type.getWidth() <= 8;
}

/// The way for streams that have only numbers. Values are copied through a
/// small array on the stack, so that no memory is allocated for each read.
void Stream::readBytes(int64_t begin, MutableArrayRef<uint8_t> out) {
  std::array<double, 512> values;
  while (!out.empty()) {
    size_t count = std::min(out.size(), values.size());
    read(begin, MutableArrayRef(values).take_front(count));
    for (size_t i = 0; i != count; ++i)
      out[i] = uint8_t(int64_t(values[i]));
    out = out.drop_front(count);
    begin += int64_t(count);
  }
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

Table::Table(StreamRef bytes, Type element, ArrayRef<double> values,
             Origin origin)
    : Stream(bytes->shape, element), bytes(std::move(bytes)),
      origin(std::move(origin)) {
  cost = this->bytes->cost + 1;
  llvm::copy(values, entries.begin());
  // Not every byte occurs, and others may lead to what is no number.
  for (auto [entry, value] : llvm::zip_equal(narrow, entries))
    entry =
        isBytes(*this) && std::isfinite(value) ? uint8_t(int64_t(value)) : 0;
}

void Table::read(int64_t begin, MutableArrayRef<double> out) {
  std::array<uint8_t, kChunk> raw;
  while (!out.empty()) {
    size_t count = std::min(out.size(), raw.size());
    bytes->readBytes(begin, MutableArrayRef(raw).take_front(count));
    for (size_t i = 0; i != count; ++i)
      out[i] = entries[raw[i]];
    out = out.drop_front(count);
    begin += int64_t(count);
  }
}

void Table::readBytes(int64_t begin, MutableArrayRef<uint8_t> out) {
  bytes->readBytes(begin, out);
  for (uint8_t &value : out)
    value = narrow[value];
}

void Table::describe(Origin &total) const {
  bytes->describe(total);
  total.add(origin);
}

/// The bytes take the new shape and the entries stay, so that the result is a
/// table again.
StreamRef Table::reshaped(ArrayRef<int64_t> shape) const {
  StreamRef source = makeReshape(bytes, shape);
  return source ? std::make_shared<Table>(source, element, entries, origin)
                : nullptr;
}

//===----------------------------------------------------------------------===//
// Operands as functions of bytes
//===----------------------------------------------------------------------===//

/// The numbers that the bytes 0 to 255 stand for.
static std::vector<double> countBytes(Type element) {
  std::vector<double> values(256);
  for (unsigned i = 0; i != 256; ++i)
    values[i] = element.isUnsignedInteger() ? double(i) : double(int8_t(i));
  return values;
}

/// Streams of at most kChunk bytes are left to a plain map, whose result is
/// held anyway. Operands that are tables of the same bytes give their entries,
/// so that a chain of ten operators is still one table.
StreamRef fold::splitBytes(ArrayRef<int64_t> shape,
                           ArrayRef<StreamRef> operands,
                           SmallVectorImpl<StreamRef> &entries) {
  StreamRef bytes;
  for (const StreamRef &operand : operands) {
    if (operand->size == 1) {
      Origin origin;
      operand->describe(origin);
      entries.push_back(
          makeBuffer({}, operand->element, readAll(*operand), origin));
      continue;
    }
    auto *table = dynamic_cast<Table *>(operand.get());
    if (!table && !isBytes(*operand))
      return nullptr;
    const StreamRef &source = table ? table->getBytes() : operand;
    if ((bytes && bytes != source) || source->size <= kChunk ||
        ArrayRef<int64_t>(source->shape) != shape)
      return nullptr;
    bytes = source;
    Origin origin;
    operand->describe(origin);
    std::vector<double> values =
        table ? table->getEntries().vec() : countBytes(operand->element);
    entries.push_back(makeBuffer({256}, operand->element, values, origin));
  }
  return bytes;
}
