//===- ConstantFolderShape.cpp - operators that move values ---------------===//
//
// Reshape, Expand, Concat, Slice, Gather, ScatterND, DequantizeLinear and the
// unpacking of MatMulNBits, on streams. Transposes only permute a view; what
// needs values in their own order reads a contiguous stream.
//
//===----------------------------------------------------------------------===//

#include "bitnet/ConstantEval/ConstantFolder.h"
#include "bitnet/Dialect/ONNX/IR/NodeParams.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::fold;

/// A transposition costs nothing until somebody reads the values in order.
View ConstantFolder::buildTranspose(onnx::NodeOp node) {
  View operand = get(node.getInputs().front());
  if (!operand)
    return {};
  int64_t rank = int64_t(operand.perm.size());
  std::optional<SmallVector<int64_t>> perm = getInts(node, "perm");
  if (!perm)
    perm = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (int64_t(perm->size()) != rank || !isPermutationVector(*perm))
    return {};
  for (int64_t &dim : *perm)
    dim = operand.perm[dim];
  return View(operand.stream, *perm);
}

/// The shape that operand `requested` of Reshape asks for: 0 copies a dim
/// unless `allowZero`, and one -1 takes what is left. Nothing when a second -1
/// or another negative dim is found, or when the elements cannot be divided so;
/// makeReshape compares the numbers of elements.
static std::optional<SmallVector<int64_t>>
resolveShape(ArrayRef<int64_t> requested, ArrayRef<int64_t> shape,
             bool allowZero) {
  SmallVector<int64_t> result;
  int64_t known = 1, wildcard = -1;
  for (auto [i, value] : llvm::enumerate(requested)) {
    int64_t dim = value;
    if (dim < -1 || (dim == -1 && wildcard >= 0))
      return std::nullopt;
    if (dim == 0 && !allowZero) {
      if (i >= shape.size())
        return std::nullopt;
      dim = shape[i];
    }
    if (dim == -1)
      wildcard = int64_t(i);
    else if (std::optional<int64_t> product = llvm::checkedMul(known, dim))
      known = *product;
    else
      return std::nullopt;
    result.push_back(dim);
  }
  if (wildcard >= 0) {
    if (known <= 0 || countOf(shape) % known != 0)
      return std::nullopt;
    result[wildcard] = countOf(shape) / known;
  }
  return result;
}

/// `shape` without the dims at `axes`, negative ones counted from the end;
/// without axes, all dims of 1 go. Nothing when a dim to be dropped is not 1.
static std::optional<SmallVector<int64_t>>
squeezed(ArrayRef<int64_t> shape, std::optional<SmallVector<int64_t>> axes) {
  SmallVector<int64_t> result;
  int64_t rank = int64_t(shape.size());
  for (auto [i, dim] : llvm::enumerate(shape)) {
    bool drop = axes ? llvm::is_contained(*axes, int64_t(i)) ||
                           llvm::is_contained(*axes, int64_t(i) - rank)
                     : dim == 1;
    if (drop && dim != 1)
      return std::nullopt;
    if (!drop)
      result.push_back(dim);
  }
  return result;
}

/// `shape` with a dim of 1 at each of `axes`, which count dims of the result.
/// Nothing when an axis is out of range or occurs twice. A dim of the result is
/// 0 as long as it is not known.
static std::optional<SmallVector<int64_t>> unsqueezed(ArrayRef<int64_t> shape,
                                                      ArrayRef<int64_t> axes) {
  int64_t rank = int64_t(shape.size() + axes.size());
  SmallVector<int64_t> result(rank, 0);
  for (int64_t axis : axes) {
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank || result[axis] == 1)
      return std::nullopt;
    result[axis] = 1;
  }
  const int64_t *next = shape.begin();
  for (int64_t &dim : result)
    dim = dim == 1 ? 1 : *next++;
  return result;
}

