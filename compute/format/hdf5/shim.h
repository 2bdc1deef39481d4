// Small C layer over libhdf5: what is a macro, a callback or differs between its versions.
#ifndef REVERIE_HDF5_SHIM_H
#define REVERIE_HDF5_SHIM_H
#include <hdf5.h>

enum { RV_F32, RV_F64, RV_I64, RV_I32, RV_U8, RV_U16 };

void rv_init(void);                       // silence the library; once, on the worker thread
void rv_error(char *buf, size_t n);       // innermost message of the error stack
hid_t rv_native(int kind);                // memory type
hid_t rv_file_type(int kind);             // little-endian type in files
hid_t rv_open(const char *path);
hid_t rv_create(const char *path);
hid_t rv_deref(hid_t file, hobj_ref_t ref);
int rv_is_objref(hid_t type);
int rv_names(hid_t group, char **out, size_t *len);  // NUL-separated, by name; free with rv_free
int rv_attr_names(hid_t obj, char **out, size_t *len);
void rv_free(void *p);
hid_t rv_string_type(size_t size, int utf8); // size 0: variable length
hid_t rv_dataset_plist(void);             // keeps no times: equal content gives equal bytes
hid_t rv_link_plist(void);                // creates missing groups, UTF-8 names
#endif
