// RUN: bitnet-opt %s --split-input-file --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: arith.maximumf
// CHECK: return {{.*}} : tensor<1x3x4x4xf32>
func.func @main(%x: tensor<1x3x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [2, 2], strides = [2, 2]} : (tensor<1x3x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ceil_mode: room for the last window, which must begin inside the input.
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 0] high[0, 0, 1]
// CHECK: return {{.*}} : tensor<1x1x4xf32>
func.func @main(%x: tensor<1x1x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2], ceil_mode = 1} : (tensor<1x1x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// The divisor is the number of elements in the window, without padding.
// CHECK-LABEL: func.func @main
// CHECK-COUNT-2: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: arith.divf
func.func @main(%x: tensor<1x1x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool"(%x) opset 11 {kernel_shape = [3, 3], pads = [1, 1, 1, 1]} : (tensor<1x1x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: arith.divf
// CHECK: return {{.*}} : tensor<1x3x1x1xf32>
func.func @main(%x: tensor<1x3x?x?xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalAveragePool"(%x) opset 1 {} : (tensor<1x3x?x?xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: arith.maximumf
// CHECK: return {{.*}} : tensor<1x3x1x1xf32>
func.func @main(%x: tensor<1x3x4x4xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalMaxPool"(%x) opset 1 {} : (tensor<1x3x4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// No window reaches outside of the image and its padding (F2): of an image that is smaller,
// and by less than a stride, what there is of the only window counts.
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad %{{.*}} low[0, 0, 0] high[0, 0, 1]
// CHECK: return {{.*}} : tensor<1x1x1xf32>
func.func @main(%x: tensor<1x1x2xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2]} : (tensor<1x1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// By a stride: there is no window. Nothing is padded.
// CHECK-LABEL: func.func @main
// CHECK-NOT: tensor.pad
// CHECK: return {{.*}} : tensor<1x1x0xf32>
func.func @main(%x: tensor<1x1x1xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2]} : (tensor<1x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// An image of unknown size is copied only if it is too small. What no window reads is cut away: that there is
// one window only may become known later.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x1x?xf32>
// CHECK: %[[SMALL:.*]] = arith.cmpi slt, %{{.*}}, %[[OVER:.*]] : index
// CHECK: %[[IMAGE:.*]] = scf.if %[[SMALL]] -> (tensor<1x1x?xf32>) {
// CHECK: tensor.pad %[[X]] low[0, 0, 0] high[0, 0, %{{.*}}]
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[X]]
// CHECK: %[[CUT:.*]] = tensor.extract_slice %[[IMAGE]][0, 0, 0] [1, 1, %{{.*}}] [1, 1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[CUT]],
func.func @main(%x: tensor<1x1x?xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2]} : (tensor<1x1x?xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ceil_mode: a window that would begin in the padding is none, whatever the stride.
// CHECK-LABEL: func.func @main
// CHECK: return {{.*}} : tensor<1x1x1xf32>
func.func @main(%x: tensor<1x1x2xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [1], strides = [3], pads = [0, 2], ceil_mode = 1} : (tensor<1x1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// What no window reads is cut away: the loop over one window goes, and linalg then takes
// that over the kernel to be as long as the image.
// CHECK-LABEL: func.func @main
// CHECK: %[[CUT:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0] [1, 1, 3] [1, 1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[CUT]],
func.func @main(%x: tensor<1x1x4xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool"(%x) opset 12 {kernel_shape = [3], strides = [2]} : (tensor<1x1x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A dilated window may see padding only. Its average is 0: nothing is divided by 0.
// CHECK-LABEL: func.func @main
// CHECK: arith.constant 1.000000e+00 : f32
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[COUNT:.*]] = arith.maximumf %{{.*}}, %[[ONE]]
// CHECK: arith.divf %{{.*}}, %[[COUNT]]
func.func @main(%x: tensor<1x1x1xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool"(%x) opset 19 {kernel_shape = [2], dilations = [2], pads = [1, 1]} : (tensor<1x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// With count_include_pad, what the only window of a smaller image reads behind it counts as
// padding does: onnxruntime has it so for opsets before 19, ...
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1x1x3xf32>)
// CHECK-NOT: tensor.pad
// CHECK: return
func.func @main(%x: tensor<1x1x2xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool"(%x) opset 11 {kernel_shape = [3], strides = [2], count_include_pad = 1} : (tensor<1x1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// ... and not from there on.
// CHECK-LABEL: func.func @main
// CHECK: tensor.pad
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1x1x2xf32>)
// CHECK: tensor.pad %{{.*}} low[0, 0, 0] high[0, 0, 1]
// CHECK: return
func.func @main(%x: tensor<1x1x2xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool"(%x) opset 19 {kernel_shape = [3], strides = [2], count_include_pad = 1} : (tensor<1x1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
