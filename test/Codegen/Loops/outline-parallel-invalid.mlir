// RUN: bitnet-opt %s --bitnet-outline-parallel --verify-diagnostics --split-input-file

func.func @on_tensors(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{has results: bufferize first}}
  %0 = scf.forall (%i) in (8) shared_outs(%out = %x) -> tensor<8xf32> {
    scf.forall.in_parallel {
    }
  }
  return %0 : tensor<8xf32>
}

// -----

func.func @reduction(%n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{cannot become a sequential loop}}
  %0 = scf.parallel (%i) = (%c0) to (%n) step (%c1) init (%zero) -> f32 {
    scf.reduce(%zero : f32) {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %b : f32
      scf.reduce.return %s : f32
    }
  }
  return %0 : f32
}
