// In a loop over layers each iteration has rows of its own, named by its own nodes.
// RUN: bitnet-opt %s --bitnet-mark-regions | FileCheck %s

// CHECK: module attributes {bitnet.regions = [
// CHECK-SAME: {bytes = 0 : i64, kind = 1 : i32, name = "up.0"}
// CHECK-SAME: {bytes = 0 : i64, kind = 4 : i32, name = "down.0"}
// CHECK-SAME: {bytes = 0 : i64, kind = 1 : i32, name = "up.1"}
// CHECK-SAME: {bytes = 0 : i64, kind = 4 : i32, name = "down.1"}]

func.func private @bitnet_nest(%x: memref<4xf32>) attributes {bitnet.parallel} {
  return
}

// CHECK: scf.for %[[I:.+]] =
// CHECK: %[[STRIDE:.+]] = arith.constant 2 : index
// CHECK: %[[FIRST:.+]] = arith.constant 0 : index
// CHECK: %[[OFFSET:.+]] = arith.muli %[[I]], %[[STRIDE]]
// CHECK: %[[ROW:.+]] = arith.addi %[[OFFSET]], %[[FIRST]]
// CHECK: %[[INDEX:.+]] = arith.index_cast %[[ROW]] : index to i32
// CHECK: call @bitnet_rt_mark(%[[INDEX]])
// CHECK: call @bitnet_nest
// CHECK: arith.constant 1 : index
// CHECK: call @bitnet_rt_mark
// CHECK: call @bitnet_nest
func.func @main(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %c2 step %c1 {
    func.call @bitnet_nest(%x) : (memref<4xf32>) -> ()
      loc(fused<#bitnet.unit<ternary_matmul>>[fused<#bitnet.iterations<[loc("up.0"), loc("up.1")]>>["up.0"]])
    func.call @bitnet_nest(%x) : (memref<4xf32>) -> ()
      loc(fused<#bitnet.unit<quantize>>[fused<#bitnet.iterations<[loc("down.0"), loc("down.1")]>>["down.0"]])
  }
  return
}
