// The layouts u2 and u1_6, and mm_c1 with tails in N and K.
// Run by golden.test; T.bin holds the codes, four to a byte, low bits first.
module attributes {bitnet.stage = #bitnet.stage<bitnet>} {
func.func @main(%q: tensor<?x2560xi8> {onnx.value = #onnx.value<name = "x", element = i8, dims = ["", ""]>})
    -> (tensor<2x160x4x64xi8> {onnx.value = #onnx.value<name = "packed", element = i8, dims = ["", "", "", ""]>},
        tensor<3x128x2x64xi8> {onnx.value = #onnx.value<name = "packed_1_6", element = i8, dims = ["", "", "", ""]>},
        tensor<?x65xi32> {onnx.value = #onnx.value<name = "acc", element = i32, dims = ["", ""]>}) {
  %t = bitnet.constant "T" #bitnet.blob<"T.bin", 0, 41600> -> tensor<65x2560xi2>
  %packed = bitnet.pack %t <u2, rows = 65, cols = 2560> : tensor<65x2560xi2> -> tensor<2x160x4x64xi8>
  %base3 = bitnet.pack %t <u1_6, rows = 65, cols = 2560> : tensor<65x2560xi2> -> tensor<3x128x2x64xi8>
  %c0 = arith.constant 0 : index
  %m = tensor.dim %q, %c0 : tensor<?x2560xi8>
  %init = tensor.empty(%m) : tensor<?x65xi32>
  %acc = bitnet.matmul ins(%q, %t : tensor<?x2560xi8>, tensor<65x2560xi2>) outs(%init : tensor<?x65xi32>) -> tensor<?x65xi32>
  return %packed, %base3, %acc : tensor<2x160x4x64xi8>, tensor<3x128x2x64xi8>, tensor<?x65xi32>
}
}
