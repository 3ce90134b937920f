// RUN: bitnet-opt %s --bitnet-bound-stack --verify-diagnostics

// There are four levels of working memory: a chain of tasks deeper than that is refused,
// not given a block that it may have to wait for.
// expected-error @+1 {{calls functions deeper than there are levels of working memory}}
func.func private @a(%begin: index, %end: index) attributes {bitnet.parallel} {
  call @b(%begin, %end) : (index, index) -> ()
  return
}
func.func private @b(%begin: index, %end: index) attributes {bitnet.parallel} {
  call @c(%begin, %end) : (index, index) -> ()
  return
}
func.func private @c(%begin: index, %end: index) attributes {bitnet.parallel} {
  call @d(%begin, %end) : (index, index) -> ()
  return
}
func.func private @d(%begin: index, %end: index) attributes {bitnet.parallel} {
  call @e(%begin, %end) : (index, index) -> ()
  return
}
func.func private @e(%begin: index, %end: index) attributes {bitnet.parallel} {
  return
}
