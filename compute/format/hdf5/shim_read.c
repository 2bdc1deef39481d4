#include "shim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static herr_t refuse(const char *pf, const char *pg, const char *file, const char *object, unsigned *flags, hid_t fapl, void *data) {
	(void)pf; (void)pg; (void)file; (void)object; (void)flags; (void)fapl; (void)data;
	return -1;
}

hid_t rv_access(void) {
	static hid_t lapl = -1;
	if (lapl >= 0) return lapl;
	lapl = H5Pcreate(H5P_LINK_ACCESS);
	H5Pset_elink_cb(lapl, refuse, NULL);
	return lapl;
}

int rv_link(hid_t group, const char *name, char *target, size_t n) {
	H5L_info_t info;
	target[0] = 0;
	if (H5Lget_info(group, name, &info, rv_access()) < 0) return -1;
	if (info.type == H5L_TYPE_HARD) return 0;
	if (info.type != H5L_TYPE_SOFT && info.type != H5L_TYPE_EXTERNAL) return 3;
	size_t size = info.u.val_size;
	if (size == 0 || size > 1 << 16) return 3;
	char *val = calloc(1, size + 1);
	if (!val) return 3;
	int kind = 3;
	if (H5Lget_val(group, name, val, size, rv_access()) >= 0) {
		if (info.type == H5L_TYPE_SOFT) {
			snprintf(target, n, "%s", val);
			kind = 1;
		} else {
			const char *file, *object;
			unsigned flags;
			if (H5Lunpack_elink_val(val, size, &flags, &file, &object) >= 0) {
				snprintf(target, n, "%s:%s", file, object);
				kind = 2;
			}
		}
	}
	free(val);
	return kind;
}

int rv_address(hid_t obj, unsigned long long *address, unsigned *links) {
	H5O_info_t info;
#if H5_VERSION_GE(1, 12, 0)
	if (H5Oget_info3(obj, &info, H5O_INFO_BASIC) < 0) return -1;
	memcpy(address, &info.token, sizeof *address); // the address stands first
#else
	if (H5Oget_info(obj, &info) < 0) return -1;
	*address = info.addr;
#endif
	*links = info.rc;
	return 0;
}

static int overflowed;
static int exactly[2] = {0, 1};

int rv_overflow(void) {
	int o = overflowed;
	overflowed = 0;
	return o;
}

static H5T_conv_ret_t on_except(H5T_conv_except_t type, hid_t src, hid_t dst, void *s, void *d, void *data) {
	(void)src; (void)dst; (void)s; (void)d;
	switch (type) {
	case H5T_CONV_EXCEPT_RANGE_HI:
	case H5T_CONV_EXCEPT_RANGE_LOW:
	case H5T_CONV_EXCEPT_TRUNCATE:
		break;
	case H5T_CONV_EXCEPT_PRECISION:
		if (*(int *)data) break; // an integer that a floating-point type does not hold
		return H5T_CONV_UNHANDLED;
	default: // infinities and NaN
		return H5T_CONV_UNHANDLED;
	}
	overflowed = 1;
	return H5T_CONV_ABORT;
}

int rv_only_swaps(hid_t file, hid_t mem) {
	return H5Tget_class(file) == H5T_INTEGER && H5Tget_class(mem) == H5T_INTEGER && H5Tget_size(file) == H5Tget_size(mem) &&
		H5Tget_sign(file) != H5Tget_sign(mem) && H5Tget_order(file) != H5Tget_order(mem);
}

hid_t rv_transfer(int exact) {
	static hid_t plists[2] = {-1, -1};
	exact = exact != 0;
	if (plists[exact] < 0) {
		plists[exact] = H5Pcreate(H5P_DATASET_XFER);
		H5Pset_type_conv_cb(plists[exact], on_except, &exactly[exact]);
	}
	overflowed = 0;
	return plists[exact];
}

static size_t left;
static int exhausted;

static void *take(size_t size, void *info) {
	(void)info;
	if (size > left) {
		exhausted = 1;
		return NULL;
	}
	left -= size;
	return malloc(size);
}

static void give_back(void *p, void *info) {
	(void)info;
	free(p);
}

hid_t rv_vlen_transfer(size_t budget) {
	static hid_t plist = -1;
	if (plist < 0) {
		plist = H5Pcreate(H5P_DATASET_XFER);
		H5Pset_vlen_mem_manager(plist, take, NULL, give_back, NULL);
		H5Pset_type_conv_cb(plist, on_except, &exactly[1]);
	}
	left = budget;
	exhausted = 0;
	overflowed = 0;
	return plist;
}

int rv_vlen_exhausted(void) { return exhausted; }
