// RUN: bitnet-opt %s --split-input-file --verify-diagnostics --bitnet-clone-variants="isas=generic,avx2"

// expected-error @below {{has no entry: run bitnet-generate-entry first}}
module {
  func.func @main() {
    return
  }
}

// -----

// The loops of --mcpu=X hold a kernel that not all machines run.
func.func private @bitnet_kernel_avx2(%begin: index, %end: index) attributes {bitnet.parallel, bitnet.features = "avx2"} {
  return
}
func.func @bitnet_generated_main(%n: index) {
  // expected-error @below {{the kernel needs avx2, which machines of the ISA variant generic may lack: the loops were made for one CPU, name it}}
  call @bitnet_kernel_avx2(%n, %n) : (index, index) -> ()
  return
}
func.func @bitnet_generated_shapes() {
  return
}

// -----

func.func private @bitnet_kernel_avx2(%begin: index, %end: index) attributes {bitnet.parallel, bitnet.features = "avx2"} {
  return
}
// expected-error @below {{has no kernel that every machine runs}}
func.func private @bitnet_kernel_dispatch(index, index) attributes {bitnet.parallel, bitnet.variants = [@bitnet_kernel_avx2]}
func.func @bitnet_generated_main(%n: index) {
  call @bitnet_kernel_dispatch(%n, %n) : (index, index) -> ()
  return
}
func.func @bitnet_generated_shapes() {
  return
}
