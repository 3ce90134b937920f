// The exact product alone: int32 accumulators, bit-equal to the CPU target (mm_c1), with tails in N and K.
// RUN: rm -rf %t && bitnet-compile -q %s --target=hls -o %t
// RUN: FileCheck %s --input-file=%t/model.cpp
// RUN: FileCheck %s --input-file=%t/model.h --check-prefix=HEADER
// RUN: make -s -C %t test CXX=g++ CXXFLAGS="-O2 -Wextra -Werror" | FileCheck %s --check-prefix=PASS
// RUN: make -s -C %t clean
// RUN: make -s -C %t test CXX=clang++-22 CXXFLAGS="-O2 -Wextra -Werror" | FileCheck %s --check-prefix=PASS
// The CPU target with its own kernel and its own choice of everything:
// RUN: bitnet-compile -q %s -o %t/cpu.so
// RUN: bitnet-run %t/cpu.so --input=x=%t/golden/in_x.npy --save-outputs=%t/cpu
// RUN: cmp %t/cpu/0_acc.npy %t/golden/0_acc.npy

// HEADER: in  int8_t x[3][20]
// HEADER: out int32_t acc[3][5]
// HEADER: void accumulators_top(hls::stream<int8_t> &x, hls::stream<int32_t> &acc);

// CHECK: static void {{.+}}_loops(const int8_t x[3][20], int32_t acc[3][5]) {
// CHECK: #pragma HLS ARRAY_PARTITION variable=w_weights cyclic factor=4 dim=4
// CHECK: int32_t [[ACC:acc[0-9]+]] = 0;
// CHECK: for (int [[K:i[0-9]+]] = 0; [[K]] < 20; [[K]] += 1) {
// CHECK-NEXT: #pragma HLS PIPELINE II=1
// CHECK-NEXT: #pragma HLS UNROLL factor=4
// CHECK: const int32_t {{v[0-9]+}} = [[ACC]] + {{v[0-9]+}};
// CHECK: const int32_t {{v[0-9]+}} = [[ACC]] - {{v[0-9]+}};
// CHECK: [[ACC]] = {{v[0-9]+}};
// CHECK-NEXT: }
// CHECK: #pragma HLS INTERFACE axis port=x
// CHECK-NEXT: #pragma HLS INTERFACE axis port=acc
// CHECK: x.read();
// CHECK: acc.write(

// PASS: acc: 15 values, 0 wrong
// PASS: PASS
module attributes {bitnet.stage = #bitnet.stage<quantized>} {
func.func @main(%q: tensor<3x20xi8> {onnx.value = #onnx.value<name = "x", element = i8, dims = ["", ""]>})
    -> (tensor<3x5xi32> {onnx.value = #onnx.value<name = "acc", element = i32, dims = ["", ""]>}) {
  %t = bitnet.constant "fc" dense<[
    [ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    [-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1],
    [ 0, 1,-1, 0, 0, 1, 1, 0,-1,-1, 0, 1, 0, 0, 1,-1, 0, 1,-1, 1],
    [ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [-1, 0, 0, 1, 0, 0, 0,-1, 0, 1, 1, 0, 0,-1, 0, 0, 1, 1, 0, 0]]> : tensor<5x20xi2> -> tensor<5x20xi2>
  %init = tensor.empty() : tensor<3x5xi32>
  %acc = bitnet.matmul ins(%q, %t : tensor<3x20xi8>, tensor<5x20xi2>) outs(%init : tensor<3x5xi32>) -> tensor<3x5xi32>
  return %acc : tensor<3x5xi32>
}
}