/// Reshape, Flatten, Squeeze and Unsqueeze. Since opset 13 the axes are an
/// input; before, they were an attribute. A transposed operand is brought to
/// its own order first, because only then a new shape leaves the order as it
/// is.
View ConstantFolder::buildReshape(onnx::NodeOp node) {
  View operand = get(node.getInputs().front());
  if (!operand)
    return {};
  SmallVector<int64_t> shape = operand.getShape();
  std::optional<SmallVector<int64_t>> axes = getInts(node, "axes"), result;
  if (Value input = node.getSlot(1))
    if (!(axes = getIntegers(input)))
      return {};
  if (node.getOp() == "Reshape" && axes) {
    result = resolveShape(*axes, shape, getInt(node, "allowzero", 0));
  } else if (node.getOp() == "Flatten") {
    int64_t axis = getInt(node, "axis", 1), rank = int64_t(shape.size());
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis > rank)
      return {};
    result = {countOf(ArrayRef(shape).take_front(axis)),
              countOf(ArrayRef(shape).drop_front(axis))};
  } else if (node.getOp() == "Squeeze") {
    result = squeezed(shape, axes);
  } else if (node.getOp() == "Unsqueeze" && axes) {
    result = unsqueezed(shape, *axes);
  }
  if (!result)
    return {};
  StreamRef reshaped = makeReshape(operand.contiguous(), *result);
  return reshaped ? View(reshaped) : View();
}

/// ConstantOfShape is an Expand of one value, which is 0 of f32 when the
/// attribute is absent. Shapes with a dim of 0 give no stream, as no stream is
/// empty.
View ConstantFolder::buildExpand(onnx::NodeOp node) {
  bool isFill = node.getOp() == "ConstantOfShape";
  auto shape = getIntegers(isFill ? node.getInputs().front() : node.getSlot(1));
  if (!shape || llvm::any_of(*shape, [](int64_t dim) { return dim < 1; }))
    return {};
  if (!isFill) {
    View operand = get(node.getInputs().front());
    StreamRef result =
        operand ? makeExpand(operand.contiguous(), *shape) : nullptr;
    return result ? View(result) : View();
  }
  Type element = Float32Type::get(node.getContext());
  double value = 0;
  if (auto attr = node.getParams().getAs<DenseElementsAttr>("value")) {
    element = attr.getElementType();
    if (auto type = dyn_cast<IntegerType>(element)) {
      APInt raw = *attr.getValues<APInt>().begin();
      value = type.isUnsigned() ? double(raw.getZExtValue())
                                : double(raw.getSExtValue());
    } else if (isa<FloatType>(element)) {
      APFloat raw = *attr.getValues<APFloat>().begin();
      bool lossy;
      raw.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
      value = raw.convertToDouble();
    }
  }
  StreamRef filled = makeExpand(makeBuffer({}, element, {value}), *shape);
  return filled ? View(filled) : View();
}

