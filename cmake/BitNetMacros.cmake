# Macros that keep the leaf CMakeLists.txt files to a few lines.

# Flags shared by everything that sees MLIR headers.
function(bitnet_target_flags target)
  target_include_directories(${target} PRIVATE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include"
    "${PROJECT_SOURCE_DIR}/runtime/include")
  target_include_directories(${target} SYSTEM PRIVATE
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_options(${target} PRIVATE -Wall -Wextra
    -Wno-unused-parameter $<$<BOOL:${BITNET_WARNINGS_AS_ERRORS}>:-Werror>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
endfunction()

# add_bitnet_library(Name src... [WITHOUT_MLIR] [LINK lib...]): one stage or layer as a static archive.
# Every library waits for all generated headers (bitnet-headers). WITHOUT_MLIR: for tools that do not link MLIR, which
# the precompiled headers would refer to.
function(add_bitnet_library name)
  cmake_parse_arguments(ARG "WITHOUT_MLIR" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  bitnet_target_flags(${name})
  if(NOT ARG_WITHOUT_MLIR)
    bitnet_precompile(${name})
  endif()
  add_dependencies(${name} bitnet-headers)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# add_bitnet_tool(name src... [LINK lib...]): an executable in build/bin on the MLIR dylib.
function(add_bitnet_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  bitnet_target_flags(${name})
  add_dependencies(${name} bitnet-headers)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  mlir_target_link_libraries(${name} PRIVATE MLIR)
  target_link_libraries(${name} PRIVATE LLVM)
endfunction()

# add_bitnet_tablegen(File "out.inc|-gen-x|-flag"...): generated headers of one .td file.
list(TRANSFORM MLIR_INCLUDE_DIRS PREPEND "-I" OUTPUT_VARIABLE BITNET_TABLEGEN_INCLUDES)
function(add_bitnet_tablegen td)
  set(LLVM_TARGET_DEFINITIONS ${td}.td)
  foreach(rule ${ARGN})
    string(REPLACE "|" ";" parts "${rule}")
    list(POP_FRONT parts out)
    mlir_tablegen(${out} ${parts} "-I${PROJECT_SOURCE_DIR}/include"
      ${BITNET_TABLEGEN_INCLUDES})
  endforeach()
  string(MAKE_C_IDENTIFIER "${CMAKE_CURRENT_SOURCE_DIR}/${td}" id)
  add_public_tablegen_target(bitnet-tblgen-${id})
  add_dependencies(bitnet-headers bitnet-tblgen-${id})
endfunction()
