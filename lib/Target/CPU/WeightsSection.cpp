//===- WeightsSection.cpp - weights inside the shared library -------------===//
//
// Weights inside a library without passing through the linker: the object
// reserves address space in a section without contents, lld gives it a segment
// of its own, and afterwards the two headers are changed to point behind the
// image, where the caller appends the bytes.
//
//===----------------------------------------------------------------------===//

#include "Linker.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir::bitnet;
using llvm::object::ELF64LE;

std::string mlir::bitnet::reserveWeights(llvm::StringRef symbol,
                                         uint64_t size) {
  std::string name = symbol.str(), section = kWeightsSection.str();
  return ".section " + section + ",\"a\",@nobits\n" + ".balign 64\n.globl " +
         name + "\n.hidden " + name + "\n.type " + name + ",@object\n.size " +
         name + ", " + std::to_string(size) + "\n" + name + ":\n.zero " +
         std::to_string(size) + "\n.text\n";
}

/// Checks what the linker script guarantees, because another lld might not keep
/// to it.
static llvm::Error malformed(const char *what) {
  return llvm::createStringError("the linker's output is not as expected: " +
                                 llvm::Twine(what));
}

/// The header of the weights section. The image is ours to change.
static llvm::Expected<ELF64LE::Shdr *>
findSection(const llvm::object::ELFFile<ELF64LE> &file) {
  auto sections = file.sections();
  if (!sections)
    return sections.takeError();
  for (const ELF64LE::Shdr &section : *sections) {
    auto name = file.getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name == kWeightsSection)
      return const_cast<ELF64LE::Shdr *>(&section);
  }
  return malformed("no section for the weights");
}

/// The header of the segment that is loaded at `address`.
static llvm::Expected<ELF64LE::Phdr *>
findSegment(const llvm::object::ELFFile<ELF64LE> &file, uint64_t address) {
  auto segments = file.program_headers();
  if (!segments)
    return segments.takeError();
  for (const ELF64LE::Phdr &segment : *segments)
    if (segment.p_type == llvm::ELF::PT_LOAD && segment.p_vaddr == address)
      return const_cast<ELF64LE::Phdr *>(&segment);
  return malformed("no segment for the weights");
}

llvm::Error mlir::bitnet::placeWeights(Bytes &image, uint64_t size) {
  auto file = llvm::object::ELFFile<ELF64LE>::create(
      llvm::StringRef(image.data(), image.size()));
  if (!file)
    return file.takeError();
  auto section = findSection(*file);
  if (!section)
    return section.takeError();
  auto segment = findSegment(*file, (*section)->sh_addr);
  if (!segment)
    return segment.takeError();
  if ((*section)->sh_size != size || (*segment)->p_memsz != size ||
      (*segment)->p_filesz != 0)
    return malformed("the weights share their segment");
  // File offset and address must agree modulo the page size.
  uint64_t offset = llvm::alignTo(image.size(), (*segment)->p_align);
  (*section)->sh_type = llvm::ELF::SHT_PROGBITS;
  (*section)->sh_offset = offset;
  (*segment)->p_offset = offset;
  (*segment)->p_filesz = size;
  image.resize(offset, 0);
  return llvm::Error::success();
}
