//===- KernelEmitter.cpp - kernel functions from table rows ---------------===//

#include "bitnet/Codegen/Kernels/KernelEmitter.h"

#include "TileEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t kDynamic = ShapedType::kDynamic;

/// A memref that any layer's operand casts to: dynamic, unit inner strides.
static MemRefType stridedType(ArrayRef<int64_t> shape, Type element,
                              ArrayRef<int64_t> strides) {
  auto layout = StridedLayoutAttr::get(element.getContext(), kDynamic, strides);
  return MemRefType::get(shape, element, layout);
}

static SmallVector<Type> kernelOperandTypes(const KernelForm &form) {
  MLIRContext *context = form.lhs.getContext();
  Type i8 = IntegerType::get(context, 8), i32 = IntegerType::get(context, 32);
  Type index = IndexType::get(context);
  Type acc = form.isInteger() ? i32 : Type(Float32Type::get(context));
  int64_t chunks = form.row->layout.blockChunks;
  int64_t bytes = PackedLayout::kChunkBytes;
  SmallVector<int64_t> lines(form.grouped ? 2 : 1, kDynamic);
  SmallVector<int64_t> shape = lines, strides = lines;
  strides.back() = 1;
  SmallVector<Type> types = {
      stridedType({kDynamic, kDynamic, chunks, bytes}, i8,
                  {kDynamic, chunks * bytes, bytes, 1}),
      stridedType({kDynamic, kDynamic}, form.lhs, {kDynamic, 1})};
  if (form.isInteger())
    types.push_back(stridedType(shape, i32, strides));
  shape.push_back(kDynamic);
  strides = shape;
  strides.back() = 1;
  types.push_back(stridedType(shape, acc, strides));
  types.append({index, index});
  return types;
}

static std::string kernelName(const KernelForm &form) {
  std::string name =
      ("bitnet_kernel_" + stringifyKernelKind(form.row->kind)).str();
  llvm::raw_string_ostream os(name);
  if (!form.lhs.isSignlessInteger(8))
    os << '_' << form.lhs;
  if (PackingKind packing = form.row->layout.kind; packing != PackingKind::U2)
    os << '_' << stringifyPackingKind(packing);
  if (form.grouped)
    os << "_grouped";
  return name;
}

namespace {
/// Emits y[.., block of weights] by the forms of a row: each takes activation
/// rows from `done` on, as far as it can.
class RowBlockEmitter {
public:
  RowBlockEmitter(ImplicitLocOpBuilder &b, const KernelRow &row,
                  const TileOperands &operands, Value block)
      : b(b), row(row), operands(operands), block(block), done(index(0)),
        rows(memref::DimOp::create(b, operands.x, index(0))) {}
  void emit();

private:
  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, v); }
  Value is(Value v, int64_t c) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, v, index(c));
  }
  void emitTiles(const LoopForm &form, int64_t tile, Value end);
  void emitWholeTiles(const LoopForm &form);
  void emitEvenTiles(const LoopForm &form);

  ImplicitLocOpBuilder &b;
  const KernelRow &row;
  const TileOperands &operands;
  Value block, done, rows;
};
} // namespace

void RowBlockEmitter::emitTiles(const LoopForm &form, int64_t tile, Value end) {
  auto loop = scf::ForOp::create(b, done, end, index(tile));
  done = end;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  TileEmitter(b, row, form, tile, operands, loop.getInductionVar(), block)
      .emit();
}

void RowBlockEmitter::emitWholeTiles(const LoopForm &form) {
  Value left = arith::SubIOp::create(b, rows, done);
  Value rest = arith::RemUIOp::create(b, left, index(form.maxTile));
  Value end = arith::SubIOp::create(b, rows, rest);
  if (form.minRows > form.maxTile) {
    Value enough = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, rows,
                                         index(form.minRows));
    end = arith::SelectOp::create(b, enough, end, done);
  }
  emitTiles(form, form.maxTile, end);
}

