//===- NodeLowering.h - the view of one node that lowerings use -*- C++ -*-===//
//
// A lowering reads operands and attributes of one onnx.node, builds linalg /
// tensor / arith ops with the helpers below and calls setResult for every
// result. Operand types are always real, ranked tensors of signless elements;
// the sign of integers is in onnxType().
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_ONNXTOLINALG_NODELOWERING_H
#define BITNET_CONVERSION_ONNXTOLINALG_NODELOWERING_H

#include "DimBuilder.h"

#include "bitnet/Dialect/ONNX/IR/ONNX.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringSet.h"

#include <functional>
#include <optional>

namespace mlir::bitnet {

/// Builds scalar code: inside a linalg body, or for one element of a small
/// integer list. Create ops through make() so that constants fold.
struct ScalarBuilder {
  OpBuilder &b;
  Location loc;

  template <typename Op, typename... Args> Value make(Args &&...args) {
    return b.createOrFold<Op>(loc, std::forward<Args>(args)...);
  }
  /// A constant of a float or integer type.
  Value constant(Type type, double value);
  Value intConstant(Type type, int64_t value);
};

/// Scalars of all operands -> scalar of the result. 16-bit and narrower floats
/// arrive as f32 and are rounded once to the result's type (act_c3).
using ScalarFn = llvm::function_ref<Value(ScalarBuilder &, ValueRange)>;

/// A small integer tensor as scalars: index attributes or index values when
/// the element type is i64, attributes or values of the element type otherwise.
using Elements = SmallVector<OpFoldResult>;

/// One value on its way from ONNX: its tensor and its ONNX element type.
struct ConvertedValue {
  Value value;
  Type onnxElementType;
};

/// The most elements of a tensor. No tensor of a real model comes near it, and
/// below it sizes in bytes and sums with paddings fit in 63 bits.
inline constexpr int64_t kMaxTensorElements = int64_t(1) << 56;

/// What is known about the values of one function; shared by all nodes.
struct GraphState {
  explicit GraphState(OpBuilder &b, Location loc) : b(b), dims(b, loc) {}
  OpBuilder &b;
  DimBuilder dims;
  DenseMap<Value, ConvertedValue> converted; // old value -> new value
  DenseMap<Value, Dims> extents;             // new value -> extents
  DenseMap<Value, Elements> elements;        // new value -> scalars
  /// Converts the nodes of a graph attribute at the insertion point; gives what
  /// it yields.
  std::function<FailureOr<SmallVector<ConvertedValue>>(Region &)> convertRegion;
};

class NodeLowering {
public:
  NodeLowering(GraphState &state, onnx::NodeOp node);

  OpBuilder &b;
  Location loc;
  DimBuilder &dims;
  onnx::NodeOp node;

  //===--- The node -------------------------------------------------------===//
  std::string name() const; // ONNX node name, for messages
  int64_t version() { return node.getVersion(); }
  /// Number of input slots, absent ones included.
  unsigned numOperands() { return node.getNumSlots(); }
  /// The tensor in slot `i`, or null when absent.
  Value operand(unsigned i);
  SmallVector<Value> operands(); // all present ones
  /// Element type of slot `i` with its ONNX sign (ui8, i64, f32 ...).
  Type onnxType(unsigned i = 0);
  bool isUnsigned(unsigned i = 0) {
    return onnxType(i).isUnsignedInteger() || onnxType(i).isInteger(1);
  }
  bool isResultUsed(unsigned i) {
    return i < node.getNumResults() && !node.getResult(i).use_empty();
  }
  /// Sets result `i`. The ONNX element type is that of operand 0 when the
  /// signless types agree, else the signless type, unless given.
  void setResult(unsigned i, Value value, Type onnxElementType = {});

  /// Converts a graph attribute into `block`, or at the insertion point when
  /// `block` is null. What is learnt inside a block is forgotten after it.
  FailureOr<SmallVector<ConvertedValue>> convertBody(Region &body,
                                                     Block *block);

