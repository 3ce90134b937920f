// RUN: bitnet-opt %s --bitnet-lower-matmul --split-input-file --verify-diagnostics

func.func @undecided(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  // expected-error @+1 {{has no lowering: run bitnet-select-kernels first}}
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64>
  return
}

// -----

func.func @tensors(%x: tensor<?x64xi8>, %w: tensor<1x4x4x64xi8>, %s: tensor<?xi32>, %y: tensor<?x64xi32>) -> tensor<?x64xi32> {
  // expected-error @+1 {{expects memrefs: bufferize first}}
  %0 = bitnet.matmul ins(%x, %w, %s : tensor<?x64xi8>, tensor<1x4x4x64xi8>, tensor<?xi32>)
    outs(%y : tensor<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[scalar]> -> tensor<?x64xi32>
  return %0 : tensor<?x64xi32>
}

// -----

func.func @no_such_form(%x: memref<?x64xf32>, %w: memref<1x4x4x64xi8>, %y: memref<?x64xf32>) {
  // expected-error @+1 {{has a lowering that does not take 'f32' activations}}
  bitnet.matmul ins(%x, %w : memref<?x64xf32>, memref<1x4x4x64xi8>)
    outs(%y : memref<?x64xf32>) packing <u2, rows = 64, cols = 64> lowering <[avx2]>
  return
}

// -----

func.func @too_long(%x: memref<1x524288xi8>, %w: memref<1x32768x4x64xi8>, %s: memref<1xi32>, %y: memref<1x64xi32>) {
  // expected-error @+1 {{mm_c1: kernel avx512vnni is exact for K < 524288, got 524288}}
  bitnet.matmul ins(%x, %w, %s : memref<1x524288xi8>, memref<1x32768x4x64xi8>, memref<1xi32>)
    outs(%y : memref<1x64xi32>) packing <u2, rows = 64, cols = 524288> lowering <[avx512vnni]>
  return
}

// -----

func.func @column_major(%x: memref<?x64xi8, strided<[1, 64]>>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  // expected-error @+1 {{expects operands with unit inner stride}}
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8, strided<[1, 64]>>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx2]>
  return
}

// -----

func.func @ragged_groups(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?x?xi32>, %y: memref<?x?x64xi32>) {
  // expected-error @+1 {{w_c3: expects a group size that divides K = 64, got 48}}
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?x?xi32>)
    outs(%y : memref<?x?x64xi32>) packing <u2, rows = 64, cols = 64> group 48 lowering <[generic]>
  return
}

// -----

// The tables are for base 3 only.
func.func @other_packing(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  // expected-error @+1 {{has a lowering that does not take}}
  bitnet.matmul ins(%x, %w, %s : memref<?x64xi8>, memref<1x4x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 64> lowering <[avx512vbmi]>
  return
}