/// Joined projections (q, k and v in one matrix) come this way. Operands that
/// are all transposed in the same way stay so: then the axis is that of the
/// streams, `perm[axis]`.
View ConstantFolder::buildConcat(onnx::NodeOp node) {
  SmallVector<View> operands;
  for (Value input : node.getInputs()) {
    operands.push_back(get(input));
    if (!operands.back())
      return {};
  }
  int64_t rank = int64_t(operands.front().perm.size());
  int64_t axis = getInt(node, "axis", 0);
  axis += axis < 0 ? rank : 0;
  // All operands get one order of dimensions: that of the first, when they
  // agree.
  ArrayRef<int64_t> perm = operands.front().perm;
  bool agree = llvm::all_of(
      operands, [&](const View &v) { return ArrayRef(v.perm) == perm; });
  SmallVector<StreamRef> streams;
  for (const View &operand : operands)
    streams.push_back(agree ? operand.stream : operand.contiguous());
  if (axis < 0 || axis >= rank)
    return {};
  StreamRef result = makeConcat(streams, agree ? perm[axis] : axis);
  if (!result)
    return {};
  return agree ? View(result, perm) : View(result);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// For each row of the result: the operand that it comes from, and its number
/// there.
using RowMap = std::vector<std::pair<unsigned, int64_t>>;

/// The map that takes all `count` rows of operand 0 in order; ScatterND then
/// replaces entries of it.
static RowMap identityRows(int64_t count) {
  RowMap rows(count);
  for (int64_t i = 0; i != count; ++i)
    rows[i] = {0, i};
  return rows;
}

/// ScatterND that replaces whole rows: indices [R, 1]. Where an index occurs
/// twice, the later update stays. Null for indices that point at single
/// elements or outside of `data`, and for updates of another shape.
static StreamRef scatterRows(StreamRef data, StreamRef updates,
                             Stream &indices) {
  if (!isa<IntegerType>(indices.element) || indices.shape.empty() ||
      indices.shape.back() != 1 || data->shape.empty())
    return nullptr;
  SmallVector<int64_t> wanted(ArrayRef(indices.shape).drop_back());
  llvm::append_range(wanted, ArrayRef(data->shape).drop_front());
  if (ArrayRef<int64_t>(updates->shape) != ArrayRef<int64_t>(wanted))
    return nullptr;
  RowMap rows = identityRows(data->shape[0]);
  for (auto [i, index] : llvm::enumerate(readAll(indices))) {
    int64_t row = int64_t(index) + (index < 0 ? data->shape[0] : 0);
    if (row < 0 || row >= data->shape[0])
      return nullptr;
    rows[row] = {1, int64_t(i)};
  }
  return makeRows({data, updates}, std::move(rows));
}

/// Slice with a step along one axis: axis 0, or the last one with step 1. The
/// bounds are clamped as doubles, because `end` may be the largest int64. Null
/// for other axes, steps below 1, and empty results.
static StreamRef sliceOne(StreamRef data, int64_t axis, double start,
                          double end, double step) {
  int64_t rank = int64_t(data->shape.size());
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis >= rank || step < 1)
    return nullptr;
  double dim = double(data->shape[axis]);
  auto clamp = [&](double v) {
    return std::min(std::max(v < 0 ? v + dim : v, 0.0), dim);
  };
  int64_t first = int64_t(clamp(start)), last = int64_t(clamp(end));
  if (first >= last)
    return nullptr;
  if (axis == rank - 1 && step == 1 && rank > 1)
    return makeColumns(data, first, last);
  if (axis != 0)
    return nullptr;
  RowMap rows;
  for (int64_t row = first; row < last; row += int64_t(step))
    rows.push_back({0, row});
  return makeRows({data}, std::move(rows));
}

/// Gather, Slice and ScatterND, as far as they move whole rows or columns.
View ConstantFolder::buildRows(onnx::NodeOp node) {
  View operand = get(node.getInputs().front());
  if (!operand)
    return {};
  StreamRef data = operand.contiguous(), result;
  if (node.getOp() == "ScatterND") {
    View indices = get(node.getSlot(1)), updates = get(node.getSlot(2));
    if (indices && updates && getString(node, "reduction", "none") == "none")
      result = scatterRows(data, updates.contiguous(), *indices.contiguous());
  } else if (node.getOp() == "Gather") {
    View indices = get(node.getSlot(1));
    if (!indices || !isa<IntegerType>(indices.stream->element) ||
        indices.perm.size() != 1 || getInt(node, "axis", 0) != 0 ||
        data->shape.empty())
      return {};
    RowMap rows;
    for (double index : readAll(*indices.stream)) {
      rows.push_back({0, int64_t(index < 0 ? index + data->shape[0] : index)});
      if (rows.back().second < 0 || rows.back().second >= data->shape[0])
        return {};
    }
    result = makeRows({data}, std::move(rows));
  } else {
    auto starts = getIntegers(node.getSlot(1));
    auto ends = getIntegers(node.getSlot(2));
    auto axes = getIntegers(node.getSlot(3));
    auto steps = getIntegers(node.getSlot(4));
    if (!starts || !ends || ends->size() != starts->size() ||
        (axes && axes->size() != starts->size()) ||
        (steps && steps->size() != starts->size()) ||
        (node.getSlot(3) && !axes) || (node.getSlot(4) && !steps))
      return {};
    result = data;
    for (size_t i = 0; result && i != starts->size(); ++i)
      result = sliceOne(result, axes ? (*axes)[i] : int64_t(i), (*starts)[i],
                        (*ends)[i], steps ? (*steps)[i] : 1);
  }
  return result ? View(result) : View();
}