  //===--- Attributes -----------------------------------------------------===//
  /// Every attribute that a lowering does not ask for is an error: it would be
  /// ignored (findUnreadAttribute).
  Attribute attr(StringRef key) {
    asked.insert(key);
    return node.getParams().get(key);
  }
  /// Says that these attributes do not change the results.
  void ignoreAttrs(ArrayRef<StringRef> keys) {
    asked.insert(keys.begin(), keys.end());
  }
  /// An attribute of the node that has not been asked for, or empty.
  StringRef findUnreadAttribute() const;
  int64_t intAttr(StringRef key, int64_t defaultValue);
  std::optional<SmallVector<int64_t>> intsAttr(StringRef key);
  double floatAttr(StringRef key, double defaultValue);
  std::string stringAttr(StringRef key, StringRef defaultValue);

  /// "operator 'Clip' ...", at the node. Return it: it converts to failure.
  InFlightDiagnostic emitError();
  /// The same for a message with a subject of its own, behind a colon.
  InFlightDiagnostic emitFinding();

  //===--- Types and extents ----------------------------------------------===//
  static RankedTensorType typeOf(Value v) {
    return cast<RankedTensorType>(v.getType());
  }
  static Type elementType(Value v) { return typeOf(v).getElementType(); }
  static int64_t rank(Value v) { return typeOf(v).getRank(); }
  Dims dimsOf(Value v);
  OpFoldResult dim(Value v, int64_t axis) { return dimsOf(v)[axis]; }
  /// A tensor type of these extents, which is static where they are constants.
  RankedTensorType tensorType(ArrayRef<OpFoldResult> extents, Type element);
  Value empty(ArrayRef<OpFoldResult> extents, Type element);
  /// tensor.empty filled with `value`, an attribute of the element type.
  Value filled(ArrayRef<OpFoldResult> extents, TypedAttr value);
  /// Checks -rank <= axis < rank and makes it non-negative.
  FailureOr<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// Asserts at run time that both are equal (nothing to do when provable) and
  /// treats them as equal from here on. Fails with a message when they differ
  /// statically.
  LogicalResult requireSame(OpFoldResult lhs, OpFoldResult rhs,
                            const Twine &what);
  /// Checks sizes that come from numbers of the graph, here or at run time:
  /// none is negative, and their product (0 counts as 1) stays in
  /// kMaxTensorElements, so that no number of elements overflows. Extents,
  /// which are not negative, are checked only where they `grow` beyond those of
  /// a tensor that there is.
  LogicalResult requireSizes(ArrayRef<OpFoldResult> sizes, bool grow = false);
  /// v as a tensor of `type` (tensor.cast when needed).
  Value castTo(Value v, RankedTensorType type);
  /// v with its static extents improved to `extents` when those say more.
  Value refine(Value v, ArrayRef<OpFoldResult> extents);

  //===--- Small integer tensors ------------------------------------------===//
  /// The scalars of a rank 0 or 1 integer or bool tensor of static length at
  /// most 64, when they are known.
  std::optional<Elements> elements(Value v);
  /// elements(v), else one tensor.extract per element; nullopt only when v is
  /// not such a tensor.
  std::optional<Elements> extractElements(Value v);
  /// The scalars as constants, when all are constants.
  std::optional<SmallVector<int64_t>> constantInts(Value v);
  /// The tensor of the scalars: rank 1, or rank 0 when `scalar`.
  Value fromElements(const Elements &list, Type element, bool scalar = false);
  /// Integer list in slot `slot` when the node's version has it as an input
  /// (slot given), else the attribute `key`. nullopt: absent. Fails when the
  /// input is not constant.
  FailureOr<std::optional<SmallVector<int64_t>>> intsFrom(int slot,
                                                          StringRef key);
  /// The single constant of a one-element tensor (any float or int type).
  std::optional<double> constantScalar(Value v);

