//===- Stream.h - constant tensors that are computed on demand --*- C++ -*-===//
//
// A weight of an ONNX graph is rarely a plain initializer: it is the end of a
// chain of nodes over one. A Stream is such a chain, read in row-major order a
// few thousand values at a time, so that folding a weight never needs memory
// for the weight (docs/Rationale: weight folding). Nothing here knows what the
// values are for.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONSTANTEVAL_STREAM_H
#define BITNET_CONSTANTEVAL_STREAM_H

#include "mlir/IR/BuiltinTypes.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlir::bitnet {
class BlobStore;

namespace fold {

/// Values per read: small enough for the cache, large enough to amortise the
/// virtual call.
inline constexpr int64_t kChunk = 4096;

/// Elements that one operation may create out of fewer (Expand, broadcasting):
/// a file of a few bytes must not ask for more.
inline constexpr int64_t kMaxCreated = int64_t(1) << 28;

/// Number of elements; INT64_MAX when it overflows.
int64_t countOf(ArrayRef<int64_t> shape);

/// Rounds `values`, exact results of one operation, to what a tensor of
/// `element` can hold: act_c3, every node rounds once to its own type. Doubles
/// hold every f32 and 32-bit integer result exactly enough for that.
void roundTo(Type element, MutableArrayRef<double> values);

/// Doubles hold all integers of a smaller magnitude.
inline constexpr double kExactIntegers = 9007199254740992.0; // 2^53

/// What a cast of floats (of type `from`) to `type` gives: truncated and
/// saturated to floats within, NaN becomes the lowest integer (act_c2), as at
/// run time.
void saturateTo(IntegerType type, Type from, MutableArrayRef<double> values);

/// The product modulo 2^32 of integers of at most 32 bits, which no double
/// need hold; of wider ones, which the caller has to check, their product.
double multiplyIntegers(double x, double y, IntegerType type);

/// A constant tensor, read in row-major order.
class Stream {
public:
  Stream(ArrayRef<int64_t> shape, Type element)
      : shape(shape), element(element), size(countOf(shape)) {}
  virtual ~Stream() = default;

  /// Reads values [begin, begin + out.size()). The range lies within the
  /// stream, and successive calls may read any ranges, although ascending ones
  /// are fastest.
  virtual void read(int64_t begin, MutableArrayRef<double> out) = 0;
  /// The same of integers of at most 8 bits, as bytes in two's complement.
  virtual void readBytes(int64_t begin, MutableArrayRef<uint8_t> out);
  /// Adds the initializers that this stream reads, for the report on the
  /// weight.
  virtual void describe(struct Origin &origin) const = 0;

  const SmallVector<int64_t> shape;
  const Type element;
  const int64_t size;
  /// Streams visited to read one value. A chain that uses its own values twice
  /// at every step would take exponential time.
  int64_t cost = 1;
};
using StreamRef = std::shared_ptr<Stream>;

/// The initializers a stream comes from.
struct Origin {
  std::map<std::string, uint64_t> leaves;

  void add(StringRef leaf, uint64_t bytes) { leaves[leaf.str()] = bytes; }
  void add(const Origin &other) {
    leaves.insert(other.leaves.begin(), other.leaves.end());
  }
  uint64_t getBytes() const;
  /// The largest initializer: what a message about the stream should name.
  std::string getName() const;
};

/// A stream whose dimensions are permuted: dimension i of the view is dimension
/// perm[i] of the stream. Transposes are carried to the end of a chain this
/// way and cost nothing.
struct View {
  StreamRef stream;
  SmallVector<int64_t> perm;

  View() = default;
  explicit View(StreamRef stream);
  View(StreamRef stream, ArrayRef<int64_t> perm)
      : stream(std::move(stream)), perm(perm) {}
  explicit operator bool() const { return bool(stream); }
  bool isIdentity() const;
  SmallVector<int64_t> getShape() const;
  /// Reads in the view's order; materialises when dimensions are permuted.
  StreamRef contiguous() const;
};

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

/// Bytes of an initializer, decoded as they are read; pages that were read are
/// given back to the system. `store` may be null for bytes that stay.
StreamRef makeLeaf(Origin origin, ArrayRef<uint8_t> bytes,
                   ArrayRef<int64_t> shape, Type element, BlobStore *store);

/// Values held in memory. Elements that f32 holds exactly take four bytes.
StreamRef makeBuffer(ArrayRef<int64_t> shape, Type element,
                     ArrayRef<double> values, Origin origin = {});

/// Reads all of `stream` into memory.
StreamRef materialise(Stream &stream);
std::vector<double> readAll(Stream &stream);

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Functions of one operand (up to Saturate), of two, and Where of three.
enum class MapKind {
  Identity,
  Abs,
  Neg,
  Round,
  Sign,
  Sqrt,
  Reciprocal,
  Floor,
  Ceil,
  Not,
  Relu,
  Cast,
  /// Floats to integers.
  Saturate,
  Add,
  Sub,
  Mul,
  Div,
  /// Of integers, with the sign of the divisor.
  Mod,
  Max,
  Min,
  Greater,
  Less,
  GreaterOrEqual,
  LessOrEqual,
  Equal,
  And,
  Or,
  Xor,
  BitwiseAnd,
  BitwiseOr,
  BitwiseXor,
  ShiftLeft,
  ShiftRight,
  Where
};

/// `kind` over broadcast operands; the result is rounded to `element`. Null
/// when the shapes do not broadcast.
StreamRef makeMap(MapKind kind, Type element, ArrayRef<StreamRef> operands);

/// Broadcasts to `shape`.
StreamRef makeExpand(StreamRef operand, ArrayRef<int64_t> shape);

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

/// The same values in row-major order under another `shape` of the same size;
/// null when the sizes differ or a dim is 0.
StreamRef makeReshape(StreamRef operand, ArrayRef<int64_t> shape);

/// Bytes of `bytes` (8-bit elements) as narrower elements, low bits first.
StreamRef makeBits(StreamRef bytes, ArrayRef<int64_t> shape, Type element);

/// Concatenation along `axis`.
StreamRef makeConcat(ArrayRef<StreamRef> operands, int64_t axis);

/// Row r (dimension 0) is row `rows[r].second` of `operands[rows[r].first]`.
StreamRef makeRows(ArrayRef<StreamRef> operands,
                   std::vector<std::pair<unsigned, int64_t>> rows);

/// Columns [begin, end) of the last dimension.
StreamRef makeColumns(StreamRef operand, int64_t begin, int64_t end);

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// What one result is made of from all elements that it reduces.
enum class ReduceKind { Mean, Sum, Max, Min };

/// Reduces `axes` (non-negative, sorted), accumulating in f64 (w_c1). The
/// result is held in memory.
StreamRef makeReduce(ReduceKind kind, Stream &operand, ArrayRef<int64_t> axes,
                     bool keepDims);

} // namespace fold
} // namespace mlir::bitnet

#endif // BITNET_CONSTANTEVAL_STREAM_H