/// Only the values say how many columns the result [rank, count] has, so that
/// NonZero has no lowering for a run. The limit keeps the list of places small;
/// a result without columns gives no stream.
View ConstantFolder::buildNonZero(onnx::NodeOp node) {
  constexpr int64_t kMost = int64_t(1) << 24;
  View operand = get(node.getInputs().front());
  if (!operand || operand.perm.empty() || operand.stream->size > kMost)
    return {};
  std::vector<int64_t> found;
  for (auto [i, value] : llvm::enumerate(readAll(*operand.contiguous())))
    if (value != 0)
      found.push_back(int64_t(i));
  if (found.empty())
    return {};
  SmallVector<int64_t> shape = operand.getShape();
  int64_t rank = int64_t(shape.size()), count = int64_t(found.size());
  std::vector<double> values(rank * count);
  for (int64_t axis = rank - 1; axis >= 0; --axis)
    for (auto [i, place] : llvm::enumerate(found)) {
      values[axis * count + int64_t(i)] = double(place % shape[axis]);
      place /= shape[axis];
    }
  Origin origin;
  operand.stream->describe(origin);
  Type element = IntegerType::get(node.getContext(), 64);
  return View(makeBuffer({rank, count}, element, values, origin));
}

//===----------------------------------------------------------------------===//
// Dequantization
//===----------------------------------------------------------------------===//

/// Brings a scale or zero point to a shape that broadcasts with `shape`, in
/// which dimension `axis` was split into (blocks, block) when block > 0.
static StreamRef shapeParameter(const View &view, ArrayRef<int64_t> shape,
                                int64_t axis, int64_t block) {
  StreamRef stream = view.contiguous();
  if (stream->size == 1)
    return makeReshape(stream, {});
  if (block == 0) {
    SmallVector<int64_t> result(shape.size() - axis, 1);
    result[0] = stream->size;
    return makeReshape(stream, result);
  }
  SmallVector<int64_t> result(stream->shape);
  if (axis >= int64_t(result.size()))
    return nullptr;
  result.insert(result.begin() + axis + 1, 1);
  return makeReshape(stream, result);
}

/// Whether a scale is scalar, one number per element of the axis, or one per
/// block: others are an error, which the operator's own lowering reports.
static bool fitsScale(ArrayRef<int64_t> scale, ArrayRef<int64_t> shape,
                      int64_t axis, int64_t block) {
  if (scale.empty() || (block == 0 && scale == ArrayRef<int64_t>(1)))
    return true;
  if (axis < 0 || axis >= int64_t(shape.size()) || block < 0)
    return false;
  if (block == 0)
    return scale == shape.slice(axis, 1);
  SmallVector<int64_t> blocks(shape);
  blocks[axis] /= block;
  return shape[axis] % block == 0 && scale == ArrayRef<int64_t>(blocks);
}

/// (x - zero) * scale, in the steps and with the roundings of a run: the
/// difference is exact, then it becomes f32, and the product is rounded once.
/// Null when scale and zero point do not have the shape that the axis and the
/// quantization block ask for.
View ConstantFolder::buildDequantize(onnx::NodeOp node) {
  View x = get(node.getSlot(0)), scale = get(node.getSlot(1));
  View zero = get(node.getSlot(2));
  if (!x || !scale || (node.getSlot(2) && !zero))
    return {};
  StreamRef values = x.contiguous();
  SmallVector<int64_t> shape(values->shape), split(shape);
  int64_t rank = int64_t(shape.size()), axis = getInt(node, "axis", 1);
  int64_t block = getInt(node, "block_size", 0);
  axis += axis < 0 ? rank : 0;
  if (!fitsScale(scale.getShape(), shape, axis, block) ||
      (zero && zero.getShape() != scale.getShape()))
    return {};
  if (scale.stream->size != 1 && block > 0) {
    split[axis] = shape[axis] / block;
    split.insert(split.begin() + axis + 1, block);
  } else {
    block = 0;
  }
  Type element = scale.stream->element;
  if (int64_t proto = getInt(node, "output_dtype", 0)) {
    // The product is rounded once, to a type that holds the scale.
    Type output = getElementType(node.getContext(), proto);
    if (!output || (output != element && !output.isF32()))
      return {};
    element = output;
  }
  values = makeReshape(values, split);
  StreamRef factor = shapeParameter(scale, split, axis, block);
  if (zero) {
    // The difference is exact: a 16-bit float holds no codes of 16 bits.
    StreamRef offset = shapeParameter(zero, split, axis, block);
    Type wide = IntegerType::get(node.getContext(), 32);
    bool isInteger = isa<IntegerType>(values->element);
    Type exact = isInteger ? wide : values->element;
    values = offset ? makeMap(MapKind::Sub, exact, {values, offset}) : nullptr;
  }
  if (!values || !factor)
    return {};
  values =
      makeMap(MapKind::Cast, Float32Type::get(node.getContext()), {values});
  values = makeMap(MapKind::Mul, element, {values, factor});
  if (!values || values->size != countOf(shape))
    return {};
  return View(makeReshape(values, shape));
}