  //===--- Building blocks ------------------------------------------------===//
  /// numpy broadcast of the shapes; asserts at run time what is not provable.
  FailureOr<Dims> broadcast(ArrayRef<Value> values);
  /// linalg.generic over the broadcast operands (or scalar code, when the
  /// operands are known lists and the result is an integer).
  FailureOr<Value> elementwise(ArrayRef<Value> values, Type resultElement,
                               ScalarFn body);
  /// Sets `elementwise` as result 0, with elements like those of operand 0.
  LogicalResult lowerElementwise(ArrayRef<Value> values, ScalarFn body);
  /// Extent arithmetic on operands that all are known i64 lists; null when they
  /// are not. The result is i64 or bool.
  Value elementwiseExtents(
      ArrayRef<Value> values, Type resultElement,
      llvm::function_ref<OpFoldResult(ArrayRef<OpFoldResult>)> body);
  /// `elementwise` of one operand, which cannot fail.
  Value map(Value v, Type resultElement, ScalarFn body);
  /// Converts between element types with ONNX Cast meaning.
  Value convert(Value v, Type from, Type to);
  /// v in f32 when it is a narrower float, else v.
  Value toF32(Value v);
  /// Same elements in row-major order, new extents; asserts that the numbers of
  /// elements agree when it is not provable.
  FailureOr<Value> reshape(Value v, ArrayRef<OpFoldResult> extents);
  /// The axes from `axis` on as one; v itself where they are less than two or
  /// an extent is known to be 0.
  Value collapseFrom(Value v, int64_t axis);
  Value transpose(Value v, ArrayRef<int64_t> permutation);
  /// numpy broadcast of v to exactly `extents`.
  FailureOr<Value> broadcastTo(Value v, ArrayRef<OpFoldResult> extents);
  /// What `make` builds where `condition` holds at run time, else `v`; both
  /// have `extents` then. For copies that are hardly ever needed.
  FailureOr<Value> replaceIf(Value condition, Value v,
                             ArrayRef<OpFoldResult> extents,
                             llvm::function_ref<FailureOr<Value>()> make);
  /// broadcastTo for a tensor that may have all `extents` already: nothing is
  /// copied at run time when it has.
  FailureOr<Value> broadcastIfNeeded(Value v, ArrayRef<OpFoldResult> extents);
  /// Inserts 1-extents so that the rank becomes `rank`, in front.
  Value prependOnes(Value v, int64_t rank);
  /// v[offset : offset + size : stride] on each axis.
  Value slice(Value v, ArrayRef<OpFoldResult> offsets,
              ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides);
  Value concat(ArrayRef<Value> values, int64_t axis);

  /// How reduce() folds the elements of an axis.
  struct Reduction {
    TypedAttr init;   // also gives the accumulator's type
    ScalarFn element; // ({element}) -> accumulator type; null: as it is
    llvm::function_ref<Value(ScalarBuilder &, Value element, Value acc)> fold;
  };
  /// Reduces `axes` (non-negative), the last ones of v as one (mm_c3). Elements
  /// of 16-bit floats arrive as f32. The result's element type is the
  /// accumulator's.
  Value reduce(Value v, ArrayRef<int64_t> axes, bool keepDims,
               const Reduction &reduction);

  /// The extent that two extents broadcast to, asserted at run time where it is
  /// not provable.
  FailureOr<OpFoldResult> broadcastDim(OpFoldResult a, OpFoldResult c);

private:
  /// v repeated to `space`, which it broadcasts to and does not change.
  Value repeatTo(Value v, ArrayRef<OpFoldResult> space);
  FailureOr<Value> repeatWhereUnknown(Value v, ArrayRef<OpFoldResult> space);
  /// v with extents that a check made it have. It stands in front of the check:
  /// no type may travel back to it, and it must not be computed where there is
  /// room for `extents` only, as a branch that is not taken may be larger.
  Value agree(Value v, ArrayRef<OpFoldResult> extents);
  /// The extents of the values when they are joined along `axis`.
  Dims joinedExtents(ArrayRef<Value> values, int64_t axis);
  /// Joins few values, which are computed where the result is if possible.
  Value concatInPlace(ArrayRef<Value> values, int64_t axis);
  /// Joins any number of values by copying them.
  Value concatCopies(ArrayRef<Value> values, int64_t axis);
  /// The lists of all operands and the length they broadcast to.
  std::optional<SmallVector<Elements>> broadcastLists(ArrayRef<Value> values,
                                                      size_t &length);
  Value elementwiseList(ArrayRef<Value> values, Type resultElement,
                        ScalarFn body);
  Value elementwiseSplat(ArrayRef<Value> values, Type resultElement,
                         ScalarFn body);
  GraphState &state;
  llvm::StringSet<> asked;
};

/// The add of a float reduction: the only op that may be reassociated.
Value reassociableAdd(ScalarBuilder &s, Value lhs, Value rhs);

/// The signless type of an ONNX element type.
Type signless(Type onnxElementType);

} // namespace mlir::bitnet

#endif // BITNET_CONVERSION_ONNXTOLINALG_NODELOWERING_H
