//===- ContractionKernel.cpp - one function per form of product -----------===//
//
// The result is divided into items of kWorkRows by kWorkColumns, numbered batch
// by batch. A task gets a range of items; all items of one line (the same rows
// of one batch) that it has become one matrix product of a form.
//
//===----------------------------------------------------------------------===//

#include "ContractionKernel.h"

#include "bitnet/Codegen/Functions/FunctionPool.h"
#include "bitnet/Codegen/Transforms/KernelDispatch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::bitnet;

/// One function for each form and pair of element types: shapes are arguments.
static std::string getFunctionName(const ContractionPlan &plan) {
  std::string name = "bitnet_contraction_";
  llvm::raw_string_ostream os(name);
  os << (plan.form == ContractionForm::Columns ? "columns" : "rows");
  for (Value operand : ArrayRef(plan.operands).take_front(2))
    os << '_' << cast<MemRefType>(operand.getType()).getElementType();
  return name;
}

/// At least one tile per row and column keeps divisions defined when there is
/// nothing to do.
ContractionTiles bitnet::emitTiles(LoopBuilder &b, Value c) {
  Value one = b.index(1);
  ContractionTiles tiles;
  tiles.perColumn = b.max(b.ceilDiv(b.dim(c, kBatchAxes), kWorkRows), one);
  tiles.perRow = b.max(b.ceilDiv(b.dim(c, kBatchAxes + 1), kWorkColumns), one);
  tiles.total = b.mul(tiles.perColumn, tiles.perRow);
  for (unsigned i = 0; i < kBatchAxes; ++i)
    tiles.total = b.mul(tiles.total, b.dim(c, i));
  return tiles;
}

namespace {
/// Emits the body of a kernel, which finds the matrices of each item.
class KernelEmitter {
public:
  KernelEmitter(LoopBuilder &b, func::FuncOp kernel, ContractionForm form,
                const RegisterTile &tile, bool narrow)
      : b(b), args(kernel.getArguments()), form(form), tile(tile),
        narrow(narrow) {}

  /// Memory on the stack: in the entry block, where it has a fixed place.
  void reserve();
  void emit();

private:
  void emitLine(Value line, Value first, Value last);
  Value slice(unsigned operand, ArrayRef<Value> at, ArrayRef<Value> extents);

  LoopBuilder &b;
  ValueRange args;
  ContractionForm form;
  RegisterTile tile;
  bool narrow;
  ContractionTiles tiles;
  Value panel;
};
} // namespace

void KernelEmitter::reserve() {
  if (form == ContractionForm::Columns && !narrow)
    panel = memref::AllocaOp::create(
        b, MemRefType::get({kPanelDepth, kWorkColumns}, b.getF32Type()),
        b.getI64IntegerAttr(64));
  b.reserveScratch();
}

/// Items are numbered along columns first. Parts `begin` to `end` of `parts`
/// hold consecutive items; those of one line are worked on together, so that
/// rows of b are read in long runs.
void KernelEmitter::emit() {
  Value parts = args[4], begin = args[5], end = args[6];
  tiles = emitTiles(b, args[2]);
  Value first = b.div(b.mul(begin, tiles.total), parts);
  Value last = b.div(b.mul(end, tiles.total), parts);
  Value lastLine = b.div(b.add(b.add(last, tiles.perRow), -1), tiles.perRow);
  b.loop(b.div(first, tiles.perRow), lastLine, 1,
         [&](Value line) { emitLine(line, first, last); });
}

/// The items of `line` that are in [first, last), as one matrix product.
void KernelEmitter::emitLine(Value line, Value first, Value last) {
  Value zero = b.index(0), columns = b.dim(args[2], kBatchAxes + 1);
  Value start = b.mul(line, tiles.perRow);
  Value low = b.max(b.sub(first, start), zero);
  Value high = b.min(b.sub(last, start), tiles.perRow);
  Value width = b.index(kWorkColumns);
  Value n = b.mul(low, width);
  Value m = b.mul(b.rem(line, tiles.perColumn), b.index(kWorkRows));
  Value rest = b.div(line, tiles.perColumn);
  SmallVector<Value> at(kBatchAxes);
  // What is left of the line's number says which batch it is of; the last batch
  // axis varies fastest.
  for (unsigned i = kBatchAxes; i-- > 0;) {
    Value extent = b.dim(args[2], i);
    at[i] = b.rem(rest, extent);
    rest = b.div(rest, extent);
  }
  MatrixProduct product;
  product.rows =
      b.min(b.sub(b.dim(args[2], kBatchAxes), m), b.index(kWorkRows));
  product.columns = b.sub(b.min(b.mul(high, width), columns), n);
  product.depth = b.dim(args[0], kBatchAxes + 1);
  product.fresh = args[3];
  product.panel = panel;
  auto slice = [&](unsigned operand, Value row, Value column, Value rows,
                   Value columns) {
    SmallVector<Value> offsets(at);
    offsets.append({row, column});
    return this->slice(operand, offsets, {rows, columns});
  };
  product.a = slice(0, m, zero, product.rows, product.depth);
  product.b = form == ContractionForm::Columns
                  ? slice(1, zero, n, product.depth, product.columns)
                  : slice(1, n, zero, product.columns, product.depth);
  product.c = slice(2, m, n, product.rows, product.columns);
  if (form == ContractionForm::Rows)
    return emitRowsForm(b, tile, product);
  (narrow ? emitNarrowForm : emitColumnsForm)(b, tile, product);
}