/// The weights as numbers: (code - zero point) * scale of its quantization
/// block. Without zero points the middle of the codes, 2^(bits - 1), is zero. K
/// need not be a multiple of the quantization block: columns behind it are
/// padding and are cut off. Null for sizes that the operator does not allow,
/// for codes of other than 2 or 4 bits, for reordered columns (g_idx, slot 4),
/// and for weights that another engine has packed for itself.
View ConstantFolder::getMatMulNBits(onnx::NodeOp node) {
  int64_t n = getInt(node, "N", 0), k = getInt(node, "K", 0);
  int64_t block = getInt(node, "block_size", 0), bits = getInt(node, "bits", 4);
  View packed = get(node.getSlot(1)), scale = get(node.getSlot(2));
  constexpr int64_t kMax = 1 << 30;
  if (!packed || !scale || block < 16 || block > kMax || n < 1 || n > kMax ||
      k < 1 || k > kMax || (bits != 2 && bits != 4) || node.getSlot(4) ||
      getInt(node, "weight_prepacked", 0) != 0)
    return {};
  int64_t blocks = (k + block - 1) / block;
  MLIRContext *context = node.getContext();
  Type code = IntegerType::get(context, unsigned(bits), IntegerType::Unsigned);
  auto unpack = [&](const View &bytes, ArrayRef<int64_t> shape) -> StreamRef {
    if (!bytes.stream->element.isInteger(8) ||
        countOf(shape) > kMaxCreated * 32 ||
        bytes.stream->size != (countOf(shape) * bits + 7) / 8)
      return nullptr;
    return makeBits(bytes.stream, shape, code);
  };
  StreamRef codes = unpack(packed, {n, blocks, block});
  if (!codes || scale.stream->size != n * blocks)
    return {};
  Type element = scale.stream->element;
  StreamRef zero = makeBuffer({}, element, {double(1 << (bits - 1))});
  if (View given = get(node.getSlot(3))) {
    // Zero points are packed row by row, each row padded to a byte, or they are
    // plain values.
    int64_t perByte = 8 / bits, padded = (blocks + perByte - 1) / perByte;
    if (given.stream->element == element && given.stream->size == n * blocks)
      zero = makeReshape(given.contiguous(), {n, blocks, 1});
    else if (StreamRef raw = unpack(given, {n, padded * perByte}))
      zero = makeReshape(makeColumns(raw, 0, blocks), {n, blocks, 1});
    else
      return {};
  } else if (node.getSlot(3)) {
    return {};
  }
  zero = makeMap(MapKind::Cast, element, {zero});
  codes = makeMap(MapKind::Cast, element, {codes});
  codes = makeMap(MapKind::Sub, element, {codes, zero});
  codes = makeMap(MapKind::Mul, element,
                  {codes, makeReshape(scale.contiguous(), {n, blocks, 1})});
  StreamRef rows = makeReshape(codes, {n, blocks * block});
  return View(blocks * block == k ? rows : makeColumns(rows, 0, k));
}