/// With t = ceil(left / maxTile) tiles, left % t of them have a row more than
/// the rest.
void RowBlockEmitter::emitEvenTiles(const LoopForm &form) {
  Value left = arith::SubIOp::create(b, rows, done);
  Value tiles = arith::AddIOp::create(b, left, index(form.maxTile - 1));
  tiles = arith::DivUIOp::create(b, tiles, index(form.maxTile));
  tiles = arith::MaxUIOp::create(b, tiles, index(1));
  Value small = arith::DivUIOp::create(b, left, tiles);
  Value numLarge = arith::RemUIOp::create(b, left, tiles);
  Value numSmall = arith::SubIOp::create(b, tiles, numLarge);
  for (int64_t tile = form.maxTile; tile >= form.minTile; --tile) {
    Value rest =
        arith::SelectOp::create(b, is(small, tile), numSmall, index(0));
    Value count =
        arith::SelectOp::create(b, is(small, tile - 1), numLarge, rest);
    Value size = arith::MulIOp::create(b, count, index(tile));
    emitTiles(form, tile, arith::AddIOp::create(b, done, size));
  }
}

void RowBlockEmitter::emit() {
  for (const LoopForm &form : row.forms) {
    if (form.minTile == form.maxTile)
      emitWholeTiles(form);
    else
      emitEvenTiles(form);
  }
}

/// One element of the leading dimension, or `count` of dimension `dim`.
static Value slice(ImplicitLocOpBuilder &b, Value source, unsigned dim,
                   Value offset, Value count) {
  auto type = cast<MemRefType>(source.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(b, b.getLoc(), source);
  offsets[dim] = offset;
  sizes[dim] = count ? OpFoldResult(count) : b.getIndexAttr(1);
  if (count)
    return memref::SubViewOp::create(b, source, offsets, sizes, strides);
  auto reduced = memref::SubViewOp::inferRankReducedResultType(
      type.getShape().drop_front(), type, offsets, sizes, strides);
  return memref::SubViewOp::create(b, cast<MemRefType>(reduced), source,
                                   offsets, sizes, strides);
}

/// w_c3: each group of K is a product of its own, on views of the operands.
static void emitGroups(ImplicitLocOpBuilder &b, const KernelForm &form,
                       const TileOperands &all, Value block) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value groups = memref::DimOp::create(b, all.y, zero);
  Value chunks = arith::DivUIOp::create(b, all.chunks, groups);
  Value cols = arith::MulIOp::create(
      b, chunks,
      arith::ConstantIndexOp::create(b, form.row->layout.chunkCols()));
  auto loop = scf::ForOp::create(b, zero, groups, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value g = loop.getInductionVar();
  TileOperands part;
  part.w = slice(b, all.w, 1, arith::MulIOp::create(b, g, chunks), chunks);
  part.x = slice(b, all.x, 1, arith::MulIOp::create(b, g, cols), cols);
  part.sums = all.sums ? slice(b, all.sums, 0, g, Value()) : Value();
  part.y = slice(b, all.y, 0, g, Value());
  part.chunks = chunks;
  RowBlockEmitter(b, *form.row, part, block).emit();
}

static void emitBody(ImplicitLocOpBuilder &b, const KernelForm &form,
                     func::FuncOp kernel) {
  ValueRange args = kernel.getArguments();
  TileOperands operands;
  operands.w = args[0];
  operands.x = args[1];
  operands.sums = form.isInteger() ? args[2] : Value();
  operands.y = args[args.size() - 3];
  Value one = arith::ConstantIndexOp::create(b, 1);
  operands.chunks = memref::DimOp::create(b, operands.w, one);
  auto loop = scf::ForOp::create(b, args[args.size() - 2], args.back(), one);
  func::ReturnOp::create(b);
  b.setInsertionPointToStart(loop.getBody());
  Value block = loop.getInductionVar();
  if (form.grouped)
    emitGroups(b, form, operands, block);
  else
    RowBlockEmitter(b, *form.row, operands, block).emit();
}

func::FuncOp mlir::bitnet::getOrCreateKernel(ModuleOp module,
                                             const KernelForm &form) {
  std::string name = kernelName(form);
  if (auto existing = module.lookupSymbol<func::FuncOp>(name))
    return existing;
  ImplicitLocOpBuilder b(UnknownLoc::get(module.getContext()),
                         module.getBodyRegion());
  b.setInsertionPointToEnd(module.getBody());
  auto type = b.getFunctionType(kernelOperandTypes(form), {});
  auto kernel = func::FuncOp::create(b, name, type);
  kernel.setPrivate();
  kernel->setAttr("bitnet.parallel", b.getUnitAttr());
  b.setInsertionPointToStart(kernel.addEntryBlock());
  emitBody(b, form, kernel);
  return kernel;
}
