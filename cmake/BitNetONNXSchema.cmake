# Finds onnx-ml.proto in the pinned PyPI wheel and compiles it with protoc.
#
# Sets BITNET_ONNX_PROTO; bitnet_add_onnx_schema(target) makes the library.
set(BITNET_ONNX_WHEEL_VERSION "1.23.2")

set(_bitnet_python "python3")
foreach(venv "${PROJECT_SOURCE_DIR}/.venv")
  if(EXISTS "${venv}/bin/python")
    set(_bitnet_python "${venv}/bin/python")
    break()
  endif()
endforeach()
set(BITNET_PYTHON "${_bitnet_python}" CACHE STRING
  "Python that has onnx==${BITNET_ONNX_WHEEL_VERSION} installed")

# Asks the wheel's metadata instead of importing it: no numpy needed.
execute_process(
  COMMAND "${BITNET_PYTHON}" -c
    "import importlib.util as u, importlib.metadata as m; print(m.version('onnx') + ';' + list(u.find_spec('onnx').submodule_search_locations)[0])"
  OUTPUT_VARIABLE _bitnet_onnx OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET RESULT_VARIABLE _bitnet_onnx_result)
if(NOT _bitnet_onnx_result EQUAL 0)
  message(FATAL_ERROR
    "BITNET_PYTHON=${BITNET_PYTHON} has no package 'onnx', whose onnx-ml.proto "
    "the importer is built from. Make a virtual environment with it:\n"
    "  python3 -m venv ${PROJECT_SOURCE_DIR}/.venv\n"
    "  ${PROJECT_SOURCE_DIR}/.venv/bin/pip install onnx==${BITNET_ONNX_WHEEL_VERSION}\n"
    "or pass -DBITNET_PYTHON=/path/to/python")
endif()
list(GET _bitnet_onnx 0 _bitnet_onnx_version)
list(GET _bitnet_onnx 1 _bitnet_onnx_dir)
if(NOT _bitnet_onnx_version VERSION_EQUAL BITNET_ONNX_WHEEL_VERSION)
  message(FATAL_ERROR
    "BITNET_PYTHON=${BITNET_PYTHON} has onnx ${_bitnet_onnx_version}; the "
    "importer is written for onnx==${BITNET_ONNX_WHEEL_VERSION}")
endif()
set(BITNET_ONNX_PROTO "${_bitnet_onnx_dir}/onnx-ml.proto")
if(NOT EXISTS "${BITNET_ONNX_PROTO}")
  message(FATAL_ERROR "${BITNET_ONNX_PROTO} is missing from the onnx wheel")
endif()

# CMake's own module, not a config file: Debian ships none.
find_package(Protobuf 3.21 MODULE REQUIRED)

# bitnet_add_onnx_schema(target): static library of the generated classes.
# The headers are for targets that ask for them with bitnet_use_onnx_schema.
function(bitnet_add_onnx_schema target)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/schema")
  file(MAKE_DIRECTORY "${out}")
  cmake_path(GET BITNET_ONNX_PROTO PARENT_PATH dir)
  add_custom_command(
    OUTPUT "${out}/onnx-ml.pb.cc" "${out}/onnx-ml.pb.h"
    COMMAND protobuf::protoc "--proto_path=${dir}" "--cpp_out=${out}"
      "${BITNET_ONNX_PROTO}"
    DEPENDS "${BITNET_ONNX_PROTO}" protobuf::protoc
    COMMENT "Generating the ONNX schema classes" VERBATIM)
  add_library(${target} STATIC "${out}/onnx-ml.pb.cc")
  add_custom_target(${target}-generate DEPENDS "${out}/onnx-ml.pb.h")
  target_include_directories(${target} SYSTEM PRIVATE "${out}")
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf-lite)
  set_target_properties(${target} PROPERTIES BITNET_SCHEMA_DIR "${out}")
endfunction()

# Lets the sources of `user` include onnx-ml.pb.h; nothing else sees it.
function(bitnet_use_onnx_schema user target)
  get_target_property(out ${target} BITNET_SCHEMA_DIR)
  add_dependencies(${user} ${target}-generate)
  target_include_directories(${user} SYSTEM PRIVATE "${out}" ${Protobuf_INCLUDE_DIRS})
  target_link_libraries(${user} PUBLIC ${target})
endfunction()