/// A matrix of one batch.
Value KernelEmitter::slice(unsigned operand, ArrayRef<Value> at,
                           ArrayRef<Value> extents) {
  auto type = cast<MemRefType>(args[operand].getType());
  SmallVector<OpFoldResult> offsets(at.begin(), at.end());
  SmallVector<OpFoldResult> sizes(kBatchAxes, b.getIndexAttr(1));
  llvm::append_range(sizes, extents);
  SmallVector<OpFoldResult> strides(at.size(), b.getIndexAttr(1));
  constexpr int64_t dynamic = ShapedType::kDynamic;
  auto matrix = memref::SubViewOp::inferRankReducedResultType(
      {dynamic, dynamic}, type, offsets, sizes, strides);
  return memref::SubViewOp::create(b, cast<MemRefType>(matrix), args[operand],
                                   offsets, sizes, strides);
}

/// The types of a kernel's arguments but the range.
static SmallVector<Type> getTypes(LoopBuilder &b, const ContractionPlan &plan) {
  SmallVector<Type> types;
  for (auto [i, operand] : llvm::enumerate(plan.operands))
    types.push_back(getViewType(
        plan.form, i, cast<MemRefType>(operand.getType()).getElementType()));
  types.append({b.getI1Type(), b.getIndexType()});
  return types;
}

/// The part of a kernel for few rows and columns, which it calls.
static func::FuncOp createNarrow(LoopBuilder &b, ModuleOp module,
                                 const ContractionPlan &plan,
                                 const RegisterTile &tile, StringRef name) {
  func::FuncOp narrow = createRangeFunction(b, module, (name + "_narrow").str(),
                                            getTypes(b, plan));
  // Its caller divides the range.
  narrow->removeAttr(kParallelFunctionAttr);
  // It must not be inlined, because its registers would compete with those of
  // the other loops.
  narrow->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  KernelEmitter emitter(b, narrow, plan.form, tile, /*narrow=*/true);
  emitter.reserve();
  emitter.emit();
  func::ReturnOp::create(b);
  return narrow;
}

/// The kernel for one register file. Where the form is columns, it first asks
/// for the shape and leaves small products to a function of their own.
static func::FuncOp createKernel(ModuleOp module, const ContractionPlan &plan,
                                 RegisterFile registers, StringRef name) {
  LoopBuilder b(UnknownLoc::get(module.getContext()), module.getBodyRegion());
  RegisterTile tile = getRegisterTile(registers);
  func::FuncOp narrow;
  if (plan.form == ContractionForm::Columns)
    narrow = createNarrow(b, module, plan, tile, name);
  func::FuncOp kernel = createRangeFunction(b, module, name, getTypes(b, plan));
  KernelEmitter emitter(b, kernel, plan.form, tile, /*narrow=*/false);
  emitter.reserve();
  auto emitAll = [&] { emitter.emit(); };
  if (!narrow)
    emitAll();
  else
    b.branch(
        isNarrowProduct(b, kernel.getArgument(2)),
        [&] { func::CallOp::create(b, narrow, kernel.getArguments()); },
        emitAll);
  func::ReturnOp::create(b);
  return kernel;
}

/// A library for one machine calls the kernel itself.
func::FuncOp bitnet::getOrCreateContraction(ModuleOp module,
                                            const ContractionPlan &plan,
                                            ArrayRef<RegisterFile> registers) {
  FunctionPool pool(module);
  auto getKernel = [&](RegisterFile file, StringRef name) {
    return pool.get(name,
                    [&] { return createKernel(module, plan, file, name); });
  };
  std::string name = getFunctionName(plan);
  if (registers.size() == 1)
    return getKernel(registers.front(), name);
  SmallVector<func::FuncOp> kernels;
  for (RegisterFile file : registers) {
    kernels.push_back(getKernel(file, (name + "_" + getName(file)).str()));
    kernels.back()->setAttr(
        kFeaturesAttr,
        StringAttr::get(module.getContext(), getNeededFeature(file)));
  }
  return getOrCreateDispatch(module, name, kernels);
}
