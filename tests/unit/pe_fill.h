/**
 * @file pe_fill.h
 * Images whose section table fills the headers, as what clang and lld link often is.
 */
#ifndef HP_TESTS_UNIT_PE_FILL_H
#define HP_TESTS_UNIT_PE_FILL_H

/** Give a sound image sections of one byte, which are not in the file, until its headers have no place for
 * another; the loader sets them to 0 and nobody looks at them. */
void pe_fill(unsigned char *bytes);

#endif
