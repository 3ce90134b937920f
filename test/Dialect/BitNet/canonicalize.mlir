// RUN: bitnet-opt --canonicalize %s | FileCheck %s

// MLIR's own patterns leave a known size beside a type that does not know it, and then crash on a cast.
// CHECK-LABEL: func @known_size(
// CHECK: %[[X:.+]] = tensor.expand_shape %{{.+}} {{\[\[}}0, 1], [2]] output_shape [3, 30, 8] : tensor<90x8xf32> into tensor<3x30x8xf32>
// CHECK: tensor.cast %[[X]] : tensor<3x30x8xf32> to tensor<3x?x8xf32>
func.func @known_size(%x: tensor<90x8xf32>) -> tensor<3x?x8xf32> {
  %c = tensor.cast %x : tensor<90x8xf32> to tensor<?x8xf32>
  %y = tensor.expand_shape %c [[0, 1], [2]] output_shape [3, 30, 8] : tensor<?x8xf32> into tensor<3x?x8xf32>
  return %y : tensor<3x?x8xf32>
}

// CHECK-LABEL: func @constant_size(
// CHECK-SAME: %[[X:.+]]: tensor<3x8x?xf32>
// CHECK: %[[C:.+]] = tensor.cast %[[X]] : tensor<3x8x?xf32> to tensor<3x8x30xf32>
// CHECK: tensor.expand_shape %[[C]] {{.+}} output_shape [3, 8, 5, 6] : tensor<3x8x30xf32> into tensor<3x8x5x6xf32>
func.func @constant_size(%x: tensor<3x8x?xf32>) -> tensor<3x8x5x?xf32> {
  %c6 = arith.constant 6 : index
  %y = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [3, 8, 5, %c6] : tensor<3x8x?xf32> into tensor<3x8x5x?xf32>
  return %y : tensor<3x8x5x?xf32>
}

// One size of a group stays unknown: so does the group's.
// CHECK-LABEL: func @half_known(
// CHECK: tensor.expand_shape %{{.+}} output_shape [%{{.+}}, 4] : tensor<?xf32> into tensor<?x4xf32>
func.func @half_known(%x: tensor<?xf32>, %n: index) -> tensor<?x?xf32> {
  %c4 = arith.constant 4 : index
  %y = tensor.expand_shape %x [[0, 1]] output_shape [%n, %c4] : tensor<?xf32> into tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Codes of a whole tensor have no axes; the operation reads what it prints.
// CHECK-LABEL: func @codes_without_axes(
// CHECK: bitnet.linear "fc" %{{.+}}, %{{.+}} act <codes, qmax = 127, eps = 1.000000e-05 : f64, low = -128, high = 127>
func.func @codes_without_axes(%x: tensor<3x8xf32>, %w: tensor<4x8xi2>) -> tensor<3x4xf32> {
  %y = bitnet.linear "fc" %x, %w act <codes, qmax = 127, eps = 1.0e-5 : f64, low = -128, high = 127>
    : (tensor<3x8xf32>, tensor<4x8xi2>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
