// Small C layer over libhdf5: what is a macro, a callback or differs between its versions.
#ifndef REVERIE_HDF5_SHIM_H
#define REVERIE_HDF5_SHIM_H
#include <hdf5.h>

enum { RV_F32, RV_F64, RV_I8, RV_I16, RV_I32, RV_I64, RV_U8, RV_U16, RV_U32, RV_U64 };

void rv_init(void);                       // silence the library; once, on the worker thread
void rv_error(char *buf, size_t n);       // innermost message of the error stack
hid_t rv_native(int kind);                // memory type
hid_t rv_file_type(int kind);             // little-endian type in files
hid_t rv_open(const char *path);
hid_t rv_create(const char *path);
hid_t rv_deref(hid_t file, hobj_ref_t ref);
int rv_is_objref(hid_t type);
int rv_is_regref(hid_t type);
int rv_is_ieee(hid_t type);
int rv_names(hid_t group, char **out, size_t *len);  // NUL-separated, by name; free with rv_free
int rv_attr_names(hid_t obj, char **out, size_t *len);
void rv_free(void *p);
hid_t rv_string_type(size_t size, int utf8); // size 0: variable length
hid_t rv_dataset_plist(void);             // keeps no times: equal content gives equal bytes
hid_t rv_link_plist(void);                // creates missing groups, UTF-8 names

hid_t rv_access(void);                    // link access that refuses links into other files
// What a link is: 0 hard, 1 soft, 2 external, 3 other, -1 none. Of 1 and 2 target is filled.
int rv_link(hid_t group, const char *name, char *target, size_t n);
int rv_address(hid_t obj, unsigned long long *address, unsigned *links); // identity of an object in its file

// Transfer properties that make a value beyond the range of its new type an error, and with exact an
// integer that a floating-point type does not hold. rv_overflow tells, once, of such a value.
hid_t rv_transfer(int exact);
int rv_overflow(void);
// Whether two integer types differ in their sign and byte order only. The library (1.10) then swaps bytes
// and does not look at the values.
int rv_only_swaps(hid_t file, hid_t mem);
// Properties for variable-length values that take no more than so many bytes.
hid_t rv_vlen_transfer(size_t budget);
int rv_vlen_exhausted(void);
#endif
