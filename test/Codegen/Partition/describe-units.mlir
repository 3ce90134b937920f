// RUN: bitnet-opt %s --bitnet-describe-units --mlir-print-debuginfo --mlir-print-local-scope --split-input-file | FileCheck %s

// Nests: what one operation of the body shows. The name of the node stays.
// CHECK-LABEL: func.func @nests
// CHECK: linalg.exp {{.*}} loc(fused<#bitnet.unit<exponential>>["softmax"])
// CHECK: linalg.add {{.*}} loc(fused<#bitnet.unit<elementwise>>["add"])
// CHECK: linalg.transpose {{.*}} loc(fused<#bitnet.unit<copy>>["transpose"])
// CHECK: arith.fptosi {{.*}} loc(fused<#bitnet.unit<quantize>>
// CHECK: } -> tensor<4x4xi8> loc(fused<#bitnet.unit<quantize>>["quantize"])
// CHECK: tensor.extract {{.*}} loc("other")
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @nests(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xi8>, f32) {
  %c0 = arith.constant 0 : index
  %e = tensor.empty() : tensor<4x4xf32>
  %i = tensor.empty() : tensor<4x4xi8>
  %0 = linalg.exp ins(%x : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("softmax")
  %1 = linalg.add ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("add")
  %2 = linalg.transpose ins(%x : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0] loc("transpose")
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x4xf32>) outs(%i : tensor<4x4xi8>) {
  ^bb0(%in: f32, %out: i8):
    %s = arith.addf %in, %in : f32
    %q = arith.fptosi %s : f32 to i8
    linalg.yield %q : i8
  } -> tensor<4x4xi8> loc("quantize")
  %4 = tensor.extract %x[%c0, %c0] : tensor<4x4xf32> loc("other")
  return %0, %1, %2, %3, %4 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xi8>, f32
}

// -----

// Sums: of products, of squares, of neither.
// CHECK-LABEL: func.func @sums
// CHECK: } -> tensor<4xf32> loc(fused<#bitnet.unit<matmul>>["dot"])
// CHECK: } -> tensor<4xf32> loc(fused<#bitnet.unit<norm>>["squares"])
// CHECK: } -> tensor<4xf32> loc(fused<#bitnet.unit<elementwise>>["sum"])
#in = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @sums(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %z: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %0 = linalg.generic {indexing_maps = [#in, #in, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %y : tensor<4x8xf32>, tensor<4x8xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("dot")
  %1 = linalg.generic {indexing_maps = [#in, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %sum: f32):
    %p = arith.mulf %a, %a : f32
    %s = arith.addf %p, %sum : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("squares")
  %2 = linalg.generic {indexing_maps = [#in, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %sum: f32):
    %s = arith.addf %a, %sum : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("sum")
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// A dispatch is one unit, whatever is in its body; branches are looked into.
// CHECK-LABEL: func.func @units
// CHECK: bitnet.dispatch rows
// CHECK: linalg.add {{.*}} loc(fused<#bitnet.unit<norm>>["mean"])
// CHECK: linalg.sqrt {{.*}} loc(fused<#bitnet.unit<norm>>["root"])
// CHECK: } -> tensor<4xf32> loc(fused<#bitnet.unit<norm>>["norm"])
// CHECK: bitnet.dispatch product
// CHECK: linalg.exp {{.*}} loc(fused<#bitnet.unit<matmul>>
// CHECK: } -> tensor<4xf32> loc(fused<#bitnet.unit<matmul>>["product"])
// CHECK: scf.if
// CHECK: linalg.exp {{.*}} loc(fused<#bitnet.unit<exponential>>["taken"])
func.func @units(%x: tensor<4xf32>, %c: i1) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = bitnet.dispatch rows ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %t = tensor.empty() : tensor<4xf32>
    %m = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32> loc("mean")
    %r = linalg.sqrt ins(%m : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32> loc("root")
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32> loc("norm")
  %1 = bitnet.dispatch product ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %r = linalg.exp ins(%a : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32> loc("product")
  %2 = scf.if %c -> tensor<4xf32> {
    %r = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32> loc("taken")
    scf.yield %r : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
