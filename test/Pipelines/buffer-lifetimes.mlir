// RUN: bitnet-opt %s --bitnet-partition-pipeline --bitnet-loops-pipeline --bitnet-plan-buffers | FileCheck %s

// A buffer is freed behind its last use, not at the end of the block: of a chain, every second one takes the place of
// one before, however long it is. Reductions keep the products apart.

// CHECK-LABEL: func.func @main(
// CHECK-DAG: memref.alloc({{.*}}bitnet.slot = 0
// CHECK-DAG: memref.alloc({{.*}}bitnet.slot = 1
// CHECK-NOT: bitnet.slot = 2
// CHECK: memref.dealloc
// CHECK: memref.alloc({{.*}}bitnet.slot = {{[01]}}
// CHECK-NOT: bitnet.slot = 2
// CHECK: return
func.func @main(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %ea = tensor.empty(%n) : tensor<?x8xf32>
  %ia = linalg.fill ins(%zero : f32) outs(%ea : tensor<?x8xf32>) -> tensor<?x8xf32>
  %a = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%ia : tensor<?x8xf32>) -> tensor<?x8xf32>
  %eb = tensor.empty(%n) : tensor<?x8xf32>
  %ib = linalg.fill ins(%zero : f32) outs(%eb : tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = linalg.matmul ins(%a, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%ib : tensor<?x8xf32>) -> tensor<?x8xf32>
  %ec = tensor.empty(%n) : tensor<?x8xf32>
  %ic = linalg.fill ins(%zero : f32) outs(%ec : tensor<?x8xf32>) -> tensor<?x8xf32>
  %c = linalg.matmul ins(%b, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%ic : tensor<?x8xf32>) -> tensor<?x8xf32>
  %ed = tensor.empty(%n) : tensor<?x8xf32>
  %id = linalg.fill ins(%zero : f32) outs(%ed : tensor<?x8xf32>) -> tensor<?x8xf32>
  %d = linalg.matmul ins(%c, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%id : tensor<?x8xf32>) -> tensor<?x8xf32>
  %ef = tensor.empty(%n) : tensor<?x8xf32>
  %if = linalg.fill ins(%zero : f32) outs(%ef : tensor<?x8xf32>) -> tensor<?x8xf32>
  %f = linalg.matmul ins(%d, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%if : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %f : tensor<?x8xf32>
}
