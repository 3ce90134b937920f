//===- WithField.h - entries of tables that name their fields ---*- C++ -*-===//
//
// Entries of the tables of packings, of machines and of kernels are written as
// chains of setters, `Row(kind).from(20).inParts(4)`: a reader sees which field
// has which value, and fields that are not named keep their defaults. Brackets
// with values in order would say neither, and C++17 has no designated ones.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_SUPPORT_WITHFIELD_H
#define BITNET_SUPPORT_WITHFIELD_H

#include <type_traits>

namespace mlir::bitnet {

/// `record` with one field set: what the setters of table entries return.
template <typename Record, typename Field>
constexpr Record withField(Record record, Field Record::*field,
                           std::common_type_t<Field> value) {
  record.*field = value;
  return record;
}

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_WITHFIELD_H
