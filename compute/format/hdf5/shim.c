#include "shim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rv_register_lzf(void); // lzf.c

void rv_init(void) {
	H5open();
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	rv_register_lzf();
}

struct msg { char *buf; size_t n; };

static herr_t first(unsigned i, const H5E_error2_t *e, void *data) {
	struct msg *m = data;
	if (i == 0 && e->desc) snprintf(m->buf, m->n, "%s", e->desc);
	return 0;
}

void rv_error(char *buf, size_t n) {
	struct msg m = {buf, n};
	buf[0] = 0;
	// Upward starts where the error was found.
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &m);
	H5Eclear2(H5E_DEFAULT);
}

hid_t rv_native(int kind) {
	switch (kind) {
	case RV_F32: return H5T_NATIVE_FLOAT;
	case RV_F64: return H5T_NATIVE_DOUBLE;
	case RV_I8: return H5T_NATIVE_INT8;
	case RV_I16: return H5T_NATIVE_INT16;
	case RV_I32: return H5T_NATIVE_INT32;
	case RV_I64: return H5T_NATIVE_INT64;
	case RV_U16: return H5T_NATIVE_UINT16;
	case RV_U32: return H5T_NATIVE_UINT32;
	case RV_U64: return H5T_NATIVE_UINT64;
	default: return H5T_NATIVE_UINT8;
	}
}

hid_t rv_file_type(int kind) {
	switch (kind) {
	case RV_F32: return H5T_IEEE_F32LE;
	case RV_F64: return H5T_IEEE_F64LE;
	case RV_I8: return H5T_STD_I8LE;
	case RV_I16: return H5T_STD_I16LE;
	case RV_I32: return H5T_STD_I32LE;
	case RV_I64: return H5T_STD_I64LE;
	case RV_U16: return H5T_STD_U16LE;
	case RV_U32: return H5T_STD_U32LE;
	case RV_U64: return H5T_STD_U64LE;
	default: return H5T_STD_U8LE;
	}
}

// One set of access properties for the process: closing one after a failed call would clear the error stack.
static hid_t access_plist(void) {
	static hid_t fapl = -1;
	if (fapl >= 0) return fapl;
	fapl = H5Pcreate(H5P_FILE_ACCESS);
	// Closing the file closes whatever an early return left open in it.
	H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG);
	// The default up to 1.14. Groups of this format have no place for times, which files of equal content must not keep.
	H5Pset_libver_bounds(fapl, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
#if H5_VERSION_GE(1, 10, 7)
	// Read-only media and network shares often cannot lock.
	H5Pset_file_locking(fapl, 0, 1);
#endif
	return fapl;
}

hid_t rv_open(const char *path) { return H5Fopen(path, H5F_ACC_RDONLY, access_plist()); }

hid_t rv_create(const char *path) { return H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, access_plist()); }

hid_t rv_deref(hid_t file, hobj_ref_t ref) {
	return H5Rdereference2(file, H5P_DEFAULT, H5R_OBJECT, &ref);
}

int rv_is_objref(hid_t type) { return H5Tequal(type, H5T_STD_REF_OBJ) > 0; }

int rv_is_regref(hid_t type) { return H5Tequal(type, H5T_STD_REF_DSETREG) > 0; }

int rv_is_ieee(hid_t type) {
	return H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F64LE) > 0 ||
		H5Tequal(type, H5T_IEEE_F32BE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
}

struct names { char *p; size_t len, cap; };

static int add(struct names *n, const char *name) {
	size_t k = strlen(name) + 1;
	if (n->len + k > n->cap) {
		size_t cap = (n->cap + k) * 2;
		char *p = realloc(n->p, cap);
		if (!p) return -1;
		n->p = p;
		n->cap = cap;
	}
	memcpy(n->p + n->len, name, k);
	n->len += k;
	return 0;
}

static herr_t each_link(hid_t g, const char *name, const H5L_info_t *info, void *data) {
	(void)g; (void)info;
	return add(data, name);
}

static herr_t each_attr(hid_t g, const char *name, const H5A_info_t *info, void *data) {
	(void)g; (void)info;
	return add(data, name);
}

static int give(struct names *n, herr_t rc, char **out, size_t *len) {
	*out = n->p;
	*len = n->len;
	if (rc >= 0) return 0;
	free(n->p);
	*out = NULL;
	return -1;
}

int rv_names(hid_t group, char **out, size_t *len) {
	struct names n = {0};
	return give(&n, H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, each_link, &n), out, len);
}

int rv_attr_names(hid_t obj, char **out, size_t *len) {
	struct names n = {0};
	return give(&n, H5Aiterate2(obj, H5_INDEX_NAME, H5_ITER_INC, NULL, each_attr, &n), out, len);
}

void rv_free(void *p) { free(p); }

hid_t rv_string_type(size_t size, int utf8) {
	hid_t t = H5Tcopy(H5T_C_S1);
	H5Tset_size(t, size ? size : H5T_VARIABLE);
	if (size) H5Tset_strpad(t, H5T_STR_NULLPAD);
	if (utf8) H5Tset_cset(t, H5T_CSET_UTF8);
	return t;
}

hid_t rv_dataset_plist(void) {
	hid_t p = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_obj_track_times(p, 0);
	return p;
}

hid_t rv_link_plist(void) {
	hid_t p = H5Pcreate(H5P_LINK_CREATE);
	H5Pset_create_intermediate_group(p, 1);
	H5Pset_char_encoding(p, H5T_CSET_UTF8);
	return p;
}
