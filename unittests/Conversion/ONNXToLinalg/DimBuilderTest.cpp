//===- DimBuilderTest.cpp - equal extents are equal values ----------------===//

#include "DimBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

#include <limits>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// A function of one tensor whose extents are the unknowns.
class DimBuilderTest : public testing::Test {
protected:
  DimBuilderTest() : b(&context), loc(b.getUnknownLoc()) {
    context.loadDialect<affine::AffineDialect, arith::ArithDialect,
                        cf::ControlFlowDialect, func::FuncDialect,
                        tensor::TensorDialect>();
    module = ModuleOp::create(loc);
    b.setInsertionPointToEnd(module->getBody());
    auto type = RankedTensorType::get(SmallVector<int64_t>(3, kDynamic),
                                      b.getF32Type());
    auto func =
        func::FuncOp::create(b, loc, "main", b.getFunctionType(type, {}));
    Value x = func.addEntryBlock()->getArgument(0);
    b.setInsertionPointToStart(&func.front());
    dims.emplace(b, loc);
    for (OpFoldResult *unknown : {&m, &n, &k})
      *unknown = tensor::DimOp::create(b, loc, x, next++).getResult();
  }
  void TearDown() override {
    func::ReturnOp::create(b, loc);
    EXPECT_TRUE(succeeded(verify(*module)));
  }
  static constexpr int64_t kDynamic = ShapedType::kDynamic;

  OpFoldResult c(int64_t value) { return dims->constant(value); }
  static std::optional<int64_t> known(OpFoldResult dim) {
    return getConstantIntValue(dim);
  }

  MLIRContext context;
  OpBuilder b;
  Location loc;
  OwningOpRef<ModuleOp> module;
  std::optional<DimBuilder> dims;
  OpFoldResult m, n, k;
  int64_t next = 0;
};
} // namespace

TEST_F(DimBuilderTest, ConstantsFold) {
  constexpr int64_t low = std::numeric_limits<int64_t>::min();
  for (int64_t x : {0, 1, 2, 7, -3})
    for (int64_t y : {1, 2, 3, -2}) {
      EXPECT_EQ(known(dims->add(c(x), c(y))), x + y);
      EXPECT_EQ(known(dims->sub(c(x), c(y))), x - y);
      EXPECT_EQ(known(dims->mul(c(x), c(y))), x * y);
      EXPECT_EQ(known(dims->div(c(x), c(y))), x / y);
      EXPECT_EQ(known(dims->min(c(x), c(y))), std::min(x, y));
      EXPECT_EQ(known(dims->max(c(x), c(y))), std::max(x, y));
    }
  EXPECT_EQ(known(dims->div(c(5), c(0))), 0);
  EXPECT_EQ(known(dims->div(c(low), c(-1))), low);
  EXPECT_EQ(known(dims->ceilDiv(c(7), c(2))), 4);
  EXPECT_EQ(known(dims->ceilDiv(c(0), c(2))), 0);
}

TEST_F(DimBuilderTest, SumsHaveOneForm) {
  EXPECT_TRUE(dims->same(dims->add(m, n), dims->add(n, m)));
  EXPECT_TRUE(dims->same(dims->add(dims->add(m, c(1)), n),
                         dims->add(dims->add(n, m), c(1))));
  EXPECT_EQ(dims->sub(dims->add(m, n), n), m);
  EXPECT_EQ(known(dims->sub(m, m)), 0);
  EXPECT_EQ(dims->add(m, c(0)), m);
  EXPECT_FALSE(dims->same(m, n));
  EXPECT_FALSE(dims->same(m, dims->add(m, c(1))));
}

TEST_F(DimBuilderTest, ProductsAreSetsOfFactors) {
  EXPECT_TRUE(dims->same(dims->product({m, n, k}), dims->product({k, m, n})));
  EXPECT_TRUE(dims->same(dims->mul(dims->mul(m, c(2)), n),
                         dims->product({n, c(2), m})));
  EXPECT_EQ(known(dims->product({})), 1);
  EXPECT_EQ(known(dims->product({m, c(0)})), 0);
  EXPECT_EQ(dims->quotient({m, n, c(6)}, {n, c(6)}), m);
  EXPECT_TRUE(
      dims->same(dims->quotient({m, c(6)}, {c(2)}), dims->mul(m, c(3))));
  EXPECT_TRUE(dims->sameProduct({m, n}, {n, m}));
  EXPECT_TRUE(dims->sameProduct({m, c(4)}, {c(2), m, c(2)}));
  EXPECT_FALSE(dims->sameProduct({m, n}, {m, m}));
}

TEST_F(DimBuilderTest, ExtentsAreNotNegative) {
  using P = arith::CmpIPredicate;
  EXPECT_TRUE(dims->isExtent(m));
  EXPECT_TRUE(dims->isExtent(dims->add(m, c(3))));
  EXPECT_FALSE(dims->isExtent(dims->sub(m, c(3))));
  EXPECT_EQ(known(dims->compare(P::slt, m, c(0))), 0);
  EXPECT_NE(known(dims->compare(P::sge, m, c(0))).value_or(0), 0);
  EXPECT_EQ(known(dims->compare(P::slt, m, n)), std::nullopt);
  EXPECT_NE(known(dims->compare(P::eq, m, m)).value_or(0), 0);
  EXPECT_EQ(dims->max(m, c(0)), m);
}

TEST_F(DimBuilderTest, WhatAnAssertSaysHoldsFromThereOn) {
  {
    DimBuilder::Scope scope(*dims);
    dims->unify(m, n);
    EXPECT_TRUE(dims->same(m, n));
    EXPECT_TRUE(dims->same(dims->add(m, k), dims->add(k, n)));
  }
  // The equality does not hold behind the MLIR region that it was found in.
  EXPECT_FALSE(dims->same(m, n));
  dims->unify(m, c(4));
  EXPECT_EQ(known(dims->simplify(m)), 4);
  EXPECT_EQ(known(dims->mul(m, c(3))), 12);
}

TEST_F(DimBuilderTest, OneAssertForACondition) {
  Value equal = dims->isEqual(m, n);
  dims->require(equal, "sizes differ");
  dims->require(dims->isEqual(m, n), "sizes differ");
  unsigned count = 0;
  module->walk([&](cf::AssertOp) { ++count; });
  EXPECT_EQ(count, 1u);
}
